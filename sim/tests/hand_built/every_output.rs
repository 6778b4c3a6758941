//! What holds of several outputs alike.

use sim::report::{claims, overview, pages, short_index, summary, terminal, verdicts};

use crate::hand_built::preview;

/// Sums over 1 of 14 scenarios and over all of them stand in one column: they are told apart.
#[test]
fn a_sum_over_some_of_a_risks_scenarios_says_so() {
    let (scenarios, judged, findings) = preview();
    let text = overview(&scenarios, &findings);
    let line = |design: &str| text.lines().find(|line| line.starts_with(&format!("{design} "))).unwrap().to_owned();
    assert!(line("as-reported").contains(" 4 !"), "the original is asked in all of them: {text}");
    assert!(line("p0-3-a+fixed").contains(" 0 in 2 of 3*"), "{text}");
    assert!(line("p0-3-b").contains(" 0 in 1 of 3 !*"), "{text}");
    assert!(text.contains("in 1 of 2: over so many of the risk's scenarios alone"), "{text}");
    let pages = pages(&scenarios, &judged, &findings);
    assert!(pages["index.html"].contains("holds in 2 of 3") && pages["index.html"].contains("unknown in 1 of 3"));
    let whole = &scenarios[..1];
    assert!(!overview(whole, &findings).contains(" in "), "where all are asked nothing is said");
}

#[test]
fn two_renderings_are_equal() {
    let render = || {
        let (scenarios, judged, findings) = preview();
        let mut text = summary(&scenarios, &findings) + &claims(&scenarios, &judged, &findings);
        text.push_str(&verdicts(&scenarios, &findings));
        text.push_str(&short_index(&scenarios, &judged, &findings));
        text.extend(pages(&scenarios, &judged, &findings).into_values());
        text.extend(scenarios.iter().map(|scenario| terminal(scenario, &findings, true)));
        text.push_str(&overview(&scenarios, &findings));
        text
    };
    assert_eq!(render(), render());
}
