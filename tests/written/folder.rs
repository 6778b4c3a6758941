//! The folder that is written to.

use crate::{Checkout, CommandOutput, FOUND, ID};

/// As on a full disk: folders can be made, and no file gets a byte.
const FULL_DISK: &str = "trap '' XFSZ; ulimit -f 0; exec $trial";

#[test]
fn a_full_disk_takes_no_verdict_away() {
    let checkout = Checkout::new();
    let of_design = "--design as-reported";
    for line in [
        format!("{FULL_DISK} check {of_design}"),
        format!("{FULL_DISK} check {of_design} --json"),
        format!("{FULL_DISK} sim {of_design} --seeds 0..40"),
        format!("{FULL_DISK} explain {ID} {of_design} --invariant progress"),
    ] {
        let ran = CommandOutput::by(&checkout.shell(&line));
        assert_eq!(ran.exit, Some(0), "{line}: {ran:?}");
        assert!(ran.has_the_verdict() || ran.stdout.contains("\"broken\""), "{line}: {ran:?}");
        assert!(ran.stderr.starts_with("warning: target/trial cannot be written: "), "{line}: {ran:?}");
    }
    // Private servers need room as well: here it is only the report that has none.
    std::fs::remove_dir_all(checkout.path("target")).unwrap();
    checkout.put("target", "a file where the folder should be");
    let ran = checkout.trial(&["run"]);
    assert!(ran.stderr.starts_with("warning: target/trial cannot be written: "), "{ran:?}");
    assert!(ran.stdout.contains("claims 1 of the review answered, 1 as expected"), "{ran:?}");
    assert!(!ran.stdout.contains("report: "), "{ran:?}");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn what_was_asked_for_and_cannot_be_written_is_reported_in_the_first_second() {
    let checkout = Checkout::new();
    checkout.put("reports", "a file where the folder should be");
    checkout.put("scenarios/found", "a file where the folder should be");
    let explain = format!("explain {ID} --design as-reported --invariant progress");
    for (line, says) in [
        (format!("{FULL_DISK} check --output out"), "--output out: it cannot be written: "),
        (format!("{FULL_DISK} run --output out"), "--output out: it cannot be written: "),
        (format!("{FULL_DISK} real --crash-matrix --output out"), "--output out: it cannot be written: "),
        (format!("{FULL_DISK} real --load --output out"), "--output out: it cannot be written: "),
        (format!("{FULL_DISK} {explain} --output out"), "--output out: it cannot be written: "),
        (format!("{FULL_DISK} check --accept"), "--accept: scenarios/ cannot be written: "),
        (format!("$trial {explain} --keep x --title x"), "--keep: scenarios/found/ cannot be written: "),
        ("$trial run --update-reports".to_owned(), "--update-reports: reports/ cannot be written: "),
        ("$trial real --crash-matrix --update-reports".to_owned(), "--update-reports: reports/ cannot be written: "),
        ("$trial check --output ''".to_owned(), "--output"),
        ("$trial check --output Cargo.toml".to_owned(), "--output Cargo.toml: it cannot be written: "),
    ] {
        let ran = CommandOutput::by(&checkout.shell(&line));
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(64), ""), "{line}: {ran:?}");
        assert!(ran.stderr.contains(says), "{line}: {ran:?}");
    }
}

/// Between the first second and the last a disk can fill up: here a file stands where the folder should be.
#[test]
fn what_was_asked_for_and_was_not_written_in_the_end_is_no_pass() {
    let checkout = Checkout::new();
    for (args, asked) in
        [(&["check"] as &[&str], false), (&["check", "--output", "out"], true), (&["run", "--output", "out"], true)]
    {
        let folder = if asked { "out" } else { "target/trial" };
        assert_eq!(checkout.trial(args).exit, Some(0), "{args:?}");
        std::fs::remove_dir_all(checkout.path(folder).join("found")).unwrap();
        checkout.put(&format!("{folder}/found"), "");
        let ran = checkout.trial(args);
        assert!(ran.has_the_verdict() || args[0] == "run", "{ran:?}");
        let word = if asked { "error" } else { "warning" };
        assert!(ran.stderr.contains(&format!("{word}: {folder}/found/{ID}")), "{ran:?}");
        assert_eq!(ran.exit, Some(if asked { 74 } else { 0 }), "{ran:?}");
        std::fs::remove_file(checkout.path(folder).join("found")).unwrap();
    }
}

#[test]
fn a_lock_file_that_cannot_be_written_is_no_pass_and_holds_up_no_other() {
    let checkout = Checkout::new();
    let text = std::fs::read_to_string(checkout.path(&format!("scenarios/{ID}.toml"))).unwrap();
    checkout.put("scenarios/z-last.toml", &text);
    std::fs::remove_file(checkout.path(&format!("scenarios/{ID}.lock"))).unwrap();
    std::fs::create_dir_all(checkout.path(&format!("scenarios/{ID}.lock/x"))).unwrap();
    let ran = checkout.trial(&["check", "--accept"]);
    assert_eq!(ran.exit, Some(74), "{ran:?}");
    assert!(ran.stdout.contains(&format!("{ID}: accepted, but scenarios/{ID}.lock cannot be written: ")), "{ran:?}");
    assert!(checkout.path("scenarios/z-last.lock").is_file());
}

#[test]
fn what_is_found_is_written_where_it_was_asked_for_and_named_there() {
    let checkout = Checkout::new();
    let explain = ["explain", ID, "--design", "as-reported", "--invariant", "progress"];
    for args in [&["check"] as &[&str], &["run"], &explain] {
        let ran = checkout.trial(&[args, &["--output", "some where/out/"]].concat());
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        let capsule = format!("some where/out/{FOUND}");
        assert!(checkout.path(&capsule).is_file(), "{args:?}");
        if args[0] == "run" {
            assert!(ran.stdout.contains("report: some where/out/index.html"), "{ran:?}");
            assert!(checkout.path("some where/out/index.html").is_file());
        } else {
            assert!(ran.stdout.contains(&format!("trial replay '{capsule}' --on real")), "{args:?}: {ran:?}");
        }
        assert_eq!(checkout.trial(&["replay", &capsule]).exit, Some(0));
        std::fs::remove_file(checkout.path(&capsule)).unwrap();
    }
    assert!(!checkout.path("target").exists(), "nothing is written elsewhere");
}

/// A run removes what it no longer finds: in a checkout that would be lock files.
#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let checkout = Checkout::new();
    checkout.put("mine/found/notes.json", "");
    for folder in [".", "scenarios", "mine"] {
        let ran = checkout.trial(&["run", "--output", folder]);
        assert_eq!(ran.exit, Some(64), "{folder}: {ran:?}");
        assert!(ran.stderr.contains("it holds files that are not ours"), "{folder}: {ran:?}");
    }
    assert!(
        checkout.path(&format!("scenarios/{ID}.lock")).is_file() && checkout.path("mine/found/notes.json").is_file()
    );
}
