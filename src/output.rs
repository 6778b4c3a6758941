//! Printing. A reader that went away, as `head` does, is no error: the rest is dropped and the exit code stays. Anything else
//! that keeps stdout from being written, such as a full disk, is told at the end and is no pass.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use model::shown::is_hidden;

/// The exit code where what was found could not be told or written, and would have been 0.
pub const NOT_WRITTEN: u8 = 74;

/// What kept stdout from being written, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a text; what somebody else chose in it forges neither a line nor the screen.
pub fn text(text: &str) {
    let mut stdout = anstream::stdout().lock();
    if let Err(error) = stdout.write_all(safe(text).as_bytes()).and_then(|()| stdout.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Prints a line.
pub fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// Says something beside the result, on stderr. There is nowhere to say that this was not possible.
pub fn note(line: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(format!("{}\n", safe(line)).as_bytes());
}

/// The text with every hidden character written out but our own: ends of lines, and colours, which begin with an escape. That
/// one is written out where texts are read.
fn safe(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| is_hidden(c) && !matches!(c, '\n' | '\u{1b}');
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if hidden(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// The exit code once everything is printed: a result that nobody can have read is no pass.
pub fn ended(exit: u8) -> u8 {
    let Some(why) = LOST.get() else { return exit };
    note(&format!("error: stdout cannot be written: {why}"));
    if exit == 0 { NOT_WRITTEN } else { exit }
}
