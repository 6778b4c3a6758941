//! The actors and their order.

use model::moves::Actor;
use model::setup::Setup;

/// All actors: the gateways and then the jobs.
pub(super) fn actors(setup: &Setup) -> impl Iterator<Item = Actor> + '_ {
    (0..setup.gateways).map(Actor::Gateway).chain(setup.jobs().iter().copied())
}

/// The index of an actor in that order.
pub(super) fn lane_of(setup: &Setup, actor: Actor) -> usize {
    actors(setup).position(|other| other == actor).unwrap_or_else(|| panic!("{} is not here", actor.name()))
}
