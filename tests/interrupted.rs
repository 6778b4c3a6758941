//! Ctrl-C in a terminal: the signal reaches the whole foreground process group, and what is known is reported all the same.
//! Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs `trial` in a pseudo-terminal of its own, presses Ctrl-C after a while, and answers with exit code and output.
fn interrupted(args: &str, after: Duration) -> (Option<i32>, String) {
    // A shell that stays between the terminal and `trial` would be interrupted too, and its end reported instead of ours.
    let trial = format!("exec {} {args}", env!("CARGO_BIN_EXE_trial"));
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &trial, "/dev/null"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("SHELL", "/bin/sh")
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    std::thread::sleep(after);
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    let mut screen = Vec::new();
    terminal.stdout.take().unwrap().read_to_end(&mut screen).unwrap();
    drop(keyboard);
    (terminal.wait().unwrap().code(), String::from_utf8_lossy(&screen).into_owned())
}

#[test]
fn what_real_servers_showed_until_then_is_reported() {
    // Under every design, which takes a minute: the signal finds it at work.
    let (exit, screen) = interrupted("real p0-3-everything-at-once", Duration::from_secs(4));
    assert_eq!(exit, Some(2), "{screen}");
    assert!(screen.contains("unknown (real): ") && screen.contains("interrupted"), "{screen}");
    assert!(screen.contains("looked at     real "), "{screen}");
    assert!(
        screen.contains("exit code 2: no violations, but some checks were inconclusive")
            && !screen.contains("internal error"),
        "{screen}"
    );
}

#[test]
fn a_load_that_is_interrupted_says_so() {
    let (exit, screen) =
        interrupted("real --load --design p0-3-b+fixed --time 60s --workers 2", Duration::from_secs(8));
    assert_eq!(exit, Some(2), "{screen}");
    assert!(screen.contains("interrupted: what came until then was judged, and no more"), "{screen}");
    assert!(screen.contains("exit code 2: no violations, but some checks were inconclusive"), "{screen}");
}
