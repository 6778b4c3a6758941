//! `trial manual`: prints every command with its arguments and options, which is the text of `docs/cli.md`.

use std::collections::BTreeSet;

use clap::{Arg, CommandFactory};

use crate::args::Cli;
use crate::output;

/// The text above the commands.
const HEAD: &str = "# The commands

Written by `trial manual`; `UPDATE_EXPECT=1 cargo test --release --test documents` rewrites this page.

`trial` stands for `cargo run --release --`; without a command it does what `trial run` does. A design is the name of a preset
(`trial list designs`) or a set of choices, such as `idempotency=A,cache=D`; choices that contradict each other are refused with
the reason. Exit codes and JSON are in [ci.md](ci.md), `DATABASE_URL` and `REDIS_URL` in [servers.md](servers.md).
";

/// Prints the page; exit code 0.
pub fn manual() -> u8 {
    let mut trial = Cli::command();
    trial.build();
    output::text(HEAD);
    let mut printed = BTreeSet::new();
    for command in trial.get_subcommands_mut().filter(|it| !it.is_hide_set() && it.get_name() != "help") {
        let usage = command.render_usage().to_string().replacen("Usage: ", "", 1);
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        output::text(&format!("\n## trial {}\n\n{about}.\n\n`{usage}`\n\n", command.get_name()));
        let shown = command.get_arguments().filter(|it| !it.is_hide_set() && it.get_id() != "help");
        let all = shown.map(|it| (format!("`{it}`"), meaning(it)));
        // An argument that an earlier command has with the same meaning is only named.
        let (new, known): (Vec<_>, Vec<_>) = all.partition(|it| printed.insert(it.clone()));
        new.iter().for_each(|(argument, meaning)| output::line(&format!("* {argument}: {meaning}")));
        if !known.is_empty() {
            let names: Vec<String> = known.into_iter().map(|(argument, _)| argument).collect();
            output::line(&format!("* as above: {}", names.join(", ")));
        }
    }
    0
}

/// The meaning of an argument, with its possible values and its default.
fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    if argument.get_action().takes_values() {
        let values = argument.get_possible_values();
        let names = values.iter().map(|value| format!("`{}`", value.get_name())).collect::<Vec<_>>();
        if !names.is_empty() {
            text += &format!(": one of {}", names.join(", "));
        }
        if !argument.is_hide_default_value_set() {
            argument.get_default_values().iter().for_each(|value| text += &format!("; default `{}`", value.display()));
        }
    }
    text
}
