//! One disturbance at each place of the undisturbed run.

use model::moves::{Actor, Move};
use model::reply::Reply;
use model::row::{Request, Tenant};
use model::schedule::single_disturbances;
use model::setup::Asked;
use model::trace::{Entry, Run};

use crate::exhaustive_walk::{acme, asked, billing, setup as premised, traces, words};
use crate::{every_fault, worlds_of_presets};

#[test]
fn every_single_disturbance_is_carried_on_to_rest_and_replays() {
    for (name, setup) in worlds_of_presets(&every_fault()) {
        let runs = single_disturbances(&setup);
        assert!(runs.len() > 30, "{name}: only {} runs", runs.len());
        for scheduled in runs {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let told = || words(&scheduled.moves, &setup);
            assert!(run.entries.last().unwrap().books.at_rest, "{name} does not end:\n{}", told());
            assert_eq!(run.moves(), scheduled.moves);
            assert!(scheduled.disturbed_at.is_none_or(|place| place < scheduled.moves.len()));
        }
    }
}

#[test]
fn an_attempt_that_a_fault_disturbed_is_not_counted_against_its_client() {
    for fault in ["crash", "cancel", "lost-reply"] {
        let patient = Asked { attempts: 1, ..asked("t1") };
        let setup = premised(billing(acme("100.00"), vec![patient], 2), &[fault], "p0-3-b+fixed");
        for scheduled in single_disturbances(&setup).iter().filter(|run| run.disturbed_at.is_some()) {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let books = &run.entries.last().unwrap().books;
            let told = words(&scheduled.moves, &setup);
            assert!(books.requests[0].answered.is_some(), "the client gave up:\n{told}");
        }
    }
}

#[test]
fn a_crash_lets_go_of_what_its_transaction_held_and_nothing_of_it_stays() {
    let setup = traces(1, 2, &["crash", "impatience"], "p0-3-a+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let step = |actor: Actor, step: &str| Move::Step { actor, step: step.parse().unwrap(), wins: None };
    let send = |gateway| Move::Send { request: Request(0), gateway };
    let mut moves = vec![send(0), send(1)];
    moves.extend(["T1", "T2", "T2b", "T3a", "T3b", "T4a", "T4b", "T5"].map(|label| step(a, label)));
    moves.extend(["T1", "T2", "T2b", "T3a", "T3b"].map(|label| step(b, label)));
    let waits = Run::replay(&setup, &moves).unwrap();
    assert_eq!(waits.entries.last().unwrap().did.reply, None, "gateway-b waits for the row of gateway-a");
    moves.push(Move::Crash { actor: a, before: "T5b".parse().unwrap() });
    let run = Run::replay(&setup, &moves).unwrap();
    let Entry { did, books } = run.entries.last().unwrap();
    assert_eq!(did.woke.as_slice(), [(b, "T3b".parse().unwrap(), Reply::Ok)]);
    assert_eq!((books.tenants[0].quota, books.rows[0]), (setup.opening(Tenant(0)), None));
}
