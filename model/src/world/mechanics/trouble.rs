//! What the world does to us.

use crate::design::Scripts;
use crate::effect::{Call, Effect, LocalOp, RedisOp};
use crate::moves::{Actor, Move};
use crate::reply::{Failure, Reply};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::redis::Redis;
use crate::world::impossible::Possible;
use crate::world::mechanics::{Event, Late, Mechanics, Watch};
use crate::world::{Impossible, Next, label_of};

impl Mechanics {
    /// A crash or a cancellation: the process is gone, its connection with it; the client learns nothing.
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
        self.begin_job(setup, actor)?;
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

    /// Story: 1. the client gives up on a command; 2. its attempt goes on as if Redis had not answered; 3. Redis, which was
    /// only slow, carries the command out ([`Move::RunsLate`]).
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
        self.begin_job(setup, actor)?;
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
            return Err(Impossible::NotUpstream(step));
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
        if let Some(reply) = self.pg.give_up(self.session(setup, actor)) {
            self.deliver(setup, actor, call, reply, watch);
        }
        Ok(())
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

    pub(super) fn change_weather(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        match mv {
            Move::Midnight if !setup.calendar.has(self.turn + 1) => return Err(Impossible::EndOfCalendar),
            Move::Midnight => self.turn += 1,
            Move::BrokerLoss => self.lose_the_queue(setup),
            Move::ClockSkew { gateway, ahead } => {
                let skew = self.skews.get_mut(usize::from(gateway)).filter(|skew| **skew == 0);
                let skew = skew.ok_or_else(|| Impossible::Clock(Actor::Gateway(gateway).name()))?;
                *skew = if ahead { 1 } else { -1 };
            }
            Move::Expire => self.redis.expire_next(),
            Move::Evict(what) => {
                if !self.redis.evictable().contains(&what) {
                    return Err(Impossible::NothingThere);
                }
                self.redis.evict(what);
            }
            Move::RedisTimeTravel => self.redis.go_back_to(&Redis::opening(setup)),
            Move::ScriptFlush => self.redis.flush_scripts(),
            Move::RedisLoss => self.redis.lose_everything(),
            // What is carried out elsewhere.
            Move::Send { .. }
            | Move::Step { .. }
            | Move::Crash { .. }
            | Move::Cancel { .. }
            | Move::Unreachable { .. }
            | Move::Lost { .. }
            | Move::RedisFull { .. }
            | Move::TimesOut { .. }
            | Move::RunsLate
            | Move::UpstreamFails { .. }
            | Move::ClientAborts { .. }
            | Move::ProviderAborts { .. }
            | Move::Unheard { .. }
            | Move::IdleTimeout { .. }
            | Move::LockTimeout { .. }
            | Move::PostgresRestart => {}
        }
        if setup.met.scripts == Scripts::Eval {
            // Nobody asks for a script by its hash: worlds that differ in nothing else are one.
            self.redis.load_scripts();
        }
        watch(self, Event::Weather);
        if !matches!(mv, Move::Midnight | Move::BrokerLoss | Move::ClockSkew { .. }) {
            self.touch_all();
            watch(self, Event::Struck(None));
        }
        Ok(())
    }
}

fn is_at(actor: Actor, next: Next, wanted: Step) -> Possible {
    let at = label_of(next);
    if at == wanted { Ok(()) } else { Err(Impossible::Elsewhere { actor: actor.name(), at, wanted }) }
}
