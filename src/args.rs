//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::design::Design;

/// Proves, or refutes by a replayable counterexample, that an LLM gateway's quota and billing keep the money right.
///
/// Exit codes: 0 all as expected, 1 something unexpected, 2 something unknown, 64 bad input, 69 a server that was asked
/// for is missing, 70 internal error.
#[derive(Debug, Parser)]
#[command(name = "trial", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; `run` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every scenario on every engine at hand; writes the report and prints the matrix.
    Run(RunArgs),
    /// Every order and every fault within the scenario's bounds, on the store models.
    Check(CheckArgs),
    /// Seeds on a simulated network.
    Sim(SimArgs),
    /// The scheduled runs on real Postgres and real Redis.
    Real(RealArgs),
    /// Replays a counterexample step by step and says whether the same invariant breaks with the same numbers.
    Replay(ReplayArgs),
    /// Lists what there is.
    List(ListArgs),
    /// What servers were found, and how to get them.
    Services(ServicesArgs),
    /// One attempt in a process of its own, driven by its parent.
    #[command(hide = true)]
    Worker,
}

/// Options of `run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// More seeds than the quick tier
    #[arg(long)]
    pub full: bool,
    /// Rewrite the committed reports/ and scenarios/found/; needs all three engines
    #[arg(long)]
    pub update_reports: bool,
    /// Open the report in a browser
    #[arg(long)]
    pub open: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What to look at.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// Ids of scenarios; all if none is named
    pub scenarios: Vec<String>,
    /// Only scenarios of this risk, such as p0-3
    #[arg(long)]
    pub risk: Option<String>,
    /// Only this design, by name or as idempotency=A
    #[arg(long)]
    pub design: Option<Design>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Stop after this long, such as 60s or 5m
    #[arg(long, value_parser = duration)]
    pub time: Option<Duration>,
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// What to look at.
    #[command(flatten)]
    pub selection: Selection,
    /// Threads to use
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Give up after this many distinct states per scenario and design
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_states: Option<u64>,
    /// Write what is found under `expect` in the scenarios, for every preset; review the diff
    #[arg(long, conflicts_with_all = ["json", "design"])]
    pub accept: bool,
}

/// Options of `sim`.
#[derive(Clone, Debug, Args)]
pub struct SimArgs {
    /// What to look at.
    #[command(flatten)]
    pub selection: Selection,
    /// One seed, shown step by step
    #[arg(long, conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// A range of seeds, such as 0..1000
    #[arg(long, value_parser = range)]
    pub seeds: Option<(u64, u64)>,
}

/// Options of `real`.
#[derive(Clone, Debug, Args)]
pub struct RealArgs {
    /// What to look at.
    #[command(flatten)]
    pub selection: Selection,
    /// Leave the private servers' data where it is and say where
    #[arg(long)]
    pub keep: bool,
}

/// Options of `replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The capsule, or several
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where
    #[arg(long, value_enum, default_value_t = On::Check)]
    pub on: On,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Engines to replay on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// The store models.
    Check,
    /// The simulated network.
    Sim,
    /// Real servers.
    Real,
    /// One after the other.
    All,
}

/// Options of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    pub what: What,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The questions asked.
    Scenarios,
    /// The designs studied.
    Designs,
    /// What must hold.
    Invariants,
    /// What may go wrong.
    Faults,
    /// What a scenario can demand to have been seen.
    Situations,
}

/// Options of `services`.
#[derive(Clone, Debug, Args)]
pub struct ServicesArgs {
    /// What to do
    #[arg(value_enum)]
    pub action: ServiceAction,
    /// With install: take the Python wheels into the cache folder, even where apt or Homebrew is at hand
    #[arg(long)]
    pub wheels: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What to do about servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServiceAction {
    /// Say what was found.
    Status,
    /// Say what it will do to get them, then do it.
    Install,
}

fn duration(text: &str) -> Result<Duration, String> {
    let valid = || format!("`{text}` is no duration: write seconds or minutes from 1 on, such as 60s or 5m");
    let (digits, unit) = match text.strip_suffix('m') {
        Some(digits) => (digits, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let count: u64 = digits.parse().map_err(|_| valid())?;
    let seconds = count.checked_mul(unit).filter(|seconds| (1..=86_400).contains(seconds)).ok_or_else(valid)?;
    Ok(Duration::from_secs(seconds))
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let valid = || format!("`{text}` is no range of seeds: write A..B with A less than B, such as 0..1000");
    let (from, to) = text.split_once("..").ok_or_else(valid)?;
    let (from, to) = (from.parse().map_err(|_| valid())?, to.parse().map_err(|_| valid())?);
    if from < to { Ok((from, to)) } else { Err(valid()) }
}
