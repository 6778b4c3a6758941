//! The frames of a connection as text: a line for each request with the replies to it, and for what answers none.

use std::fmt::Write;

use proxy::frame::{Purpose, Reply, Request, Statement, Value};

use super::Event;

const LONGEST: usize = 30;

pub fn told(events: &[Event], postgres: bool) -> String {
    let mut lines: Vec<(Option<u64>, String)> = Vec::new();
    for event in events {
        match event {
            Event::Request(request) => lines.push((Some(request.id.0), of_request(request))),
            Event::Reply(reply) => {
                let kinds = of_reply(reply, postgres);
                let Some(of) = reply.of else {
                    lines.push((None, format!("pushed: {kinds}")));
                    continue;
                };
                let (_, line) = lines.iter_mut().find(|(id, _)| *id == Some(of.0)).unwrap();
                write!(line, " -> {kinds}{}", if reply.ends { "" } else { " .." }).unwrap();
            }
        }
    }
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

fn of_request(request: &Request) -> String {
    let Request { id, statements, purpose, answered, refusal, .. } = request;
    let purpose = match purpose {
        Purpose::Acts => "acts".to_owned(),
        Purpose::Chatter(chatter) => format!("{chatter:?}"),
    };
    let refused = refusal.map_or_else(String::new, |bytes| format!(" refused {}", bytes.escape_ascii()));
    let unanswered = if *answered || refusal.is_some() { "" } else { " unanswered" };
    let statements: Vec<String> = statements.iter().map(of_statement).collect();
    format!("{} {purpose}{refused}{unanswered} {}", id.0, statements.join(" | ")).trim_end().to_owned()
}

fn of_statement(statement: &Statement) -> String {
    match statement {
        Statement::Sql { text, values } if values.is_empty() => short(text),
        Statement::Sql { text, values } => {
            let values: Vec<String> = values.iter().map(of_value).collect();
            format!("{} ({})", short(text), values.join(", "))
        }
        Statement::Command(arguments) => {
            let words: Vec<_> = arguments.iter().map(|argument| String::from_utf8_lossy(argument)).collect();
            short(&words.join(" "))
        }
        Statement::Portal(_) | Statement::EndOfCopy { .. } | Statement::Function(_) => format!("{statement:?}"),
    }
}

fn short(text: &str) -> String {
    let line = text.replace('\n', " ");
    if line.len() <= LONGEST { line } else { format!("{}..", &line[..LONGEST]) }
}

/// Printable bytes as they are, others as a number.
fn of_value(value: &Value) -> String {
    let Some(bytes) = &value.bytes else { return "NULL".into() };
    if bytes.iter().all(|byte| (32..127).contains(byte)) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    short(&format!("0x{}", digits.trim_start_matches('0')))
}

/// The kinds of a reply's messages.
fn of_reply(reply: &Reply, postgres: bool) -> String {
    let bytes = &reply.bytes;
    if bytes.is_empty() {
        "skipped".into()
    } else if postgres {
        of_messages(bytes)
    } else {
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap();
        line.split(|byte| *byte == b' ').next().unwrap().escape_ascii().to_string()
    }
}

/// The letter of each message, and how often if it is repeated. The messages are whole, or this panics.
fn of_messages(mut bytes: &[u8]) -> String {
    let mut runs: Vec<(u8, usize)> = Vec::new();
    while let Some(&kind) = bytes.first() {
        match runs.last_mut() {
            Some((last, times)) if *last == kind => *times += 1,
            _ => runs.push((kind, 1)),
        }
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap());
        bytes = &bytes[1 + length as usize..];
    }
    let words = runs.iter().map(|(kind, times)| match times {
        1 => char::from(*kind).to_string(),
        _ => format!("{}{times}", char::from(*kind)),
    });
    words.collect::<Vec<_>>().join(" ")
}
