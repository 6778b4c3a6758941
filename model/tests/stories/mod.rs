//! Stories as text files, and how one is held against what is played of it.
//!
//! `# ` begins a story with its title, and more such lines say why. A line is a move, after ` -> ` its answer, after two
//! spaces and `# ` a remark; what is indented below it is what is seen then. `UPDATE_EXPECT=1 cargo test` writes
//! answers and what is seen anew, and never a move. `// ` before the first story says what the file is about.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod words;

use std::path::{Path, PathBuf};

/// What is answered to a move, nothing if it has no answer, and what is seen then.
#[derive(Debug, Default)]
pub struct Seen {
    pub answer: String,
    pub then: Vec<String>,
}

/// What a story is played on.
pub trait Stage {
    /// Carries out a move. An error says what it does not know, and what it expected.
    fn act(&mut self, mv: &str) -> Result<Seen, String>;
    /// What is seen in the end.
    fn end(&mut self) -> Vec<String>;
}

/// Plays every story of a folder, each on a stage of its own, and fails with all that differs.
pub fn walk<S: Stage>(folder: &str, begin: impl Fn() -> S) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no stories", folder.display());
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut wrong, mut stories) = (Vec::new(), 0);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        match played(&text, &begin) {
            Ok(played) => {
                stories += played.stories;
                if update && played.text != text {
                    std::fs::write(&path, &played.text).unwrap();
                } else if !update {
                    wrong.extend(played.differs.into_iter().map(|why| format!("{}:{why}", path.display())));
                }
            }
            Err(why) => wrong.push(format!("{}:{why}", path.display())),
        }
    }
    println!("{}: {stories} stories", folder.display());
    assert!(wrong.is_empty(), "{}\nUPDATE_EXPECT=1 writes the answers anew", wrong.join("\n"));
}

/// A file as it was played.
#[derive(Debug)]
pub struct Played {
    /// As it should be.
    pub text: String,
    pub stories: usize,
    /// The first difference of each story, with its line.
    pub differs: Vec<String>,
}

/// Plays every story of a file. An error is a line that means nothing.
pub fn played<S: Stage>(text: &str, begin: impl Fn() -> S) -> Result<Played, String> {
    let lines: Vec<&str> = text.lines().collect();
    let of_a_story = |place: &usize| lines[*place].starts_with("# ") && (*place == 0 || lines[place - 1].is_empty());
    let mut starts: Vec<usize> = (0..lines.len()).filter(of_a_story).collect();
    let first = *starts.first().ok_or("1: expected a story, which begins with `# ` and its title")?;
    if let Some(place) = lines[..first].iter().position(|line| !line.is_empty() && !line.starts_with("// ")) {
        return Err(format!("{}: `{}` stands before the first story", place + 1, lines[place]));
    }
    starts.push(lines.len());
    let mut all = lines[..first].join("\n");
    all.push_str(if first > 0 { "\n" } else { "" });
    let mut differs = Vec::new();
    for bounds in starts.windows(2) {
        let written = &lines[bounds[0]..bounds[1]];
        let told = one(written, bounds[0], begin())?;
        differs.extend(difference(written, &told, bounds[0]));
        all.push_str(&told.join("\n"));
        all.push_str(if bounds[1] < lines.len() { "\n\n" } else { "\n" });
    }
    if differs.is_empty() && all != text {
        differs
            .push("1: expected an empty line between stories, none at the end, and no spaces that nobody sees".into());
    }
    Ok(Played { text: all, stories: starts.len() - 1, differs })
}

/// One story as it should be, of which the line before is that of this number.
fn one(written: &[&str], before: usize, mut stage: impl Stage) -> Result<Vec<String>, String> {
    let mut told: Vec<String> = Vec::new();
    let (mut moves, mut given) = (0, true);
    for (place, line) in written.iter().enumerate() {
        if line.is_empty() || line.starts_with(' ') {
            continue;
        }
        if line.starts_with("# ") && moves == 0 {
            told.push((*line).to_owned());
            continue;
        }
        let (said, remark) = line.split_once("  # ").map_or((*line, None), |(said, remark)| (said, Some(remark)));
        let mv = said.split(" -> ").next().unwrap_or_default().trim_end();
        let late = !given && mv.starts_with("given ");
        given &= mv.starts_with("given ");
        let seen = if late { Err("what is given stands before the first move".to_owned()) } else { stage.act(mv) };
        let seen = seen.map_err(|why| format!("{}: {}: {why}", before + place + 1, &written[0][2..]))?;
        let arrow = if seen.answer.is_empty() { "" } else { " -> " };
        let remark = remark.map(|remark| format!("  # {remark}")).unwrap_or_default();
        told.push(format!("{mv}{arrow}{}{remark}", seen.answer));
        told.extend(seen.then.iter().map(|line| format!("  {line}").trim_end().to_owned()));
        moves += 1;
    }
    if moves == 0 {
        return Err(format!("{}: {}: expected a move", before + 1, &written[0][2..]));
    }
    told.extend(stage.end().iter().map(|line| format!("  {line}")));
    Ok(told)
}

/// The first line in which a story is another than it should be.
fn difference(written: &[&str], told: &[String], before: usize) -> Option<String> {
    let end = written.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let written = &written[..end];
    let place =
        (0..written.len().max(told.len())).find(|&at| written.get(at).copied() != told.get(at).map(|is| &**is))?;
    let line = |line: Option<&str>| line.unwrap_or("nothing").trim().to_owned();
    let (expected, got) = (line(written.get(place).copied()), line(told.get(place).map(|is| &**is)));
    Some(format!("{}: {}\n  expected: {expected}\n  got:      {got}", before + place + 1, &written[0][2..]))
}
