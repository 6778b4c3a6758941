//! One disturbance at each place of the undisturbed run.

use model::run::Run;
use model::schedule::single_disturbances;
use model::setup::Requested;

use crate::exhaustive_walk::{acme, asked, billing, setup as premised, words};
use crate::{every_fault, worlds_of_presets};

#[test]
fn every_single_disturbance_is_carried_on_to_rest_and_replays() {
    for (name, setup) in worlds_of_presets(&every_fault()) {
        let runs = single_disturbances(&setup);
        assert!(runs.len() > 30, "{name}: only {} runs", runs.len());
        for scheduled in runs {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let moves = || words(&scheduled.moves, &setup);
            assert!(run.entries.last().unwrap().books.at_rest, "{name} does not end:\n{}", moves());
            assert_eq!(run.moves(), scheduled.moves);
            assert!(scheduled.disturbed_at.is_none_or(|place| place < scheduled.moves.len()));
        }
    }
}

#[test]
fn an_attempt_that_a_fault_disturbed_is_not_counted_against_its_client() {
    for fault in ["crash", "cancel", "lost-reply"] {
        let patient = Requested { attempts: 1, ..asked("t1") };
        let setup = premised(billing(acme("100.00"), vec![patient], 2), &[fault], "p0-3-b+fixed");
        for scheduled in single_disturbances(&setup).iter().filter(|run| run.disturbed_at.is_some()) {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let books = &run.entries.last().unwrap().books;
            let moves = words(&scheduled.moves, &setup);
            assert!(books.requests[0].answered.is_some(), "the client gave up:\n{moves}");
        }
    }
}
