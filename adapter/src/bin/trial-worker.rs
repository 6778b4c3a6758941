//! The worker alone, for tests of this crate.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    adapter::worker::worker_main().await
}
