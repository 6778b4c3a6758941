//! Every invariant catches a breach planted for it, and holds in the nearest design without that breach. An invariant
//! without a planted breach fails here.
#![allow(clippy::unwrap_used)]

mod answers;
mod attempts;
mod by_hand;
mod clauses;
mod clocks;
mod counts;
#[path = "../exhaustive_walk/mod.rs"]
mod exhaustive_walk;
mod held;
mod judgements;
mod keys_and_caches;
mod left_behind;
mod money;
mod records;
mod streams;

use exhaustive_walk::{walk, words};
use expect_test::Expect;
use model::invariant;
use model::moves::Move;
use model::run::Run;
use model::setup::Setup;

/// A broken world beside the nearest one that does not break the same invariant.
struct Planted {
    invariant: &'static str,
    /// What is wrong with it.
    what: &'static str,
    broken: fn() -> Setup,
    nearest: fn() -> Setup,
    /// The shortest way to the breach and its figures.
    breach: Expect,
}

fn planted() -> Vec<Planted> {
    let of_charges = [money::planted(), streams::planted(), left_behind::planted()];
    let of_the_rest = [records::planted(), counts::planted(), clocks::planted(), answers::planted()];
    let cases = of_charges.into_iter().chain(of_the_rest).chain([keys_and_caches::planted(), judgements::planted()]);
    cases.flatten().collect()
}

#[test]
fn each_planted_breach_is_found_with_its_figures() {
    for case in planted() {
        let setup = (case.broken)();
        let found = walk(&setup, case.invariant);
        let Some((moves, figures)) = &found.breach else { panic!("{}: {} is not seen", case.invariant, case.what) };
        let figures: Vec<String> = figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value)).collect();
        case.breach.assert_eq(&format!("{}\n{}", words(moves, &setup), figures.join("\n")));
        replays_to_the_breach(&setup, moves, case.invariant);
    }
}

#[test]
fn the_nearest_world_without_the_breach_holds_and_not_for_want_of_an_occasion() {
    for case in planted() {
        let setup = (case.nearest)();
        let found = walk(&setup, case.invariant);
        if let Some((moves, figures)) = found.breach {
            panic!(
                "{} also breaks without this: {}\n{}\n{figures:?}",
                case.invariant,
                case.what,
                words(&moves, &setup)
            );
        }
        assert!(found.non_vacuous > 0, "{} is never put to the test: {}", case.invariant, case.what);
    }
}

#[test]
fn every_invariant_has_a_planted_breach() {
    let cases = planted();
    let planted = |id: &str| cases.iter().any(|case| case.invariant == id) || by_hand::PLANTED.contains(&id);
    for invariant in invariant::ALL {
        assert!(planted(invariant.id), "nothing is planted for {}", invariant.id);
    }
}

/// A run of the same moves is judged the same.
fn replays_to_the_breach(setup: &Setup, moves: &[Move], id: &str) {
    let judgement = Run::replay(setup, moves).unwrap().judge(setup);
    let breach = judgement.results[invariant::place(id).unwrap()].breach.clone().unwrap();
    assert_eq!((breach.invariant, breach.after), (id, moves.len()));
}
