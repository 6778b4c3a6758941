//! `trial worker`: one attempt in a process of its own.

use crate::failure::Failure;

/// Does what its parent orders over stdin, step by step.
pub fn worker() -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(error.to_string()))?;
    let ended = runtime.block_on(adapter::worker::worker_main());
    // Its own exit code is one of two, and a parent that is gone asks for neither.
    Ok(u8::from(ended != std::process::ExitCode::SUCCESS))
}
