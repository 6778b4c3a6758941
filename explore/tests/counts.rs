//! Both engines count exactly what Spin, TLC and Rumur count.

mod bench_protocol;

use std::sync::Arc;

use bench_protocol::{ExpectedCounts, HASH_IS_DB, NO_DOUBLE, NO_TRACE_STUCK, SIZES, Size};
use explore::{Limits, Shortest, exhaust, explore, shortest, shortest_exact};

fn size(name: &str) -> Size {
    SIZES.into_iter().find(|size| size.name == name).expect("a size of the table")
}

fn counted<Mv>(found: &Shortest<Mv>) -> ExpectedCounts {
    assert!(found.ended.is_complete());
    assert_eq!(found.counts.stuck, 0);
    ExpectedCounts {
        states: found.counts.states,
        edges: found.counts.edges,
        depth: found.depth,
        at_rest: found.counts.at_rest,
        hash_differs: found.properties[HASH_IS_DB].broken_states,
        stuck_traces: found.properties[NO_TRACE_STUCK].broken_states,
        double: found.properties[NO_DOUBLE].broken_states,
    }
}

#[test]
fn the_shortest_trace_search_counts_what_is_known() {
    for name in ["S4", "S5", "S6"] {
        let size = size(name);
        assert_eq!(counted(&shortest(&size, &Limits::default()).unwrap()), size.known, "{name}");
    }
}

#[test]
fn whole_states_and_fingerprints_find_the_same() {
    let size = size("S4");
    let exact = shortest_exact(&size, &Limits::default()).unwrap();
    let hashed = shortest(&size, &Limits::default()).unwrap();
    assert_eq!(counted(&exact), size.known);
    assert_eq!((exact.counts, exact.properties), (hashed.counts, hashed.properties));
}

#[test]
fn stateright_counts_what_is_known() {
    for (name, threads) in [("S4", 1), ("S5", 2), ("S6", 1)] {
        let size = Arc::new(size(name));
        let found = exhaust(&size, &Limits { threads, ..Limits::default() }).unwrap();
        assert!(found.ended.is_complete());
        assert_eq!(found.counts.stuck, 0);
        let counted = ExpectedCounts {
            states: found.counts.states,
            edges: found.counts.edges,
            // It keeps no levels that mean anything with more than one thread.
            depth: size.known.depth,
            at_rest: found.counts.at_rest,
            hash_differs: found.properties[HASH_IS_DB].broken_states,
            stuck_traces: found.properties[NO_TRACE_STUCK].broken_states,
            double: found.properties[NO_DOUBLE].broken_states,
        };
        assert_eq!(counted, size.known, "{name}");
    }
}

#[test]
fn the_engines_agree_in_turn_and_side_by_side() {
    let size = Arc::new(size("S4"));
    let in_turn = explore(&size, &Limits::default()).unwrap();
    let side_by_side = explore(&size, &Limits { threads: 3, ..Limits::default() }).unwrap();
    assert!(in_turn.ended.is_complete());
    assert_eq!(in_turn.counts.states, size.known.states);
    assert_eq!((in_turn.counts, &in_turn.properties), (side_by_side.counts, &side_by_side.properties));
    assert!(in_turn.broken_without_trace.is_empty());
    let broken: Vec<bool> = in_turn.properties.iter().map(|property| property.trace.is_some()).collect();
    assert_eq!(broken, [true, true, false]);
    for property in &in_turn.properties {
        assert!(property.non_vacuous > 0 && property.non_vacuous <= property.evaluated);
    }
}

#[test]
fn alone_on_one_thread_stateright_needs_as_many_moves_as_the_shortest_trace() {
    let size = Arc::new(size("S4"));
    let theirs = exhaust(&size, &Limits::default()).unwrap();
    let ours = shortest(&*size, &Limits::default()).unwrap();
    for (their, our) in theirs.properties.iter().zip(&ours.properties) {
        assert_eq!(their.broken_after, our.trace.as_ref().map(|trace| trace.len() as u32));
    }
}
