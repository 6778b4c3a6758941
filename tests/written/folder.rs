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
        let told = CommandOutput::by(&checkout.shell(&line));
        assert_eq!(told.exit, Some(0), "{line}: {told:?}");
        assert!(told.has_the_verdict() || told.stdout.contains("\"broken\""), "{line}: {told:?}");
        assert!(told.stderr.starts_with("warning: target/trial cannot be written: "), "{line}: {told:?}");
    }
    // Private servers need room as well: here it is only the report that has none.
    std::fs::remove_dir_all(checkout.path("target")).unwrap();
    checkout.put("target", "a file where the folder should be");
    let told = checkout.trial(&["run"]);
    assert!(told.stderr.starts_with("warning: target/trial cannot be written: "), "{told:?}");
    assert!(told.stdout.contains("claims 1 of the review judged, 1 as expected"), "{told:?}");
    assert!(!told.stdout.contains("report: "), "{told:?}");
    assert_eq!(told.exit, Some(0), "{told:?}");
}

#[test]
fn what_was_asked_for_and_cannot_be_written_is_told_in_the_first_second() {
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
        let told = CommandOutput::by(&checkout.shell(&line));
        assert_eq!((told.exit, told.stdout.as_str()), (Some(64), ""), "{line}: {told:?}");
        assert!(told.stderr.contains(says), "{line}: {told:?}");
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
        let told = checkout.trial(args);
        assert!(told.has_the_verdict() || args[0] == "run", "{told:?}");
        let word = if asked { "error" } else { "warning" };
        assert!(told.stderr.contains(&format!("{word}: {folder}/found/{ID}")), "{told:?}");
        assert_eq!(told.exit, Some(if asked { 74 } else { 0 }), "{told:?}");
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
    let told = checkout.trial(&["check", "--accept"]);
    assert_eq!(told.exit, Some(74), "{told:?}");
    assert!(told.stdout.contains(&format!("{ID}: accepted, but scenarios/{ID}.lock cannot be written: ")), "{told:?}");
    assert!(checkout.path("scenarios/z-last.lock").is_file());
}

#[test]
fn what_is_found_is_written_where_it_was_asked_for_and_named_there() {
    let checkout = Checkout::new();
    let explain = ["explain", ID, "--design", "as-reported", "--invariant", "progress"];
    for args in [&["check"] as &[&str], &["run"], &explain] {
        let told = checkout.trial(&[args, &["--output", "some where/out/"]].concat());
        assert_eq!(told.exit, Some(0), "{told:?}");
        let capsule = format!("some where/out/{FOUND}");
        assert!(checkout.path(&capsule).is_file(), "{args:?}");
        if args[0] == "run" {
            assert!(told.stdout.contains("report: some where/out/index.html"), "{told:?}");
            assert!(checkout.path("some where/out/index.html").is_file());
        } else {
            assert!(told.stdout.contains(&format!("trial replay '{capsule}' --on real")), "{args:?}: {told:?}");
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
        let told = checkout.trial(&["run", "--output", folder]);
        assert_eq!(told.exit, Some(64), "{folder}: {told:?}");
        assert!(told.stderr.contains("it holds files that are not ours"), "{folder}: {told:?}");
    }
    assert!(
        checkout.path(&format!("scenarios/{ID}.lock")).is_file() && checkout.path("mine/found/notes.json").is_file()
    );
}
