//! Carrying out one move.

use arrayvec::ArrayVec;

use crate::effect::DeferredJob;
use crate::moves::{Actor, Move};
use crate::row::Request;
use crate::setup::{Fault, Setup};
use crate::store::postgres::MAX_SESSIONS;
use crate::store::versioned::SessionId;
use crate::world::impossible::Possible;
use crate::world::mechanics::{Attempt, Event, Mechanics, Queued, Watch, place_of};
use crate::world::{Impossible, Next, Process, Work};

pub(super) type Ready = ArrayVec<SessionId, MAX_SESSIONS>;

impl Mechanics {
    /// Carries out one move, whatever the budgets say, and reports what it does.
    ///
    /// # Errors
    /// Says why the move cannot happen here.
    pub fn apply(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        self.carry_out(setup, mv, watch)?;
        let winner = if let Move::Step { wins, .. } = mv { wins } else { None };
        self.take_up_waiters(setup, winner, watch);
        Ok(())
    }

    /// Carries out the move without resuming those who wait, and returns the sessions that are ready then.
    pub(super) fn carry_out_alone(&mut self, setup: &Setup, mv: Move) -> Possible<Ready> {
        self.carry_out(setup, mv, &mut |_, _| {})?;
        Ok(self.pg.ready())
    }

    fn carry_out(&mut self, setup: &Setup, mv: Move, watch: Watch) -> Possible {
        self.spend(setup, mv);
        self.happen(setup, mv, watch)?;
        if mv.is_fault() {
            // This also holds if it ended the first step of a run: the next run starts anew.
            self.make_due(setup, |_| true);
        }
        Ok(())
    }

    fn spend(&mut self, setup: &Setup, mv: Move) {
        let begins = |actor: Actor| !actor.is_gateway() && self.running(setup, actor).is_none();
        let kind = if let Move::Step { actor, .. } = mv
            && begins(actor)
            && !self.quiet()
            && self.waits_for_leisure(setup, actor)
        {
            // A job that carries money or the hash may run at any time.
            Some(Fault::JobRun)
        } else if let Move::Send { request, .. } = mv
            && !self.is_patient(request)
        {
            Some(Fault::Impatience)
        } else {
            // A late command was counted against its budget when it was given up.
            mv.fault().filter(|_| mv != Move::RunsLate)
        };
        if let Some(kind) = kind {
            let left = self.left.of_mut(kind);
            *left = left.saturating_sub(1);
        }
    }

    fn waits_for_leisure(&self, setup: &Setup, actor: Actor) -> bool {
        let deferred = place_of(setup, actor).and_then(|place| self.jobs[place].queued.first());
        match actor {
            Actor::Sync | Actor::CopyBack | Actor::Sweeper => true,
            Actor::Gateway(_) | Actor::Worker(_) | Actor::Task(_) => {
                matches!(deferred, Some(Queued { deferred: DeferredJob::Usage { .. }, .. }))
            }
        }
    }

    pub(super) fn send(&mut self, setup: &Setup, request: Request, gateway: u8, watch: Watch) -> Possible {
        let name = || Actor::Gateway(gateway).name();
        let free = self.gateways.get(usize::from(gateway)).ok_or_else(|| Impossible::NoSuchActor(name()))?;
        if free.is_some() {
            return Err(Impossible::Busy(name()));
        }
        let overlapped = self.in_flight(request).next().is_some();
        let lingers = overlapped && !self.listens(request);
        let client = &mut self.clients[request.index()];
        let stamps = setup.input(request).suffixes.stamps;
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
        let date = setup.date_taken(self.turn, setup.input(request).tenant);
        let day = date.shifted(self.skews[usize::from(gateway)]);
        self.gateways[usize::from(gateway)] = Some(Box::new(Attempt {
            request,
            process: Process::begin(setup, Work::Attempt { request, day, nth }),
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
    pub(super) fn begin_job(&mut self, setup: &Setup, actor: Actor, watch: Watch) -> Possible {
        if actor.is_gateway() || self.running(setup, actor).is_some() {
            return Ok(());
        }
        let work = self.would_run(setup, actor).ok_or_else(|| Impossible::Idle(actor.name()))?;
        let place = place_of(setup, actor).ok_or_else(|| Impossible::NoSuchActor(actor.name()))?;
        self.jobs[place].running = Some(Box::new(Process::begin(setup, work)));
        self.jobs[place].due = false;
        watch(self, Event::Begins(actor));
        Ok(())
    }

    /// Locks were released: those who wait go on, the winner first.
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
