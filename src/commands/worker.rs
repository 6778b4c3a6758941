//! `trial worker` and `trial gateway`: what runs in processes of its own, to be killed.

use std::process::ExitCode;

use crate::failure::Failure;

/// One attempt or job, step by step as its parent orders over stdin.
pub fn worker() -> Result<u8, Failure> {
    run(adapter::worker::worker_main())
}

/// Attempt after attempt as its parent orders over stdin.
pub fn gateway() -> Result<u8, Failure> {
    run(adapter::load::gateway_main())
}

fn run(main: impl Future<Output = ExitCode>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(error.to_string()))?;
    let ended = runtime.block_on(main);
    // Its own exit code is one of two, and a parent that is gone asks for neither.
    Ok(u8::from(ended != ExitCode::SUCCESS))
}
