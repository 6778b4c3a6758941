//! Capsules that are wrong.

use crate::{Checkout, assert_refused, spoiled};

const CAPSULE: &str = include_str!("../old_capsules/p0-3-crash-between-steps.as-reported.progress.json");

#[test]
fn a_wrong_capsule_is_named_with_its_line_and_what_would_be_valid() {
    let table: &[(&str, &str, &[&str])] = &[
        ("\"schema\": 1", "\"schema\": 7", &["c.json:2:", "`schema` is 7", "1 to 1"]),
        ("\"schema\": 1", "\"schema\": 0", &["c.json:2:", "`schema` is 0"]),
        ("\"gateways\"", "\"gateway\"", &["c.json:24:", "unknown field `gateway`", "gateways"]),
        ("\"gateways\": 2", "\"gateways\": 7", &["c.json:24:", "`gateways` is 7", "1 to 3"]),
        ("\"step\": \"T1\"", "\"step\": \"T9\"", &["c.json:", "unknown step `T9`", "Q5, T1, T4b or reply"]),
        (",\n      \"step\": \"T1\"", "", &["c.json:", "`moves` entry 2", "step", "T1"]),
        (
            "\"actor\": \"gateway-a\"",
            "\"actor\": \"gateway-q\"",
            &["c.json:34:", "`gateway-q`", "gateway-a, gateway-b"],
        ),
        ("\"actor\": \"gateway-a\"", "\"actor\": \"sync\"", &["c.json:34:", "actor `sync`", "gateway-a, gateway-b"]),
        ("\"act\": \"crashes-before\"", "\"act\": \"explodes\"", &["c.json:40:", "`explodes`", "crashes-before"]),
        (
            "\"trace\": \"t1\",\n      \"account\"",
            "\"trace\": \"t2\",\n      \"account\"",
            &["c.json:", "t2 of acme", "t1"],
        ),
        (
            "\"to\": \"gateway-a\"",
            "\"to\": \"gateway-c\"",
            &["c.json:31:", "gateway `gateway-c`", "gateway-a, gateway-b"],
        ),
        ("\"invariant\": \"progress\"", "\"invariant\": \"progres\"", &["c.json:", "`progres`", "progress"]),
        ("\"amount\": \"5.25\"", "\"amount\": \"5.12345678\"", &["c.json:20:", "six decimals"]),
        ("\"design\": \"as-reported\"", "\"design\": \"as-repeated\"", &["c.json:5:", "unknown design `as-repeated`"]),
        (
            "\"design\": \"as-reported\"",
            "\"design\": \"cache=C,idempotency=A\"",
            &["c.json:5:", "cache=C and idempotency=A contradict each other"],
        ),
        (
            "\"design\": \"as-reported\"",
            "\"design\": \"as-reported\", \"also\": [\"p0-3-q\"]",
            &["c.json:5:", "unknown design `p0-3-q`"],
        ),
    ];
    for (from, to, parts) in table {
        let checkout = Checkout::new().with("c.json", &spoiled(CAPSULE, from, to));
        assert_refused(&checkout.trial(&["replay", "c.json"]), 64, parts);
    }
    let on_one_line = spoiled(CAPSULE, "\"step\": \"T1\"", "\"step\": \"T99\"").replace('\n', " ");
    let checkout = Checkout::new().with("c.json", &on_one_line);
    assert_refused(&checkout.trial(&["replay", "c.json"]), 64, &["c.json:1: unknown step `T99`"]);
    let checkout = Checkout::new().with("c.json", "{ this is no capsule");
    assert_refused(&checkout.trial(&["replay", "c.json"]), 64, &["c.json:1:"]);
}

#[test]
fn a_capsule_in_which_nothing_happens() {
    let begin = CAPSULE.find("\"moves\": [").unwrap();
    let end = CAPSULE.find("\"breach\"").unwrap();
    let empty = format!("{}\"moves\": [],\n  {}", &CAPSULE[..begin], &CAPSULE[end..]);
    let checkout = Checkout::new().with("c.json", &empty);
    assert_refused(
        &checkout.trial(&["replay", "c.json"]),
        64,
        &["c.json:25:", "`moves` is empty", "at least one move"],
    );
}
