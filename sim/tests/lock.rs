//! The committed lock files as text: each reads and writes itself.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use sim::suite::lock::{lines, parse, text};

#[test]
fn each_is_written_as_it_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut read = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|extension| extension == sim::suite::lock::EXTENSION) {
            let id = path.file_stem().unwrap().to_string_lossy().into_owned();
            let committed = std::fs::read_to_string(&path).unwrap();
            let lock = parse(&id, &committed).unwrap();
            assert_eq!(text(&id, &lock), committed, "{id}");
            assert_eq!(lines(&lock).len(), committed.lines().filter(|line| line.starts_with('[')).count(), "{id}");
            read += 1;
        }
    }
    assert!(read > 0);
}

/// Lines of one invariant with equal figures follow each other, and only the first has them.
#[test]
fn figures_that_a_line_shares_with_the_one_above_it_are_written_once() {
    let explored = "\nexplored = [\n[9, 9, 9, \"as-reported as-reported-code p0-3-a p0-3-b\"],\n]\n";
    let broken = |lines: &str| format!("{explored}\nbroken = [{lines}]\n");
    let full = broken(
        r#"
["key", 3, "as-reported", "a = 1"],
["key", 3, "as-reported-code", "a = 2"],
["key", 4, "p0-3-a", "a = 1"],
["key", 5, "p0-3-b", "a = 1"],
["progress", 3, "as-reported", "a = 1"],
"#,
    );
    let once = r#"
["key", 3, "as-reported", "a = 1"],
["key", 4, "p0-3-a", "as above"],
["key", 5, "p0-3-b", "as above"],
["key", 3, "as-reported-code", "a = 2"],
["progress", 3, "as-reported", "a = 1"],
"#;
    let lock = parse("x", &full).unwrap();
    let written = text("x", &lock);
    assert!(written.ends_with(&format!("\nbroken = [{once}]\n")), "{written}");
    assert_eq!(parse("x", &broken(once)).unwrap(), lock);
}
