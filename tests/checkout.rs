//! What is committed is small, and written by people but for a few files whose diff a person reads.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// The files of the checkout with their sizes in bytes.
fn committed() -> Vec<(String, u64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let names = names.split('\0').filter(|name| !name.is_empty());
    // A file that was removed and not yet committed is still listed.
    let sized = names.filter_map(|name| Some((name.to_owned(), std::fs::metadata(root.join(name)).ok()?.len())));
    let sized: Vec<(String, u64)> = sized.collect();
    assert!(sized.len() > 100, "{sized:?}");
    sized
}

fn bytes<'a>(files: impl Iterator<Item = &'a (String, u64)>) -> u64 {
    files.map(|(_, bytes)| bytes).sum()
}

#[test]
fn a_checkout_has_at_most_5_mb_and_1000_files() {
    let files = committed();
    assert!(files.len() <= 1_000, "{} files", files.len());
    let all = bytes(files.iter());
    assert!(all <= 5_000_000, "{all} bytes");
    let reports = bytes(files.iter().filter(|(name, _)| name.starts_with("reports/")));
    assert!(reports <= 2_000_000, "{reports} bytes of reports");
}

#[test]
fn no_generated_file_is_committed_but_these() {
    let files = committed();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let reports: Vec<&str> = names.iter().copied().filter(|name| name.starts_with("reports/")).collect();
    assert_eq!(
        reports,
        [
            "reports/claims.txt",
            "reports/crash-matrix.txt",
            "reports/index.html",
            "reports/reasoned.txt",
            "reports/summary.txt",
            "reports/unseen.toml",
        ]
    );
    let under_scenarios = names.iter().filter(|name| name.starts_with("scenarios/"));
    for name in under_scenarios {
        let (folder, file) = name.rsplit_once('/').unwrap();
        let kind = file.rsplit_once('.').unwrap().1;
        let known = matches!((folder, kind), ("scenarios", "toml" | "lock") | ("scenarios/found", "json"));
        assert!(known, "{name}: expected a scenario, its lock file, or a curated counterexample under found/");
    }
}

/// A scenario is a question that is read in one look.
#[test]
fn a_scenario_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let other = [sim::suite::claims::FILE, sim::suite::reasoned::FILE].iter().any(|name| path.ends_with(name));
        if path.extension().is_some_and(|kind| kind == "toml") && !other {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 40, "{} has {lines} lines", path.display());
        }
    }
}
