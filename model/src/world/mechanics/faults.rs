//! Carrying out faults.

use crate::design::Scripts;
use crate::effect::{Call, Effect, LocalOp, PgOp, RedisOp};
use crate::moves::{Actor, Move};
use crate::reply::{Failure, Reply};
use crate::setup::{Fault, Setup};
use crate::step::Step;
use crate::store::postgres::StatementResult;
use crate::store::redis::Redis;
use crate::world::impossible::Possible;
use crate::world::mechanics::{Event, Late, Mechanics, Watch};
use crate::world::{Impossible, Next, label_of};

/// The faults that strike only a store, the queue or a clock, in the order of moves.
pub(super) const ENVIRONMENT: [Option<Fault>; Fault::ALL.len()] = {
    let mut ranked = [None; Fault::ALL.len()];
    let mut place = 0;
    while place < ranked.len() {
        if let Some(rank) = rank(Fault::ALL[place]) {
            assert!(ranked[rank].is_none(), "two faults have one rank");
            ranked[rank] = Some(Fault::ALL[place]);
        }
        place += 1;
    }
    ranked
};

/// The place of a fault among the moves that strike no actor, if it is such a move.
const fn rank(fault: Fault) -> Option<usize> {
    match fault {
        Fault::PostgresRestart => Some(0),
        Fault::RedisLoss => Some(1),
        Fault::RedisTimeTravel => Some(2),
        Fault::ScriptFlush => Some(3),
        Fault::Eviction => Some(4),
        Fault::Expiry => Some(5),
        Fault::BrokerLoss => Some(6),
        Fault::ClockSkew => Some(7),
        Fault::Midnight => Some(8),
        Fault::Crash
        | Fault::Cancel
        | Fault::RedisUnreachable
        | Fault::LostReply
        | Fault::Impatience
        | Fault::JobRun
        | Fault::UpstreamFailure
        | Fault::RedisFull
        | Fault::IdleTimeout
        | Fault::Late
        | Fault::LockTimeout
        | Fault::ClientAbort
        | Fault::ProviderAbort
        | Fault::Redelivery
        | Fault::StatementTimeout => None,
    }
}

/// An actor that a fault could strike.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) actor: Actor,
    /// What comes next.
    pub(super) next: Next,
    /// Whether it has begun.
    pub(super) running: bool,
    /// Its next effect; a fault strikes an idle job at its first step, if the job may begin.
    pub(super) asks: Option<Effect>,
}

impl Mechanics {
    /// Whether a fault that is not used up can strike this target or, without a target, a place.
    pub(super) fn may_strike(&self, setup: &Setup, fault: Fault, target: Option<Target>) -> bool {
        let asks = target.and_then(|target| target.asks);
        let local = |is: fn(LocalOp) -> bool| matches!(asks, Some(Effect::Local(op)) if is(op));
        let redis = |is: &dyn Fn(RedisOp) -> bool| matches!(asks, Some(Effect::Redis(op)) if is(op));
        match fault {
            Fault::Crash => target.is_some_and(|at| at.running || matches!(at.actor, Actor::Task(_))),
            Fault::Cancel => target.is_some_and(|at| at.actor.is_gateway()),
            Fault::IdleTimeout => target.is_some_and(|at| self.pg.idle_in_transaction(self.session(setup, at.actor))),
            Fault::LockTimeout => target.is_some_and(|at| matches!(at.next, Next::Wait(_))),
            Fault::StatementTimeout => target.is_some_and(|at| match asks {
                Some(Effect::Pg(op)) => self.may_last(setup, at.actor, op),
                Some(Effect::Redis(_) | Effect::Local(_)) | None => false,
            }),
            Fault::UpstreamFailure => local(|op| matches!(op, LocalOp::Upstream(_))),
            Fault::ClientAbort | Fault::ProviderAbort => local(|op| matches!(op, LocalOp::Receive { .. })),
            Fault::Redelivery => local(|op| matches!(op, LocalOp::Acknowledge(_))),
            Fault::RedisUnreachable => redis(&|_| true),
            Fault::RedisFull => redis(&|op| self.meets_a_full_redis(op)),
            Fault::Late => self.late.is_none() && redis(&RedisOp::writes),
            Fault::PostgresRestart | Fault::ClockSkew => true,
            Fault::RedisLoss | Fault::Eviction => !self.redis.evictable().is_empty(),
            Fault::RedisTimeTravel => self.redis.differs_from(&Redis::opening(setup)),
            Fault::ScriptFlush => self.redis.has_scripts(),
            Fault::Expiry => self.redis.next_deadline().is_some(),
            Fault::BrokerLoss => self.has_queued(setup),
            Fault::Midnight => setup.calendar.has(self.turn + 1),
            // Lost replies are offered separately; the others are not separate moves.
            Fault::LostReply | Fault::Impatience | Fault::JobRun => false,
        }
    }

    /// What a move does.
    pub(super) fn happen(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        match mv {
            Move::Send { request, gateway } => self.send(setup, request, gateway, watch),
            Move::Step { actor, step, .. } => self.step(setup, actor, step, watch),
            Move::Crash { actor, before } | Move::Cancel { actor, before } => self.lose(setup, actor, before, watch),
            Move::Unreachable { actor, step } => {
                self.redis_fails(setup, actor, step, Failure::RedisUnreachable, watch).map(drop)
            }
            Move::RedisFull { actor, step } => {
                self.redis_fails(setup, actor, step, Failure::RedisFull, watch).map(drop)
            }
            Move::TimesOut { actor, step } => self.time_out(setup, actor, step, watch),
            Move::RunsLate => self.run_late(setup, watch),
            Move::Lost { actor, step, ran } => self.lose_reply(setup, actor, step, ran, watch),
            Move::UpstreamFails { actor, step } => self.fail_upstream(setup, actor, step, watch),
            Move::ClientAborts { actor, step } => self.break_stream(setup, actor, step, Failure::ClientGone, watch),
            Move::ProviderAborts { actor, step } => self.break_stream(setup, actor, step, Failure::ProviderGone, watch),
            Move::Unheard { actor, step } => self.not_hear(setup, actor, step, watch),
            Move::IdleTimeout { actor, before } => self.end_idle_session(setup, actor, before, watch),
            Move::LockTimeout { actor, step } => self.give_up_waiting(setup, actor, step, watch),
            Move::StatementTimeout { actor, step } => self.give_up_statement(setup, actor, step, watch),
            Move::PostgresRestart => self.restart_postgres(setup, watch),
            Move::RedisLoss => self.strike_redis(setup, watch, Redis::lose_everything),
            Move::RedisTimeTravel => self.strike_redis(setup, watch, |redis| redis.go_back_to(&Redis::opening(setup))),
            Move::ScriptFlush => self.strike_redis(setup, watch, Redis::flush_scripts),
            Move::Expire => self.strike_redis(setup, watch, Redis::expire_next),
            Move::Evict(what) if !self.redis.evictable().contains(&what) => Err(Impossible::NothingThere),
            Move::Evict(what) => self.strike_redis(setup, watch, |redis| redis.evict(what)),
            Move::BrokerLoss => {
                self.lose_the_queue(setup);
                watch(self, Event::Environment);
                Ok(())
            }
            Move::ClockSkew { gateway, ahead } => self.skew(gateway, ahead, watch),
            Move::Midnight => self.turn_the_day(setup, watch),
        }
    }

    /// A crash or a cancellation: the process and its connection are gone; the client learns nothing.
    pub(super) fn lose(&mut self, setup: &Setup, actor: Actor, before: Step, watch: Watch) -> Possible {
        let task = matches!(actor, Actor::Task(_));
        let running = self.running(setup, actor).map(|process| process.next);
        let next = running.or_else(|| self.next(setup, actor).filter(|_| task));
        let next = next.ok_or_else(|| Impossible::Idle(actor.name()))?;
        is_at(actor, next, before)?;
        watch(self, Event::Acts(actor, None));
        self.touch(actor);
        if let Actor::Gateway(n) = actor {
            drop(self.end_attempt(n, None, watch));
        } else {
            self.end_job(setup, actor, watch);
        }
        Ok(())
    }

    /// Redis does not carry a step out.
    pub(super) fn redis_fails(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        failure: Failure,
        watch: Watch,
    ) -> Possible<RedisOp> {
        self.begin_job(setup, actor, watch)?;
        let call = self.asks(setup, actor, step, watch)?;
        let Effect::Redis(op) = call.effect else { return Err(Impossible::NotRedis(step)) };
        self.touch(actor);
        watch(self, Event::Struck(Some(actor)));
        if failure == Failure::RedisFull {
            self.redis.refuse(op);
        }
        self.deliver(setup, actor, call, Reply::Failed(failure), watch);
        Ok(op)
    }

    /// Story: 1. the client gives up on a command; 2. its attempt goes on as if Redis had not answered; 3. Redis, which
    /// was only slow, carries the command out ([`Move::RunsLate`]).
    pub(super) fn time_out(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        if self.late.is_some() {
            return Err(Impossible::Late("a command is on its way already"));
        }
        let op = self.redis_fails(setup, actor, step, Failure::RedisLost, watch)?;
        self.late = Some(Late { actor, op: op.sent_first() });
        Ok(())
    }

    pub(super) fn run_late(&mut self, setup: &Setup, watch: Watch) -> Possible {
        let Late { actor, op } = self.late.take().ok_or(Impossible::Late("no command is on its way"))?;
        let call = Call { step: Step::Reply, behalf: None, effect: Effect::Redis(op) };
        let before = self.held(setup);
        watch(self, Event::Asks(actor, call));
        let _nobody_hears = self.redis.execute(op);
        self.after_step(setup, actor, call, None, &before, watch);
        Ok(())
    }

    pub(super) fn lose_reply(&mut self, setup: &Setup, actor: Actor, step: Step, ran: bool, watch: Watch) -> Possible {
        self.begin_job(setup, actor, watch)?;
        let call = self.asks(setup, actor, step, watch)?;
        self.touch(actor);
        watch(self, Event::Struck(Some(actor)));
        if ran {
            let sent = match call.effect {
                Effect::Redis(op) => Call { effect: Effect::Redis(op.sent_first()), ..call },
                Effect::Pg(_) | Effect::Local(_) => call,
            };
            let _unseen = self.ask(setup, actor, sent, watch);
        }
        let failure = match call.effect {
            Effect::Redis(_) => Failure::RedisLost,
            Effect::Pg(_) => {
                self.pg.disconnect(self.session(setup, actor));
                Failure::PgLost
            }
            Effect::Local(_) => return Err(Impossible::NotRedis(step)),
        };
        self.deliver(setup, actor, call, Reply::Failed(failure), watch);
        Ok(())
    }

    pub(super) fn fail_upstream(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        let call = self.asks(setup, actor, step, watch)?;
        if !matches!(call.effect, Effect::Local(LocalOp::Upstream(_))) {
            return Err(Impossible::Unfit { fault: Fault::UpstreamFailure, step });
        }
        self.touch(actor);
        self.deliver(setup, actor, call, Reply::Failed(Failure::UpstreamFailed), watch);
        Ok(())
    }

    pub(super) fn end_idle_session(&mut self, setup: &Setup, actor: Actor, before: Step, watch: Watch) -> Possible {
        is_at(actor, self.is_doing(setup, actor)?, before)?;
        if !self.pg.idle_in_transaction(self.session(setup, actor)) {
            return Err(Impossible::NoTransaction(actor.name()));
        }
        watch(self, Event::Acts(actor, None));
        self.touch(actor);
        self.pg.drop_idle(self.session(setup, actor));
        Ok(())
    }

    pub(super) fn give_up_waiting(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        let call = match self.is_doing(setup, actor)? {
            Next::Wait(call) if call.step == step => call,
            Next::Ask(_)
            | Next::Wait(_)
            | Next::Answer(_)
            | Next::Done
            | Next::GaveUp(_)
            | Next::Diverged
            | Next::RecordFull => {
                return Err(Impossible::NotWaiting { actor: actor.name(), step });
            }
        };
        watch(self, Event::Acts(actor, None));
        self.touch(actor);
        let reply = self.pg.give_up(self.session(setup, actor));
        self.deliver(setup, actor, call, reply, watch);
        Ok(())
    }

    /// Story: 1. a statement is sent; 2. it takes too long, and Postgres gives it up; 3. nothing of it has happened,
    /// and its transaction refuses everything except its end.
    fn give_up_statement(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        self.begin_job(setup, actor, watch)?;
        let call = self.asks(setup, actor, step, watch)?;
        if !matches!(call.effect, Effect::Pg(op) if self.may_last(setup, actor, op)) {
            return Err(Impossible::Unfit { fault: Fault::StatementTimeout, step });
        }
        self.touch(actor);
        watch(self, Event::Struck(Some(actor)));
        let reply = self.pg.give_up(self.session(setup, actor));
        self.deliver(setup, actor, call, reply, watch);
        Ok(())
    }

    /// Whether a statement would work on rows, without a wait for a lock and in a transaction that takes statements.
    fn may_last(&self, setup: &Setup, actor: Actor, op: PgOp) -> bool {
        let savepoint = matches!(op, PgOp::Savepoint | PgOp::RollbackToSavepoint | PgOp::ReleaseSavepoint);
        if savepoint || matches!(op, PgOp::Begin | PgOp::Commit | PgOp::Rollback) {
            return false;
        }
        let refused = [Failure::InFailedTransaction, Failure::IdleTimeout, Failure::PgLost, Failure::Deadlock];
        match self.pg.clone().execute(self.session(setup, actor), op) {
            StatementResult::Done(reply) => !refused.map(Reply::Failed).contains(&reply),
            StatementResult::Waits => false,
        }
    }

    pub(super) fn restart_postgres(&mut self, setup: &Setup, watch: Watch) -> Possible {
        self.touch_all();
        watch(self, Event::Struck(None));
        for session in self.pg.restart() {
            let actor = self.actor_of(setup, session);
            let Some(Next::Wait(call)) = self.next(setup, actor) else { continue };
            self.deliver(setup, actor, call, Reply::Failed(Failure::PgLost), watch);
        }
        Ok(())
    }

    /// A fault of Redis touches every attempt.
    fn strike_redis(&mut self, setup: &Setup, watch: Watch, how: impl FnOnce(&mut Redis)) -> Possible {
        how(&mut self.redis);
        if setup.effective.scripts == Scripts::Eval {
            // No flow sends a script by its hash: worlds that differ only in loaded scripts are made one.
            self.redis.load_scripts();
        }
        watch(self, Event::Environment);
        self.touch_all();
        watch(self, Event::Struck(None));
        Ok(())
    }

    fn skew(&mut self, gateway: u8, ahead: bool, watch: Watch) -> Possible {
        let skew = self.skews.get_mut(usize::from(gateway)).filter(|skew| **skew == 0);
        let skew = skew.ok_or_else(|| Impossible::Clock(Actor::Gateway(gateway).name()))?;
        *skew = if ahead { 1 } else { -1 };
        watch(self, Event::Environment);
        Ok(())
    }

    fn turn_the_day(&mut self, setup: &Setup, watch: Watch) -> Possible {
        if !setup.calendar.has(self.turn + 1) {
            return Err(Impossible::EndOfCalendar);
        }
        self.turn += 1;
        watch(self, Event::Environment);
        Ok(())
    }
}

fn is_at(actor: Actor, next: Next, wanted: Step) -> Possible {
    let at = label_of(next);
    if at == wanted { Ok(()) } else { Err(Impossible::Elsewhere { actor: actor.name(), at, wanted }) }
}
