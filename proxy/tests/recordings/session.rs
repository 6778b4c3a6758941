//! Reads the recordings; `proxy/recordings/record` tells their format.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proxy::frame::Side;

/// What one side sent.
#[derive(Debug, Clone)]
pub struct Read {
    pub side: Side,
    pub bytes: Vec<u8>,
}

/// A recorded session.
#[derive(Debug)]
pub struct Session {
    pub name: String,
    /// The driver, the server and their versions.
    pub title: String,
    /// By connection, in the order of the reads.
    pub connections: BTreeMap<u32, Vec<Read>>,
}

impl Session {
    pub fn is_postgres(&self) -> bool {
        self.title.contains("PostgreSQL")
    }

    /// Every recording, by name.
    pub fn all() -> Vec<Session> {
        let entries = std::fs::read_dir(folder()).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "session"));
        paths.sort();
        paths.iter().map(|path| Session::read(path)).collect()
    }

    fn read(path: &Path) -> Session {
        let text = std::fs::read_to_string(path).unwrap();
        let (title, lines) = text.split_once('\n').unwrap();
        let mut connections: BTreeMap<u32, Vec<Read>> = BTreeMap::new();
        let mut current = 0;
        for line in lines.lines() {
            let (head, string) = line.split_at(line.find('"').unwrap());
            let string = string.strip_prefix('"').and_then(|string| string.strip_suffix('"')).unwrap();
            if let Some(side) = head.chars().next().filter(|first| *first != ' ') {
                current = head[1..].trim().parse().unwrap();
                let side = if side == 'C' { Side::Client } else { Side::Server };
                connections.entry(current).or_default().push(Read { side, bytes: Vec::new() });
            }
            connections.get_mut(&current).unwrap().last_mut().unwrap().bytes.extend(unescaped(string));
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Session { name, title: title.to_owned(), connections }
    }
}

/// Where the recordings are, and beside each the frames that it has.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings/sessions")
}

fn unescaped(string: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = string.bytes();
    while let Some(byte) = rest.next() {
        out.push(match (byte, (byte == b'\\').then(|| rest.next().unwrap())) {
            (_, None) => byte,
            (_, Some(b'0')) => 0,
            (_, Some(b't')) => b'\t',
            (_, Some(b'n')) => b'\n',
            (_, Some(b'r')) => b'\r',
            (_, Some(b'x')) => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            (_, Some(itself)) => itself,
        });
    }
    out
}

/// Consecutive reads of one side as one.
pub fn turns(reads: &[Read]) -> Vec<Read> {
    let mut out: Vec<Read> = Vec::new();
    for read in reads {
        match out.last_mut() {
            Some(last) if last.side == read.side => last.bytes.extend(&read.bytes),
            _ => out.push(read.clone()),
        }
    }
    out
}

/// The same bytes in pieces of these lengths, over and over again; only the first byte of a turn always begins one.
pub fn pieces(reads: &[Read], lengths: &[usize]) -> Vec<Read> {
    let mut lengths = lengths.iter().cycle();
    let mut out = Vec::new();
    for Read { side, bytes } in turns(reads) {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
            out.push(Read { side, bytes: piece.to_vec() });
            rest = after;
        }
    }
    out
}
