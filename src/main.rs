//! The `trial` command.
fn main() {}
