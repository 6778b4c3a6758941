//! Claims that are wrong: the main job does not begin.

use crate::{Checkout, SCENARIO, assert_refused, spoiled};

const CLAIM: &str = r#"[[claim]]
id = "p0-3-1"
risk = "p0-3"
says = "The key survives a crash, the row does not."
scenario = "p0-3-x"
invariant = "progress"
because = "The key is taken before the transaction begins."
expect = "confirmed"
"#;

const EXPECT: &str = "expect = \"confirmed\"";
/// The whole list: a line ends after it.
const CAN_COME_OUT: &str = "expected one of confirmed, only-in-the-code, refuted, refuted-here\n";

#[test]
fn a_wrong_claim_is_named_with_its_line_and_what_would_be_valid() {
    let table: &[(&str, &str, usize, &[&str])] = &[
        (
            "scenario = \"p0-3-x\"",
            "scenario = \"p0-3-y\"",
            5,
            &["`scenario` of `p0-3-1`: unknown scenario `p0-3-y`", "expected one of p0-3-x"],
        ),
        (
            "invariant = \"progress\"",
            "invariant = \"progres\"",
            6,
            &["`invariant` of `p0-3-1`: unknown invariant `progres`", "expected one of conserve", "progress"],
        ),
        (
            "invariant = \"progress\"",
            "invariant = \"progress\"\nthrough = [\"T99\"]",
            7,
            &["`through` of `p0-3-1`: `T99` is neither a step nor a fault", "crash, ", "T7c, "],
        ),
        (
            "invariant = \"progress\"",
            "invariant = \"progress\"\nelsewhere = { scenario = \"p0-3-x\", invariant = \"progres\" }",
            7,
            &["`elsewhere.invariant` of `p0-3-1`: unknown invariant `progres`", "progress"],
        ),
        (EXPECT, "expect = \"perhaps\"", 8, &["`expect` of `p0-3-1` is `perhaps`", CAN_COME_OUT]),
        (EXPECT, "expect = \"unknown\"", 8, &["`expect` of `p0-3-1` is `unknown`", CAN_COME_OUT]),
        (EXPECT, "expect = \"needs-another-fault\"", 8, &["is `needs-another-fault`", CAN_COME_OUT]),
        (
            EXPECT,
            "design = \"p0-3-b\"\nexpect = \"only-in-the-code\"",
            9,
            &["is `only-in-the-code`: expected one of confirmed, refuted, refuted-here\n"],
        ),
        (
            EXPECT,
            "elsewhere = { scenario = \"p0-3-x\", invariant = \"key\" }\nexpect = \"\"",
            9,
            &["expected one of confirmed, only-in-the-code, needs-another-fault, refuted, refuted-here\n"],
        ),
        (EXPECT, "expect = 1", 8, &["`expect`: not valid here", "expected a text in quotes"]),
        ("risk = \"p0-3\"", "risk = \"p0-9\"", 3, &["`risk` of `p0-3-1`: unknown risk `p0-9`", "p0-1, p0-2, p0-3"]),
        ("risk = \"p0-3\"", "risk = \"p0-4\"", 2, &["`id` is `p0-3-1`", "p0-4-1"]),
        ("risk = \"p0-3\"", "rsk = \"p0-3\"", 3, &["unknown field `rsk`", "risk"]),
        ("because = \"The key is taken before the transaction begins.\"", "because = \"\"", 7, &["`because`", "blank"]),
        (
            "risk = \"p0-3\"",
            "risk = \"p0-3\"\ndesign = \"p0-3-q\"",
            4,
            &["`design` of `p0-3-1`", "unknown design `p0-3-q`"],
        ),
    ];
    for (from, to, line, parts) in table {
        let checkout = Checkout::new()
            .with("scenarios/p0-3-x.toml", SCENARIO)
            .with("scenarios/claims.toml", &spoiled(CLAIM, from, to));
        let place = format!("scenarios/claims.toml:{line}: ");
        let parts: Vec<&str> = [place.as_str()].into_iter().chain(parts.iter().copied()).collect();
        assert_refused(&checkout.trial(&["run"]), 64, &parts);
        assert!(!checkout.path("target").exists(), "nothing is written");
    }
}
