//! Starts private servers, prints `OWNER`, their process ids and their folder, and waits to be killed. The tests of
//! abandoned servers kill this process.

use std::process::ExitCode;

use adapter::servers::{Keeps, Options, Servers, ServersError, cleanup_on_signals};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match own().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn own() -> Result<(), ServersError> {
    cleanup_on_signals().map_err(ServersError::Io)?;
    let mut servers = Servers::start(&Options { keeps: Keeps::Nothing, ..Options::default() }).await?;
    let folder = servers.redis_files()?;
    let folder = folder.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let pids = [servers.postgres_pid()?, servers.redis_pid()?].map(|pid| pid.unwrap_or_default());
    println!("OWNER {} {} {folder}", pids[0], pids[1]);
    std::future::pending().await
}
