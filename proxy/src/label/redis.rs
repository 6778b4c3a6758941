//! The names of Redis commands, and the keys that they touch.

mod commands;
mod scripts;

use super::{Footprint, Label, Resource, Values};
use commands::Access;
pub use scripts::Scripts;

/// The keys that a label lists.
const LISTED: usize = 3;
/// The characters of an argument that a label shows.
const SHOWN: usize = 200;
/// Commands that are named with their first argument.
const CONTAINERS: [&str; 10] =
    ["CLIENT", "CLUSTER", "COMMAND", "CONFIG", "FUNCTION", "MEMORY", "OBJECT", "SCRIPT", "XGROUP", "XINFO"];

/// The label of what a client sent in one go: a command, or several such as MULTI to EXEC; and what all of it touches. A
/// command is its name and its arguments. EXEC without its MULTI touches what was queued, which may be anything.
#[must_use]
pub fn describe(commands: &[Vec<Vec<u8>>], values: &Values, scripts: &Scripts) -> (Label, Footprint) {
    let (mut labels, mut footprint) = (Vec::new(), Footprint::default());
    let mut transaction = false;
    for command in commands {
        let name = command.first().map(|name| upper(name)).unwrap_or_default();
        let arguments = command.get(1..).unwrap_or_default();
        let (label, touches) = match name.as_str() {
            "EVAL" | "EVAL_RO" | "EVALSHA" | "EVALSHA_RO" | "FCALL" | "FCALL_RO" => {
                script(&name, arguments, values, scripts)
            }
            _ => plain(&name, arguments, values),
        };
        labels.push(label);
        if !(name == "EXEC" && transaction) {
            footprint.extend(touches);
        }
        transaction |= name == "MULTI";
    }
    let full = labels.join("; ");
    (Label::new(full.clone(), &full), footprint)
}

fn plain(name: &str, arguments: &[Vec<u8>], values: &Values) -> (String, Footprint) {
    let first = arguments.first().map(|first| format!(" {}", shown(first, values))).unwrap_or_default();
    match arguments {
        [load, text] if name == "SCRIPT" && upper(load) == "LOAD" => {
            let digest = scripts::digest(text);
            return (format!("SCRIPT LOAD {}", &digest[..8]), touching(true, [Resource::Script(digest)]));
        }
        [sub, ..] if CONTAINERS.contains(&name) => {
            let quiet = matches!(name, "CLIENT" | "COMMAND");
            return (format!("{name} {}", upper(sub)), Footprint { everything: !quiet, ..Footprint::default() });
        }
        _ => {}
    }
    let Some((access, keys)) = commands::keys(name, arguments) else {
        return (name.to_owned() + &first, Footprint::everything());
    };
    let mut label = name.to_owned() + &listed(&keys, values);
    // A field is to a hash what a column is to a table.
    if let ('H', [_, field, ..]) = (name.chars().next().unwrap_or_default(), arguments) {
        label += &format!(" {}", shown(field, values));
    }
    // Whether these write at all depends on conditions; the value of SET is none.
    if matches!(name, "SET" | "ZADD") || name.contains("EXPIRE") {
        let options = arguments.iter().skip(if name == "ZADD" { 1 } else { 2 }).map(|option| upper(option));
        options
            .filter(|option| matches!(option.as_str(), "NX" | "XX" | "GT" | "LT"))
            .for_each(|option| label += &format!(" {option}"));
    }
    let mut footprint = Footprint::default();
    for (at, key) in keys.into_iter().enumerate() {
        let writes = access == Access::Writes || (access == Access::Stores && at == 0);
        footprint.extend(touching(writes, [Resource::Key(key.to_vec())]));
    }
    (label, footprint)
}

/// A call of a script: its name or its digest, and the keys that the call declares.
fn script(name: &str, arguments: &[Vec<u8>], values: &Values, scripts: &Scripts) -> (String, Footprint) {
    let Some(called) = arguments.first() else { return (name.to_owned(), Footprint::everything()) };
    let digest = match name {
        "EVAL" | "EVAL_RO" => scripts::digest(called),
        _ => String::from_utf8_lossy(called).to_ascii_lowercase(),
    };
    let function = name.starts_with("FCALL");
    let called = if function { shown(called, values) } else { scripts.call(&digest) };
    let count = arguments.get(1).and_then(|count| std::str::from_utf8(count).ok()?.parse::<usize>().ok());
    let keys = count.and_then(|count| arguments.get(2..)?.get(..count)).unwrap_or_default();
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let label = format!("{name} {called}{}", listed(&keys, values));
    let mut footprint = touching(!name.ends_with("_RO"), keys.iter().map(|key| Resource::Key(key.to_vec())));
    footprint.everything = keys.is_empty();
    footprint.declared = true;
    if !function {
        // EVAL puts the script where EVALSHA finds it.
        footprint.extend(touching(!name.starts_with("EVALSHA"), [Resource::Script(digest)]));
    }
    (label, footprint)
}

fn touching(writes: bool, resources: impl IntoIterator<Item = Resource>) -> Footprint {
    let resources = resources.into_iter().collect();
    if writes {
        Footprint { writes: resources, ..Footprint::default() }
    } else {
        Footprint { reads: resources, ..Footprint::default() }
    }
}

/// The keys as a label lists them: neighbours that look alike once, and not all of many.
fn listed(keys: &[&[u8]], values: &Values) -> String {
    let mut shown: Vec<String> = keys.iter().map(|key| format!(" {}", shown(key, values))).collect();
    shown.dedup();
    let more = if shown.len() > LISTED { " …" } else { "" };
    shown.truncate(LISTED);
    shown.concat() + more
}

/// An argument on a line, with the names of the client's values in it and whatever differs from run to run masked.
fn shown(argument: &[u8], values: &Values) -> String {
    let plain = |c: char| if c.is_control() || c.is_whitespace() || c == char::REPLACEMENT_CHARACTER { '.' } else { c };
    values.mask(&String::from_utf8_lossy(argument)).chars().map(plain).take(SHOWN).collect()
}

fn upper(word: &[u8]) -> String {
    String::from_utf8_lossy(word).to_ascii_uppercase()
}
