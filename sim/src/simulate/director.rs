//! Who says what happens next: a plan, which lets the network decide the order, or a script, which leaves nothing open.

use std::time::Duration;

use model::effect::{Call, Effect};
use model::moves::{Actor, Move};
use model::setup::Setup;
use model::world::{Next, World};

use crate::simulate::dice::Dice;
use crate::simulate::plan::{Ending, Plan, Trouble, Victim, Weather};

/// What an actor is to do at its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Go on, and end so long after asking if nothing comes before.
    Go { ends: Option<(Ending, Duration)> },
    /// End here.
    End(Ending),
}

/// The deed and how long to wait before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) pause: Duration,
    pub(super) deed: Deed,
}

/// Where an actor is in the plan's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) victim: Victim,
    pub(super) step: u64,
}

/// Plan or script.
#[derive(Debug)]
pub(super) enum Director {
    /// What is left of a plan, and dice for what the plan leaves open.
    Planned(Box<Plan>, Dice),
    /// These moves and no other.
    Scripted(Vec<Move>),
}

impl Director {
    /// The turn of an actor, or nothing while a script has others act.
    pub(super) fn turn(&mut self, actor: Actor, lane: usize, place: &mut Place, done: usize) -> Option<Turn> {
        match self {
            Director::Planned(plan, dice) => {
                place.step += 1;
                Some(Turn { pause: pause(plan, dice, lane, *place), deed: deed(plan, *place) })
            }
            Director::Scripted(script) => {
                let deed = match *script.get(done)? {
                    Move::Send { .. } => return None,
                    mv if mv.actor() != Some(actor) => return None,
                    Move::Crash { .. } => Deed::End(Ending::Crash),
                    Move::Cancel { .. } => Deed::End(Ending::Cancel),
                    _ => Deed::Go { ends: None },
                };
                Some(Turn { pause: Duration::ZERO, deed })
            }
        }
    }

    /// Whether a script ends the actor now, wherever it is.
    pub(super) fn ends_now(&self, actor: Actor, done: usize) -> Option<Ending> {
        let Director::Scripted(script) = self else { return None };
        match *script.get(done)? {
            Move::Crash { actor: struck, .. } if struck == actor => Some(Ending::Crash),
            Move::Cancel { actor: struck, .. } if struck == actor => Some(Ending::Cancel),
            _ => None,
        }
    }

    /// Which move it is that a store carries out, or a client takes, for an actor.
    pub(super) fn choose(
        &mut self,
        setup: &Setup,
        world: &World,
        place: Place,
        step: Move,
        call: Option<Call>,
    ) -> Move {
        let Director::Planned(plan, dice) = self else { return step };
        let Move::Step { actor, step: label, .. } = step else { return step };
        if let Some(call) = call
            && let Some(trouble) = trouble(plan, setup, world, place, actor, call)
        {
            return trouble;
        }
        Move::Step { actor, step: label, wins: winner(setup, world, step, dice) }
    }

    /// What befalls Redis now, if anything.
    pub(super) fn weather(&mut self, setup: &Setup, world: &World, done: usize) -> Option<Move> {
        match self {
            Director::Planned(plan, _) => {
                let due = plan.weather.iter().position(|&(after, _)| done as u64 >= after)?;
                let mv = match plan.weather[due].1 {
                    Weather::Loss => Move::RedisLoss,
                    Weather::Expiry => Move::Expire,
                };
                enabled(setup, world).contains(&mv).then(|| {
                    plan.weather.remove(due);
                    mv
                })
            }
            Director::Scripted(script) => {
                script.get(done).copied().filter(|mv| matches!(mv, Move::RedisLoss | Move::Expire))
            }
        }
    }

    /// Whether the job begins a run now: when all is quiet, and when the plan says so.
    pub(super) fn job_runs(&mut self, setup: &Setup, world: &World, done: usize) -> bool {
        match self {
            Director::Planned(plan, _) => {
                let busy = (0..setup.gateways).any(|n| world.attempt(n).is_some());
                let asked_for = plan.job_runs.iter().position(|&after| done as u64 >= after);
                if busy && asked_for.is_none() {
                    return false;
                }
                let moves = enabled(setup, world);
                let runs = moves.iter().any(|mv| matches!(mv, Move::Step { actor: Actor::Sync, .. }));
                let quiet = !busy && !moves.iter().any(|mv| matches!(mv, Move::Send { .. }));
                if runs
                    && !quiet
                    && let Some(place) = asked_for
                {
                    plan.job_runs.remove(place);
                    return true;
                }
                runs && quiet
            }
            Director::Scripted(script) => script.get(done).is_some_and(|mv| mv.actor() == Some(Actor::Sync)),
        }
    }

    /// How long to wait where the plan sets no more than a bound.
    pub(super) fn idle(&mut self, longest: impl FnOnce(&Plan) -> Duration) -> Duration {
        match self {
            Director::Planned(plan, dice) => {
                let longest = longest(plan).as_micros() as u64;
                if longest == 0 { Duration::ZERO } else { Duration::from_micros(dice.below(longest + 1)) }
            }
            Director::Scripted(_) => Duration::ZERO,
        }
    }

    /// How long after this sending the client loses its patience.
    pub(super) fn impatience(&mut self, send: u64) -> Option<Duration> {
        let Director::Planned(plan, _) = self else { return None };
        let place = plan.impatience.iter().position(|&(after, _)| after <= send)?;
        Some(plan.impatience.remove(place).1)
    }
}

/// The moves a world knows to be possible.
pub(super) fn enabled(setup: &Setup, world: &World) -> Vec<Move> {
    let mut moves = Vec::new();
    world.moves(setup, &mut moves);
    moves
}

fn pause(plan: &Plan, dice: &mut Dice, lane: usize, place: Place) -> Duration {
    let stalls = plan.stalls.iter().filter(|&&(victim, step, _)| (victim, step) == (place.victim, place.step));
    let stalled: Duration = stalls.map(|&(_, _, span)| span).sum();
    let hiccup = if dice.percent(plan.hiccups) { dice.span(1_000, 200_000) } else { Duration::ZERO };
    plan.pace[lane] + stalled + hiccup
}

fn deed(plan: &mut Plan, place: Place) -> Deed {
    let due = plan.strikes.iter().position(|strike| {
        let ends = matches!(strike.trouble, Trouble::EndBefore(_) | Trouble::EndInFlight(..));
        ends && strike.victim == place.victim && strike.from <= place.step
    });
    match due.map(|due| plan.strikes.remove(due).trouble) {
        Some(Trouble::EndBefore(ending)) => Deed::End(ending),
        Some(Trouble::EndInFlight(ending, after)) => Deed::Go { ends: Some((ending, after)) },
        _ => Deed::Go { ends: None },
    }
}

fn trouble(plan: &mut Plan, setup: &Setup, world: &World, place: Place, actor: Actor, call: Call) -> Option<Move> {
    let step = call.step;
    let mut moves = None;
    let due = plan.strikes.iter().position(|strike| {
        if strike.victim != place.victim || strike.from > place.step {
            return false;
        }
        match strike.trouble {
            Trouble::Unreachable => matches!(call.effect, Effect::Redis(_)),
            // A transaction that is lost with its connection hides whether its statement ran: the world offers one of both.
            Trouble::Lost { ran } => {
                moves.get_or_insert_with(|| enabled(setup, world)).contains(&Move::Lost { actor, step, ran })
            }
            Trouble::EndBefore(_) | Trouble::EndInFlight(..) => false,
        }
    })?;
    match plan.strikes.remove(due).trouble {
        Trouble::Unreachable => Some(Move::Unreachable { actor, step }),
        Trouble::Lost { ran } => Some(Move::Lost { actor, step, ran }),
        Trouble::EndBefore(_) | Trouble::EndInFlight(..) => None,
    }
}

/// Where a step lets go of a lock that several wait for, Postgres does not say who gets it.
fn winner(setup: &Setup, world: &World, mv: Move, dice: &mut Dice) -> Option<Actor> {
    let waits = |n: &u8| world.attempt(*n).is_some_and(|attempt| matches!(attempt.next, Next::Wait(_)));
    if (0..setup.gateways).filter(waits).count() < 2 {
        return None;
    }
    let Move::Step { actor, step, .. } = mv else { return None };
    let candidates: Vec<Actor> = enabled(setup, world)
        .into_iter()
        .filter_map(|mv| match mv {
            Move::Step { actor: a, step: s, wins } if (a, s) == (actor, step) => wins,
            _ => None,
        })
        .collect();
    if candidates.is_empty() { None } else { Some(candidates[dice.below(candidates.len() as u64) as usize]) }
}
