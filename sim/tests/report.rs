//! Every output on counterexamples built by hand.

#![allow(clippy::unwrap_used)]

#[path = "hand_built/detail.rs"]
mod detail;
#[path = "hand_built/every_output.rs"]
mod every_output;
mod hand_built;

use std::collections::BTreeSet;

use expect_test::expect;
use hand_built::{crash, findings, preview, stuck};
use sim::report::{Labels, claims, overview, pages, short_index, storyboard, summary, terminal, verdicts};
use sim::suite::story;

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

        T1   SET NX EX of the idempotency key, or, in designs without a key, the lookup of the row by its
             trace
        T1b  Lookup of the row by its trace after the key was held
        T2   BEGIN
        T3a  Read of the quota for what the row has as the balance before
        T3b  INSERT of the PENDING row
        T4a  Read of the quota and check of balance, daily and monthly limit

        BROKEN progress after move 10: undisturbed attempts of t1 = 1, final answers to t1 = 0, ledger row
                                       of t1 = none, key of t1 = held
        without crash: passes
        replay: trial replay scenarios/found/p0-3-crash-between-steps-as-reported-progress.json --on real
    "#]]
    .assert_eq(&storyboard(&found, &mut Labels::new()));
}

#[test]
fn the_text_of_all_verdicts_shows_each() {
    let scenarios = [crash()];
    let found = stuck(&scenarios[0]).breaks(&scenarios[0].id, "progress", &[("crash", false)]);
    expect![[r#"
        Trial Balance: every verdict

        BROKEN n: a counterexample of n moves. holds: everything within the bounds was looked at.
        within-bound: nothing found in what was looked at. unknown: see why. ! not as expected. `-` not
        asked. What check breaks is shown again by `trial explain SCENARIO --design DESIGN --invariant
        INVARIANT`.

        1 verdict not as expected or not known:
          ! holds         p0-3-crash-between-steps, as-reported, key, check; expected broken
        not run: real: no postgres on this machine; install it and run `trial check --on real`

        p0-3-crash-between-steps  A crash between the key and the commit
        ----------------------------------------------------------------------------------------------------
        as-reported is also p0-1-a, p0-1-a+fixed, p0-1-b, p0-1-b+fixed, p0-1-c, p0-1-c+sweeper,
                            p0-1-c+fixed, p0-1-hold-then-settle, p0-1-hold-then-settle+fixed,
                            p0-1-trace-plus-timestamp, p0-2-a, p0-2-a+fixed, p0-2-b, p0-2-b+fixed, p0-5-a,
                            p0-5-b, p0-5-c, p0-5-c+fixed, p1-8-a, p1-8-a+fixed, p1-8-b, p1-8-b+fixed,
                            p1-8-c, p1-9-lock, p1-9-lock+fixed, scripts-evalsha, scripts-evalsha+reload,
                            reset-tenant-zone, reset-fixed-offset
                        check           sim             real
        key
          as-reported   holds !         within-bound    -
          holds: p0-3-a+fixed
        progress
          as-reported   BROKEN 10       BROKEN 10       -
          holds: p0-3-a+fixed
        holds everywhere: conserve, once, exact, row-iff-money, chain, floor, budget, usage, metered,
                          hold-release, fail-mode, count-limit, count-exact, rollover, monotone, guarded,
                          unit, status, no-pending, reversal, tenant, truth, no-false-refusal, in-doubt,
                          recover, converge, cache-form, cache-bound, no-early-effect, isolated
        checked 80,331 states, 191,204 moves, depth 31: as-reported, p0-3-a+fixed
    "#]]
    .assert_eq(&verdicts(&scenarios, &findings(&scenarios, vec![found])));
}

#[test]
fn the_committed_summary_is_designs_by_risks_and_a_line_per_scenario() {
    let (scenarios, _, findings) = preview();
    expect![[r#"
        Trial Balance: what is known

        4 verdicts not as expected or not known:
          ! holds         p0-3-crash-between-steps, as-reported, key, check; expected broken
          ! holds         p0-3-two-traces, p0-3-b, converge, check; expected broken
          ! unknown       p0-3-two-traces, p0-3-a, once, check; expected holds: stopped at 1,000,000 states
          ! unknown       p0-3-two-traces, p0-3-a, once, sim; expected holds: stopped at 1,000,000 states
        not run: real: no postgres on this machine; install it and run `trial check --on real`

                                     p0-3
        as-reported                  4 !
        p0-1-a                       =
        p0-1-a+fixed                 =
        p0-1-b                       =
        p0-1-b+fixed                 =
        p0-1-c                       =
        p0-1-c+sweeper               =
        p0-1-c+fixed                 =
        p0-1-hold-then-settle        =
        p0-1-hold-then-settle+fixed  =
        p0-1-trace-plus-timestamp    =
        p0-2-a                       =
        p0-2-a+fixed                 =
        p0-2-b                       =
        p0-2-b+fixed                 =
        p0-3-a                       1 unknown in 1 of 3 !*
        p0-3-a+fixed                 0 in 2 of 3*
        p0-3-b                       0 in 1 of 3 !*
        p0-3-b+fixed                 0 in 1 of 3*
        p0-5-a                       =
        p0-5-b                       =
        p0-5-c                       =
        p0-5-c+fixed                 =
        p1-8-a                       =
        p1-8-a+fixed                 =
        p1-8-b                       =
        p1-8-b+fixed                 =
        p1-8-c                       =
        p1-9-lock                    =
        p1-9-lock+fixed              =
        scripts-evalsha              =
        scripts-evalsha+reload       =
        reset-tenant-zone            =
        reset-fixed-offset           =

        numbers: broken invariants over the risk's scenarios   * its own risk   ! not as expected or known
        = the same world as another design there   - not asked
        in 1 of 2: over 1 of the risk's 2 scenarios only, not to be compared with the others

        p0-3  Redis idempotency key and Postgres transaction disagree

        worlds: designs that differ in the scenario. states: what check looked at under all of them
        together. broken: breaches that check found, an invariant once per world; then how many of those of
        the risk's own designs sim and real showed as well. Each line's verdicts are in
        scenarios/SCENARIO.lock.

        p0-3  Redis idempotency key and Postgres transaction disagree
        ----------------------------------------------------------------------------------------------------
                                  worlds       states  broken   own   sim  real
        p0-3-crash-between-steps       2      160,662       1     1     1     0
        p0-3-redis-away-at-t7          1       80,331       2     2     2     0
        p0-3-two-traces                5      401,655       1     1     1     0

        642,648 states in 8 of 8 complete searches
    "#]]
    .assert_eq(&summary(&scenarios, &findings));
}

#[test]
fn claims_and_fixes_as_text() {
    let (scenarios, judged, findings) = preview();
    let text = claims(&scenarios, &judged, &findings);
    let until = text.find("\np0-4-a ").unwrap();
    expect![[r#"
        Trial Balance: the claims and the fixes

        Of 3 claims in the review: 1 confirmed, 1 needs another fault, 1 refuted.
        Of 4 fixes compared none cures what it was proposed for without breaking something new.

        p0-3  Redis idempotency key and Postgres transaction disagree
        ----------------------------------------------------------------------------------------------------
        p0-3-1    CONFIRMED
                  A crash between the key and the commit leaves a key which no row answers for, and the
                  client without an answer.
                  because: Postgres undoes what its session had begun; nobody tells Redis.
                  see: progress in p0-3-crash-between-steps, as-reported, 10 moves: undisturbed attempts of
                       t1 = 1, final answers to t1 = 0, ledger row of t1 = none, key of t1 = held
                  trial explain p0-3-crash-between-steps --design as-reported --invariant progress
        p0-3-2    REFUTED
                  Such a crash takes the money twice.
                  because: What was taken was rolled back.
                  see: once in p0-3-crash-between-steps, as-reported: once holds in every state, with 12406
                       non-vacuous evaluations, and not vacuously in 2 other scenarios of p0-3
        p0-3-3    NEEDS ANOTHER FAULT ! expected confirmed
                  Two charges of one account leave the hash stale.
                  because: Not by themselves: Redis has to go away as well.
                  see: converge in p0-3-redis-away-at-t7, as-reported, 15 moves: balance of acme in redis =
                       100.00, balance of acme in postgres = 94.75, daily_used of acme in redis = 0,
                       daily_used of acme in postgres = 1, monthly_used of acme in redis = 0, monthly_used
                       of acme in postgres = 1, version of acme in redis = 0, version of acme in postgres =
                       1
                  trial explain p0-3-redis-away-at-t7 --design as-reported --invariant converge

        The fixes
        ----------------------------------------------------------------------------------------------------
        Breaches of each kind under as-reported and under the fix, in every scenario of its risk, and in
        those of others in which the fix changes the world.
        fix                                                     money            answers  cache and records
        p0-1-a                       not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-a+fixed                 not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-b                       not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-b+fixed                 not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-c                       not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-c+sweeper               not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-c+fixed                 not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-hold-then-settle        not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-hold-then-settle+fixed  not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-1-trace-plus-timestamp    not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-2-a                       not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-2-a+fixed                 not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-2-b                       not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-2-b+fixed                 not known                 0 to 0             0 to 0             0 to 0
            nothing is known of it
        p0-3-a                       not known                 0 to 0             1 to 0             0 to 0
            cures what it was proposed for and breaks nothing new; 1 not known; not looked at in 2 scenarios
        p0-3-a+fixed                 not known                 0 to 0             2 to 0             0 to 0
            cures what it was proposed for and breaks nothing new; not looked at in 1 scenario
        p0-3-b                       not known                 0 to 0             1 to 0             0 to 0
            cures what it was proposed for and breaks nothing new; not looked at in 2 scenarios
        p0-3-b+fixed                 not known                 0 to 0             1 to 0             0 to 0
            cures what it was proposed for and breaks nothing new; not looked at in 2 scenarios
    "#]]
    .assert_eq(&text[..=until]);
}

#[test]
fn an_overview_is_designs_by_risks() {
    let (scenarios, _, findings) = preview();
    let printed = overview(&scenarios, &findings);
    let (table, below) = printed.split_at(printed.find("! holds").unwrap());
    assert!(summary(&scenarios, &findings).contains(table), "{table}");
    expect![[r#"
        ! holds         p0-3-crash-between-steps, as-reported, key, check; expected broken
        ! holds         p0-3-two-traces, p0-3-b, converge, check; expected broken
        ! unknown       p0-3-two-traces, p0-3-a, once, check; expected holds: stopped at 1,000,000 states
        ! unknown       p0-3-two-traces, p0-3-a, once, sim; expected holds: stopped at 1,000,000 states
        check  642648 states, 1529632 moves, 8 of 8 searches complete; 256 verdicts, 4 broken, 253 as
               expected
        sim    8000 seeds; 256 verdicts, 4 broken, 255 as expected
    "#]]
    .assert_eq(below);
}

#[test]
fn no_line_exceeds_the_page() {
    let (scenarios, judged, findings) = preview();
    let mut text = summary(&scenarios, &findings) + &claims(&scenarios, &judged, &findings);
    text.push_str(&verdicts(&scenarios, &findings));
    text.push_str(&overview(&scenarios, &findings));
    assert!(text.is_ascii());
    text.extend(scenarios.iter().map(|scenario| terminal(scenario, &findings, false)));
    for line in text.lines() {
        let command = line.trim_start().trim_start_matches("replay: ");
        let command = command.starts_with("trial replay ") || command.starts_with("trial explain ");
        assert!(command || line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn what_could_not_fail_is_one_line_of_the_terminal() {
    let (scenarios, _, mut findings) = preview();
    for finding in findings.findings.iter_mut().filter(|finding| matches!(finding.invariant, "once" | "key")) {
        finding.non_vacuous = 0;
    }
    let text = terminal(&scenarios[1], &findings, false);
    assert!(text.contains("vacuous on this path: once, key"), "{text}");
    assert!(!text.contains("holds         once"), "{text}");
}

#[test]
fn no_number_is_cut() {
    let (_, _, findings) = preview();
    let found = &findings.counterexamples[3];
    let board = storyboard(found, &mut Labels::new());
    let words: BTreeSet<&str> = board.split_whitespace().map(|word| word.trim_start_matches('*')).collect();
    for entry in &found.run.entries {
        for number in story::money(&found.setup, &entry.books)[..3].iter().flat_map(|cell| cell.split(' ')) {
            assert!(words.contains(number), "{number}");
        }
    }
}

#[test]
fn colour_only_repeats_what_words_say() {
    let (scenarios, _, findings) = preview();
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
fn pages_need_neither_script_nor_network_and_cut_no_label() {
    let (scenarios, judged, findings) = preview();
    let mut pages = pages(&scenarios, &judged, &findings);
    pages.insert("short".to_owned(), short_index(&scenarios, &judged, &findings));
    for page in pages.values() {
        assert!(!page.contains("<script") && !page.contains("http") && !page.contains("url("));
    }
    for found in &findings.counterexamples {
        let page = &pages[&format!("scenarios/{}.html", found.scenario)];
        for entry in &found.run.entries {
            let what = story::tell(&found.setup, entry).what;
            let escaped = what.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            assert!(page.contains(&format!(">{escaped}<")), "{what}");
        }
        assert!(page.contains(&found.capsule));
    }
}

fn between<'a>(page: &'a str, text: &'a str) -> Vec<&'a str> {
    page.split(text).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_link_resolves_and_no_anchor_is_twice_on_a_page() {
    let (scenarios, judged, findings) = preview();
    let mut pages = pages(&scenarios, &judged, &findings);
    pages.insert("short".to_owned(), short_index(&scenarios, &judged, &findings));
    for (path, page) in &pages {
        let anchors = between(page, " id=\"");
        assert_eq!(anchors.len(), anchors.iter().collect::<BTreeSet<_>>().len(), "{path}");
        for link in between(page, "href=\"") {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match (file, file.strip_prefix("../")) {
                ("", _) => path.as_str(),
                (_, Some(file)) => file,
                (file, None) => file,
            };
            let target = pages.get(file).unwrap_or_else(|| panic!("{path}: {link}"));
            assert!(anchor.is_empty() || between(target, " id=\"").contains(&anchor), "{path}: {link}");
        }
    }
}

#[test]
fn each_counterexample_is_two_clicks_from_the_index() {
    let (scenarios, judged, findings) = preview();
    let pages = pages(&scenarios, &judged, &findings);
    for scenario in &scenarios {
        let path = format!("scenarios/{}.html", scenario.id);
        assert!(between(&pages["index.html"], "href=\"").iter().any(|link| link.split('#').next() == Some(&path)));
        let links = between(&pages[&path], "href=\"#counterexample-");
        let own = findings.counterexamples.iter().filter(|found| found.scenario == scenario.id);
        assert!(links.len() >= own.count());
    }
}
