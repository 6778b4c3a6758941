//! A session of both sides, and what a framer makes of it, as lines.

use proxy::frame::{Framer, Purpose, Reply, Request, Side, Statement};

pub type Chunk = (Side, Vec<u8>);

#[derive(Debug, PartialEq)]
pub enum Frame {
    Request(Request),
    Reply(Reply),
}

impl Frame {
    fn bytes(&self, of: Side) -> &[u8] {
        match (self, of) {
            (Frame::Request(request), Side::Client) => &request.bytes,
            (Frame::Reply(reply), Side::Server) => &reply.bytes,
            (Frame::Request(_), Side::Server) | (Frame::Reply(_), Side::Client) => &[],
        }
    }
}

/// Feeds the pieces and then the end of both sides.
pub fn frames<'a>(framer: &mut dyn Framer, pieces: impl IntoIterator<Item = (Side, &'a [u8])>) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (side, bytes) in pieces {
        match side {
            Side::Client => frames.extend(framer.client(bytes).into_iter().map(Frame::Request)),
            Side::Server => frames.extend(framer.server(bytes).into_iter().map(Frame::Reply)),
        }
    }
    frames.extend(framer.client_closed().map(Frame::Request));
    frames.extend(framer.server_closed().map(Frame::Reply));
    frames
}

/// The bytes of one side, joined.
pub fn joined<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    parts.into_iter().flatten().copied().collect()
}

pub fn sent(frames: &[Frame], side: Side) -> Vec<u8> {
    joined(frames.iter().map(|frame| frame.bytes(side)))
}

pub fn fed(session: &[Chunk], side: Side) -> Vec<u8> {
    joined(session.iter().filter(|(by, _)| *by == side).map(|(_, bytes)| bytes.as_slice()))
}

fn kinds(mut bytes: &[u8]) -> String {
    let mut kinds = String::new();
    while bytes.len() >= 5 {
        kinds.push(bytes[0].into());
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize + 1;
        bytes = bytes.get(length..).unwrap_or_default();
    }
    kinds
}

fn statement(statement: &Statement) -> String {
    match statement {
        Statement::Sql { text, values } if values.is_empty() => text.clone(),
        Statement::Sql { text, values } => {
            let value = |value: &proxy::frame::Value| {
                let shown = value.bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                let binary = if value.binary { "b" } else { "" };
                format!("{}{binary}:{}", shown.unwrap_or("NULL".into()), value.of_type.unwrap_or(0))
            };
            format!("{text} {}", values.iter().map(value).collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}

/// A frame as a line: `> 0 acts [BEGIN]`, `< 0 CZ.`; a point ends what completes an answer.
pub fn line(frame: &Frame) -> String {
    match frame {
        Frame::Request(request) => {
            let purpose = match request.purpose {
                Purpose::Acts => "acts".to_owned(),
                Purpose::Chatter(which) => format!("{which:?}").to_lowercase(),
            };
            let all: Vec<String> = request.statements.iter().map(statement).collect();
            let all = if all.is_empty() { String::new() } else { format!(" [{}]", all.join("; ")) };
            let silent = if request.answered { "" } else { " unanswered" };
            format!("> {} {purpose}{silent}{all}", request.id.0)
        }
        Frame::Reply(reply) => {
            let of = reply.of.map_or("-".to_owned(), |id| id.0.to_string());
            format!("< {of} {}{}", kinds(&reply.bytes), if reply.ends { "." } else { "" })
        }
    }
}
