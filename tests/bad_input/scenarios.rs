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
        ("gateways = 2", "gatewys = 2", 6, &["unknown field `gatewys`", "gateways"]),
        ("gateways = 2", "gateways = 9", 6, &["`gateways` is 9", "1 to 3"]),
        ("crash = 1", "crush = 1", 29, &["unknown field `crush`", "crash"]),
        ("crash = 1", "crash = 99", 28, &["99", "0 to 3"]),
        ("attempts = 1", "attempts = 9", 19, &["`attempts` is 9", "1 to 5"]),
        ("\"A crash\"", "\" \"", 1, &["`title` is blank"]),
        ("\"quota-check\"", "\"quota-chek\"", 8, &["`quota-chek`", "`auth`, `quota-check`, `upstream`, `usage`"]),
        ("\"2026-01-15\"", "\"2026-02-30\"", 7, &["`2026-02-30` is no day", "2026-01-31"]),
        ("\"2026-01-15\"", "\"15.1.2026\"", 7, &["`15.1.2026` is no day"]),
        ("\"2026-01-15\"", "20260115", 7, &["string"]),
        ("balance = \"100.00\"", "balance = \"100.00\"\ndaily_quota = -1", 14, &["-1", "u32"]),
        (
            "balance = \"100.00\"",
            "balance = \"100.00\"\nzone = \"Berlin\"",
            14,
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
        ("\"5.25\"", "\"5.2500001\"", 18, &["5.2500001", "six decimals"]),
        ("\"5.25\"", "\"-5.25\"", 18, &["negative"]),
        ("\"5.25\"", "\"1000000000000\"", 18, &["numeric(18,6)"]),
        ("\"5.25\"", "5.25", 18, &["string"]),
        ("\"5.25\"", "\"0\"", 16, &["request `t1` has the price 0", "it must be more"]),
        ("amount = \"5.25\"", both, 16, &["`t1`", "`amount` and `tokens` are both given", "one of them is valid"]),
        ("amount = \"5.25\"", words, 18, &["one", "Decimal"]),
        ("amount = \"5.25\"", nothing, 16, &["request `t1` has the price 0"]),
        ("amount = \"5.25\"\n", "", 16, &["`t1`: `amount` is missing", "such as \"5.25\""]),
        ("account = \"acme\"", "account = \"acne\"", 17, &["`acne`", "acme"]),
        ("trace = \"v1\"", "trace = \"t1\"", 16, &["request `t1` of `acme` appears twice"]),
        (
            "kind = \"reverse\"",
            "kind = \"revers\"",
            24,
            &["`revers`", "`charge`, `recharge`, `reverse`, `daily-quota`"],
        ),
        ("kind = \"reverse\"\n", "", 22, &["`v1`: `of` is for `kind = \"reverse\"`"]),
        ("of = \"t1\"", "of = \"t7\"", 22, &["`v1`: `of` names `t7`", "traces of requests before it"]),
        ("of = \"t1\"\n", "", 22, &["`v1`: `kind = \"reverse\"` needs `of`"]),
    ]);
}

#[test]
fn a_design_that_is_none() {
    let design = "[expect.\"p0-3-a+fixed\"]";
    assert_each_is_refused(&[
        (design, "[expect.p0-3-z]", 36, &["`p0-3-z` is no design", "as-reported, as-reported-code", "idempotency=A"]),
        (design, "[expect.\"cash=D\"]", 36, &["`cash` is nothing to choose", "idempotency, cache, counting"]),
        (design, "[expect.\"cache=Z\"]", 36, &["`cache=Z` is no choice", "valid are as-reported, A, A+fixed, B"]),
        (design, "[expect.\"cache=D,cache=B\"]", 36, &["`cache` is chosen twice"]),
        (
            design,
            "[expect.\"cache=C,idempotency=A\"]",
            36,
            &["cache=C and idempotency=A contradict each other", "PENDING"],
        ),
    ]);
}

#[test]
fn an_expectation_that_means_nothing() {
    let design = "[expect.\"p0-3-a+fixed\"]";
    assert_each_is_refused(&[
        ("[\"key\", \"progress\"]", "[\"progres\"]", 32, &["`expect.as-reported`", "`progres`", "progress"]),
        ("[\"key\", \"progress\"]", "[\"converge\"]", 32, &["`converge` under both `broken` and `any`"]),
        ("any = { converge", "any = { convrge", 33, &["`convrge`", "converge"]),
        ("the crash may fall on either side", " ", 33, &["`expect.as-reported.any.converge` is blank"]),
        (
            "[\"crash-between",
            "[\"crash-betwen",
            9,
            &["`seen` names the situation `crash-betwen", "valid are crash-between"],
        ),
        ("retry-stopped", "retry-stoped", 34, &["`seen` of `expect.as-reported`", "`retry-stoped-by-the-key`"]),
        (
            "never = [\"crash-between-t3",
            "never = [\"crash-between-t2",
            37,
            &["`never` of `expect.p0-3-a+fixed` names the situation `crash-between-t2-and-t6`", "valid are"],
        ),
        // No step of this path keeps a budget or sends usage, so neither choice makes another world.
        (design, "[expect.p0-2-a]", 36, &["`expect.p0-2-a` is the same world here as `as-reported`", "one of the two"]),
        (design, "[expect.\"usage=C\"]", 36, &["`expect.usage=C` is the same world", "`as-reported`"]),
    ]);
}

#[test]
fn a_scenario_must_be_named_for_its_risk() {
    let checkout = Checkout::new().with("scenarios/crash.toml", SCENARIO);
    assert_refused(&checkout.trial(&["check"]), 64, &["scenarios/crash.toml:1:", "must begin with its risk"]);
}

#[test]
fn the_one_that_all_of_these_spoil_is_right() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let output = checkout.trial(&["list", "scenarios"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
