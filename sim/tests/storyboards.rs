//! What storyboards tell of jobs, of the whole request path and of every fault.

#![allow(clippy::unwrap_used)]

#[path = "../../model/tests/exhaustive_walk/mod.rs"]
mod exhaustive_walk;
#[path = "../../model/tests/stories/mod.rs"]
mod stories;
#[path = "../../model/tests/flows/story.rs"]
mod story_of_flows;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use model::moves::Move;
use model::run::Run;
use model::schedule::single_disturbances;
use model::setup::{Faults, Premises, RequestKind, Requested, Setup};
use model::step::Step;
use sim::report::{Labels, storyboard};
use sim::suite::route::Route;
use sim::suite::story;
use sim::suite::verdict::Counterexample;
use stories::{Seen, Stage};
use story_of_flows::Played;
use worlds::{WHOLE, acme, amount, everything, premises, seeds, whole};

/// The counterexample that a run is for the invariant, cut after the breach.
fn counterexample(setup: &Setup, run: &Run, invariant: &str) -> Option<Counterexample> {
    let breach = run.judge(setup).results[model::invariant::place(invariant)?].breach.clone()?;
    let run = Run { opening: run.opening.clone(), entries: run.entries[..breach.after].to_vec() };
    Some(Counterexample {
        scenario: "p0-4-here".to_owned(),
        design: setup.design.to_string(),
        capsule: "scenarios/found/p0-4-here.json".to_owned(),
        setup: setup.clone(),
        run,
        breach,
        route: Route::default(),
        without: Vec::new(),
    })
}

/// A story of flows that draws what came of it.
struct Drawn(Played);

impl Stage for Drawn {
    fn act(&mut self, mv: &str) -> Result<Seen, String> {
        let Some(invariant) = mv.strip_prefix("storyboard of ") else { return self.0.act(mv) };
        let (setup, _, run) = self.0.0.as_ref().ok_or("expected what is given before its storyboard")?;
        let found = counterexample(setup, run, invariant).ok_or_else(|| format!("`{invariant}`: nothing breaks it"))?;
        let board = storyboard(&found, &mut Labels::new());
        Ok(Seen { then: board.lines().map(str::to_owned).collect(), ..Seen::default() })
    }

    fn end(&mut self) -> Vec<String> {
        self.0.end()
    }
}

#[test]
fn every_story_is_drawn_as_it_is_written() {
    stories::walk("storyboards", || Drawn(Played::new()));
}

/// Recharge, reverse and a limit change beside a charge.
fn other_requests() -> Setup {
    let mut requests = vec![Requested::charge("t1", "acme", amount("5.25"))];
    for (trace, kind) in [("r1", RequestKind::Recharge), ("v1", RequestKind::Reverse), ("l1", RequestKind::DailyQuota)]
    {
        let asked = Requested::charge(trace, "acme", amount("10"));
        requests.push(Requested {
            kind,
            amount: asked.amount.filter(|_| kind == RequestKind::Recharge),
            of: (kind == RequestKind::Reverse).then(|| "t1".to_owned()),
            daily_quota: (kind == RequestKind::DailyQuota).then_some(5),
            ..asked
        });
    }
    let premises = Premises { path: WHOLE, ..Premises::billing_only(vec![acme()], requests, 1) };
    Setup::new(premises, Faults::default(), "p0-3-b+fixed".parse().unwrap()).unwrap()
}

/// A cold account that meets its warm-up.
fn cold(design: &str) -> Setup {
    let mut premises = Premises { path: WHOLE, ..premises(2, 2) };
    premises.accounts = vec![model::setup::Account { cold: true, ..acme() }];
    Setup::new(premises, Faults::default(), design.parse().unwrap()).unwrap()
}

/// The words of each step where it is first met undisturbed, and of each fault where it first strikes.
fn vocabulary(setups: &[Setup]) -> String {
    let mut steps: BTreeMap<(Step, String), String> = BTreeMap::new();
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    for setup in setups {
        for scheduled in single_disturbances(setup) {
            let run = Run::replay(setup, &scheduled.moves).unwrap();
            for entry in &run.entries {
                let named = entry.did.mv.named(setup);
                let what = story::tell(setup, entry).what;
                match (entry.did.mv, scheduled.disturbed_at) {
                    (Move::Step { step: Step::Reply, .. } | Move::Send { .. }, _) => {
                        let asked = what.split(' ').skip(1).collect::<Vec<_>>().join(" ");
                        faults.entry(format!("{} {}", named.act, asked)).or_insert(what);
                    }
                    (Move::Step { step, .. }, None) => {
                        let effect = what.split([':', ',']).next().unwrap().to_owned();
                        let effect: String = effect.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect();
                        steps.entry((step, effect)).or_insert(what);
                    }
                    (Move::Step { .. }, Some(_)) => {}
                    _ => {
                        faults.entry(format!("{} {}", named.act, named.what.unwrap_or_default())).or_insert(what);
                    }
                }
            }
        }
    }
    let lines: Vec<String> = steps.into_values().chain(faults.into_values()).collect();
    lines.join("\n") + "\n"
}

#[test]
fn every_step_and_every_fault_has_words() {
    let calm = [
        "as-reported-code",
        "p0-2-a",
        "p0-2-b",
        "p0-3-b",
        "p0-4-a+fixed",
        "p0-4-b+fixed",
        "p0-4-c",
        "p0-4-d",
        "p0-5-b",
    ];
    let mut setups: Vec<Setup> = calm.map(|design| whole(design, 1, 1, Faults::default())).into();
    setups.push(whole("budget=A+fixed,usage=C,counting=A", 1, 1, Faults::default()));
    setups.push(other_requests());
    setups.push(cold("p1-9-lock"));
    setups.push(whole("p0-2-b+fixed", 1, 1, everything()));
    expect![[r#"
        A1 look for the principal of acme: absent
        A2 read api key of acme: 0.00 of 50.00 spent
        A3 cache the principal, 0.00 spent
        A4 read budget counter: absent
        A4 read budget of acme: 0 of 5000 cents
        Q1 look for the hash: there
        Q1b take warm-up lock: taken by us
        Q2 read quota of acme: balance 100.00
        Q3 set hash, balance 100.00
        Q4 renew the hash's time to live
        Q5 count daily, 2026-01-15: let through
        Q5b read hash: balance 100.00, 0 used today
        Q5c count in postgres, 2026-01-15: 1 row
        Q6 count monthly, 2026-01: let through
        Q7 look at the hash's balance
        Q8 script takes 5.25: 94.75 left
        U1 provider serves t1
        U1 provider serves trace-1
        C1 begin
        T1 look up t1: nothing
        T1 set key: taken by us
        T1c look up trace-1: nothing
        T2 begin
        T2b savepoint
        T3a read quota of acme: balance 100.00
        T3b insert committed row
        T3b insert pending row
        T3e commit
        T3f begin
        T3g lock row t1: pending
        T4a read quota of acme: balance 100.00
        T4b take 5.25 if unchanged: 1 row
        T4e script takes 5.25: 94.00 left
        T5 mark row committed: 1 row
        T5a budget up by 5250000 micro-units: 1 row
        T5b release savepoint
        T5c add usage row of trace-1, 5.25: 1 row
        T6 commit
        T7a set hash, balance 94.75
        T7b renew the hash's time to live
        T7c set balance of hash to 94.75
        H0 start the task for balance 94.75
        H1 set hash if newer, balance 94.75
        B1 budget counter up by 5.25: value is not an integer
        B1 budget up by 525 cents: 1 row
        B2 renew the budget counter's time to live
        B3 hand over the charge of trace-1
        J0 hand over usage of t1
        J0 hand over usage of trace-1
        J1 add usage of t1, 5.25: 1 row
        J1 add usage of trace-1, 5.25: 1 row
        J2 the charge of trace-1 is done
        J2 usage of t1 is done
        J2 usage of trace-1 is done
        C2 commit
        S1 read quota of acme: balance 94.75
        S2 set hash, balance 94.75
        S3 renew the hash's time to live
        G1 read hash: balance 94.75, 2 used today
        G2 overwrite quota, balance 94.75: 1 row
        R1 begin
        R2 read quota of acme: balance 94.75
        R3 insert pending recharge
        R4 add 10.00 to the balance: 1 row
        R5 commit
        R6 mark row committed: 1 row
        V1 look up t1: committed
        V2 begin
        V3 read quota of acme: balance 104.75
        V4 insert pending refund
        V5 add 5.25 to the balance: 1 row
        V6 commit
        V7 begin
        V8 mark row committed: 1 row
        V9 mark t1 reversed: 1 row
        V10 commit
        L1 set daily quota to 5: 1 row
        the broker is lost with every job in its queue
        the attempt is cancelled before A1
        gateway-a crashes before A1
        trace-1 is told: error, connection to postgres lost
        trace-1 is told: error, idle in transaction for too long (25P03)
        trace-1 is told: error, key held, no row found
        trace-1 is told: error, no answer from redis
        v1 is told: error, no charge that can be given back
        trace-1 is told: error, redis is out of memory
        trace-1 is told: error, redis unreachable
        trace-1 is told: error, row exists already (23505)
        trace-1 is told: error, statement timed out (55P03/57014)
        trace-1 is told: error, the provider failed
        trace-1 is told: ok
        redis evicts the budget counter of acme
        redis evicts the hash of acme
        redis evicts the key of trace-1
        redis evicts the principal of acme
        time passes; redis keys expire
        redis forgets its scripts
        redis comes back with its first snapshot
        postgres ends the idle session of gateway-a before T3a (after T2)
        redis loses all data
        the day changes to 2026-01-16
        U1 provider fails trace-1
        A3 cache the principal, 0.00 spent: redis is out of memory
        A1 look for the principal of acme: lost before it ran
        A1 look for the principal of acme: done, but the reply is lost
        postgres is killed and comes back
        the clock of gateway-a is a day ahead
        the clock of gateway-a is a day behind
        redis runs it late: cache the principal, 0.00 spent
        trace-1 asks again: charge acme 5.25
        v1 asks again: give t1 back to acme
        trace-1 asks: charge acme 5.25
        v1 asks: give t1 back to acme
        r1 asks: recharge acme by 10.00
        l1 asks: set daily quota of acme to 5
        A2 read api key of acme: statement timed out (55P03/57014)
        A3 cache the principal, 0.00 spent: given up, it may still run
        J2 usage of trace-1 is done, which the queue does not hear
        A1 look for the principal of acme: redis unreachable
    "#]]
    .assert_eq(&vocabulary(&setups));
}

#[test]
fn many_lanes_fit_the_page_and_no_number_is_cut() {
    let mut widest = 0;
    for (design, requests) in [("idempotency=B,cache=B", 3), ("p0-4-c", 2), ("p0-4-a", 3), ("as-reported-code", 2)] {
        let setup = whole(design, requests, 3, everything());
        for (_, simulated) in seeds(&setup, 15) {
            let ids = model::invariant::ALL.iter().map(|invariant| invariant.id);
            for found in ids.filter_map(|id| counterexample(&setup, &simulated.run, id)) {
                let board = storyboard(&found, &mut Labels::new());
                widest = widest.max(story::lanes(&setup, &found.run).len());
                for line in board.lines() {
                    assert!(line.chars().count() <= 100 && line == line.trim_end(), "{line}");
                    assert!(!line.contains(['{', '}']), "{line}");
                }
                let words: BTreeSet<&str> = board.split_whitespace().map(|word| word.trim_start_matches('*')).collect();
                for entry in &found.run.entries {
                    for number in story::money(&setup, &entry.books)[..3].iter().flat_map(|cell| cell.split(' ')) {
                        assert!(words.contains(number), "{number}\n{board}");
                    }
                }
            }
        }
    }
    assert!(widest >= 12, "{widest}");
}
