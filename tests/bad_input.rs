//! Bad input: one clear error that names file, line, key and what would be valid; the documented exit code; nothing
//! written.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A checkout with nothing but scenarios, which a test may spoil.
struct Checkout {
    folder: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Checkout {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        Checkout { folder }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn with(self, relative: &str, text: &str) -> Checkout {
        std::fs::write(self.path(relative), text).unwrap();
        self
    }

    fn trial(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env_remove("CI");
        command.output().unwrap()
    }
}

const SCENARIO: &str = include_str!("../scenarios/p0-3-crash-between-steps.toml");

fn error_of(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "stdout: {}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn assert_refused(output: &Output, exit: i32, parts: &[&str]) {
    let (code, error) = error_of(output);
    assert_eq!(code, exit, "{error}");
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
    assert_eq!(error.matches("error:").count(), 1, "one error: {error}");
}

#[test]
fn a_wrong_scenario_is_named_with_its_line_and_what_would_be_valid() {
    let table: &[(&str, &str, &[&str])] = &[
        ("gateways = 2", "gatewys = 2", &["p0-3-x.toml:8:", "unknown field `gatewys`", "gateways"]),
        ("gateways = 2", "gateways = 9", &["p0-3-x.toml", "`gateways` is 9", "1 to 3"]),
        ("crash = 1", "crush = 1", &["p0-3-x.toml:21:", "unknown field `crush`", "crash"]),
        ("crash = 1", "crash = 99", &["p0-3-x.toml", "99", "0 to 3"]),
        ("\"5.25\"", "\"5.2500001\"", &["p0-3-x.toml:18:", "5.2500001", "six decimals"]),
        ("\"5.25\"", "\"-5.25\"", &["p0-3-x.toml:18:", "negative"]),
        ("\"5.25\"", "\"1000000000000\"", &["p0-3-x.toml:18:", "numeric(18,6)"]),
        ("\"5.25\"", "5.25", &["p0-3-x.toml:18:", "string"]),
        ("account = \"acme\"", "account = \"acne\"", &["p0-3-x.toml:17:", "`acne`", "acme"]),
        ("[\"key\", \"progress\", \"converge\"]", "[\"progres\"]", &["p0-3-x.toml:24:", "`progres`", "progress"]),
        ("[expect.p0-3-b]", "[expect.p0-3-z]", &["p0-3-x.toml:34:", "p0-3-z", "as-reported, p0-3-a"]),
        (
            "retry-stopped-by-the-key",
            "retry-stoped",
            &["p0-3-x.toml:25:", "`retry-stoped`", "retry-stopped-by-the-key"],
        ),
    ];
    for (from, to, parts) in table {
        assert!(SCENARIO.contains(from), "{from}");
        let checkout = Checkout::new().with("scenarios/p0-3-x.toml", &SCENARIO.replacen(from, to, 1));
        assert_refused(&checkout.trial(&["check"]), 64, parts);
        assert!(!checkout.path("target").exists(), "nothing is written");
    }
}

#[test]
fn a_scenario_must_be_named_for_its_risk() {
    let checkout = Checkout::new().with("scenarios/crash.toml", SCENARIO);
    assert_refused(&checkout.trial(&["check"]), 64, &["scenarios/crash.toml:1:", "must begin with its risk"]);
}

#[test]
fn what_is_asked_for_must_exist() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let table: &[(&[&str], &[&str])] = &[
        (&["check", "p0-3-y"], &["`p0-3-y` is no scenario", "p0-3-x"]),
        (&["check", "--risk", "p0-9"], &["no scenario has the risk `p0-9`", "p0-3"]),
        (&["check", "--design", "p0-3-q"], &["`p0-3-q` is no design", "p0-3-b+fixed", "idempotency="]),
        (&["check", "--time", "soon"], &["`soon` is no duration", "60s"]),
        (&["check", "--threads", "0"], &["0 is not in 1..=256"]),
        (&["check", "--max-states", "0"], &["--max-states"]),
        (&["sim", "--seeds", "9..3"], &["`9..3` is no range of seeds", "0..1000"]),
        (&["sim", "--seed", "1", "--seeds", "0..2"], &["cannot be used with"]),
        (&["replay", "nowhere.json"], &["nowhere.json", "No such file"]),
        (&["list", "nothing"], &["scenarios", "designs", "invariants", "faults"]),
        (&["frobnicate"], &["frobnicate"]),
    ];
    for (args, parts) in table {
        assert_refused(&checkout.trial(args), 64, parts);
    }
}

#[test]
fn a_wrong_capsule_is_named_with_its_line_and_what_would_be_valid() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios/found/p0-3-crash-between-steps.as-reported.progress.json");
    let capsule = std::fs::read_to_string(found).unwrap();
    let table: &[(&str, &str, &[&str])] = &[
        ("\"schema\": 1", "\"schema\": 7", &["c.json:2:", "`schema` is 7", "1 to 1"]),
        ("\"schema\": 1", "\"schema\": 0", &["c.json:2:", "`schema` is 0"]),
        ("\"gateways\"", "\"gateway\"", &["c.json:", "unknown field `gateway`", "gateways"]),
        ("\"step\": \"T1\"", "\"step\": \"T9\"", &["c.json:", "`T9` is no step", "T1 to T7b"]),
        ("\"actor\": \"gateway-a\"", "\"actor\": \"gateway-q\"", &["c.json:", "`gateway-q`", "gateway-a, gateway-b"]),
        ("\"act\": \"crashes-before\"", "\"act\": \"explodes\"", &["c.json:", "`explodes`", "crashes-before"]),
        ("\"invariant\": \"progress\"", "\"invariant\": \"progres\"", &["c.json:", "`progres`", "progress"]),
        ("\"amount\": \"5.25\"", "\"amount\": \"5.12345678\"", &["c.json:", "six decimals"]),
        ("\"design\": \"as-reported\"", "\"design\": \"as-repeated\"", &["c.json:", "`as-repeated` is no design"]),
    ];
    for (from, to, parts) in table {
        assert!(capsule.contains(from), "{from}");
        let checkout = Checkout::new().with("c.json", &capsule.replacen(from, to, 1));
        assert_refused(&checkout.trial(&["replay", "c.json"]), 64, parts);
    }
    let checkout = Checkout::new().with("c.json", "{ this is no capsule");
    assert_refused(&checkout.trial(&["replay", "c.json"]), 64, &["c.json:1:"]);
}

#[test]
fn json_is_one_document_on_stdout_for_errors_too() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    for args in [&["check", "nope", "--json"][..], &["check", "--nope", "--json"], &["replay", "nope.json", "--json"]] {
        let output = checkout.trial(args);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["schema"], 1);
        assert_eq!(document["exit"], 64);
        assert!(document["error"].as_str().unwrap().contains("nope"));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(64));
    }
}

#[test]
fn an_unreachable_database_url_is_bad_input_and_names_the_variable() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
    command.args(["real"]).current_dir(checkout.folder.path()).env("DATABASE_URL", "postgres://127.0.0.1:1/nothing");
    let output = command.output().unwrap();
    assert_refused(&output, 64, &["DATABASE_URL"]);
}

#[test]
fn missing_servers_are_told_with_the_command_that_gets_them() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let trial = |args: &[&str], ci: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args(args).current_dir(checkout.folder.path()).env_remove("CI");
        command
            .env("TRIAL_REDIS_BIN", checkout.path("no-redis-here"))
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL");
        ci.map(|ci| command.env("CI", ci));
        command.output().unwrap()
    };
    let output = trial(&["real"], None);
    assert_refused(&output, 69, &["no-redis-here", "trial services install"]);
    let output = trial(&["run"], None);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("NOT RUN: real"), "{printed}");
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert_eq!(trial(&["run"], Some("true")).status.code(), Some(69));
}
