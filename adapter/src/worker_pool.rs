//! The worker processes of a run: starts them, permits their steps, reads their lines and kills them.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::moves::Actor;
use model::step::Step;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::servers::process::Process;
use crate::worker::{Line, Permit, WorkerTask};

/// How long a worker that may go on can take for one step.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The number of workers started by this process, over all its engines: several may share a server.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// The program that runs [`crate::worker::worker_main`], and its arguments.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// A worker did not behave as expected.
#[derive(Debug, thiserror::Error)]
pub enum WorkerPoolError {
    /// It cannot be started or written to.
    #[error("a worker process: {0}")]
    Io(#[from] io::Error),
    /// A task or a permit cannot be serialized.
    #[error("a line to a worker: {0}")]
    Task(#[from] serde_json::Error),
    /// No line within five seconds.
    #[error("the worker of {0} says nothing")]
    Silent(String),
    /// A waiting worker went on unexpectedly.
    #[error("{0} went on instead")]
    OutOfTurn(String),
    /// There is no such worker.
    #[error("{0} has no worker")]
    Nobody(String),
}

/// One worker process.
#[derive(Debug)]
struct Member {
    id: u64,
    process: Child,
    stdin: ChildStdin,
    heard: VecDeque<Line>,
    about: Option<Step>,
}

/// All workers of one engine. One more than needed is kept started, since starting takes longest.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    command: WorkerCommand,
    members: BTreeMap<Actor, Member>,
    spare: Option<Member>,
    inbox: UnboundedReceiver<(u64, Line)>,
    outbox: UnboundedSender<(u64, Line)>,
}

impl WorkerPool {
    pub(crate) fn new(command: WorkerCommand) -> WorkerPool {
        let (outbox, inbox) = unbounded_channel();
        WorkerPool { command, members: BTreeMap::new(), spare: None, inbox, outbox }
    }

    /// Starts a worker for an actor.
    pub(crate) async fn start(&mut self, actor: Actor, mut task: WorkerTask) -> Result<(), WorkerPoolError> {
        let mut member = match self.spare.take() {
            Some(member) => member,
            None => self.spawn()?,
        };
        task.label = label(member.id);
        let mut line = serde_json::to_vec(&task)?;
        line.push(b'\n');
        member.stdin.write_all(&line).await?;
        self.members.insert(actor, member);
        self.spare = Some(self.spawn()?);
        Ok(())
    }

    fn spawn(&mut self) -> Result<Member, WorkerPoolError> {
        let id = STARTED.fetch_add(1, Ordering::Relaxed);
        let mut command = Command::new(&self.command.program);
        // In its own process group, so that Ctrl-C reaches this process and not the worker.
        command.process_group(0);
        command.args(&self.command.args).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
        let stdin = process.stdin.take().ok_or_else(missing)?;
        let stdout = process.stdout.take().ok_or_else(missing)?;
        tokio::spawn(listen(id, stdout, self.outbox.clone()));
        Ok(Member { id, process, stdin, heard: VecDeque::new(), about: None })
    }

    pub(crate) fn has(&self, actor: Actor) -> bool {
        self.members.contains_key(&actor)
    }

    /// The name of an actor's session in `pg_stat_activity`.
    pub(crate) fn label(&self, actor: Actor) -> Result<String, WorkerPoolError> {
        self.members.get(&actor).map(|member| label(member.id)).ok_or_else(|| WorkerPoolError::Nobody(actor.name()))
    }

    fn member(&mut self, actor: Actor) -> Result<&mut Member, WorkerPoolError> {
        self.members.get_mut(&actor).ok_or_else(|| WorkerPoolError::Nobody(actor.name()))
    }

    /// Permits the step that a worker has announced, or supplies its reply.
    pub(crate) async fn permit(&mut self, actor: Actor, permit: Permit) -> Result<(), WorkerPoolError> {
        let mut line = serde_json::to_vec(&permit)?;
        line.push(b'\n');
        let member = self.member(actor)?;
        if permit != Permit::Idle {
            member.about = None;
        }
        Ok(member.stdin.write_all(&line).await?)
    }

    /// The step that a worker announces, or the other line that it sent; meanwhile `others` may report their steps.
    pub(crate) async fn about(
        &mut self,
        actor: Actor,
        others: &[Actor],
    ) -> Result<Result<Step, Line>, WorkerPoolError> {
        if let Some(step) = self.member(actor)?.about {
            return Ok(Ok(step));
        }
        match self.hear(actor, others).await? {
            Line::About { about } => {
                self.member(actor)?.about = Some(about);
                Ok(Ok(about))
            }
            other => Ok(Err(other)),
        }
    }

    /// The next line of a worker; meanwhile `others` may also report their steps.
    pub(crate) async fn hear(&mut self, actor: Actor, others: &[Actor]) -> Result<Line, WorkerPoolError> {
        loop {
            if let Some(line) = self.member(actor)?.heard.pop_front() {
                return Ok(line);
            }
            let silent = || WorkerPoolError::Silent(actor.name());
            let said = timeout(PATIENCE, self.inbox.recv()).await.map_err(|_| silent())?;
            let (id, line) = said.ok_or_else(silent)?;
            self.note(id, line, actor, others)?;
        }
    }

    /// The line that a worker has already sent, if any.
    pub(crate) fn heard(&mut self, actor: Actor) -> Result<Option<Line>, WorkerPoolError> {
        while let Ok((id, line)) = self.inbox.try_recv() {
            self.note(id, line, actor, &[])?;
        }
        Ok(self.member(actor)?.heard.pop_front())
    }

    fn note(&mut self, id: u64, line: Line, actor: Actor, others: &[Actor]) -> Result<(), WorkerPoolError> {
        let from = self.members.iter_mut().find(|(_, member)| member.id == id);
        // A line of a worker that has ended is ignored.
        let Some((&from, member)) = from else { return Ok(()) };
        let surprise = matches!(line, Line::Did { .. }) && from != actor && !others.contains(&from);
        member.heard.push_back(line);
        if surprise { Err(WorkerPoolError::OutOfTurn(from.name())) } else { Ok(()) }
    }

    /// Kills a worker with SIGKILL and waits until the process has ended; returns its label, to wait for its backend.
    pub(crate) async fn kill(&mut self, actor: Actor) -> Result<String, WorkerPoolError> {
        let mut member = self.members.remove(&actor).ok_or_else(|| WorkerPoolError::Nobody(actor.name()))?;
        member.process.kill().await?;
        Ok(label(member.id))
    }

    /// The labels of all sessions.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.members.values().map(|member| label(member.id)).collect()
    }

    /// The process of a worker.
    pub(crate) fn process(&mut self, actor: Actor) -> Result<Process, WorkerPoolError> {
        let gone = || WorkerPoolError::Nobody(actor.name());
        self.member(actor)?.process.id().map(Process::now).ok_or_else(gone)
    }

    /// Releases a worker that ends by itself.
    pub(crate) async fn leave(&mut self, actor: Actor) -> Result<(), WorkerPoolError> {
        if let Some(mut member) = self.members.remove(&actor) {
            timeout(PATIENCE, member.process.wait()).await.map_err(|_| WorkerPoolError::Silent(actor.name()))??;
        }
        Ok(())
    }

    /// Kills every remaining worker; returns their labels.
    pub(crate) async fn dismiss(&mut self) -> Result<Vec<String>, WorkerPoolError> {
        let mut labels = Vec::new();
        while let Some(actor) = self.members.keys().next().copied() {
            labels.push(self.kill(actor).await?);
        }
        Ok(labels)
    }
}

/// A label that is unique on the server among the engines of all processes.
fn label(id: u64) -> String {
    format!("trial-worker {} {id}", std::process::id())
}

async fn listen(id: u64, stdout: ChildStdout, outbox: UnboundedSender<(u64, Line)>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(text)) = lines.next_line().await {
        let line = serde_json::from_str(&text).unwrap_or_else(|_| Line::Broken { broken: format!("it said {text}") });
        if outbox.send((id, line)).is_err() {
            return;
        }
    }
}
