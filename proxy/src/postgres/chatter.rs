//! The statements by which a pool or a driver asks about a connection, and which no service means.

/// The texts, in small letters, without what [`plain`] takes away. RESET ALL and DISCARD ALL are not among them: a pool
/// that sends them after a COMMIT can fail there, and the service then believes that its COMMIT failed.
const PINGS: [&str; 11] = [
    "",
    "-- ping",
    "select 1",
    "select true",
    "select version()",
    "select pg_catalog.version()",
    "select current_schema()",
    "show standard_conforming_strings",
    "show transaction isolation level",
    "show server_version",
    "show transaction_read_only",
];

/// The text without the spaces around it and the semicolons after it.
fn plain(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == ';').to_lowercase()
}

/// Whether the text asks nothing but whether the connection lives and what server it leads to.
pub(super) fn is_ping(text: &str) -> bool {
    // The longest has 32 letters.
    text.len() < 64 && PINGS.contains(&plain(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_texts_are_pings() {
        for ping in ["", ";", " SELECT 1; ", "select 1", "SELECT pg_catalog.version()", "-- ping"] {
            assert!(is_ping(ping), "{ping}");
        }
        for point in ["SELECT 1 FROM money", "RESET ALL", "DISCARD ALL", "SELECT 2", "BEGIN", "SELECT 1; SELECT 1"] {
            assert!(!is_ping(point), "{point}");
        }
    }
}
