//! Servers that are asked for and cannot be had.

use crate::{Checkout, SCENARIO, assert_refused};

/// Nothing goes wrong.
const QUIET: &str = r#"title = "One charge"
risk = "p0-3"
why = "Nothing disturbs it."
gateways = 1

[[accounts]]
name = "acme"
balance = "100.00"

[[requests]]
trace = "t1"
account = "acme"
amount = "5.25"

"#;

const CLAIM: &str = r#"[[claim]]
id = "p0-3-1"
risk = "p0-3"
says = "One charge is taken twice."
scenario = "p0-3-quiet"
invariant = "once"
because = "Nothing disturbs it."
expect = "refuted"
"#;

#[test]
fn an_unreachable_database_url_is_bad_input_and_names_the_variable() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let output = checkout.command(&["real"]).env("DATABASE_URL", "postgres://127.0.0.1:1/nothing").output().unwrap();
    assert_refused(&output, 64, &["DATABASE_URL"]);
}

/// It is told before anything is started, and without what may be a password.
#[test]
fn an_address_of_another_kind_of_server_is_reported_with_what_is_valid() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let postgres = "it begins with `mysql://`: expected one of postgres://, postgresql://";
    let redis = "it begins with `http://`: expected one of redis://, valkey://, redis+unix://, valkey+unix://, unix://";
    for (variable, address, option, says) in [
        ("DATABASE_URL", "mysql://root:secret@127.0.0.1/books", "--database-url", postgres),
        ("REDIS_URL", "http://root:secret@127.0.0.1", "--redis-url", redis),
        ("REDIS_URL", "rediss://root:secret@127.0.0.1", "--redis-url", "`rediss://` needs TLS"),
    ] {
        let database = ["--database-url", "postgres://127.0.0.1:1/nothing"];
        let audit: Vec<&str> =
            ["audit"].into_iter().chain(database.into_iter().filter(|_| variable == "REDIS_URL")).collect();
        for args in [&["real"] as &[&str], &["run"], &["real", "--load"], &audit] {
            let checkout =
                Checkout::new().with("scenarios/p0-3-quiet.toml", QUIET).with("scenarios/claims.toml", CLAIM);
            let output = checkout.command(args).env(variable, address).output().unwrap();
            assert_refused(&output, 64, &[variable, says]);
            assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
        }
        let named: &[&str] = if option == "--database-url" { &[] } else { &database };
        let output = checkout.trial(&[&["audit", option, address], named].concat());
        assert_refused(&output, 64, &[option, says]);
    }
}

#[test]
fn missing_servers_are_reported_with_the_command_that_gets_them() {
    let checkout = Checkout::new().with("scenarios/p0-3-quiet.toml", QUIET).with("scenarios/claims.toml", CLAIM);
    assert_eq!(checkout.trial(&["check", "--accept"]).status.code(), Some(0));
    let trial = |args: &[&str], ci: Option<&str>| {
        let mut command = checkout.command(args);
        command.env("TRIAL_REDIS_BIN", checkout.path("no-redis-here"));
        ci.map(|ci| command.env("CI", ci));
        command.output().unwrap()
    };
    assert_refused(&trial(&["real"], None), 69, &["no-redis-here", "trial servers install"]);
    let output = trial(&["run"], None);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("NOT RUN: real"), "{printed}");
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert_eq!(trial(&["run"], Some("true")).status.code(), Some(69));
    assert_refused(&trial(&["run", "--update-reports"], None), 69, &["--update-reports needs all three engines"]);
}
