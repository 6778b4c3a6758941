//! One attempt as one process. It says what it is about to do, waits to be let, does it and says what came of it.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use model::design::Design;
use model::io::Recorded;
use model::reply::{Answer, Reply};
use model::row::Request;
use model::setup::{Account, Asked, Faults, Setup, SetupError};
use model::step::Step;
use model::world::{Next, run_attempt, run_job};
use serde::{Deserialize, Serialize};

use crate::session::{Session, SessionError};
use crate::statements::Names;
use crate::stores::Stores;

/// What a worker is told in its first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whose flow it runs.
    pub design: Design,
    /// The accounts there are.
    pub accounts: Vec<Account>,
    /// The requests there are.
    pub requests: Vec<Asked>,
    /// Which of them is its own; none for the background sync.
    pub request: Option<u8>,
    /// Where the stores are.
    pub stores: Stores,
    /// Its name in `pg_stat_activity`.
    pub label: String,
}

/// A line from a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// It waits for `go` before this step.
    About {
        /// Which step.
        about: Step,
    },
    /// It did a step.
    Did {
        /// Which step.
        did: Step,
        /// What came of it.
        reply: Reply,
    },
    /// It answers its client and ends.
    Answered {
        /// What it answers.
        answer: Answer,
        /// Its transaction is still open and ends with the connection.
        open: bool,
    },
    /// The job is through.
    Through {
        /// Its transaction is still open and ends with the connection.
        through: bool,
    },
    /// It cannot go on.
    Broken {
        /// Why.
        broken: String,
    },
}

/// Why a worker cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The line from the engine is no order.
    #[error("no order: {0}")]
    NoOrder(#[from] serde_json::Error),
    /// The order makes no sense.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The pipes to the engine are closed.
    #[error("the engine is gone: {0}")]
    Engine(#[from] io::Error),
    /// A store answered something without a name.
    #[error(transparent)]
    Store(#[from] SessionError),
    /// Internal error: the flow did not repeat itself.
    #[error("internal error: the flow did not repeat itself")]
    Diverged,
}

/// What the hidden command `worker` runs: an order from stdin, then step by step.
pub async fn worker_main() -> ExitCode {
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads on: the engine has killed the run or is gone itself.
        Err(WorkerError::Engine(_)) => ExitCode::FAILURE,
        Err(error) => {
            let _ = say(&Line::Broken { broken: error.to_string() });
            ExitCode::FAILURE
        }
    }
}

async fn work() -> Result<(), WorkerError> {
    let order: Order = serde_json::from_str(&hear()?)?;
    let gateways = 1;
    let setup = Setup::new(order.accounts, order.requests, gateways, Faults::default(), order.design)?;
    let names = Names::new(&setup, &order.stores.prefix);
    let mut session = Session::new(order.stores, names, order.label);
    session.warm().await;
    let mut recorded = Recorded::default();
    loop {
        let next = match order.request {
            Some(request) => run_attempt(&setup, Request(request), &mut recorded),
            None => run_job(&setup, &mut recorded),
        };
        match next {
            Next::Ask(call) => {
                gate(call.step)?;
                let reply = session.execute(call).await?;
                recorded.replies.push((call.step, reply));
                say(&Line::Did { did: call.step, reply })?;
            }
            Next::Answer(answer) => {
                gate(Step::Reply)?;
                return end(session, |open| Line::Answered { answer, open }).await;
            }
            Next::Done => return end(session, |through| Line::Through { through }).await,
            Next::Wait(_) | Next::Diverged => return Err(WorkerError::Diverged),
        }
    }
}

async fn end(session: Session, last: impl FnOnce(bool) -> Line) -> Result<(), WorkerError> {
    let line = last(session.in_transaction());
    session.close().await;
    say(&line)?;
    Ok(())
}

fn gate(step: Step) -> Result<(), WorkerError> {
    say(&Line::About { about: step })?;
    match hear()?.trim() {
        "go" => Ok(()),
        other => Err(io::Error::new(io::ErrorKind::InvalidData, other).into()),
    }
}

/// Blocking is right here: a worker does one thing at a time, and its end of the pipe closes with the engine.
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
