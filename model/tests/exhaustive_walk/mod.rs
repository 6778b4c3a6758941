//! Small worlds, and a walk over all that can happen in them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::books::Edge;
use model::flow::RequestPath;
use model::invariant::{self, Evaluation, Figure};
use model::moves::{Move, NamedMove};
use model::setup::{Account, Faults, Premises, RequestKind, Requested, Setup, Streamed, Tokens};
use model::world::World;

/// An account of that balance, called acme.
pub fn acme(balance: &str) -> Account {
    Account {
        name: "acme".to_owned(),
        balance: balance.parse().unwrap(),
        credit: "0".parse().unwrap(),
        daily_quota: 10,
        monthly_quota: 10,
        used: 0,
        budget: None,
        new: false,
        zone: None,
        cold: false,
    }
}

/// Another account of 100.00, called beta.
pub fn beta() -> Account {
    Account { name: "beta".to_owned(), ..acme("100.00") }
}

/// The account with a cold hash and a budget of 50.00.
pub fn cold(account: Account) -> Account {
    Account { cold: true, budget: Some("50.00".parse().unwrap()), ..account }
}

/// A request of acme's for 5.25.
pub fn asked(trace: &str) -> Requested {
    Requested::charge(trace, "acme", "5.25".parse().unwrap())
}

/// Money of acme's paid in: 5.25.
pub fn recharge(trace: &str) -> Requested {
    Requested { kind: RequestKind::Recharge, ..asked(trace) }
}

/// A charge of acme's given back, asked for once.
pub fn reverse(trace: &str, of: &str) -> Requested {
    Requested { kind: RequestKind::Reverse, of: Some(of.to_owned()), amount: None, attempts: 1, ..asked(trace) }
}

/// A stream of acme's: a prompt of 1.00 and five chunks, which the gateway takes for three tokens each. Midway two chunks
/// have gone out; the provider has counted 4.00 of output by then and counts 8.00 in the end.
///
/// | it came        | counted by the provider | guessed by the gateway |
/// |----------------|-------------------------|------------------------|
/// | to nothing     | 1.00                    | 1.00                   |
/// | midway         | 5.00                    | 1.60                   |
/// | to its chunks  | 9.00                    | 2.50                   |
/// | to its usage   | 9.00                    | 9.00                   |
pub fn stream(trace: &str) -> Requested {
    let tokens =
        Tokens { input: 10, output: 80, input_price: "100".parse().unwrap(), output_price: "100".parse().unwrap() };
    let stream = Streamed { chunks: 5, sent: 2, counted: 40, reports: true };
    Requested { kind: RequestKind::Stream, amount: None, tokens: Some(tokens), stream: Some(stream), ..asked(trace) }
}

/// The same, held by this estimate until it is over.
pub fn held_by(estimate: &str, trace: &str) -> Requested {
    Requested { estimate: Some(estimate.parse().unwrap()), ..stream(trace) }
}

/// Faults by name, each once.
pub fn once(kinds: &[&str]) -> Faults {
    let budgets: BTreeMap<String, u8> = kinds.iter().map(|kind| ((*kind).to_owned(), 1)).collect();
    serde_json::from_value(serde_json::to_value(budgets).unwrap()).unwrap()
}

/// What is not walked of the request path: nothing.
pub const WHOLE_PATH: RequestPath =
    RequestPath { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

/// These premises with these faults and this design.
pub fn setup(premises: Premises, faults: &[&str], design: &str) -> Setup {
    Setup::new(premises, once(faults), design.parse().unwrap()).unwrap()
}

/// One account, these requests at so many gateways, billing and reply alone.
pub fn billing(account: Account, requests: Vec<Requested>, gateways: u8) -> Premises {
    Premises::billing_only(vec![account], requests, gateways)
}

/// So many traces t1, t2, ... of acme's, who has 100.00, at so many gateways, with these faults.
pub fn traces(n: u8, gateways: u8, faults: &[&str], design: &str) -> Setup {
    let requests = (1..=n).map(|i| asked(&format!("t{i}"))).collect();
    setup(billing(acme("100.00"), requests, gateways), faults, design)
}

/// What a walk found about one invariant.
#[derive(Clone, Default)]
pub struct Found {
    /// On how many moves it could have failed.
    pub non_vacuous: u64,
    /// The shortest way to break it, and the figures.
    pub breach: Option<(Vec<Move>, Vec<Figure>)>,
}

/// More states than any world here has: a model that never comes to an end fails and does not eat the memory.
pub const MOST_STATES: usize = 200_000;

/// Walks through every state of a world, nearest first, and judges one invariant on every move, until it breaks.
pub fn walk(setup: &Setup, id: &str) -> Found {
    let invariant = invariant::find(id).unwrap();
    let mut found = Found::default();
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
            let look = invariant.judge(&edge);
            found.non_vacuous += u64::from(matches!(look, Evaluation::Held | Evaluation::Broken(_)));
            if let Evaluation::Broken(subject) = look {
                found.breach = Some((way(&states, at, mv), (invariant.figures)(&edge, subject, setup)));
                return found;
            }
            let same = seen.entry(fingerprint(&next)).or_default();
            if !same.iter().any(|&known| states[known].0 == next) {
                assert!(states.len() < MOST_STATES, "no end in sight:\n{}", words(&way(&states, at, mv), setup));
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

/// The lines of these moves.
pub fn words(moves: &[Move], setup: &Setup) -> String {
    lines(moves, setup).join("\n")
}

/// Moves as capsules spell them, those that one actor does in a row on one line.
pub fn lines(moves: &[Move], setup: &Setup) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = String::new();
    for named in moves.iter().map(|mv| mv.named(setup)) {
        let NamedMove { actor, act, step, trace, account, to, wins, what } = named;
        let begins = format!("{actor} {act}");
        let parts = [what, step.map(|step| step.to_string()), trace].into_iter().flatten();
        let parts = parts.chain(account).collect::<Vec<_>>().join(" of ");
        let parts = if parts.is_empty() { String::new() } else { format!(" {parts}") };
        let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
        let won = wins.map(|who| format!(", {who} wins")).unwrap_or_default();
        let ends = !won.is_empty() || act != "does";
        match all.last_mut() {
            Some(line) if act == "does" && open == begins => line.push_str(&format!("{parts}{won}")),
            _ => all.push(format!("{begins}{parts}{to}{won}")),
        }
        open = if ends { String::new() } else { begins };
    }
    all
}
