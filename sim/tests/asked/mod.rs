//! Scenarios of tests: a few designs, each with what it is expected to break.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part")]

use model::invariant;
use sim::suite::scenario::{Scenario, parse};
use sim::suite::verdict::Expected;

/// The scenario of a text with these designs alone. Of each is expected what the text argues, else that these invariants break
/// and all others hold.
pub fn asked(id: &str, text: &str, designs: &[(&str, &[&str])]) -> Scenario {
    let mut scenario = parse(id, "scenario.toml", text, None).unwrap();
    scenario.cases.retain(|case| designs.iter().any(|(name, _)| case.setup.design.to_string() == *name));
    assert_eq!(scenario.cases.len(), designs.len(), "each design is a world of its own");
    for case in &mut scenario.cases {
        let name = case.setup.design.to_string();
        let broken = designs.iter().find(|(design, _)| *design == name).unwrap().1;
        for (place, invariant) in invariant::ALL.iter().enumerate() {
            let argued = case.reasons.get(invariant.id).is_some_and(|why| !why.starts_with("neither the scenario"));
            if !argued {
                case.reasons.remove(invariant.id);
                case.expected[place] = if broken.contains(&invariant.id) { Expected::Broken } else { Expected::Holds };
            }
        }
    }
    scenario
}
