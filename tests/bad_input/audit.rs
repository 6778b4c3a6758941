//! `trial audit` told something that it cannot use.

use crate::{Checkout, assert_refused};

const DATABASE: &str = "postgres://auditor:secret@127.0.0.1:1/books";

#[test]
fn a_mapping_is_refused_with_its_line_its_key_and_what_is_valid() {
    let checkout = Checkout::new().with("names.toml", "[quota]\ntable = \"wallets\"\nbalanze = \"amount\"\n");
    let output = checkout.trial(&["audit", "--database-url", DATABASE, "--mapping", "names.toml"]);
    assert_refused(&output, 64, &["names.toml:3:", "unknown field `balanze`", "`balance`"]);
    let output = checkout.trial(&["audit", "--database-url", DATABASE, "--mapping", "nothing.toml"]);
    assert_refused(&output, 64, &["nothing.toml"]);
}

#[test]
fn a_server_that_is_missing_is_asked_for_and_one_that_is_not_there_is_named() {
    let checkout = Checkout::new();
    assert_refused(&checkout.trial(&["audit"]), 64, &["--database-url", "DATABASE_URL"]);
    let output = checkout.trial(&["audit", "--database-url", DATABASE]);
    assert_refused(&output, 64, &["--database-url names a server that cannot be used"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
    let output = checkout.command(&["audit"]).env("DATABASE_URL", DATABASE).output().unwrap();
    assert_refused(&output, 64, &["cannot be used"]);
    let output = checkout.trial(&["audit", "--database-url", "books"]);
    assert_refused(&output, 64, &["--database-url is not an address of a Postgres"]);
    let output = checkout.trial(&["audit", "--database-url", DATABASE, "--redis-url", "books"]);
    assert_refused(&output, 64, &["--redis-url is not an address of a Redis"]);
}

#[test]
fn a_check_that_there_is_none_of_is_refused_with_those_that_there_are() {
    let output = Checkout::new().trial(&["audit", "--database-url", DATABASE, "--only", "conserve,once"]);
    assert_refused(&output, 64, &["unknown check `once`", "conserve, chain, budget"]);
    let output = Checkout::new().trial(&["audit", "--database-url", DATABASE, "--worst", "0"]);
    assert_refused(&output, 64, &["--worst"]);
    let output = Checkout::new().trial(&["audit", "--database-url", DATABASE, "--settle", "soon"]);
    assert_refused(&output, 64, &["`soon` is not a duration"]);
}
