//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use adapter::matrix::{MatrixFault, Side};
use audit::check::Check;
use clap::{Args, Parser, Subcommand, ValueEnum};
use model::design::Design;
use model::invariant::{self, UnknownInvariant};
use model::step::Step;
use sim::suite::deny::Deny;
use sim::suite::route::Waypoint;

/// Proves, or refutes by a replayable counterexample, that an LLM gateway's quota and billing keep the money right.
///
/// Exit codes: 0 all as expected, 1 something unexpected, 2 something unknown, 64 bad input, 69 a server that was asked
/// for is missing, 70 internal error, 74 what was found could not be written.
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
    /// Finds the shortest run that breaks an invariant, prints it step by step and writes its capsule.
    ///
    /// Exit codes: 0 there is such a run, 1 there is none within the scenario's bounds, 2 not known.
    Explain(ExplainArgs),
    /// Replays a counterexample step by step and says whether the same invariant breaks with the same numbers.
    Replay(ReplayArgs),
    /// Judges the books of a real system at rest: reads its database and its Redis, writes to neither.
    ///
    /// Exit codes: 0 every check could have failed and none did, 1 something is broken, 2 something is not known, 64 bad
    /// input or a server that cannot be reached.
    Audit(AuditArgs),
    /// Lists what there is.
    List(ListArgs),
    /// What servers were found, and how to get them.
    Servers(ServersArgs),
    /// One attempt in a process of its own, driven by its parent.
    #[command(hide = true)]
    Worker,
    /// Attempt after attempt in a process of its own, ordered by its parent.
    #[command(hide = true)]
    Gateway,
    /// Prints every command with its options, the text of docs/cli.md.
    #[command(hide = true)]
    Manual,
}

/// Options of `run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// More seeds than the quick tier
    #[arg(long)]
    pub full: bool,
    /// Rewrite the committed reports/; needs all three engines
    #[arg(long)]
    pub update_reports: bool,
    /// Open the report in a browser
    #[arg(long)]
    pub open: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Where to write and what to deny.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// Where findings go, and what of them fails the run whatever is expected.
#[derive(Clone, Debug, Default, Args)]
pub struct GateArgs {
    /// Write what is found to this folder, not to target/trial
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Exit code 1 for every broken invariant, expected or not: broken, or money (those that are about money)
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
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
    /// Where to write and what to deny.
    #[command(flatten)]
    pub gate: GateArgs,
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
    /// Write what is found, for every design, to the lock files of the scenarios; review the diff
    #[arg(long, conflicts_with_all = ["json", "design", "output", "deny"])]
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
    /// The crash matrix: each fault on either side of every step of each design
    #[arg(long, conflicts_with_all = NOT_MATRIX)]
    pub crash_matrix: bool,
    /// What of the crash matrix.
    #[command(flatten)]
    pub matrix: MatrixArgs,
    /// Free-running load, with random kills, judged at rest: --time is per design, 30s if not said
    #[arg(long, conflicts_with_all = NOT_LOAD)]
    pub load: bool,
    /// How the load is.
    #[command(flatten)]
    pub traffic: LoadArgs,
}

/// What excludes the crash matrix, and so each of its options: clap asks for no argument that is excluded.
const NOT_MATRIX: [&str; 4] = ["scenarios", "keep", "load", "deny"];

/// What excludes the load, and so each of its options.
const NOT_LOAD: [&str; 4] = ["scenarios", "keep", "crash_matrix", "deny"];

/// How the load is.
#[derive(Clone, Debug, Default, Args)]
pub struct LoadArgs {
    /// Of the load: decides what is asked for and who is killed when
    #[arg(long, requires = "load", conflicts_with_all = NOT_LOAD, default_value_t = 1)]
    pub seed: u64,
    /// Of the load: gateway processes
    #[arg(long, requires = "load", conflicts_with_all = NOT_LOAD, default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=40))]
    pub workers: u16,
    /// Of the load: the most requests per design
    #[arg(long, requires = "load", conflicts_with_all = NOT_LOAD, default_value_t = u64::MAX,
        hide_default_value = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub requests: u64,
}

/// What of the crash matrix is run.
#[derive(Clone, Debug, Default, Args)]
pub struct MatrixArgs {
    /// Of the crash matrix only this step, such as T4b
    #[arg(long, requires = "crash_matrix", conflicts_with_all = NOT_MATRIX)]
    pub step: Option<Step>,
    /// Of the crash matrix only this fault, such as sigkill
    #[arg(long, requires = "crash_matrix", conflicts_with_all = NOT_MATRIX)]
    pub fault: Option<MatrixFault>,
    /// Of the crash matrix only this side of the step: before or after
    #[arg(long, requires = "crash_matrix", conflicts_with_all = NOT_MATRIX)]
    pub side: Option<Side>,
    /// Pairs of private servers side by side
    #[arg(long, requires = "crash_matrix", conflicts_with_all = NOT_MATRIX, default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=16))]
    pub pairs: u8,
    /// Rewrite the committed reports/crash-matrix.txt; needs private servers
    #[arg(long, requires = "crash_matrix", conflicts_with_all = NOT_MATRIX,
        conflicts_with_all = ["design", "risk", "step", "fault", "side", "time"])]
    pub update_reports: bool,
}

/// Options of `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Id of the scenario
    pub scenario: String,
    /// The design, by name or as idempotency=A
    #[arg(long)]
    pub design: Design,
    /// The invariant that breaks
    #[arg(long, value_parser = invariant)]
    pub invariant: &'static str,
    /// What must occur in the run, in this order: steps such as T7c, faults such as crash
    #[arg(long, value_name = "STEP,...", value_delimiter = ',')]
    pub through: Vec<Waypoint>,
    /// What must not occur in it: steps and faults, by the same names
    #[arg(long, value_name = "STEP,...", value_delimiter = ',')]
    pub without: Vec<Waypoint>,
    /// Stop after this long, such as 60s or 5m
    #[arg(long, value_parser = duration)]
    pub time: Option<Duration>,
    /// Write the capsule to scenarios/found/NAME.json, to be committed
    #[arg(long, value_name = "NAME", requires = "title", value_parser = file_name)]
    pub keep: Option<String>,
    /// Write the capsule to this folder, not to target/trial
    #[arg(long, value_name = "DIR", conflicts_with = "keep")]
    pub output: Option<PathBuf>,
    /// With --keep: what the counterexample shows, in a line
    #[arg(long, requires = "keep", value_parser = title)]
    pub title: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
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

/// Options of `audit`.
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// The database, such as postgres://user@host/name; else DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The Redis, such as redis://host:6379/0; else REDIS_URL
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<String>,
    /// What tables, columns and keys are called, where it is not as in the data model
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Only these checks
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = check)]
    pub only: Vec<Check>,
    /// How many of the worst to show of each check
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub worst: u16,
    /// How long a charge may be under way: a younger pending row or idempotency key is no suspect
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub pending_older_than: Duration,
    /// How long a wrong value must stay in Redis to be reported
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration)]
    pub settle: Duration,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
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
    /// The risks that the review names.
    Risks,
    /// The steps of the flows, by their labels.
    Steps,
    /// What a scenario can demand to have been seen.
    Situations,
}

/// Options of `servers`.
#[derive(Clone, Debug, Args)]
pub struct ServersArgs {
    /// What to do
    #[arg(value_enum)]
    pub action: ServersAction,
    /// With install: take the Python wheels into the cache folder, even where apt or Homebrew is at hand
    #[arg(long)]
    pub wheels: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What to do about servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServersAction {
    /// Say what was found.
    Status,
    /// Say what it will do to get them, then do it.
    Install,
}

fn check(text: &str) -> Result<Check, String> {
    let valid = || Check::ALL.map(Check::id).join(", ");
    let found = Check::ALL.into_iter().find(|check| check.id() == text);
    found.ok_or_else(|| format!("unknown check `{text}`; expected one of {}", valid()))
}

fn invariant(text: &str) -> Result<&'static str, UnknownInvariant> {
    invariant::known(text).map(|invariant| invariant.id)
}

fn file_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '.');
    if !text.is_empty() && !text.starts_with('.') && !text.ends_with(".json") && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not a name for a capsule: expected letters, digits, `-`, `_`, `+` or `.`, without `.json` at its end"
    ))
}

fn title(text: &str) -> Result<String, String> {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.is_empty() {
        Err("it is blank: expected a line that says what is shown".to_owned())
    } else {
        Ok(one_line)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let valid = || format!("`{text}` is not a duration: write seconds or minutes from 1 on, such as 60s or 5m");
    let (digits, unit) = match text.strip_suffix('m') {
        Some(digits) => (digits, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let count: u64 = digits.parse().map_err(|_| valid())?;
    let seconds = count.checked_mul(unit).filter(|seconds| (1..=86_400).contains(seconds)).ok_or_else(valid)?;
    Ok(Duration::from_secs(seconds))
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let valid = || format!("`{text}` is not a range of seeds: write A..B with A less than B, such as 0..1000");
    let (from, to) = text.split_once("..").ok_or_else(valid)?;
    let (from, to) = (from.parse().map_err(|_| valid())?, to.parse().map_err(|_| valid())?);
    if from < to { Ok((from, to)) } else { Err(valid()) }
}
