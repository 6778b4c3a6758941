//! Decides what happens next: a plan lets the network decide the order, a script leaves nothing open.

use std::time::Duration;

use model::effect::DeferredJob;
use model::moves::{Actor, Move};
use model::setup::{Fault, Setup};
use model::world::{Next, Work, World, label_of};

use crate::simulate::actors::actors;
use crate::simulate::dice::Dice;
use crate::simulate::plan::{Ending, EnvironmentFault, FaultAtStep, Plan, Victim};

/// What an actor is to do at its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// Go on, and end so long after asking, unless the reply comes first.
    Go { ends: Option<(Ending, Duration)> },
    /// End here.
    End(Ending),
}

/// The instruction and how long to wait before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) pause: Duration,
    pub(super) instruction: Instruction,
}

/// The position of an actor, in the plan's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) victim: Victim,
    pub(super) step: u64,
}

/// Why a job may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// All is quiet, the job need not wait for that, or a script says so.
    Free,
    /// This entry of the plan lets the job run early.
    Early(usize),
}

/// A plan or a script.
#[derive(Debug)]
pub(super) enum Director {
    /// The rest of a plan, and dice for what the plan leaves open.
    Planned(Box<Plan>, Dice),
    /// These moves and no other.
    Scripted(Vec<Move>),
}

impl Director {
    /// The turn of an actor; `None` while a script has others act.
    pub(super) fn turn(&mut self, actor: Actor, lane: usize, place: &mut Place, done: usize) -> Option<Turn> {
        match self {
            Director::Planned(plan, dice) => {
                place.step += 1;
                Some(Turn { pause: pause(plan, dice, lane, *place), instruction: instruction(plan, *place) })
            }
            Director::Scripted(script) => {
                let mv = script.get(done).copied().filter(|mv| mv.actor() == Some(actor))?;
                let instruction = match means(mv) {
                    Means::Client | Means::Environment => return None,
                    Means::End(ending) => Instruction::End(ending),
                    Means::Call => Instruction::Go { ends: None },
                };
                Some(Turn { pause: Duration::ZERO, instruction })
            }
        }
    }

    /// Whether a script ends the actor at this move, wherever it is.
    pub(super) fn ends_now(&self, actor: Actor, done: usize) -> Option<Ending> {
        let Director::Scripted(script) = self else { return None };
        let mv = script.get(done).copied().filter(|mv| mv.actor() == Some(actor))?;
        if let Means::End(ending) = means(mv) { Some(ending) } else { None }
    }

    /// The move that a store carries out, or a client takes, for an actor.
    pub(super) fn choose(&mut self, setup: &Setup, world: &World, place: Place, step: Move) -> Move {
        let Director::Planned(plan, dice) = self else { return step };
        let Move::Step { actor, step: label, .. } = step else { return step };
        let fault = strike(plan, setup, world, place, |fault| match fault {
            FaultAtStep::Meets(fault) if !fault.strikes_between() => fault.at(actor, label),
            // A transaction that is lost with its connection hides whether its statement ran: the world offers one of
            // the two.
            FaultAtStep::Lost { ran } => Some(Move::Lost { actor, step: label, ran }),
            FaultAtStep::Meets(..) | FaultAtStep::EndBefore(_) | FaultAtStep::EndInFlight(..) => None,
        });
        fault.unwrap_or_else(|| Move::Step { actor, step: label, wins: winner(setup, world, step, dice) })
    }

    /// Whether the plan has Postgres end the session of an actor that is about to send a call.
    pub(super) fn idles_out(&mut self, setup: &Setup, world: &World, place: Place, actor: Actor) -> Option<Move> {
        let Director::Planned(plan, _) = self else { return None };
        let before = label_of(world.running(setup, actor)?.next);
        strike(plan, setup, world, place, |fault| match fault {
            FaultAtStep::Meets(fault) if fault.strikes_between() => fault.at(actor, before),
            FaultAtStep::Meets(_)
            | FaultAtStep::Lost { .. }
            | FaultAtStep::EndBefore(_)
            | FaultAtStep::EndInFlight(..) => None,
        })
    }

    /// The environment fault that strikes a store, the queue or a clock at this move, if any. `about_to_begin`: a job
    /// has read the date and taken its deferred job out of the queue.
    pub(super) fn environment(
        &mut self,
        setup: &Setup,
        world: &World,
        done: usize,
        about_to_begin: bool,
    ) -> Option<Move> {
        match self {
            Director::Planned(plan, _) => {
                let due = |&(after, _): &(u64, EnvironmentFault)| done as u64 >= after;
                if !plan.environment.iter().any(due) {
                    return None;
                }
                let moves = enabled(setup, world);
                let falls = |environment| match environment {
                    EnvironmentFault::Of(Fault::Midnight | Fault::BrokerLoss) if about_to_begin => None,
                    EnvironmentFault::Of(fault) => moves.iter().find(|mv| mv.fault() == Some(fault)).copied(),
                    EnvironmentFault::ClockSkew { ahead } => {
                        let so = |mv: &&Move| matches!(mv, Move::ClockSkew { ahead: to, .. } if *to == ahead);
                        moves.iter().find(so).copied()
                    }
                    EnvironmentFault::Eviction(which) => {
                        let victims: Vec<&Move> = moves.iter().filter(|mv| matches!(mv, Move::Evict(_))).collect();
                        victims.get((which % victims.len().max(1) as u64) as usize).copied().copied()
                    }
                };
                let found = plan.environment.iter().enumerate().filter(|(_, entry)| due(entry));
                let (place, mv) = found.filter_map(|(place, &(_, w))| falls(w).map(|mv| (place, mv))).next()?;
                plan.environment.remove(place);
                Some(mv)
            }
            Director::Scripted(script) => script.get(done).copied().filter(|&mv| means(mv) == Means::Environment),
        }
    }

    /// Whether a command that was given up is on its way and a plan decides when it runs.
    pub(super) fn straggles(&self, setup: &Setup, world: &World) -> bool {
        matches!(self, Director::Planned(..)) && enabled(setup, world).contains(&Move::RunsLate)
    }

    /// Whether an idle job may begin now, and why.
    pub(super) fn occasion(&self, setup: &Setup, world: &World, actor: Actor, done: usize) -> Option<Occasion> {
        let work = world.would_run(setup, actor)?;
        if world.running(setup, actor).is_some() {
            return None;
        }
        match self {
            Director::Planned(plan, _) => {
                let moves = enabled(setup, world);
                if !moves.iter().any(|mv| matches!(mv, Move::Step { actor: a, .. } if *a == actor)) {
                    return None;
                }
                let busy = (0..setup.gateways).any(|n| world.attempt(n).is_some());
                let quiet = !busy && !moves.iter().any(|mv| matches!(mv, Move::Send { .. }));
                if quiet || !waits_for_leisure(work) {
                    return Some(Occasion::Free);
                }
                plan.job_runs.iter().position(|&after| done as u64 >= after).map(Occasion::Early)
            }
            Director::Scripted(script) => {
                let mv = *script.get(done)?;
                let begins = mv.actor() == Some(actor) && means(mv) != Means::Environment;
                begins.then_some(Occasion::Free)
            }
        }
    }

    /// Removes an early run from the plan.
    pub(super) fn begins(&mut self, occasion: Occasion) {
        if let (Director::Planned(plan, _), Occasion::Early(place)) = (self, occasion) {
            plan.job_runs.remove(place);
        }
    }

    /// How long to wait if the plan sets only a bound.
    pub(super) fn idle(&mut self, longest: impl FnOnce(&Plan) -> Duration) -> Duration {
        match self {
            Director::Planned(plan, dice) => {
                let longest = longest(plan).as_micros() as u64;
                if longest == 0 { Duration::ZERO } else { Duration::from_micros(dice.below(longest + 1)) }
            }
            Director::Scripted(_) => Duration::ZERO,
        }
    }

    /// Which of these sendings, by one client to free gateways with different dates, is the run's n-th.
    pub(super) fn route(&self, sends: &[Move], n: u64) -> Option<Move> {
        match self {
            Director::Planned(plan, _) if plan.detours.contains(&n) => sends.last().copied(),
            _ => sends.first().copied(),
        }
    }

    /// How long after this sending the client becomes impatient.
    pub(super) fn impatience(&mut self, send: u64) -> Option<Duration> {
        let Director::Planned(plan, _) = self else { return None };
        let place = plan.impatience.iter().position(|&(after, _)| after <= send)?;
        Some(plan.impatience.remove(place).1)
    }
}

/// The moves that are possible in a world.
pub(super) fn enabled(setup: &Setup, world: &World) -> Vec<Move> {
    let mut moves = Vec::new();
    world.moves(setup, &mut moves);
    moves
}

/// By what means a move of a script comes about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    /// A client sends it.
    Client,
    /// The call of an actor is answered, or fails.
    Call,
    /// The actor ends.
    End(Ending),
    /// No simulated actor makes it. This includes what Postgres does to a session: the process learns of it later.
    Environment,
}

fn means(mv: Move) -> Means {
    match mv {
        Move::Send { .. } => Means::Client,
        Move::Crash { .. } => Means::End(Ending::Crash),
        Move::Cancel { .. } => Means::End(Ending::Cancel),
        Move::Step { .. }
        | Move::Lost { .. }
        | Move::Unreachable { .. }
        | Move::TimesOut { .. }
        | Move::RedisFull { .. }
        | Move::StatementTimeout { .. }
        | Move::UpstreamFails { .. }
        | Move::ClientAborts { .. }
        | Move::ProviderAborts { .. }
        | Move::Unheard { .. } => Means::Call,
        Move::IdleTimeout { .. }
        | Move::LockTimeout { .. }
        | Move::PostgresRestart
        | Move::RedisLoss
        | Move::RedisTimeTravel
        | Move::ScriptFlush
        | Move::Evict(_)
        | Move::Expire
        | Move::RunsLate
        | Move::BrokerLoss
        | Move::ClockSkew { .. }
        | Move::Midnight => Means::Environment,
    }
}

/// Whether a job runs only when all is quiet, as periodic jobs and the usage worker do. Those that carry money or the
/// hash run at any time.
fn waits_for_leisure(work: Work) -> bool {
    let Work::Deferred { deferred, .. } = work else { return true };
    !matches!(deferred, DeferredJob::Settle(_) | DeferredJob::Charge { .. } | DeferredJob::Snapshot { .. })
}

fn pause(plan: &Plan, dice: &mut Dice, lane: usize, place: Place) -> Duration {
    let stalls = plan.stalls.iter().filter(|&&(victim, step, _)| (victim, step) == (place.victim, place.step));
    let stalled: Duration = stalls.map(|&(_, _, span)| span).sum();
    let hiccup = if dice.percent(plan.hiccups) { dice.span(1_000, 200_000) } else { Duration::ZERO };
    plan.pace[lane] + stalled + hiccup
}

fn instruction(plan: &mut Plan, place: Place) -> Instruction {
    let due = plan.strikes.iter().position(|strike| {
        let ends = matches!(strike.fault, FaultAtStep::EndBefore(_) | FaultAtStep::EndInFlight(..));
        ends && strike.victim == place.victim && strike.from <= place.step
    });
    match due.map(|due| plan.strikes.remove(due).fault) {
        Some(FaultAtStep::EndBefore(ending)) => Instruction::End(ending),
        Some(FaultAtStep::EndInFlight(ending, after)) => Instruction::Go { ends: Some((ending, after)) },
        Some(FaultAtStep::Meets(_) | FaultAtStep::Lost { .. }) | None => Instruction::Go { ends: None },
    }
}

/// The first strike that is due here and whose move is possible here; it is removed from the plan.
fn strike(
    plan: &mut Plan,
    setup: &Setup,
    world: &World,
    place: Place,
    as_move: impl Fn(FaultAtStep) -> Option<Move>,
) -> Option<Move> {
    let mut moves = None;
    let (due, mv) = plan.strikes.iter().enumerate().find_map(|(at, strike)| {
        if strike.victim != place.victim || strike.from > place.step {
            return None;
        }
        let mv = as_move(strike.fault)?;
        moves.get_or_insert_with(|| enabled(setup, world)).contains(&mv).then_some((at, mv))
    })?;
    plan.strikes.remove(due);
    Some(mv)
}

/// If a step releases a lock that several wait for, the dice decide who gets it: Postgres does not say.
fn winner(setup: &Setup, world: &World, mv: Move, dice: &mut Dice) -> Option<Actor> {
    let waits =
        |actor: &Actor| world.running(setup, *actor).is_some_and(|process| matches!(process.next, Next::Wait(_)));
    if actors(setup).filter(waits).count() < 2 {
        return None;
    }
    let Move::Step { actor, step, .. } = mv else { return None };
    let candidates: Vec<Actor> = enabled(setup, world)
        .into_iter()
        .filter_map(|mv| {
            let Move::Step { actor: a, step: s, wins } = mv else { return None };
            wins.filter(|_| (a, s) == (actor, step))
        })
        .collect();
    if candidates.is_empty() { None } else { Some(candidates[dice.below(candidates.len() as u64) as usize]) }
}
