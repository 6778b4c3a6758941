//! The lengths of a setup's attempts and runs while nothing goes wrong: the places and moments of a plan are drawn from
//! them.

use model::effect::{Call, Effect, LocalOp, PgOp, RedisOp};
use model::moves::{Actor, Move};
use model::setup::{Faults, Setup};
use model::world::World;

use crate::simulate::director::enabled;

/// The longest run that is measured, in moves; a longer flow is cut there.
const LONGEST: u64 = 400;

/// The measurements of an undisturbed run, one attempt after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Steps of the longest attempt, including its answer.
    pub(super) attempt: u64,
    /// Steps of the longest run of a job; 0 without jobs.
    pub(super) job_run: u64,
    /// Moves from the first sending to rest.
    pub(super) moves: u64,
    /// Steps of an attempt, from 1, where an unknown outcome costs money: setting a key, a script, a COMMIT.
    pub(super) delicate: Vec<u64>,
    /// Steps of an attempt, from 1, at which a part of a stream arrives.
    pub(super) parts: Vec<u64>,
}

impl Extent {
    /// Measures a setup.
    pub(super) fn of(setup: &Setup) -> Extent {
        let mut setup = setup.clone();
        setup.faults = Faults::default();
        let mut world = World::new(&setup);
        let mut extent = Extent { attempt: 1, job_run: 0, moves: 0, delicate: Vec::new(), parts: Vec::new() };
        let mut step = 0;
        while extent.moves < LONGEST {
            let Some(mv) = undisturbed(&setup, &world) else { break };
            let goes_on = |actor| world.running(&setup, actor).is_some();
            let next = if let Move::Step { actor, .. } = mv { if goes_on(actor) { step + 1 } else { 1 } } else { 0 };
            let Ok(did) = world.apply(&setup, mv) else { break };
            extent.moves += 1;
            step = next;
            if matches!(mv, Move::Step { actor: Actor::Gateway(_), .. } | Move::Send { .. }) {
                extent.attempt = extent.attempt.max(step);
                if did.call.is_some_and(delicate) && !extent.delicate.contains(&step) {
                    extent.delicate.push(step);
                }
                if did.call.is_some_and(of_a_stream) && !extent.parts.contains(&step) {
                    extent.parts.push(step);
                }
            } else {
                extent.job_run = extent.job_run.max(step);
            }
        }
        extent
    }
}

/// The next move: attempts go on first, then clients send, then jobs run.
fn undisturbed(setup: &Setup, world: &World) -> Option<Move> {
    let moves = enabled(setup, world);
    let attempt = moves.iter().find(|mv| matches!(mv, Move::Step { actor: Actor::Gateway(_), .. }));
    attempt.or_else(|| moves.first()).copied()
}

fn of_a_stream(call: Call) -> bool {
    matches!(call.effect, Effect::Local(LocalOp::Receive { .. }))
}

fn delicate(call: Call) -> bool {
    match call.effect {
        Effect::Pg(op) => op == PgOp::Commit,
        Effect::Redis(op) => matches!(op, RedisOp::SetNx { .. } | RedisOp::Eval { .. }),
        Effect::Local(_) => false,
    }
}
