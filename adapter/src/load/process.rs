//! The client's end of a gateway process.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::load::error::LoadError;
use crate::load::gateway::Said;
use crate::worker::WorkerTask;
use crate::worker_pool::WorkerCommand;

/// A running gateway process.
#[derive(Debug)]
pub(super) struct Gateway {
    process: Child,
    stdin: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Gateway {
    pub(super) fn start(command: &WorkerCommand) -> Result<Gateway, LoadError> {
        let mut spawn = Command::new(&command.program);
        // In its own process group, so that Ctrl-C reaches this process and not the gateway.
        spawn.args(&command.args).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut process = spawn.spawn().map_err(LoadError::Process)?;
        let missing = || LoadError::Process(std::io::ErrorKind::BrokenPipe.into());
        let stdin = process.stdin.take().ok_or_else(missing)?;
        let said = BufReader::new(process.stdout.take().ok_or_else(missing)?).lines();
        Ok(Gateway { process, stdin, said })
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Sends it a task; false if it is dead and has not received the task.
    pub(super) async fn task(&mut self, task: &WorkerTask) -> Result<bool, LoadError> {
        let mut line = serde_json::to_vec(task).map_err(|error| LoadError::Said(error.to_string()))?;
        line.push(b'\n');
        Ok(self.stdin.write_all(&line).await.is_ok())
    }

    /// Its next line; `None` once it is dead.
    pub(super) async fn hear(&mut self) -> Result<Option<Said>, LoadError> {
        match self.said.next_line().await {
            Ok(Some(line)) => match serde_json::from_str(&line) {
                Ok(Said::Broken(why)) => Err(LoadError::Said(why)),
                Ok(said) => Ok(Some(said)),
                Err(_) => Err(LoadError::Said(format!("it said {line}"))),
            },
            Ok(None) | Err(_) => Ok(None),
        }
    }

    /// Waits for the end of a process that sends no more lines.
    pub(super) async fn bury(mut self) {
        drop(self.stdin);
        // The process is dead or has no more tasks.
        let _ = self.process.wait().await;
    }
}
