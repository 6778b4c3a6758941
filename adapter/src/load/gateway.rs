//! A gateway process under load: executes one task after the other to its end, with the same flows as the other
//! engines.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use model::effect::{DeferredJob, Effect, LocalOp};
use model::flow::Recorded;
use model::reply::Answer;
use model::setup::{Premises, Setup};
use model::world::{Next, Work, run_on};
use serde::{Deserialize, Serialize};

use crate::names::Names;
use crate::servers::process;
use crate::session::StoreSession;
use crate::worker::{WorkerError, WorkerTask};

/// A line from a gateway process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    /// The provider was called.
    Served,
    /// A deferred job was handed over to the queue, which outlives the process.
    Sent(DeferredJob),
    /// A deferred job is done: the queue may forget it.
    Acknowledged(DeferredJob),
    /// The client was answered. The process finishes its own remaining tasks before its next task.
    Answered(Answer),
    /// The task is finished. This is the only end of a task that is not an attempt.
    Through,
    /// The process cannot go on.
    Broken(String),
}

/// The hidden command `gateway`: reads tasks from stdin until it ends.
pub async fn gateway_main() -> ExitCode {
    process::die_with_parent();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(WorkerError::Engine(_)) => ExitCode::FAILURE,
        Err(error) => {
            let _ = say(&Said::Broken(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), WorkerError> {
    let mut session: Option<StoreSession> = None;
    loop {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(());
        }
        let WorkerTask { design, accounts, requests, today, path, faults, work, stores, label } =
            serde_json::from_str(&line)?;
        let premises = Premises { accounts, requests, gateways: 1, today, path };
        let setup = Setup::new(premises, faults, design)?;
        let names = Names::new(&setup, &stores.prefix);
        let session = match &mut session {
            Some(session) => {
                session.take_up(names);
                session
            }
            none => none.insert(StoreSession::new(stores, names, label)),
        };
        let mut works = vec![work];
        while let Some(work) = works.pop() {
            works.extend(run(session, &setup, work).await?);
            // A transaction that an attempt leaves open ends when the attempt ends.
            session.let_go().await;
        }
        say(&Said::Through)?;
    }
}

/// Runs one flow to its end. Returns the task that it started in this process, if any, which runs after its answer.
async fn run(session: &mut StoreSession, setup: &Setup, work: Work) -> Result<Option<Work>, WorkerError> {
    let mut recorded = Recorded::default();
    let mut task = None;
    loop {
        match run_on(setup, work, &mut recorded) {
            Next::Ask(call) => {
                match call.effect {
                    Effect::Local(LocalOp::Upstream(_)) => say(&Said::Served)?,
                    Effect::Local(LocalOp::Send(deferred @ DeferredJob::Snapshot { .. })) => {
                        task = Some(Work::Deferred { deferred, day: setup.today });
                    }
                    Effect::Local(LocalOp::Send(deferred)) => say(&Said::Sent(deferred))?,
                    Effect::Local(LocalOp::Acknowledge(deferred)) => say(&Said::Acknowledged(deferred))?,
                    _ => {}
                }
                let reply = session.execute(call).await?;
                recorded.answer(call.step, reply);
            }
            Next::Answer(answer) => {
                say(&Said::Answered(answer))?;
                return Ok(task);
            }
            Next::Done | Next::GaveUp(_) => return Ok(task),
            Next::Wait(_) | Next::Diverged => return Err(WorkerError::Diverged),
            Next::RecordFull => return Err(WorkerError::RecordFull),
        }
    }
}

fn say(said: &Said) -> Result<(), WorkerError> {
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    // A single write: the line is sent whole or not at all, whenever the process is killed.
    out.write_all(&line)?;
    Ok(out.flush()?)
}
