//! A private Redis or Valkey on a unix socket.

use std::path::PathBuf;
use std::process::Command;

use ::redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use super::ServersError;
use super::account::Account;
use super::connect::connect;
use super::find::{Found, Kind};
use super::private::Daemon;
use super::sweep::Folder;

/// What Redis keeps when its process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeps {
    /// Nothing: a kill loses every key.
    #[default]
    Nothing,
    /// An append-only file, written before each reply and synced by the system: a kill of the process loses nothing.
    Log,
}

/// The file that a start reads and SAVE writes.
const DUMP: &str = "dump.rdb";
/// The folder of the append-only file.
const LOG: &str = "appendonlydir";
/// A snapshot that no start reads.
const KEPT: &str = "kept.rdb";

/// The server and the places of its files.
#[derive(Debug)]
pub(super) struct PrivateRedis {
    daemon: Daemon,
    program: PathBuf,
    account: Account,
    folder: PathBuf,
    keeps: Keeps,
}

impl PrivateRedis {
    pub(super) async fn start(
        found: &Found,
        account: Account,
        folder: &Folder,
        keeps: Keeps,
    ) -> Result<Self, ServersError> {
        let path = folder.path().to_owned();
        account.make_folder(&path.join("redis")).map_err(ServersError::Io)?;
        let daemon = Daemon::new(Kind::Redis, path.join("redis.log"));
        let mut server = PrivateRedis { daemon, program: found.path.clone(), account, folder: path, keeps };
        server.restart(folder).await?;
        Ok(server)
    }

    /// Starts the killed server on the files it left.
    pub(super) async fn restart(&mut self, folder: &Folder) -> Result<(), ServersError> {
        let (program, account, keeps) = (&self.program, self.account, self.keeps);
        let (path, socket, files) = (&self.folder, self.socket(), self.files());
        let command = || {
            let mut command = Command::new(program);
            command.current_dir(path).args(["--port", "0", "--save", "", "--enable-debug-command", "yes"]);
            command.arg("--unixsocket").arg(&socket).arg("--dir").arg(&files);
            if keeps == Keeps::Log {
                // With `everysec` a write may be delayed while a sync is running, and a kill would then lose it.
                command.args(["--appendonly", "yes", "--appendfsync", "no"]);
            }
            account.apply(&mut command);
            command
        };
        let info = on_socket(socket.clone())?;
        let probe = || async {
            let mut connection = connect(info.clone()).await?;
            ::redis::cmd("PING").query_async::<()>(&mut connection).await
        };
        self.daemon.start(folder, command, probe).await
    }

    /// What it keeps when it is killed.
    pub(super) fn keeps(&self) -> Keeps {
        self.keeps
    }

    /// What it keeps from its next start on. An earlier log is deleted.
    pub(super) fn keep(&mut self, keeps: Keeps) -> std::io::Result<()> {
        self.kill();
        self.keeps = keeps;
        match std::fs::remove_dir_all(self.files().join(LOG)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Moves the snapshot that SAVE has just written aside, so that a start without data does not read it.
    pub(super) fn keep_snapshot(&self) -> std::io::Result<()> {
        std::fs::rename(self.files().join(DUMP), self.files().join(KEPT))
    }

    /// SIGKILLs the server and starts it on the snapshot that was kept.
    pub(super) async fn restart_on_snapshot(&mut self, folder: &Folder) -> Result<(), ServersError> {
        self.kill();
        let dump = self.files().join(DUMP);
        std::fs::copy(self.files().join(KEPT), &dump).map_err(ServersError::Io)?;
        self.account.give(&dump).map_err(ServersError::Io)?;
        self.restart(folder).await?;
        std::fs::remove_file(&dump).map_err(ServersError::Io)
    }

    pub(super) fn kill(&mut self) {
        self.daemon.kill();
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.daemon.pid()
    }

    /// The path of its socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    /// The folder of its append-only file and its dump.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.join("redis")
    }

    pub(super) fn info(&self) -> Result<ConnectionInfo, ServersError> {
        on_socket(self.socket())
    }
}

/// How to connect to a socket.
pub(super) fn on_socket(path: PathBuf) -> Result<ConnectionInfo, ServersError> {
    ConnectionAddr::Unix(path).into_connection_info().map_err(ServersError::Redis)
}
