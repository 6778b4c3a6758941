//! The `trial` command: parses the arguments, runs the command, prints one readable report or one JSON document, and
//! ends with a documented exit code.

mod args;
mod commands;
mod document;
mod failure;
mod folder;
mod output;
mod progress;
mod workspace;

use std::process::ExitCode;

use anstream::AutoStream;
use anstream::ColorChoice;
use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use failure::Failure;

fn main() -> ExitCode {
    let json = std::env::args().any(|arg| arg == "--json");
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(output::ended(usage(&error, json))),
    };
    let exit = run(&cli).unwrap_or_else(|failure| {
        let exit = failure.exit_code();
        if json {
            output::line(&document::error(&failure.shown(), exit));
        } else {
            output::note(&format!("error: {}", failure.shown()));
        }
        exit
    });
    ExitCode::from(output::ended(exit))
}

fn run(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        None => commands::run::run(&cli.run),
        Some(Command::Run(args)) => commands::run::run(args),
        Some(Command::Check(args)) => commands::explore::check(args),
        Some(Command::Sim(args)) => commands::explore::sim(args),
        Some(Command::Real(args)) => commands::explore::real(args),
        Some(Command::Explain(args)) => commands::explain::explain(args),
        Some(Command::Replay(args)) => commands::replay::replay(args),
        Some(Command::Audit(args)) => commands::audit::audit(args),
        Some(Command::List(args)) => commands::list::list(args),
        Some(Command::Servers(args)) => commands::servers::servers(args),
        Some(Command::Worker) => commands::worker::worker(),
        Some(Command::Gateway) => commands::worker::gateway(),
        Some(Command::Manual) => Ok(commands::manual::manual()),
    }
}

/// Help and version go to stdout and are not errors; anything else is invalid input.
fn usage(error: &clap::Error, json: bool) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::text(&format!("{error}"));
        return 0;
    }
    if json {
        let text = output::plain_lines(&error.to_string());
        let text = text.trim_start_matches("error: ").trim_end();
        output::line(&document::error(text, 64));
    } else {
        output::note(format!("{error}").trim_end());
    }
    64
}

/// Whether stdout shows colour: a terminal, and `NO_COLOR` unset.
fn colour() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}
