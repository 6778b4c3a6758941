//! What the world does to us, and what of it is remembered: whom a fault touched.

use crate::books::{Allowed, Occurrence};
use crate::design::Scripts;
use crate::effect::{Call, Effect, LocalOp, PgOp, RedisOp};
use crate::moves::{Actor, Move};
use crate::reply::{Failure, Reply};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::redis::Redis;
use crate::world::{Impossible, Late, Next, World, label_of};

impl World {
    /// A crash or a cancellation: the process is gone, its connection with it; the client learns nothing.
    pub(super) fn lose(
        &mut self,
        setup: &Setup,
        actor: Actor,
        before: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let task = matches!(actor, Actor::Task(_));
        let running = self.running(setup, actor).map(|process| process.next);
        let next = running.or_else(|| self.next(setup, actor).filter(|_| task));
        let next = next.ok_or_else(|| Impossible::Idle(actor.name()))?;
        if label_of(next) != before {
            return Err(Impossible::Elsewhere { actor: actor.name(), at: label_of(next), wanted: before });
        }
        self.note_actor(setup, actor, did);
        self.touch(actor);
        match actor {
            Actor::Gateway(n) => drop(self.end_attempt(setup, n)),
            job @ (Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_)) => {
                self.end_job(setup, job)
            }
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
        did: &mut Occurrence,
    ) -> Result<RedisOp, Impossible> {
        self.begin_job(setup, actor)?;
        let call = self.asks(setup, actor, step, did)?;
        let Effect::Redis(op) = call.effect else { return Err(Impossible::NotRedis(step)) };
        self.touch(actor);
        self.strike(setup, actor);
        if failure == Failure::RedisFull {
            self.redis.refuse(op);
        }
        self.deliver(setup, actor, call, Reply::Failed(failure), did);
        Ok(op)
    }

    /// Story: 1. the client gives up on a command; 2. its attempt goes on as if Redis had not answered; 3. Redis, which was
    /// only slow, carries the command out ([`Move::RunsLate`]).
    pub(super) fn time_out(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        if self.late.is_some() {
            return Err(Impossible::Late("a command is on its way already"));
        }
        let in_transaction = self.may_still_roll_back(setup, actor);
        let op = self.redis_fails(setup, actor, step, Failure::RedisLost, did)?;
        self.late = Some(Late { actor, op: op.sent_first(), in_transaction });
        Ok(())
    }

    pub(super) fn run_late(&mut self, setup: &Setup, did: &mut Occurrence) -> Result<(), Impossible> {
        let Late { actor, op, in_transaction } =
            self.late.take().ok_or(Impossible::Late("no command is on its way"))?;
        let call = Call { step: Step::Reply, behalf: None, effect: Effect::Redis(op) };
        let before = self.before(setup);
        self.watch_redis(setup, actor, op, did);
        // It tells of what its sender had under way when it was sent, not of a transaction that has begun since.
        did.early &= in_transaction;
        let _nobody_hears = self.redis.execute(op);
        self.forget_gone_keys();
        self.after_step(setup, actor, call, &before);
        did.call = Some(call);
        Ok(())
    }

    pub(super) fn lose_reply(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        ran: bool,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        self.begin_job(setup, actor)?;
        let call = self.asks(setup, actor, step, did)?;
        self.touch(actor);
        self.strike(setup, actor);
        if ran {
            let sent = match call.effect {
                Effect::Redis(op) => Call { effect: Effect::Redis(op.sent_first()), ..call },
                Effect::Pg(_) | Effect::Local(_) => call,
            };
            let _unseen = self.ask(setup, actor, sent, did);
        }
        let failure = match call.effect {
            Effect::Redis(_) => Failure::RedisLost,
            Effect::Pg(op) => {
                if let (PgOp::Commit, Some(request)) = (op, self.request_of(setup, actor)) {
                    self.clients[request.index()].in_doubt = true;
                }
                self.pg.disconnect(self.session(setup, actor));
                Failure::PgLost
            }
            Effect::Local(_) => return Err(Impossible::NotRedis(step)),
        };
        self.deliver(setup, actor, call, Reply::Failed(failure), did);
        Ok(())
    }

    pub(super) fn fail_upstream(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let call = self.asks(setup, actor, step, did)?;
        if !matches!(call.effect, Effect::Local(LocalOp::Upstream(_))) {
            return Err(Impossible::NotUpstream(step));
        }
        self.touch(actor);
        self.deliver(setup, actor, call, Reply::Failed(Failure::UpstreamFailed), did);
        Ok(())
    }

    pub(super) fn end_idle_session(
        &mut self,
        setup: &Setup,
        actor: Actor,
        before: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let next = self.running(setup, actor).map(|process| process.next);
        let at = label_of(next.ok_or_else(|| Impossible::Idle(actor.name()))?);
        if at != before {
            return Err(Impossible::Elsewhere { actor: actor.name(), at, wanted: before });
        }
        if !self.pg.idle_in_transaction(self.session(setup, actor)) {
            return Err(Impossible::NoTransaction(actor.name()));
        }
        self.note_actor(setup, actor, did);
        self.touch(actor);
        self.pg.drop_idle(self.session(setup, actor));
        Ok(())
    }

    pub(super) fn give_up_waiting(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let next = self.running(setup, actor).map(|process| process.next);
        let call = match next.ok_or_else(|| Impossible::Idle(actor.name()))? {
            Next::Wait(call) if call.step == step => call,
            Next::Ask(_) | Next::Wait(_) | Next::Answer(_) | Next::Done | Next::GaveUp(_) | Next::Diverged => {
                return Err(Impossible::NotWaiting { actor: actor.name(), step });
            }
        };
        self.note_actor(setup, actor, did);
        self.touch(actor);
        if let Some(reply) = self.pg.give_up(self.session(setup, actor)) {
            self.deliver(setup, actor, call, reply, did);
            did.reply = None;
            did.woke.push((actor, step, reply));
        }
        Ok(())
    }

    pub(super) fn restart_postgres(&mut self, setup: &Setup, did: &mut Occurrence) -> Result<(), Impossible> {
        self.touch_all();
        self.strike_all(setup);
        for session in self.pg.restart() {
            let actor = self.actor_of(setup, session);
            let Some(Next::Wait(call)) = self.next(setup, actor) else { continue };
            let reply = Reply::Failed(Failure::PgLost);
            self.deliver(setup, actor, call, reply, did);
            did.reply = None;
            did.woke.push((actor, call.step, reply));
        }
        Ok(())
    }

    pub(super) fn change_weather(&mut self, setup: &Setup, mv: Move) -> Result<(), Impossible> {
        match mv {
            Move::Midnight if !setup.calendar.has(self.turn + 1) => return Err(Impossible::EndOfCalendar),
            Move::Midnight => self.turn_the_day(setup),
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
            Move::RedisTimeTravel => {
                self.redis.go_back_to(&Redis::opening(setup));
                self.redis_lost = true;
            }
            Move::ScriptFlush => {
                self.redis.flush_scripts();
                self.redis_lost = true;
            }
            Move::RedisLoss => {
                self.redis.lose_everything();
                self.redis_lost = true;
            }
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
        self.forget_gone_keys();
        if !matches!(mv, Move::Midnight | Move::BrokerLoss | Move::ClockSkew { .. }) {
            self.touch_all();
            self.strike_all(setup);
        }
        Ok(())
    }

    /// Windows that begin are judged by the quotas of then.
    fn turn_the_day(&mut self, setup: &Setup) {
        let was = self.turn;
        self.turn += 1;
        for tenant in setup.tenants() {
            let (ended, began) = (setup.date_declared(was, tenant), setup.date_declared(self.turn, tenant));
            let (now, allowed) = (Allowed::by(&self.pg.quota(tenant)), &mut self.allowed[tenant.index()]);
            if ended != began {
                allowed.daily = now.daily;
            }
            if ended.month() != began.month() {
                allowed.monthly = now.monthly;
            }
        }
    }

    pub(super) fn touch(&mut self, actor: Actor) {
        if let Actor::Gateway(n) = actor
            && let Some(attempt) = &mut self.gateways[usize::from(n)]
        {
            attempt.touched = true;
        }
    }

    /// Trouble with a store strikes the request that an actor works for.
    fn strike(&mut self, setup: &Setup, actor: Actor) {
        if setup.path.upstream
            && let Some(request) = self.request_of(setup, actor)
        {
            self.clients[request.index()].outage = true;
        }
    }

    fn strike_all(&mut self, setup: &Setup) {
        if !setup.path.upstream {
            return;
        }
        for attempt in self.gateways.iter().flatten() {
            self.clients[attempt.request.index()].outage = true;
        }
    }

    fn touch_all(&mut self) {
        self.gateways.iter_mut().flatten().for_each(|attempt| attempt.touched = true);
    }
}
