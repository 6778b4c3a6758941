//! The three outputs on counterexamples built by hand.

mod hand_built;

use std::collections::BTreeSet;

use expect_test::expect;
use hand_built::{crash, findings, preview, stuck};
use sim::report::{index_html, storyboard, summary, terminal};
use sim::story;

#[test]
fn a_storyboard_tells_moves_and_money() {
    let scenario = crash();
    let found = stuck(&scenario).breaks(&scenario.id, "progress", &[("crash", false)]);
    expect![[r#"
          #  client  gateway-a  postgres  redis  what                           balance  ledger  hash    key
          0  |       |          |         |      before the first move          100.00   -       100.00  -
          1  >-------=          |         |      t1 asks: charge acme 5.25      100.00   -       100.00  -
          2  |       >--------------------=      T1 set key: taken by us        100.00   -       100.00 *t1
          3  |       >----------=         |      T2 begin                       100.00   -       100.00  t1
          4  |       >----------=         |      T3a read quota of acme:        100.00   -       100.00  t1
             |       |          |         |      balance 100.00
          5  |       >----------=         |      T3b insert pending row         100.00   -       100.00  t1
          6  |       !          |         |      gateway-a crashes before T4a   100.00   -       100.00  t1
             |       |          |         |      (after T3b)
          7  >-------=          |         |      t1 asks again: charge acme     100.00   -       100.00  t1
             |       |          |         |      5.25
          8  |       >--------------------=      T1 set key: held               100.00   -       100.00  t1
          9  |       >----------=         |      T1b look up t1: nothing        100.00   -       100.00  t1
         10  <-------=          |         |      t1 is told: error, key held,   100.00   -       100.00  t1
             |       |          |         |      no row found

        > asks   = answers   x refuses   ~ waits   ? lost   ! fault   < to the client   * changed

        BROKEN progress after move 10: undisturbed attempts of t1 = 1, final answers to t1 = 0, ledger row
                                       of t1 = none, key of t1 = held
        without crash: passes
        replay: trial replay scenarios/found/p0-3-crash-between-steps-as-reported-progress.json --on real
    "#]]
    .assert_eq(&storyboard(&found));
}

#[test]
fn a_summary_shows_every_verdict() {
    let scenarios = [crash()];
    let found = stuck(&scenarios[0]).breaks(&scenarios[0].id, "progress", &[("crash", false)]);
    expect![[r#"
        Trial Balance: what is known

        BROKEN (n steps): a counterexample of n moves. holds: everything within the bounds was looked at.
        within-bound: nothing found in what was looked at. unknown: see why. ! not as expected. `-` not
        asked. Rows without an engine's name are check.

        1 verdict not as expected or not known:
          ! holds         p0-3-crash-between-steps, as-reported, key, check; expected broken
        not run: real: no postgres on this machine; install it and run `trial check --on real`

        p0-3-crash-between-steps  A crash between the key and the commit
        ----------------------------------------------------------------------------------------------------
        invariant        as-reported        p0-3-a+fixed
        conserve         holds              holds
          sim            within-bound       within-bound
        once             holds              holds
          sim            within-bound       within-bound
        row-iff-money    holds              holds
          sim            within-bound       within-bound
        truth            holds              holds
          sim            within-bound       within-bound
        key              holds!             holds
          sim            within-bound       within-bound
        progress         BROKEN (10 steps)  holds
          sim            BROKEN (10 steps)  within-bound
        converge         holds              holds
          sim            within-bound       within-bound
        status           holds              holds
          sim            within-bound       within-bound
        no-early-effect  holds              holds
          sim            within-bound       within-bound
        cache-form       holds              holds
          sim            within-bound       within-bound

        as-reported: check 80,331 states, 191,204 edges, depth 31, complete
          BROKEN progress (check, sim): undisturbed attempts of t1 = 1, final answers to t1 = 0, ledger row
                                        of t1 = none, key of t1 = held
            trial replay scenarios/found/p0-3-crash-between-steps-as-reported-progress.json --on real
        p0-3-a+fixed: check 80,331 states, 191,204 edges, depth 31, complete
    "#]]
    .assert_eq(&summary(&scenarios, &findings(&scenarios, vec![found])));
}

#[test]
fn no_line_exceeds_the_page() {
    let (scenarios, findings) = preview();
    let mut text = summary(&scenarios, &findings);
    assert!(text.is_ascii());
    text.extend(scenarios.iter().map(|scenario| terminal(scenario, &findings, false)));
    for line in text.lines() {
        let command = line.trim_start().trim_start_matches("replay: ").starts_with("trial replay ");
        assert!(command || line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn no_number_is_cut() {
    let (_, findings) = preview();
    let found = &findings.counterexamples[3];
    let board = storyboard(found);
    let words: BTreeSet<&str> = board.split_whitespace().map(|word| word.trim_start_matches('*')).collect();
    for entry in &found.run.entries {
        for number in story::money(&found.setup, &entry.books)[..3].iter().flat_map(|cell| cell.split(' ')) {
            assert!(words.contains(number), "{number}");
        }
    }
}

#[test]
fn colour_only_repeats_what_words_say() {
    let (scenarios, findings) = preview();
    for scenario in &scenarios {
        let plain = terminal(scenario, &findings, false);
        let coloured = terminal(scenario, &findings, true);
        let mut bare = String::new();
        let mut escaped = false;
        for c in coloured.chars() {
            escaped |= c == '\u{1b}';
            if !escaped {
                bare.push(c);
            }
            escaped &= c != 'm';
        }
        assert_ne!(plain, coloured);
        assert_eq!(plain, bare);
    }
}

#[test]
fn the_page_needs_neither_script_nor_network_and_cuts_no_label() {
    let (scenarios, findings) = preview();
    let page = index_html(&scenarios, &findings);
    assert!(!page.contains("<script") && !page.contains("http") && !page.contains("url("));
    for found in &findings.counterexamples {
        for entry in &found.run.entries {
            let what = story::tell(&found.setup, &entry.did).what;
            let escaped = what.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            assert!(page.contains(&format!(">{escaped}<")), "{what}");
        }
        assert!(page.contains(&found.capsule));
    }
}

#[test]
fn every_link_of_the_page_resolves_and_no_anchor_is_there_twice() {
    let (scenarios, findings) = preview();
    let page = index_html(&scenarios, &findings);
    let after = |text: &'static str| page.split(text).skip(1).filter_map(|rest| rest.split('"').next());
    let anchors: Vec<&str> = after(" id=\"").collect();
    let known: BTreeSet<&str> = anchors.iter().copied().collect();
    assert_eq!(anchors.len(), known.len());
    for link in after("href=\"") {
        assert!(link.strip_prefix('#').is_some_and(|anchor| known.contains(anchor)), "{link}");
    }
}

#[test]
fn two_renderings_are_equal() {
    let render = || {
        let (scenarios, findings) = preview();
        let mut text = summary(&scenarios, &findings) + &index_html(&scenarios, &findings);
        text.extend(scenarios.iter().map(|scenario| terminal(scenario, &findings, true)));
        text
    };
    assert_eq!(render(), render());
}
