//! The messages of both sides, as bytes.

pub const SYNC: &[u8] = b"S\0\0\0\x04";
pub const FLUSH: &[u8] = b"H\0\0\0\x04";
pub const FAREWELL: &[u8] = b"X\0\0\0\x04";
pub const COPY_DONE: &[u8] = b"c\0\0\0\x04";

fn with_length(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [kind, &length, body].concat()
}

pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    with_length(&[kind], body)
}

/// A message before the connection is open.
pub fn opening(code: u32, body: &[u8]) -> Vec<u8> {
    with_length(&[], &[&code.to_be_bytes(), body].concat())
}

pub fn start() -> Vec<u8> {
    opening(0x0003_0000, b"user\0me\0\0")
}

pub fn query(sql: &str) -> Vec<u8> {
    message(b'Q', format!("{sql}\0").as_bytes())
}

pub fn parse(name: &str, sql: &str) -> Vec<u8> {
    message(b'P', format!("{name}\0{sql}\0\0\0").as_bytes())
}

/// A Bind with one value in text and one in binary, which is NULL.
pub fn bind(portal: &str, name: &str, value: &str) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    let values = [&b"\0\x02\0\0\0\x01\0\x02"[..], &length, value.as_bytes(), &[255; 4], &[0, 0]].concat();
    message(b'B', &[format!("{portal}\0{name}\0").as_bytes(), &values].concat())
}

pub fn describe(of: char, name: &str) -> Vec<u8> {
    message(b'D', format!("{of}{name}\0").as_bytes())
}

pub fn close(of: char, name: &str) -> Vec<u8> {
    message(b'C', format!("{of}{name}\0").as_bytes())
}

pub fn execute(portal: &str) -> Vec<u8> {
    message(b'E', format!("{portal}\0\0\0\0\0").as_bytes())
}

/// Messages of the server by their kinds. `p` is a demand for a SASL proof, `q` its next step and `f` its last one; `R`
/// admits the client; `z` is a Z within a transaction.
pub fn server(kinds: &str) -> Vec<u8> {
    let one = |kind: char| match kind {
        'p' => message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0"),
        'q' => message(b'R', b"\0\0\0\x0br=nonce"),
        'f' => message(b'R', b"\0\0\0\x0cv=proof"),
        'R' => message(b'R', &[0; 4]),
        'z' => message(b'Z', b"T"),
        'Z' => message(b'Z', b"I"),
        'K' => message(b'K', &[0, 0, 0, 7, 1, 2, 3, 4]),
        't' => message(b't', &[0, 2, 0, 0, 0, 20, 0, 0, 0, 23]),
        'D' => message(b'D', &[0, 1, 0, 0, 0, 1, b'x']),
        'E' => message(b'E', b"SERROR\0C23505\0\0"),
        'N' => message(b'N', b"SNOTICE\0\0"),
        'A' => message(b'A', b"\0\0\0\x09channel\0\0"),
        'S' => message(b'S', b"TimeZone\0UTC\0"),
        'C' => message(b'C', b"INSERT 0 1\0"),
        other => message(u8::try_from(other).unwrap(), b""),
    };
    kinds.chars().flat_map(one).collect()
}
