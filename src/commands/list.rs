//! `trial list`: lists what the commands can select.

use model::design::{Design, PRESETS};
use model::risk::Risk;
use model::setup::Faults;
use model::step::Step;
use model::{invariant, situation};
use sim::suite::scenario::Locks;

use crate::args::{ListArgs, What};
use crate::document::{self, Item};
use crate::failure::Failure;
use crate::output;
use crate::workspace::Workspace;

/// Prints the list; the exit code is always 0.
pub fn list(args: &ListArgs) -> Result<u8, Failure> {
    let items = match args.what {
        What::Scenarios => {
            let scenarios = Workspace::find()?.scenarios(Locks::Ignored)?;
            scenarios.into_iter().map(|s| item(&s.id, &s.title, Some(s.why))).collect()
        }
        What::Designs => {
            PRESETS.iter().map(|preset| item(preset.name, preset.title, Some(choices(preset.design)))).collect()
        }
        What::Invariants => invariant::ALL.iter().map(|i| item(i.id, i.sentence, Some(i.reason.to_owned()))).collect(),
        What::Risks => Risk::ALL.iter().map(|risk| item(risk.id(), risk.title(), None)).collect(),
        What::Steps => Step::ALL.iter().map(|step| item(step.label(), step.title(), None)).collect(),
        What::Faults => Faults::KINDS.iter().map(|(id, title)| item(id, title, None)).collect(),
        What::Situations => situation::ALL.iter().map(|s| item(s.id, s.title, None)).collect::<Vec<_>>(),
    };
    if args.json {
        output::line(&document::items(&items, 0));
    } else {
        let width = items.iter().map(|item| item.id.len()).max().unwrap_or(0);
        for Item { id, title, .. } in &items {
            output::line(&format!("{id:width$}  {}", wrapped(title, width + 2)));
        }
    }
    Ok(0)
}

/// The choices of a design in the syntax of `--design`.
fn choices(design: Design) -> String {
    design.choices().map(|choice| choice.to_string()).join(",")
}

fn item(id: &str, title: &str, detail: Option<String>) -> Item {
    Item { id: id.to_owned(), title: title.to_owned(), detail }
}

/// Wraps at 100 columns; later lines are indented.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.last().is_some_and(|line| !line.is_empty() && indent + line.len() + 1 + word.len() > 100);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}
