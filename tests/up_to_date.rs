//! The committed reports and capsules are what the suite writes today, byte for byte.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Every file under a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for path in std::fs::read_dir(inner).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn reports_and_found_capsules_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("scenarios")).unwrap();
    std::fs::write(copy.path().join("Cargo.toml"), "").unwrap();
    let asked = files(&root.join("scenarios"));
    for (name, text) in asked.into_iter().filter(|(name, _)| !name.starts_with("found/")) {
        std::fs::write(copy.path().join("scenarios").join(name), text).unwrap();
    }
    let trial = Command::new(env!("CARGO_BIN_EXE_trial"))
        .args(["run", "--update-reports"])
        .current_dir(copy.path())
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&trial.stdout), String::from_utf8_lossy(&trial.stderr));
    assert_eq!(trial.status.code(), Some(0), "{said}");
    for folder in ["reports", "scenarios/found"] {
        let (mut committed, written) = (files(&root.join(folder)), files(&copy.path().join(folder)));
        // Of another command, and held up to date by `tests/crash_matrix.rs`.
        committed.remove("crash-matrix.txt");
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&written), "{folder}: run `cargo run --release -- run --update-reports`");
        for (name, text) in &written {
            let differs = text.lines().zip(committed[name].lines()).find(|(new, old)| new != old);
            assert!(text == &committed[name], "{folder}/{name} is out of date, first at: {differs:?}");
        }
    }
}
