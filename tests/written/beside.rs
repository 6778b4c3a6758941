//! Commands that run beside each other in one checkout.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::{Checkout, CommandOutput, FOUND};

/// A run that has begun its work.
fn begun(checkout: &Checkout) -> Child {
    let mut run = checkout.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !checkout.path("target/trial/.trial-balance").exists() && run.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    run
}

fn ended(child: Child) -> CommandOutput {
    CommandOutput::by(&child.wait_with_output().unwrap())
}

/// What a run no longer finds goes; what another command has found meanwhile stays.
#[test]
fn a_run_removes_what_is_stale_and_nothing_that_another_one_writes() {
    let checkout = Checkout::new();
    let (stale, beside) = ("target/trial/found/stale.json", "target/trial/found/beside.json");
    checkout.put(stale, "");
    checkout.put("target/trial/scenarios/stale.html", "");
    let run = begun(&checkout);
    checkout.put(beside, "");
    let ran = ended(run);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(checkout.path(beside).is_file(), "{ran:?}");
    assert!(!checkout.path(stale).exists() && !checkout.path("target/trial/scenarios/stale.html").exists(), "{ran:?}");
    assert!(checkout.path(&format!("target/trial/{FOUND}")).is_file());
}

/// Each of them finds what it names.
#[test]
fn commands_beside_a_run_keep_what_they_name() {
    let checkout = Checkout::new();
    let run = begun(&checkout);
    let commands: [&[&str]; 3] =
        [&["check", "--design", "idempotency=A,cache=D", "--json"], &["check", "--json"], &["sim", "--json"]];
    let spawned = commands.map(|args| checkout.command(args).stdout(Stdio::piped()).spawn().unwrap());
    let ran = spawned.map(ended);
    assert_eq!(ended(run).exit, Some(0));
    for (ran, args) in ran.iter().zip(commands) {
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["exit"], 0, "{args:?}");
        for capsule in document["findings"].as_array().unwrap().iter().filter_map(|it| it["capsule"].as_str()) {
            assert!(checkout.path(capsule).is_file(), "{args:?}: {capsule}");
        }
    }
}

#[test]
fn the_report_of_a_run_is_whole_also_where_two_write_it() {
    let checkout = Checkout::new();
    let two = [begun(&checkout), begun(&checkout)].map(ended);
    assert!(two.iter().all(|ran| ran.exit == Some(0)), "{two:?}");
    let index = std::fs::read_to_string(checkout.path("target/trial/index.html")).unwrap();
    assert!(index.ends_with("</html>\n"));
    assert!(checkout.path(&format!("target/trial/{FOUND}")).is_file());
}

#[test]
fn a_run_that_replaces_the_report_of_another_one_says_so() {
    let checkout = Checkout::new();
    let run = begun(&checkout);
    checkout.put("target/trial/run.json", "{}");
    let ran = ended(run);
    let says = "another run wrote to target/trial while this one was at work";
    assert!(ran.stderr.contains(says) && ran.stderr.contains("--output DIR keeps two apart"), "{ran:?}");
}
