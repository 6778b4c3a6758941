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

#[test]
fn a_wrong_claim_is_named_with_its_line_and_what_would_be_valid() {
    let table: &[(&str, &str, usize, &[&str])] = &[
        ("scenario = \"p0-3-x\"", "scenario = \"p0-3-y\"", 5, &["`p0-3-y` is no scenario", "valid are p0-3-x"]),
        ("invariant = \"progress\"", "invariant = \"progres\"", 6, &["`progres` is no invariant", "progress"]),
        ("expect = \"confirmed\"", "expect = \"perhaps\"", 8, &["`perhaps`", "`confirmed`, `refuted`"]),
        (
            "expect = \"confirmed\"",
            "expect = \"unknown\"",
            8,
            &["which cannot come out", "confirmed, true only in the code, refuted, refuted in this scenario"],
        ),
        ("expect = \"confirmed\"", "expect = \"needs-another-fault\"", 8, &["which cannot come out"]),
        ("risk = \"p0-3\"", "risk = \"p0-4\"", 2, &["`id` is `p0-3-1`", "p0-4-1"]),
        ("risk = \"p0-3\"", "rsk = \"p0-3\"", 3, &["unknown field `rsk`", "risk"]),
        ("because = \"The key is taken before the transaction begins.\"", "because = \"\"", 7, &["`because`", "blank"]),
        (
            "risk = \"p0-3\"",
            "risk = \"p0-3\"\ndesign = \"p0-3-q\"",
            4,
            &["`design` of `p0-3-1`", "`p0-3-q` is no design"],
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
