//! What holds of several outputs alike.

use std::collections::BTreeSet;

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
    assert!(text.contains("in 1 of 2: over 1 of the risk's 2 scenarios only"), "{text}");
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

/// Classes that name a part of a page which looks like its surroundings.
const WITHOUT_A_RULE: [&str; 5] = ["", "ask", "counterexample", "equation", "without"];

/// Any other class that the style sheet does not know is a mistake: its text looks as if it had none.
#[test]
fn the_style_sheet_has_a_rule_for_each_class() {
    let (scenarios, judged, findings) = preview();
    let mut pages = pages(&scenarios, &judged, &findings);
    let style = pages.remove("style.css").unwrap();
    let rules: BTreeSet<&str> =
        style.split('.').skip(1).map(|rest| rest.split(|c| !is_of_a_name(c)).next().unwrap()).collect();
    let short = short_index(&scenarios, &judged, &findings);
    let (_, short) = short.split_once("</style>").unwrap();
    for page in pages.values().map(String::as_str).chain([short]) {
        let classes = page.split(" class=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap().split(' '));
        let unknown: BTreeSet<&str> =
            classes.filter(|class| !WITHOUT_A_RULE.contains(class) && !rules.contains(class)).collect();
        assert!(unknown.is_empty(), "classes without a rule: {unknown:?}");
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}
