//! Printing. A reader that went away, as `head` does, is no error: the rest is dropped and the exit code stays.

use std::io::Write;

/// Prints a text as it is.
pub fn text(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _reader_may_be_gone = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a line.
pub fn line(line: &str) {
    text(&format!("{line}\n"));
}
