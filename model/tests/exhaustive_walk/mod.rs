//! Small worlds, and a walk over all that can happen in them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::books::Edge;
use model::design::Design;
use model::flow::Flows;
use model::invariant::{self, Figure, Look};
use model::moves::{Actor, Move};
use model::setup::{Account, Asked, Faults, Setup};
use model::world::World;

/// An account of that balance, called acme.
pub fn acme(balance: &str) -> Account {
    Account {
        name: "acme".to_owned(),
        balance: balance.parse().unwrap(),
        credit: "0".parse().unwrap(),
        daily_quota: 10,
        monthly_quota: 10,
    }
}

/// A request of acme's for 5.25.
pub fn asked(trace: &str) -> Asked {
    Asked { trace: trace.to_owned(), account: "acme".to_owned(), amount: "5.25".parse().unwrap(), attempts: 3 }
}

/// Faults by name, each once.
pub fn once(kinds: &[&str]) -> Faults {
    let budgets: BTreeMap<String, u8> = kinds.iter().map(|kind| ((*kind).to_owned(), 1)).collect();
    serde_json::from_value(serde_json::to_value(budgets).unwrap()).unwrap()
}

/// So many traces t1, t2, ... of acme's at as many gateways, with these faults.
pub fn traces(n: u8, gateways: u8, faults: &[&str], design: &str) -> Setup {
    let requests = (1..=n).map(|i| asked(&format!("t{i}"))).collect();
    Setup::new(vec![acme("100.00")], requests, gateways, once(faults), design.parse::<Design>().unwrap()).unwrap()
}

/// The same with a deduct of the test's own and no job.
pub fn with_deduct(setup: Setup, deduct: model::flow::Deduct) -> Setup {
    setup.with_flows(Flows { deduct, sync: None })
}

/// What a walk found about one invariant.
#[derive(Clone, Default)]
pub struct Found {
    /// On how many moves it could have failed.
    pub could_have_failed: u64,
    /// The shortest way to break it, and the figures.
    pub breach: Option<(Vec<Move>, Vec<Figure>)>,
}

/// Walks through every state of a world, nearest first, and judges every invariant on every move.
pub fn walk(setup: &Setup) -> Vec<Found> {
    let mut found = vec![Found::default(); invariant::ALL.len()];
    let mut states: Vec<(World, Option<(usize, Move)>)> = vec![(World::new(setup), None)];
    let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::from([(fingerprint(&states[0].0), vec![0])]);
    let mut at = 0;
    while at < states.len() {
        let (world, before) = (states[at].0.clone(), states[at].0.books(setup));
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        assert_eq!(enabled.is_empty(), world.at_rest(), "only a world at rest has nothing left to do");
        for mv in enabled {
            let mut next = world.clone();
            let did = next.apply(setup, mv).unwrap();
            let after = next.books(setup);
            let edge = Edge { before: Some(&before), did: Some(&did), after: &after };
            for (invariant, found) in invariant::ALL.iter().zip(&mut found) {
                let look = invariant.judge(&edge);
                found.could_have_failed += u64::from(matches!(look, Look::Held | Look::Broken(_)));
                if let (Look::Broken(subject), None) = (look, &found.breach) {
                    found.breach = Some((way(&states, at, mv), (invariant.figures)(&edge, subject, setup)));
                }
            }
            let same = seen.entry(fingerprint(&next)).or_default();
            if !same.iter().any(|&known| states[known].0 == next) {
                same.push(states.len());
                states.push((next, Some((at, mv))));
            }
        }
        at += 1;
    }
    found
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

fn way(states: &[(World, Option<(usize, Move)>)], mut at: usize, last: Move) -> Vec<Move> {
    let mut moves = vec![last];
    while let Some((from, mv)) = states[at].1 {
        moves.push(mv);
        at = from;
    }
    moves.reverse();
    moves
}

/// Moves in few words, the steps of one actor in a row on one line.
pub fn words(moves: &[Move], setup: &Setup) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    for mv in moves {
        let (who, what) = match *mv {
            Move::Send { request, gateway } => ("client".to_owned(), {
                format!("sends {} to {}", setup.trace_name(request), Actor::Gateway(gateway).name())
            }),
            Move::Step { actor, step, wins: None } => (actor.name(), step.to_string()),
            Move::Step { actor, step, wins: Some(winner) } => (actor.name(), format!("{step} (to {})", winner.name())),
            Move::Crash { actor, before } => (actor.name(), format!("crashes before {before}")),
            Move::Cancel { actor, before } => (actor.name(), format!("cancelled before {before}")),
            Move::Unreachable { actor, step } => (actor.name(), format!("{step} finds redis down")),
            Move::Lost { actor, step, ran: true } => (actor.name(), format!("{step} ran, its reply is lost")),
            Move::Lost { actor, step, ran: false } => (actor.name(), format!("{step} did not run, its reply is lost")),
            Move::RedisLoss => ("redis".to_owned(), "loses all".to_owned()),
            Move::Expire => ("clock".to_owned(), "passes the next deadline".to_owned()),
        };
        match lines.last_mut() {
            Some((last, line)) if *last == who => *line = format!("{line} {what}"),
            _ => lines.push((who, what)),
        }
    }
    let lines = lines.into_iter().map(|(who, line)| format!("{who}: {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
