//! A private Postgres on a unix socket.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::ServersError;
use super::account::Account;
use super::find::{Found, Kind};
use super::private::Daemon;
use super::sweep::Folder;

/// The name of the socket in its folder; the port determines it.
pub const SOCKET: &str = ".s.PGSQL.5432";
const INITDB: [&str; 7] = ["-A", "trust", "-U", "trial", "--no-sync", "--no-locale", "--encoding=UTF8"];
/// `fsync=off` is safe against killed processes, the only fault here. The connection check lets a backend notice a dead
/// client while its statement waits for a lock.
const SETTINGS: [&str; 10] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    // A file in the folder, so that a killed server leaves nothing in the shared memory of the system.
    "dynamic_shared_memory_type=mmap",
    "max_connections=60",
    "client_connection_check_interval=100",
    // A run with a deadlock waits for this time twice.
    "deadlock_timeout=100ms",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// Options for a server whose socket is in `folder`.
pub(super) fn options(folder: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(folder)
        .port(5432)
        .username("trial")
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
}

/// The server and the folder of its data.
#[derive(Debug)]
pub(super) struct PrivatePostgres {
    daemon: Daemon,
    program: PathBuf,
    account: Account,
    folder: PathBuf,
}

impl PrivatePostgres {
    /// Makes the data folder and starts the server.
    pub(super) async fn start(found: &Found, account: Account, folder: &Folder) -> Result<Self, ServersError> {
        let path = folder.path().to_owned();
        make_data(found, &account, &path.join("data"))?;
        let daemon = Daemon::new(Kind::Postgres, path.join("postgres.log"));
        let mut server = PrivatePostgres { daemon, program: found.path.join("postgres"), account, folder: path };
        server.restart(folder).await?;
        Ok(server)
    }

    /// Starts the killed server on the data it left.
    pub(super) async fn restart(&mut self, folder: &Folder) -> Result<(), ServersError> {
        let (program, path, account) = (&self.program, &self.folder, self.account);
        let command = || {
            let mut command = Command::new(program);
            command.arg("-D").arg(path.join("data")).arg("-k").arg(path).current_dir(path);
            command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
            account.apply(&mut command);
            command
        };
        let options = options(path);
        self.daemon.start(folder, command, || async { options.connect().await?.close().await }).await
    }

    pub(super) fn kill(&mut self) {
        self.daemon.kill();
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.daemon.pid()
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        options(&self.folder)
    }
}

/// `initdb` takes about a second and its copy a tenth, so the first result is kept per version and account.
fn make_data(found: &Found, account: &Account, data: &Path) -> Result<(), ServersError> {
    let name = format!("template-{}-{}", found.version, account.uid());
    let template = super::cache::folder().map(|cache| cache.join(name));
    if let Some(template) = template.as_ref().filter(|template| template.is_dir()) {
        return account.copy_folder(template, data).map_err(ServersError::Io);
    }
    initdb(found, account, data)?;
    // Without a writable cache, every run is a second slower; nothing else changes.
    let _ = template.map(|template| keep(account, data, &template));
    Ok(())
}

fn initdb(found: &Found, account: &Account, data: &Path) -> Result<(), ServersError> {
    account.make_folder(data).map_err(ServersError::Io)?;
    let mut command = Command::new(found.path.join("initdb"));
    command.args(INITDB).arg("-D").arg(data).current_dir(data).stdin(Stdio::null());
    account.apply(&mut command);
    let failed = |why, log| ServersError::NotUp { kind: Kind::Postgres, why, log };
    let output = command.output().map_err(|error| failed(format!("initdb cannot be run: {error}"), String::new()))?;
    if output.status.success() {
        return Ok(());
    }
    let log = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed(format!("initdb failed ({})", output.status), log))
}

/// The template appears under its name only when complete; of two concurrent ones the first is kept.
fn keep(account: &Account, data: &Path, template: &Path) -> io::Result<()> {
    let cache = template.parent().ok_or(io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(cache)?;
    let half = tempfile::Builder::new().prefix("template-new-").tempdir_in(cache)?;
    account.copy_folder(data, &half.path().join("data"))?;
    std::fs::rename(half.path().join("data"), template)
}
