//! Plain text within a page's width.

use model::shown::is_hidden;

/// Columns of every text output.
pub(super) const WIDTH: usize = 100;

/// The number of characters, as a terminal counts them.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text padded with blanks on its right to a width.
pub(super) fn pad(text: &str, to: usize) -> String {
    format!("{text:<to$}")
}

/// A count with a comma at each thousand.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 move`, `2 moves`.
pub(super) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Lines of at most so many columns, broken between words; only a word longer than a line is split.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace().flat_map(|word| pieces(word, columns)) {
        let last = lines.last().map_or(0, |line| width(line));
        if last > 0 && last + 1 + width(&word) > columns {
            lines.push(word);
        } else if let Some(line) = lines.last_mut() {
            if last > 0 {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

fn pieces(word: &str, columns: usize) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    chars.chunks(columns).map(|piece| piece.iter().collect()).collect()
}

/// A paragraph that begins with a lead; its further lines are indented below its text.
pub fn paragraph(lead: &str, text: &str) -> String {
    let indent = width(lead);
    let lines = wrap(text, WIDTH.saturating_sub(indent));
    let lines = lines.iter().enumerate().map(|(place, line)| {
        let before = if place == 0 { lead.to_owned() } else { " ".repeat(indent) };
        format!("{before}{line}").trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// The text in ASCII: a character without a plain form becomes `?`.
pub(super) fn ascii(text: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii() && (c == '\n' || !is_hidden(c)) => c,
        '\u{2010}'..='\u{2015}' => '-',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        _ => '?',
    };
    text.chars().map(plain).collect()
}
