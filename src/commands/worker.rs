//! `trial worker` and `trial gateway`: run in separate processes, which may be killed.

use std::process::ExitCode;

use crate::failure::Failure;

/// Runs one attempt or job, step by step on orders of the parent over stdin.
pub fn worker() -> Result<u8, Failure> {
    run(adapter::worker::worker_main())
}

/// Runs attempt after attempt on orders of the parent over stdin.
pub fn gateway() -> Result<u8, Failure> {
    run(adapter::load::gateway_main())
}

fn run(main: impl Future<Output = ExitCode>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(error.to_string()))?;
    let ended = runtime.block_on(main);
    // The exit code of the gateway is only success or failure, and a parent that has died reads neither.
    Ok(u8::from(ended != ExitCode::SUCCESS))
}
