//! How much of a counterexample a page shows.

use sim::report::pages;
use sim::suite::scenario::Scenario;
use sim::suite::verdict::Counterexample;

use crate::hand_built::{asked, findings, redis_away};

/// A risk's scenario with designs of another risk.
fn others() -> Scenario {
    let text = r#"
title = "Redis goes away after the commit"
risk = "p0-3"
why = "Which designs of another risk break what the original breaks, and which break more?"
gateways = 1
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25" }]
faults = { redis-unreachable = 1 }
"#;
    let designs: &[(&str, &[&str])] =
        &[("as-reported", &["truth"]), ("p0-4-b", &["truth"]), ("p0-4-d", &["truth", "converge"])];
    asked("p0-3-others", text, designs)
}

#[test]
fn a_counterexample_is_shown_in_the_detail_it_is_worth() {
    let scenario = others();
    let of = |design: &str| scenario.cases.iter().position(|case| case.setup.design.to_string() == design).unwrap();
    let breaks = |design: &str, invariant| redis_away(&scenario, of(design)).breaks(&scenario.id, invariant, &[]);
    let mut found = vec![breaks("as-reported", "truth"), breaks("p0-4-d", "truth"), breaks("p0-4-d", "converge")];
    // The same moves under a design that is not the risk's: here the original's own.
    let again = Counterexample { design: "p0-4-b".to_owned(), ..breaks("as-reported", "truth") };
    found.insert(1, again);
    let scenarios = [scenario.clone()];
    let findings = findings(&scenarios, found);
    let pages = pages(&scenarios, &[], &findings);
    let page = &pages["scenarios/p0-3-others.html"];
    assert_eq!(page.matches("<table class=\"diagram\"").count(), 1, "as reported, drawn");
    assert_eq!(page.matches("The same moves and the same money as in").count(), 1, "p0-4-b");
    assert_eq!(page.matches("Also broken as reported; here after").count(), 1, "p0-4-d, truth");
    assert_eq!(page.matches("<pre class=\"board\"").count(), 1, "p0-4-d, converge");
}
