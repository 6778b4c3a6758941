//! One attempt or one run of a job as one process. It announces a step, waits for permission, does the step and reports
//! its result.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use model::day::Day;
use model::design::Design;
use model::flow::Recorded;
use model::flow::RequestPath;
use model::io::MAX_ENTRIES;
use model::reply::{Answer, Reply};
use model::setup::{Account, Faults, Premises, Requested, Setup, SetupError};
use model::step::Step;
use model::world::{Next, Work, run_on};
use serde::{Deserialize, Serialize};

use crate::names::Names;
use crate::servers::process;
use crate::session::{SessionError, StoreSession};
use crate::stores::Stores;

/// The first line that a worker receives.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerTask {
    /// The design whose flow it runs.
    pub design: Design,
    /// All accounts.
    pub accounts: Vec<Account>,
    /// All requests.
    pub requests: Vec<Requested>,
    /// The day on which the run begins.
    pub today: Day,
    /// The parts of the request path that are executed.
    pub path: RequestPath,
    /// The faults that may happen; traces with a suffix are numbered by them.
    pub faults: Faults,
    /// The work that it runs.
    pub work: Work,
    /// The addresses of the stores.
    pub stores: Stores,
    /// Its name in `pg_stat_activity`.
    pub label: String,
}

/// A line to a worker that has announced a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permit {
    /// It does the step.
    Go,
    /// It takes this as the reply, which comes from outside both stores.
    Given(Reply),
    /// It waits, and its Postgres session becomes idle in its transaction again, under the current settings.
    Idle,
}

/// A line from a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// It waits for `go` before this step.
    About {
        /// The step.
        about: Step,
    },
    /// It did a step.
    Did {
        /// The step.
        did: Step,
        /// The reply that it received.
        reply: Reply,
    },
    /// It answers its client and ends.
    Answered {
        /// The answer.
        answer: Answer,
        /// Whether its transaction is still open; it ends with the connection.
        open: bool,
    },
    /// The job is finished.
    Through {
        /// Whether its transaction is still open; it ends with the connection.
        through: bool,
    },
    /// Whether its session is idle in its transaction; it may have no transaction, or have ended already.
    Idle {
        /// Whether it is idle.
        idle: bool,
    },
    /// The worker cannot go on.
    Broken {
        /// The reason.
        broken: String,
    },
}

/// Why a worker cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A line from the engine cannot be parsed.
    #[error("a line from the engine: {0}")]
    NoOrder(#[from] serde_json::Error),
    /// The task is not valid.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The pipes to the engine are closed.
    #[error("the engine is gone: {0}")]
    Engine(#[from] io::Error),
    /// A store answered with something that the model has no name for.
    #[error(transparent)]
    Store(#[from] SessionError),
    /// Internal error: the flow did not repeat itself.
    #[error("internal error: the flow did not repeat itself")]
    Diverged,
    /// Internal error: the flow has more to record than fits.
    #[error("internal error: the flow has more to put on record than the {max} entries that fit", max = MAX_ENTRIES)]
    RecordFull,
}

/// The hidden command `worker`: reads a task from stdin, then runs it step by step.
pub async fn worker_main() -> ExitCode {
    process::die_with_parent();
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads the output: the engine has ended the run or has died.
        Err(WorkerError::Engine(_)) => ExitCode::FAILURE,
        Err(error) => {
            let _ = say(&Line::Broken { broken: error.to_string() });
            ExitCode::FAILURE
        }
    }
}

async fn work() -> Result<(), WorkerError> {
    let task: WorkerTask = serde_json::from_str(&hear()?)?;
    let WorkerTask { design, accounts, requests, today, path, faults, work, stores, label } = task;
    let premises = Premises { accounts, requests, gateways: 1, today, path };
    let setup = Setup::new(premises, faults, design)?;
    let names = Names::new(&setup, &stores.prefix);
    let mut session = StoreSession::new(stores, names, label);
    session.warm().await;
    let mut recorded = Recorded::default();
    loop {
        match run_on(&setup, work, &mut recorded) {
            Next::Ask(call) => {
                let reply = match gate(&mut session, call.step).await? {
                    Some(given) => given,
                    None => session.execute(call).await?,
                };
                recorded.answer(call.step, reply);
                say(&Line::Did { did: call.step, reply })?;
            }
            Next::Answer(answer) => {
                gate(&mut session, Step::Reply).await?;
                return end(session, |open| Line::Answered { answer, open }).await;
            }
            // A job that failed is given up; the next one starts afresh.
            Next::Done | Next::GaveUp(_) => return end(session, |through| Line::Through { through }).await,
            Next::Wait(_) | Next::Diverged => return Err(WorkerError::Diverged),
            Next::RecordFull => return Err(WorkerError::RecordFull),
        }
    }
}

async fn end(session: StoreSession, last: impl FnOnce(bool) -> Line) -> Result<(), WorkerError> {
    let line = last(session.in_transaction());
    session.close().await;
    say(&line)?;
    Ok(())
}

/// Waits until the engine permits the step; returns a reply if the step is to be skipped and the reply used instead.
async fn gate(session: &mut StoreSession, step: Step) -> Result<Option<Reply>, WorkerError> {
    say(&Line::About { about: step })?;
    loop {
        match serde_json::from_str(&hear()?)? {
            Permit::Go => return Ok(None),
            Permit::Given(reply) => return Ok(Some(reply)),
            Permit::Idle => say(&Line::Idle { idle: session.sit_idle_anew().await })?,
        }
    }
}

/// Blocking is acceptable here: a worker does one thing at a time, and its end of the pipe closes with the engine.
fn hear() -> Result<String, WorkerError> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line)? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        _ => Ok(line),
    }
}

fn say(line: &Line) -> Result<(), WorkerError> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
