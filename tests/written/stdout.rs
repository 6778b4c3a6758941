//! A stdout or a stderr that cannot be written.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::{Checkout, CommandOutput};

#[test]
fn a_result_that_nobody_can_have_read_is_no_pass() {
    let checkout = Checkout::new();
    for line in ["$trial check >/dev/full", "$trial list designs >/dev/full", "$trial --help >/dev/full"] {
        let ran = CommandOutput::by(&checkout.shell(line));
        assert_eq!(ran.exit, Some(74), "{line}: {ran:?}");
        assert!(ran.stderr.contains("error: stdout cannot be written: No space left on device"), "{line}: {ran:?}");
    }
    // An exit code that says more stays.
    assert_eq!(CommandOutput::by(&checkout.shell("$trial check --max-states 3 >/dev/full")).exit, Some(2));
    assert_eq!(CommandOutput::by(&checkout.shell("$trial check nowhere --json >/dev/full")).exit, Some(64));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child =
        Checkout::new().command(&["list", "steps"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ran = CommandOutput::by(&child.wait_with_output().unwrap());
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""), "after {first}");
}

#[test]
fn a_stderr_that_cannot_be_written_changes_nothing() {
    let checkout = Checkout::new();
    checkout.put("target", "a file where the folder should be");
    for (line, exit) in
        [("$trial check 2>/dev/full", 0), ("$trial check nowhere 2>/dev/full", 64), ("$trial frob 2>/dev/full", 64)]
    {
        assert_eq!(CommandOutput::by(&checkout.shell(line)).exit, Some(exit), "{line}");
    }
}
