//! Carrying out one move.

use arrayvec::ArrayVec;

use crate::effect::Errand;
use crate::moves::{Actor, Move};
use crate::reply::Failure;
use crate::row::Request;
use crate::setup::Setup;
use crate::store::postgres::MAX_SESSIONS;
use crate::store::versioned::Session;
use crate::world::impossible::Possible;
use crate::world::mechanics::{Attempt, Event, Mechanics, Queued, Watch, place_of};
use crate::world::{Impossible, Next, Process, Work};

pub(super) type Ready = ArrayVec<Session, MAX_SESSIONS>;

impl Mechanics {
    /// Carries out one move, whatever the budgets say, and tells what it does.
    ///
    /// # Errors
    /// Says why the move cannot happen here.
    pub fn apply(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        self.carry_out(setup, mv, watch)?;
        let winner = if let Move::Step { wins, .. } = mv { wins } else { None };
        self.take_up_waiters(setup, winner, watch);
        Ok(())
    }

    /// The move without taking up those who wait: who is ready then.
    pub(super) fn carry_out_alone(&mut self, setup: &Setup, mv: Move) -> Possible<Ready> {
        self.carry_out(setup, mv, &mut |_, _| {})?;
        Ok(self.pg.ready())
    }

    fn carry_out(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        self.spend(setup, mv);
        self.happen(setup, mv, watch)?;
        if mv.is_fault() {
            // Also where it ended the first step of a run: the next run starts afresh.
            self.make_due(setup, |_| true);
        }
        Ok(())
    }

    fn happen(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
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
            Move::PostgresRestart => self.restart_postgres(setup, watch),
            Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Expire
            | Move::Evict(_)
            | Move::BrokerLoss
            | Move::ClockSkew { .. }
            | Move::Midnight => self.change_weather(setup, mv, watch),
        }
    }

    fn spend(&mut self, setup: &Setup, mv: Move) {
        let quiet = self.quiet();
        let begins = |actor: Actor| !actor.is_gateway() && self.running(setup, actor).is_none();
        let left = match mv {
            // What carries money or the hash runs whenever it likes.
            Move::Step { actor, .. } if begins(actor) && !quiet && self.waits_for_leisure(setup, actor) => {
                &mut self.left.job_run
            }
            Move::Send { request, .. } if !self.is_patient(request) => &mut self.left.impatience,
            Move::Send { .. } | Move::Step { .. } | Move::RunsLate => return,
            Move::Crash { .. } => &mut self.left.crash,
            Move::Cancel { .. } => &mut self.left.cancel,
            Move::Unreachable { .. } => &mut self.left.redis_unreachable,
            Move::RedisFull { .. } => &mut self.left.redis_full,
            Move::TimesOut { .. } => &mut self.left.late,
            Move::Lost { .. } => &mut self.left.lost_reply,
            Move::UpstreamFails { .. } => &mut self.left.upstream_failure,
            Move::ClientAborts { .. } => &mut self.left.client_abort,
            Move::ProviderAborts { .. } => &mut self.left.provider_abort,
            Move::Unheard { .. } => &mut self.left.redelivery,
            Move::BrokerLoss => &mut self.left.broker_loss,
            Move::ClockSkew { .. } => &mut self.left.clock_skew,
            Move::IdleTimeout { .. } => &mut self.left.idle_timeout,
            Move::LockTimeout { .. } => &mut self.left.lock_timeout,
            Move::PostgresRestart => &mut self.left.postgres_restart,
            Move::RedisLoss => &mut self.left.redis_loss,
            Move::RedisTimeTravel => &mut self.left.redis_time_travel,
            Move::ScriptFlush => &mut self.left.script_flush,
            Move::Evict(_) => &mut self.left.eviction,
            Move::Expire => &mut self.left.expiry,
            Move::Midnight => &mut self.left.midnight,
        };
        *left = left.saturating_sub(1);
    }

    fn waits_for_leisure(&self, setup: &Setup, actor: Actor) -> bool {
        let errand = place_of(setup, actor).and_then(|place| self.jobs[place].errands.first());
        match actor {
            Actor::Sync | Actor::CopyBack | Actor::Sweeper => true,
            Actor::Gateway(_) | Actor::Worker(_) | Actor::Task(_) => {
                matches!(errand, Some(Queued { errand: Errand::Usage { .. }, .. }))
            }
        }
    }

    fn send(&mut self, setup: &Setup, request: Request, gateway: u8, watch: Watch) -> Possible {
        let name = || Actor::Gateway(gateway).name();
        let free = self.gateways.get(usize::from(gateway)).ok_or_else(|| Impossible::NoSuchActor(name()))?;
        if free.is_some() {
            return Err(Impossible::Busy(name()));
        }
        let overlapped = self.in_flight(request).next().is_some();
        let lingers = overlapped && !self.listens(request);
        let client = &mut self.clients[request.index()];
        let stamps = setup.charge(request).suffixes.stamps;
        if client.answered.is_some() || client.tries_left == 0 || stamps > 0 && client.attempts >= stamps {
            return Err(Impossible::ClientDone);
        }
        client.tries_left -= 1;
        client.reconnects &= !lingers;
        for other in self.gateways.iter_mut().flatten().filter(|other| other.request == request) {
            other.overlapped = true;
        }
        let nth = client.attempts;
        if stamps > 0 {
            client.attempts += 1;
        }
        let date = setup.date_taken(self.turn, setup.charge(request).tenant);
        let day = date.shifted(self.skews[usize::from(gateway)]);
        self.gateways[usize::from(gateway)] = Some(Box::new(Attempt {
            request,
            process: Process::begin(setup, Work::Attempt { request, day, nth }),
            arrived: self.turn,
            client_gone: false,
            touched: false,
            warms_up: false,
            waited: false,
            returns: setup.requests[request.index()].returns,
            overlapped,
        }));
        watch(self, Event::Sent(gateway));
        Ok(())
    }

    /// An idle job begins with its first step.
    pub(super) fn begin_job(&mut self, setup: &Setup, actor: Actor) -> Possible {
        if actor.is_gateway() || self.running(setup, actor).is_some() {
            return Ok(());
        }
        let work = self.would_run(setup, actor).ok_or_else(|| Impossible::Idle(actor.name()))?;
        let place = place_of(setup, actor).ok_or_else(|| Impossible::NoSuchActor(actor.name()))?;
        let carried = self.jobs[place].errands.first().and_then(|queued| queued.arrived);
        self.jobs[place].began = Some(carried.unwrap_or(self.turn));
        self.jobs[place].running = Some(Box::new(Process::begin(setup, work)));
        self.jobs[place].due = false;
        Ok(())
    }

    /// Locks were let go: those who wait go on, the winner first.
    fn take_up_waiters(&mut self, setup: &Setup, winner: Option<Actor>, watch: Watch) {
        let mut favourite = winner.map(|actor| self.session(setup, actor));
        loop {
            let ready = self.pg.ready();
            let Some(session) = favourite.take().filter(|s| ready.contains(s)).or(ready.first().copied()) else {
                return;
            };
            let actor = self.actor_of(setup, session);
            let Some(Next::Wait(call)) = self.running(setup, actor).map(|process| process.next) else { return };
            let before = self.held(setup);
            let reply = self.pg.take_up(session);
            self.after_step(setup, actor, call, reply, &before, watch);
            let Some(reply) = reply else { return };
            self.deliver(setup, actor, call, reply, watch);
        }
    }
}
