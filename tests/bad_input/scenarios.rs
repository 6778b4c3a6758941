//! Scenarios that are wrong.

use crate::{Checkout, SCENARIO, assert_refused, spoiled};

/// What is replaced, by what, the line that is named (0 where the file is wrong as a whole), and what the error says.
type Table<'a> = &'a [(&'a str, &'a str, usize, &'a [&'a str])];

fn assert_each_is_refused(table: Table<'_>) {
    for (from, to, line, parts) in table {
        let checkout = Checkout::new().with("scenarios/p0-3-x.toml", &spoiled(SCENARIO, from, to));
        let output = checkout.trial(&["check"]);
        let place = format!("scenarios/p0-3-x.toml:{line}: ");
        let parts: Vec<&str> = [place.as_str()].into_iter().chain(parts.iter().copied()).collect();
        assert_refused(&output, 64, &parts);
        assert!(!checkout.path("target").exists(), "nothing is written");
    }
}

#[test]
fn a_wrong_number_or_key_of_the_world() {
    assert_each_is_refused(&[
        ("gateways = 2", "gatewys = 2", 7, &["unknown field `gatewys`", "gateways"]),
        ("gateways = 2", "gateways = 9", 7, &["`gateways` is 9", "1 to 3"]),
        ("crash = 1", "crush = 1", 31, &["unknown field `crush`", "crash"]),
        ("crash = 1", "crash = 99", 30, &["99", "0 to 3"]),
        ("attempts = 1", "attempts = 9", 21, &["`attempts` is 9", "1 to 5"]),
        ("\"A crash\"", "\" \"", 1, &["`title` is blank"]),
        ("\"quota-check\"", "\"quota-chek\"", 9, &["`quota-chek`", "`auth`, `quota-check`, `upstream`, `usage`"]),
        ("\"2026-01-15\"", "\"2026-02-30\"", 8, &["`2026-02-30` is not a day", "2026-01-31"]),
        ("\"2026-01-15\"", "\"15.1.2026\"", 8, &["`15.1.2026` is not a day"]),
        ("\"2026-01-15\"", "\"2149-06-07\"", 8, &["`today`", "`2149-06-07` is not a day", "1970-01-01 to 2149-06-06"]),
        ("\"2026-01-15\"", "\"2149-06-01\"", 8, &["`today` is 2149-06-01: expected 1970-01-03 to 2149-05-31"]),
        ("\"2026-01-15\"", "\"1970-01-02\"", 8, &["`today` is 1970-01-02: expected 1970-01-03 to 2149-05-31"]),
        ("\"2026-01-15\"", "20260115", 8, &["`today`: not valid here", "expected a text in quotes"]),
        (
            "balance = \"100.00\"",
            "balance = \"100.00\"\ndaily_quota = -1",
            16,
            &["`daily_quota`", "-1", "a whole number from 0 to 4294967295"],
        ),
        (
            "balance = \"100.00\"",
            "balance = \"100.00\"\nzone = \"Berlin\"",
            16,
            &["`zone` is `Berlin`", "\"Europe/Berlin\""],
        ),
    ]);
}

#[test]
fn wrong_money_or_a_wrong_request() {
    let both = "amount = \"5.25\"\ntokens = { input = 1, output = 1, input-price = \"1\", output-price = \"1\" }";
    let words = "tokens = { input = 1, output = 1, input-price = \"one\", output-price = \"1\" }";
    let nothing = "tokens = { input = 0, output = 0, input-price = \"1\", output-price = \"1\" }";
    assert_each_is_refused(&[
        ("\"5.25\"", "\"5.2500001\"", 20, &["5.2500001", "six decimals"]),
        ("\"5.25\"", "\"-5.25\"", 20, &["negative"]),
        ("\"5.25\"", "\"1000000000000\"", 20, &["numeric(18,6)"]),
        ("\"5.25\"", "5.25", 20, &["`amount`: not valid here: floating point `5.25`", "expected a text in quotes"]),
        ("\"5.25\"", "\"0\"", 18, &["request `t1` has the price 0", "it must be more"]),
        ("amount = \"5.25\"", both, 18, &["`t1`", "`amount` and `tokens` are both given", "one of them is valid"]),
        ("amount = \"5.25\"", words, 20, &["one", "Decimal"]),
        ("amount = \"5.25\"", nothing, 18, &["request `t1` has the price 0"]),
        ("amount = \"5.25\"\n", "", 18, &["`t1`: `amount` is missing", "such as \"5.25\""]),
        ("account = \"acme\"", "account = \"acne\"", 19, &["`acne`", "acme"]),
        (
            "trace = \"v1\"",
            "trace = \"t1\"",
            18,
            &["request `t1`", "another request of the account has this trace id", "needs a `name`"],
        ),
        (
            "kind = \"reverse\"",
            "kind = \"revers\"",
            26,
            &["`revers`", "`charge`, `recharge`, `reverse`, `daily-quota`"],
        ),
        ("kind = \"reverse\"\n", "", 24, &["`v1`: `of` is for `kind = \"reverse\"`"]),
        ("of = \"t1\"", "of = \"t7\"", 24, &["`v1`: `of` names `t7`", "traces of requests before it"]),
        ("of = \"t1\"\n", "", 24, &["`v1`: `kind = \"reverse\"` needs `of`"]),
    ]);
}

/// A name is shown whole, typed and made part of the names of files.
#[test]
fn a_name_that_is_too_long_to_be_shown() {
    let (long, tenant) = ("x".repeat(81), "y".repeat(81));
    let checkout =
        Checkout::new().with("scenarios/p0-3-x.toml", &SCENARIO.replace("\"acme\"", &format!("\"{tenant}\"")));
    let says = "has 81 characters: expected at most 80";
    assert_refused(&checkout.trial(&["check"]), 64, &["scenarios/p0-3-x.toml:14: the account `yyyy", says]);
    let checkout = Checkout::new().with(&format!("scenarios/{long}.toml"), SCENARIO);
    assert_refused(&checkout.trial(&["check"]), 64, &["its name ", says]);
    let checkout = Checkout::new().with("scenarios/a\u{202e}b.toml", SCENARIO);
    assert_refused(&checkout.trial(&["check"]), 64, &["scenarios/a\\u{202e}b.toml: its name has the character U+202E"]);
}

/// The bound is on the file, before its requests are counted or anything is made of them.
#[test]
fn more_requests_than_a_world_has_are_counted_before_anything_is_made_of_them() {
    let request = "[[requests]]\ntrace = \"t1\"\naccount = \"acme\"\namount = \"5.25\"\n\n";
    for (count, says) in [(20_000, "`requests` is 20002: expected 1 to 4"), (1_000_000, "it has more than 4 MiB")] {
        let text = spoiled(SCENARIO, "[faults]", &format!("{}[faults]", request.repeat(count)));
        let checkout = Checkout::new().with("scenarios/p0-3-x.toml", &text);
        // In 600 MiB of memory and of what threads reserve.
        let limited = "ulimit -v 614400; exec $trial check --threads 1";
        let output = checkout.shell(limited);
        assert_refused(&output, 64, &["scenarios/p0-3-x.toml", says]);
    }
}

/// What a tenant or a file's author chose can forge nothing: a newline no line, an escape sequence no screen.
#[test]
fn a_name_with_signs_that_cannot_be_seen() {
    assert_each_is_refused(&[
        ("name = \"acme\"", "name = \"ac\\u0000me\"", 13, &["the account `ac\\u{0}me` has the character U+0000"]),
        ("trace = \"v1\"", "trace = \"v\\n1\"", 17, &["the trace id `v\\n1` has the character U+000A"]),
        ("trace = \"v1\"", "trace = \"v\\u202e1\"", 17, &["the trace id `v\\u{202e}1` has the character U+202E"]),
    ]);
}

#[test]
fn a_file_that_is_no_scenario() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let fifo = checkout.path("scenarios/pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert_refused(&checkout.trial(&["check"]), 64, &["scenarios/pipe.toml: it is not a regular file"]);
    std::fs::remove_file(&fifo).unwrap();
    for (text, says) in [
        (vec![b'#'; 9 << 20], "scenarios/pipe.toml: it has more than 4 MiB"),
        (vec![0xff, 0xfe, b'a'], "scenarios/pipe.toml: it is not UTF-8 text"),
    ] {
        std::fs::write(&fifo, text).unwrap();
        assert_refused(&checkout.trial(&["check"]), 64, &[says]);
    }
    let marked = [b"\xef\xbb\xbf", SCENARIO.as_bytes()].concat();
    std::fs::write(&fifo, marked).unwrap();
    assert_eq!(
        checkout.trial(&["list", "scenarios"]).status.code(),
        Some(0),
        "a mark of the byte order is not a part of it"
    );
}

#[test]
fn a_folder_without_scenarios_is_no_pass() {
    for command in ["check", "sim", "real", "run"] {
        let checkout = Checkout::new().with("scenarios/claims.toml", "claim = []");
        assert_refused(&checkout.trial(&[command]), 64, &["there is no scenario in scenarios/"]);
    }
}

#[test]
fn a_design_that_is_none() {
    let design = "\"p0-3-a+fixed\"";
    assert_each_is_refused(&[
        (design, "\"p0-3-z\"", 41, &["unknown design `p0-3-z`", "as-reported, as-reported-code", "idempotency=A"]),
        (design, "\"cash=D\"", 41, &["unknown option `cash`", "idempotency, cache, counting"]),
        (design, "\"cache=Z\"", 41, &["unknown choice `cache=Z`", "expected one of as-reported, A, A+fixed, B"]),
        (design, "\"cache=D,cache=B\"", 41, &["`cache` is chosen twice"]),
        (design, "\"cache=C,idempotency=A\"", 41, &["cache=C and idempotency=A contradict each other", "PENDING"]),
        (design, "\"idempotency=B,cache=D\"", 41, &["`idempotency=B,cache=D`", "add it to `designs`"]),
        ("idempotency=A,cache=D", "idempotency=Z", 11, &["`designs`: unknown choice `idempotency=Z`"]),
        // No step of this path keeps a budget or sends usage, so neither choice makes another world.
        (
            "idempotency=A,cache=D",
            "p0-2-a",
            11,
            &["`p0-2-a`, which is the same world here as `as-reported`", "leave it out"],
        ),
        ("idempotency=A,cache=D", "usage=C", 11, &["`usage=C`, which is the same world", "`as-reported`"]),
    ]);
}

#[test]
fn an_expectation_that_means_nothing() {
    assert_each_is_refused(&[
        ("[\"key\", \"progress\"]", "[\"progres\"]", 35, &["`expect` for `as-reported`", "`progres`", "progress"]),
        ("[\"key\", \"progress\"]", "[\"converge\"]", 35, &["`expect` for `as-reported` names `converge` twice"]),
        ("any = [\"converge\"]", "any = [\"convrge\"]", 36, &["`any`", "`convrge`", "converge"]),
        ("the key outlives the rollback", " ", 38, &["`because` of `expect` for `as-reported` is blank"]),
        ("because = \"the key outlives the rollback\"\n", "", 33, &["missing field `because`"]),
        (
            "[\"crash-between",
            "[\"crash-betwen",
            10,
            &["`seen` names the unknown situation `crash-betwen", "expected one of crash-between"],
        ),
        ("retry-stopped", "retry-stoped", 37, &["`seen` of `expect` for `as-reported`", "`retry-stoped-by-the-key`"]),
    ]);
}

#[test]
fn a_risk_that_is_none() {
    assert_each_is_refused(&[
        ("risk = \"p0-3\"", "risk = \"p0-9\"", 2, &["unknown risk `p0-9`", "p0-1, p0-2, p0-3"]),
        ("risk = \"p0-3\"\n", "", 1, &["`risk` is missing", "p0-1, p0-2, p0-3"]),
    ]);
}

/// The file's name is an id and nothing more.
#[test]
fn a_scenario_may_have_any_name() {
    let checkout = Checkout::new().with("scenarios/crash.toml", SCENARIO);
    let output = checkout.trial(&["list", "scenarios"]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("crash "), "{output:?}");
}

/// With three midnights in the zones furthest before and after UTC.
#[test]
fn a_run_may_begin_on_the_first_and_on_the_last_day_there_is_for_it() {
    for (today, zone) in [("1970-01-03", "Pacific/Niue"), ("2149-05-31", "Pacific/Kiritimati")] {
        let text = spoiled(SCENARIO, "2026-01-15", today);
        let text = spoiled(&text, "balance = \"100.00\"", &format!("balance = \"100.00\"\nzone = \"{zone}\""));
        let text = spoiled(&text, "crash = 1", "crash = 1\nmidnight = 3\nclock-skew = 1");
        let checkout = Checkout::new().with("scenarios/p0-3-x.toml", &text);
        let output = checkout.trial(&["list", "scenarios"]);
        assert_eq!(output.status.code(), Some(0), "{today}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_one_that_all_of_these_spoil_is_right() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let output = checkout.trial(&["list", "scenarios"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
