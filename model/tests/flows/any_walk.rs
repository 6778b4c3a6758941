//! What must be so of any run.

use model::capsule::Capsule;
use model::moves::{Actor, NamedMove};
use model::run::{Entry, Run};
use model::setup::Setup;
use model::world::{Next, World};
use proptest::prelude::*;

use crate::exhaustive_walk::words;
use crate::{WORLDS, capsule, design, every_fault, picks, world};

/// More moves than any run of these worlds takes.
const BOUND: usize = 900;

/// Walks at random until nothing is left to do.
fn wander(setup: &Setup, picks: &[u16]) -> (Run, World) {
    let mut world = World::new(setup);
    let mut run = Run { opening: world.books(setup), entries: Vec::new() };
    loop {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        if enabled.is_empty() {
            return (run, world);
        }
        assert!(run.entries.len() < BOUND, "no end in sight:\n{}", words(&run.moves(), setup));
        let pick = picks.get(run.entries.len() % picks.len().max(1)).copied().unwrap_or(0);
        let did = world.apply(setup, enabled[usize::from(pick) % enabled.len()]).unwrap();
        run.entries.push(Entry { did, books: world.books(setup) });
        for actor in (0..setup.gateways).map(Actor::Gateway).chain(setup.jobs().iter().copied()) {
            assert_ne!(world.next(setup, actor), Some(Next::Diverged), "{}", words(&run.moves(), setup));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_walk_comes_to_rest_and_replays_to_the_same_books(
        design in design(), which in 0..WORLDS, picks in picks(),
    ) {
        let setup = world(design, which, &every_fault());
        let (run, world) = wander(&setup, &picks);
        prop_assert!(world.at_rest(), "stuck:\n{}", words(&run.moves(), &setup));
        prop_assert_eq!(&Run::replay(&setup, &run.moves()).unwrap(), &run);
    }

    #[test]
    fn moves_and_capsules_survive_their_names_and_json(design in design(), which in 0..WORLDS, picks in picks()) {
        let setup = world(design, which, &every_fault());
        let (run, _) = wander(&setup, &picks);
        for mv in run.moves() {
            let json = serde_json::to_string(&mv.named(&setup)).unwrap();
            let named: NamedMove = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(named.resolve(&setup), Ok(mv));
        }
        let capsule = capsule(&setup, &run.moves());
        let read: Capsule = serde_json::from_str(&serde_json::to_string(&capsule).unwrap()).unwrap();
        prop_assert_eq!(&read, &capsule);
        let (setup, moves) = read.resolve().unwrap();
        prop_assert_eq!(&Run::replay(&setup, &moves).unwrap(), &run, "a capsule needs no budgets of faults");
    }
}
