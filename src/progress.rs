//! Progress for the user: a bar on stderr if it is a terminal; also the handling of Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// A flag that the first Ctrl-C or SIGTERM sets: engines stop and what is known is reported. A second one ends the
/// process once private servers are gone.
pub fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM])
        .map_err(|error| Failure::Internal(format!("signals: {error}")))?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if seen.swap(true, Ordering::Relaxed) {
                adapter::servers::cleanup_now();
                if std::env::args().any(|arg| arg == "--json") {
                    crate::output::line(&crate::document::error("interrupted twice", 130));
                }
                std::process::exit(130);
            }
        }
    });
    Ok(stop)
}

/// A bar with this many parts; hidden if stderr is not a terminal.
pub fn bar(parts: usize) -> ProgressBar {
    let bar = ProgressBar::new(parts as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
