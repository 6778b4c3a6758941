//! Streams: what every way of billing them does when nothing disturbs it.

use expect_test::expect;
use model::books::Books;
use model::design::{PRESETS, Preset, Stream};
use model::flow::RequestPath;
use model::moves::{Actor, Move};
use model::reply::Answer;
use model::row::{LedgerRow, Request};
use model::run::Run;
use model::setup::{Premises, Requested, Setup};
use model::step::Step;
use model::world::World;

use crate::exhaustive_walk::{acme, billing, held_by, once, stream, words};
use crate::together;

/// The presets that bill a stream in some way of their own, as reported first.
pub fn of_streams() -> impl Iterator<Item = &'static Preset> {
    PRESETS.iter().filter(|preset| preset.name == "as-reported" || preset.design.stream != Stream::AsReported)
}

/// Those that hold the estimate, so that it matters undisturbed.
fn that_hold() -> impl Iterator<Item = &'static Preset> {
    of_streams().filter(|preset| preset.design.holds())
}

/// One stream of an account of 100.00, with usage on the path.
pub fn one(asked: Requested, faults: &[&str], preset: &Preset) -> Setup {
    let path = RequestPath { usage: true, ..RequestPath::default() };
    let premises = Premises { path, ..billing(acme("100.00"), vec![asked], 1) };
    Setup::new(premises, once(faults), preset.design).unwrap()
}

/// A fault instead of one step of the gateway.
pub struct Instead {
    /// Which of its steps, from 0.
    pub nth: usize,
    /// What strikes it there.
    pub fault: fn(Actor, Step) -> Move,
}

/// The gateway's steps, then clients, then jobs until all is at rest, with at most one fault on the way.
pub fn run_with(setup: &Setup, instead: Option<Instead>) -> Run {
    let (mut world, mut moves, mut steps) = (World::new(setup), Vec::new(), 0);
    loop {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        let plain = |mv: &&Move| matches!(mv, Move::Step { .. } | Move::Send { .. });
        let by_gateway = |mv: &&Move| matches!(mv, Move::Step { actor: Actor::Gateway(_), .. });
        let Some(&next) = enabled.iter().find(by_gateway).or_else(|| enabled.iter().find(plain)) else { break };
        let next = match (next, &instead) {
            (Move::Step { actor: actor @ Actor::Gateway(_), step, .. }, Some(Instead { nth, fault })) => {
                steps += 1;
                if steps == nth + 1 { fault(actor, step) } else { next }
            }
            _ => next,
        };
        world.apply(setup, next).unwrap();
        moves.push(next);
        assert!(moves.len() < 300, "no end in sight:\n{}", words(&moves, setup));
    }
    let run = Run::replay(setup, &moves).unwrap();
    assert!(run.entries.last().unwrap().books.at_rest, "stuck:\n{}", words(&moves, setup));
    run
}

/// The steps of the gateway in the undisturbed run.
pub fn steps_of_the_gateway(setup: &Setup) -> Vec<Step> {
    let steps = run_with(setup, None).moves().into_iter().filter_map(|mv| match mv {
        Move::Step { actor: Actor::Gateway(0), step, .. } => Some(step),
        _ => None,
    });
    steps.collect()
}

/// The rows of the ledger, the balance, what usage has, and what the client was told in the end.
pub fn books_in_words(books: &Books, setup: &Setup) -> String {
    let row = |(place, row): (usize, &Option<LedgerRow>)| {
        let row = row.as_ref()?;
        Some(format!("{} {:?} {:?} {}", setup.traces[place], row.status, row.kind, row.amount).to_lowercase())
    };
    let rows: Vec<String> = books.rows.iter().enumerate().filter_map(row).collect();
    let rows = if rows.is_empty() { "no row".to_owned() } else { rows.join(", ") };
    let answered = match books.requests[0].answered {
        Some(Answer::Ok(_)) => "ok",
        Some(_) => "refused",
        None => "no final answer",
    };
    let (quota, usage) = (&books.tenants[0].quota, &books.tenants[0].usage);
    let served = books.requests[0].served;
    format!(
        "{rows}; balance {}, {} counted; usage {} of {}; served {served}, {answered}",
        quota.balance, quota.daily_used, usage.requests, usage.cost
    )
}

/// Moves and books of each preset, after the client has sent t1.
fn each(asked: impl Fn() -> Requested, presets: impl Iterator<Item = &'static Preset>) -> String {
    together(presets.map(|preset| {
        let setup = one(asked(), &[], preset);
        let run = run_with(&setup, None);
        let books = books_in_words(&run.entries.last().unwrap().books, &setup);
        (preset.name, format!("{}\n{books}", words(&run.moves()[1..], &setup)))
    }))
}

#[test]
fn a_stream_that_ends_by_itself() {
    expect![[r#"
        as-reported
        gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J3 J4 reply
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-a
        gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 J0 C2 reply
        worker-1 does J1 J2
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-a+fixed
        gateway-a does U0 U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-b
        gateway-a does U1 U2 U3 U4 U5 B5 J3 J4 reply
        worker-1 does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J2
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-b+fixed
        gateway-a does U0 U1 U2 U3 U4 U5 B5 reply
        worker-1 does T1 T2 T2b T3a T3b T4a T4b T5 T5c T5b T6 T7a T7b J2
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-c
        gateway-a does T2 T3a T3b T3e U1 U2 U3 U4 U5 T1b T3f T4a T4b T5 T6 T7a T7b J3 J4 reply
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-c+sweeper
        gateway-a does T2 T3a T3b T3e U1 U2 U3 U4 U5 T1b T3f T4a T4b T5 T6 T7a T7b J3 J4 reply
        sweeper does W1
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-c+fixed
        gateway-a does U0 U0b T2 T3a T3b T3e U1 U2 U3 U4 U5 T3f T3g T4a T4b T5 T5c T6 T7a T7b reply
        sweeper does W1
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-hold-then-settle
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 J3 J4 reply
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-hold-then-settle+fixed
        gateway-a does U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b U1 U2 U3 U4 U5 M1 M2 T5c M7 M8 reply
        sweeper does W1
        t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-trace-plus-timestamp
        gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J3 J4 reply
        t1@1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
    "#]]
    .assert_eq(&each(|| stream("t1"), of_streams()));
}

#[test]
fn a_stream_that_costs_less_than_its_estimate() {
    expect![[r#"
        p0-1-hold-then-settle
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 M1 M3 M4 M5 M6 M7 J3 J4 reply
        t1 committed deduct 12.00, t1-refund committed refund 3.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-hold-then-settle+fixed
        gateway-a does U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b U1 U2 U3 U4 U5 M1 M2 M5 M3 M4 T5c M7 M8 T7a T7b reply
        sweeper does W1
        t1 committed deduct 12.00, t1-refund committed refund 3.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
    "#]].assert_eq(&each(|| held_by("12.00", "t1"), that_hold()));
}

#[test]
fn a_stream_that_costs_more_than_its_estimate() {
    expect![[r#"
        p0-1-hold-then-settle
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J3 J4 reply
        t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 2 counted; usage 1 of 9.00; served 1, ok

        p0-1-hold-then-settle+fixed
        gateway-a does U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b U1 U2 U3 U4 U5 M1 M2 M5 M3 M4 T5c M7 M8 T7a T7b reply
        sweeper does W1
        t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
    "#]]
    .assert_eq(&each(|| held_by("4.00", "t1"), that_hold()));
}

#[test]
fn a_stream_pays_one_of_the_amounts_that_its_design_declares() {
    for preset in of_streams() {
        let setup = one(held_by("4.00", "t1"), &[], preset);
        let run = run_with(&setup, None);
        let books = &run.entries.last().unwrap().books;
        let book = &books.requests[0];
        assert!(books.is_due(books.taken_by_rows(Request(0)), &book.stream.unwrap()), "{}", preset.name);
        assert_eq!((book.moved, book.served), ("9.00".parse().unwrap(), 1), "{}", preset.name);
    }
}
