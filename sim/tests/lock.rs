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
