//! The flows of every preset: the undisturbed run as text, and what must be so of any run, however disturbed.
#![allow(clippy::unwrap_used)]

mod any_walk;
mod disturbed;
#[path = "../exhaustive_walk/mod.rs"]
mod exhaustive_walk;
mod names;
mod run_again;
mod situations;
mod undisturbed;

use exhaustive_walk::{WHOLE_PATH, acme, asked, beta, once, recharge, reverse};
use model::capsule::{Capsule, Expected, SCHEMA};
use model::design::{Design, PRESETS};
use model::invariant::Figure;
use model::moves::Move;
use model::setup::{Account, Asked, AskedKind, Faults, Premises, Setup};
use proptest::prelude::*;

/// Every kind of fault.
fn every_fault() -> Vec<&'static str> {
    Faults::KINDS.iter().map(|(kind, _)| *kind).collect()
}

/// How many small worlds [`world`] knows.
const WORLDS: usize = 5;

/// One of some small worlds: two traces of one tenant, one trace id used by two tenants, money for one of two requests,
/// the whole path of one request, what an operator does beside it.
fn world(design: Design, which: usize, faults: &[&str]) -> Setup {
    let of_beta = Asked { account: "beta".to_owned(), ..asked("t1") };
    let billing = |accounts, requests| Premises::billing_only(accounts, requests, 2);
    let premises = match which % WORLDS {
        0 => billing(vec![acme("100.00")], vec![asked("t1"), asked("t2")]),
        1 => billing(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta]),
        2 => billing(vec![acme("6.00")], vec![asked("t1"), asked("t2")]),
        3 => whole_path(vec![asked("t1")]),
        _ => billing(vec![acme("100.00")], vec![asked("t1"), recharge("r1"), reverse("v1", "t1"), limit_change()]),
    };
    Setup::new(premises, once(faults), design).unwrap()
}

/// The whole path of these requests, of a tenant whose hash is cold and whose key has a budget.
fn whole_path(requests: Vec<Asked>) -> Premises {
    let account = Account { cold: true, budget: Some("50.00".parse().unwrap()), ..acme("100.00") };
    Premises { path: WHOLE_PATH, ..Premises::billing_only(vec![account], requests, 1) }
}

fn limit_change() -> Asked {
    Asked { kind: AskedKind::DailyQuota, daily_quota: Some(5), amount: None, ..asked("l1") }
}

fn capsule(setup: &Setup, moves: &[Move]) -> Capsule {
    Capsule {
        schema: SCHEMA,
        version: "0.1.0".to_owned(),
        scenario: "a-walk".to_owned(),
        design: setup.design,
        also: Vec::new(),
        found_by: "check".to_owned(),
        seed: Some(7),
        accounts: setup.accounts.clone(),
        requests: setup.requests.clone(),
        gateways: setup.gateways,
        today: setup.today,
        path: setup.path,
        moves: moves.iter().map(|mv| mv.named(setup)).collect(),
        breach: Expected {
            invariant: "once".to_owned(),
            figures: vec![Figure { name: "price of t1".to_owned(), value: "5.25".to_owned() }],
        },
    }
}

fn design() -> impl Strategy<Value = Design> {
    (0..PRESETS.len()).prop_map(|place| PRESETS[place].design)
}

fn picks() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 1..150)
}
