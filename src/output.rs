//! Printing. A reader that has closed the pipe, as `head` does, is not an error: the rest is dropped and the exit code
//! is kept. Any other error on stdout, such as a full disk, is reported at the end and is not a success.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use model::shown::{is_hidden, plain};

/// The exit code if results could not be printed or written and the code would have been 0.
pub const NOT_WRITTEN: u8 = 74;

/// The first error on stdout.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a text; foreign content in it cannot forge a line or change the screen.
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

/// Prints a line, which has no colours, to stderr, beside the result. An error is ignored, since there is nowhere to
/// report it.
pub fn note(line: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(format!("{}\n", plain_lines(line)).as_bytes());
}

/// The text with every hidden character escaped but the ends of its lines.
pub fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// The text with every hidden character escaped except our own: ends of lines, and colours, which begin with an escape.
/// Escape characters of foreign content are escaped where texts are read.
fn safe(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| is_hidden(c) && !matches!(c, '\n' | '\u{1b}');
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if hidden(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// The exit code once everything is printed: a result that could not be printed is not a success.
pub fn ended(exit: u8) -> u8 {
    let Some(why) = LOST.get() else { return exit };
    note(&format!("error: stdout cannot be written: {why}"));
    if exit == 0 { NOT_WRITTEN } else { exit }
}
