//! Worlds to simulate, and many seeds of them.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use model::design::Design;
use model::flow::RequestPath;
use model::money::Amount;
use model::moves::Move;
use model::setup::{Account, Faults, Premises, Requested, Setup};
use model::world::World;
use sim::simulate::{Simulated, sweep};

/// The whole request path.
pub const WHOLE: RequestPath =
    RequestPath { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

/// An amount from its text.
pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// An account of 100.00 and plenty of everything.
pub fn acme() -> Account {
    Account {
        name: "acme".to_owned(),
        balance: amount("100"),
        credit: amount("0"),
        daily_quota: 1_000,
        monthly_quota: 1_000,
        used: 0,
        budget: Some(amount("50")),
        new: false,
        zone: None,
        cold: false,
    }
}

/// So many charges of 5.25 at so many gateways.
pub fn premises(requests: usize, gateways: u8) -> Premises {
    let asked = |n: usize| Requested::charge(&format!("trace-{n}"), "acme", amount("5.25"));
    Premises::billing_only(vec![acme()], (1..=requests).map(asked).collect(), gateways)
}

/// A world of billing and reply alone.
pub fn setup(design: &str, requests: usize, gateways: u8, faults: Faults) -> Setup {
    Setup::new(premises(requests, gateways), faults, design.parse::<Design>().unwrap()).unwrap()
}

/// The same along the whole request path.
pub fn whole(design: &str, requests: usize, gateways: u8, faults: Faults) -> Setup {
    let premises = Premises { path: WHOLE, ..premises(requests, gateways) };
    Setup::new(premises, faults, design.parse::<Design>().unwrap()).unwrap()
}

/// This fault once.
pub fn one(fault: &str) -> Faults {
    serde_json::from_value(serde_json::json!({ fault: 1 })).unwrap()
}

/// Every fault once.
pub fn everything() -> Faults {
    let each: serde_json::Map<_, _> =
        Faults::default().budgets().into_iter().map(|(id, _)| (id.to_owned(), 1.into())).collect();
    serde_json::from_value(each.into()).unwrap()
}

/// The runs of the first seeds.
pub fn seeds(setup: &Setup, count: u64) -> Vec<(u64, Simulated)> {
    let outcomes = sweep(setup, 0..count, 2, &AtomicBool::new(false), |_, _| {});
    assert_eq!(outcomes.len() as u64, count);
    outcomes
        .into_iter()
        .map(|(seed, outcome)| (seed, outcome.unwrap_or_else(|why| panic!("seed {seed}: {why}"))))
        .collect()
}

/// How many runs break each invariant.
pub fn breaches(setup: &Setup, runs: &[(u64, Simulated)]) -> BTreeMap<&'static str, u64> {
    let mut found = BTreeMap::new();
    for (_, simulated) in runs {
        for breach in simulated.run.judge(setup).results.into_iter().filter_map(|result| result.breach) {
            *found.entry(breach.invariant).or_default() += 1;
        }
    }
    found
}

/// The invariant breaks in simulation if this fault can strike, and only in runs that it strikes.
pub fn breaks_by(make: impl Fn(Faults) -> Setup, fault: &str, strikes: fn(&Move) -> bool, invariant: &str) {
    let calm = make(Faults::default());
    let found = breaches(&calm, &seeds(&calm, 100));
    assert!(!found.contains_key(invariant), "without {fault}: {found:?}");
    let (struck, spared): (Vec<_>, Vec<_>) =
        seeds(&make(one(fault)), 150).into_iter().partition(|(_, simulated)| simulated.run.moves().iter().any(strikes));
    let rough = make(one(fault));
    assert!(breaches(&rough, &struck).contains_key(invariant), "{fault} never broke {invariant} in {}", struck.len());
    assert!(!breaches(&rough, &spared).contains_key(invariant), "{invariant} broke without {fault}");
}

/// The place of a situation in what a judgement has seen.
pub fn situation(id: &str) -> usize {
    model::situation::ALL.iter().position(|situation| situation.id == id).unwrap()
}

/// A path of the world that no simulation chose.
pub fn wander(setup: &Setup, mut dice: u64) -> Vec<Move> {
    let (mut world, mut path, mut enabled) = (World::new(setup), Vec::new(), Vec::new());
    loop {
        enabled.clear();
        world.moves(setup, &mut enabled);
        if enabled.is_empty() {
            return path;
        }
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mv = enabled[(dice >> 33) as usize % enabled.len()];
        world.apply(setup, mv).unwrap();
        path.push(mv);
    }
}
