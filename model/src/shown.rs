//! Makes text that someone else chose, such as the trace id of a tenant or the name of a file, safe to show to a
//! person.

/// The most characters that are shown.
pub const MOST: usize = 80;

/// Whether a character can falsify the text around it: it controls the terminal or the text direction, or is invisible.
pub fn is_hidden(c: char) -> bool {
    let direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}');
    c.is_control() || direction || unseen
}

/// The text with each hidden character written out, as `\n` or `\u{202e}`.
pub fn plain(text: &str) -> String {
    let written = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(written).collect()
}

/// The same, cut to at most [`MOST`] characters; if cut, the last three are dots.
pub fn shown(text: &str) -> String {
    // The part that is cut off need not be escaped: a text can be long.
    let plain = plain(&text.chars().take(MOST + 1).collect::<String>());
    if plain.chars().count() <= MOST {
        return plain;
    }
    plain.chars().take(MOST - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_tenant_chose_forges_a_line_or_reaches_the_terminal() {
        for (text, safe) in [
            ("order-17 \u{fc}", "order-17 \u{fc}"),
            ("t1\nacme row t2: fine", "t1\\nacme row t2: fine"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\r\0\t", "\\r\\u{0}\\t"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("\u{feff}t\u{200b}", "\\u{feff}t\\u{200b}"),
        ] {
            assert_eq!(shown(text), safe);
        }
        assert_eq!(shown(&"x".repeat(80)), "x".repeat(80));
        assert_eq!(shown(&"x".repeat(81)), format!("{}...", "x".repeat(77)));
        assert_eq!(shown(&"\n".repeat(5_000_000)).chars().count(), MOST);
    }
}
