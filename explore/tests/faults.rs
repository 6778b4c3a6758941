//! Faults planted in machines, limits and engines: each must show, and none may pass for a whole exploration.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use explore::{EdgeEvaluation, Ended, ExploreError, Limits, Machine, exhaust, explore, shortest, shortest_exact};
use stateright::{Checker, Model, Property};

/// A machine whose states are numbers and whose moves are the numbers they lead to.
#[derive(Clone)]
struct Graph {
    next: fn(u32) -> Vec<u32>,
    at_rest: fn(u32) -> bool,
    holds: fn(u32) -> bool,
}

impl Machine for Graph {
    type State = u32;
    type Move = u32;

    fn initial(&self) -> u32 {
        0
    }

    fn moves(&self, state: &u32, out: &mut Vec<u32>) {
        out.extend((self.next)(*state));
    }

    fn apply(&self, _state: &u32, mv: &u32) -> u32 {
        *mv
    }

    fn at_rest(&self, state: &u32) -> bool {
        (self.at_rest)(*state)
    }

    fn properties(&self) -> usize {
        1
    }

    fn judge(&self, _prev: Option<(&u32, &u32)>, state: &u32, evaluations: &mut [EdgeEvaluation]) {
        evaluations[0] = if (self.holds)(*state) { EdgeEvaluation::Held } else { EdgeEvaluation::Broken };
    }
}

/// A binary tree of 8191 states whose leaves are at rest.
const TREE: Graph = Graph {
    next: |n| {
        if n < 4095 { vec![2 * n + 1, 2 * n + 2] } else { vec![] }
    },
    at_rest: |n| n >= 4095,
    holds: |_| true,
};

/// 0 -> 1 -> ... -> 20, broken from 3 on.
const CHAIN: Graph =
    Graph { next: |n| if n < 20 { vec![n + 1] } else { vec![] }, at_rest: |n| n == 20, holds: |n| n < 3 };

/// Two numbers, the second of which its `Hash` overlooks and hence no fingerprint tells.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Overlooked(u8, u8);

impl Hash for Overlooked {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

struct OverlooksAField;

impl Machine for OverlooksAField {
    type State = Overlooked;
    type Move = (u8, u8);

    fn initial(&self) -> Overlooked {
        Overlooked(0, 0)
    }

    fn moves(&self, state: &Overlooked, out: &mut Vec<(u8, u8)>) {
        out.extend([(1, 0), (0, 1)].into_iter().filter(|(a, b)| state.0 + a < 10 && state.1 + b < 10));
    }

    fn apply(&self, state: &Overlooked, mv: &(u8, u8)) -> Overlooked {
        Overlooked(state.0 + mv.0, state.1 + mv.1)
    }

    fn at_rest(&self, state: &Overlooked) -> bool {
        *state == Overlooked(9, 9)
    }

    fn properties(&self) -> usize {
        0
    }

    fn judge(&self, _: Option<(&Overlooked, &(u8, u8))>, _: &Overlooked, _: &mut [EdgeEvaluation]) {}
}

#[test]
fn a_hash_that_overlooks_a_field_is_seen_by_exact_keys_only() {
    let hashed = shortest(&OverlooksAField, &Limits::default()).unwrap();
    let exact = shortest_exact(&OverlooksAField, &Limits::default()).unwrap();
    assert_eq!((exact.counts.states, exact.counts.at_rest), (100, 1));
    assert_eq!((hashed.counts.states, hashed.counts.at_rest), (10, 0));
}

/// The chain as stateright's own users would write it.
struct Plain(Graph);

impl Model for Plain {
    type State = u32;
    type Action = u32;

    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<u32>) {
        actions.extend((self.0.next)(*state));
    }

    fn next_state(&self, _: &u32, action: u32) -> Option<u32> {
        Some(action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("holds", |model, n| (model.0.holds)(*n)), Property::always("walks on", |_, _| true)]
    }
}

#[test]
fn where_stateright_reports_a_long_trace_ours_is_the_shortest() {
    let reported = Plain(CHAIN).checker().spawn_bfs().join().assert_any_discovery("holds");
    assert_eq!(reported.into_actions().len(), 20);
    let explored = explore(&Arc::new(CHAIN), &Limits::default()).unwrap();
    assert_eq!(explored.properties[0].trace, Some(vec![1, 2, 3]));
    assert_eq!((explored.properties[0].broken, explored.properties[0].evaluated), (18, 21));
}

#[test]
fn of_equally_short_traces_the_one_with_the_earlier_moves_is_reported() {
    let diamond = Graph {
        next: |n| match n {
            0 => vec![2, 1],
            1 | 2 => vec![3],
            _ => vec![],
        },
        at_rest: |n| n == 3,
        holds: |n| n < 3,
    };
    let explored = explore(&Arc::new(diamond), &Limits { threads: 2, ..Limits::default() }).unwrap();
    assert_eq!(explored.properties[0].trace, Some(vec![2, 3]));
    assert_eq!((explored.properties[0].broken, explored.properties[0].broken_states), (2, 1));
}

#[test]
fn an_initial_state_may_be_the_breach() {
    let explored = explore(&Arc::new(Graph { holds: |n| n > 0, ..CHAIN }), &Limits::default()).unwrap();
    assert_eq!(explored.properties[0].trace, Some(vec![]));
}

#[test]
fn a_first_breach_ends_nothing() {
    let all_broken = Arc::new(Graph { holds: |_| false, ..TREE });
    assert_eq!(explore(&all_broken, &Limits::default()).unwrap().counts.states, 8191);
}

#[test]
fn every_limit_ends_every_engine_and_says_so() {
    let raised = Arc::new(AtomicBool::new(true));
    let cases = [
        (Ended::Time, Limits { deadline: Some(Instant::now()), ..Limits::default() }),
        (Ended::States, Limits { max_states: Some(8190), ..Limits::default() }),
        (Ended::Memory, Limits { max_bytes: Some(100_000), ..Limits::default() }),
        (Ended::Interrupted, Limits { stop: Some(raised), ..Limits::default() }),
    ];
    let tree = Arc::new(TREE);
    for (ended, limits) in cases {
        assert!(!ended.is_complete());
        assert_eq!(shortest(&TREE, &limits).unwrap().ended, ended);
        assert_eq!(shortest_exact(&TREE, &limits).unwrap().ended, ended);
        for threads in 1..=3 {
            let limits = Limits { threads, ..limits.clone() };
            assert_eq!(exhaust(&tree, &limits).unwrap().ended, ended, "{threads} threads");
            assert_eq!(explore(&tree, &limits).unwrap().ended, ended, "{threads} threads");
        }
    }
}

#[test]
fn limits_that_are_just_met_cut_nothing() {
    let limits = Limits { max_states: Some(8191), ..Limits::default() };
    let explored = explore(&Arc::new(TREE), &limits).unwrap();
    assert_eq!((explored.ended, explored.counts.states), (Ended::Complete, 8191));
    let enough = Limits { max_bytes: Some(64 << 20), ..Limits::default() };
    assert!(explore(&Arc::new(TREE), &enough).unwrap().ended.is_complete());
}

#[test]
fn a_cut_search_keeps_the_breaches_it_found() {
    let explored = explore(&Arc::new(CHAIN), &Limits { max_states: Some(5), ..Limits::default() }).unwrap();
    assert_eq!((explored.ended, explored.counts.states), (Ended::States, 5));
    assert_eq!(explored.properties[0].trace, Some(vec![1, 2, 3]));
}

#[test]
fn a_state_that_is_stuck_is_counted_and_shown() {
    let stuck = Arc::new(Graph { at_rest: |n| n > 4095, ..TREE });
    let explored = explore(&stuck, &Limits { threads: 2, ..Limits::default() }).unwrap();
    assert_eq!((explored.counts.stuck, explored.counts.at_rest), (1, 4095));
    assert_eq!(explored.stuck.unwrap().last(), Some(&4095));
    assert_eq!(exhaust(&stuck, &Limits::default()).unwrap().stuck, Some(4095));
}

/// Begins one further on each time it is asked, so that no second walk is like the first.
#[derive(Default)]
struct Impure {
    begun: AtomicU32,
    broken_at: Option<u32>,
}

impl Machine for Impure {
    type State = u32;
    type Move = u32;

    fn initial(&self) -> u32 {
        self.begun.fetch_add(1, Ordering::Relaxed)
    }

    fn moves(&self, state: &u32, out: &mut Vec<u32>) {
        out.extend((*state < 9).then_some(1));
    }

    fn apply(&self, state: &u32, mv: &u32) -> u32 {
        state + mv
    }

    fn at_rest(&self, state: &u32) -> bool {
        *state == 9
    }

    fn properties(&self) -> usize {
        1
    }

    fn judge(&self, _: Option<(&u32, &u32)>, state: &u32, evaluations: &mut [EdgeEvaluation]) {
        evaluations[0] = if self.broken_at == Some(*state) { EdgeEvaluation::Broken } else { EdgeEvaluation::Held };
    }
}

#[test]
fn engines_that_count_differently_are_an_error() {
    let error = explore(&Arc::new(Impure::default()), &Limits::default()).unwrap_err();
    let disagreement =
        ExploreError::Disagreement { what: "states".to_owned(), exhaust: "9".to_owned(), shortest: "10".to_owned() };
    assert_eq!(error, disagreement);
}

#[test]
fn a_trace_that_does_not_replay_is_an_error() {
    let error = shortest(&Impure { broken_at: Some(5), ..Impure::default() }, &Limits::default()).unwrap_err();
    assert_eq!(error, ExploreError::NotRepeatable { length: 5, reached: "the breach of property 0".to_owned() });
}

#[test]
fn a_panic_tells_the_moves_that_lead_to_it() {
    let next = |n| if n == 2 { panic!("two") } else { vec![n + 1] };
    let panics = Arc::new(Graph { next, ..CHAIN });
    let trace = vec!["1".to_owned(), "2".to_owned()];
    for threads in 1..=3 {
        let error = explore(&panics, &Limits { threads, ..Limits::default() }).unwrap_err();
        assert_eq!(error, ExploreError::Panicked { message: "two".to_owned(), trace: trace.clone() });
        let error = exhaust(&panics, &Limits { threads, ..Limits::default() }).unwrap_err();
        assert_eq!(error, ExploreError::Panicked { message: "two".to_owned(), trace: Vec::new() });
    }
}

/// More properties than fit.
struct Judgemental;

impl Machine for Judgemental {
    type State = ();
    type Move = ();

    fn initial(&self) {}

    fn moves(&self, (): &(), _: &mut Vec<()>) {}

    fn apply(&self, (): &(), (): &()) {}

    fn at_rest(&self, (): &()) -> bool {
        true
    }

    fn properties(&self) -> usize {
        65
    }

    fn judge(&self, _: Option<(&(), &())>, (): &(), _: &mut [EdgeEvaluation]) {}
}

#[test]
fn more_properties_than_fit_are_an_error() {
    let error = explore(&Arc::new(Judgemental), &Limits::default()).unwrap_err();
    assert_eq!(error, ExploreError::TooManyProperties { properties: 65, max: 64 });
}
