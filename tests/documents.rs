//! What documents say is so: commands are those of the program.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use expect_test::expect_file;

#[test]
fn the_page_of_commands_is_what_the_program_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_trial")).arg("manual").output().unwrap();
    expect_file!["../docs/cli.md"].assert_eq(&String::from_utf8(output.stdout).unwrap());
}
