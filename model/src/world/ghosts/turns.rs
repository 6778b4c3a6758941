//! By which instant work is judged: that at which an attempt arrived, or a job began. A charge that carries its day
//! through the queue takes the instant of its attempt along.

use crate::effect::{DeferredJob, LocalOp};
use crate::moves::Actor;
use crate::row::Request;
use crate::world::ghosts::Witness;
use crate::world::mechanics::{Mechanics, Queued, place_of};

impl Witness<'_> {
    /// The calendar index by which the work of an actor is judged.
    pub(super) fn turn_of(&self, at: &Mechanics, actor: Actor) -> u8 {
        self.ghosts.turns[usize::from(at.session(self.setup, actor).0)].unwrap_or(at.turn)
    }

    pub(super) fn turn_mut(&mut self, at: &Mechanics, actor: Actor) -> &mut Option<u8> {
        &mut self.ghosts.turns[usize::from(at.session(self.setup, actor).0)]
    }

    pub(super) fn begins(&mut self, at: &Mechanics, actor: Actor) {
        let carried = match actor {
            Actor::Worker(request) if self.queued(at, request).first().is_some_and(carries_its_day) => {
                self.ghosts.requests[request.index()].handed_over.first().copied()
            }
            Actor::Gateway(_) | Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_) => {
                None
            }
        };
        *self.turn_mut(at, actor) = Some(carried.unwrap_or(at.turn));
    }

    /// After an effect: a charge may have been put into the queue.
    pub(super) fn hand_over(&mut self, at: &Mechanics, actor: Actor, op: LocalOp) {
        let LocalOp::Send(DeferredJob::Charge { request, .. }) = op else { return };
        let (turn, there) = (self.turn_of(at, actor), self.charges(at, request));
        let known = &mut self.ghosts.requests[request.index()].handed_over;
        if known.len() < there {
            known.push(turn);
        }
    }

    /// Before an effect: a charge may be taken out of the queue.
    pub(super) fn take_out(&mut self, at: &Mechanics, op: LocalOp) {
        let LocalOp::Acknowledge(deferred) = op else { return };
        let queued = self.queued(at, deferred.request());
        if let Some(place) = queued.iter().position(|waiting| waiting.deferred == deferred)
            && carries_its_day(&queued[place])
        {
            let before = queued[..place].iter().filter(|waiting| carries_its_day(waiting)).count();
            self.ghosts.requests[deferred.request().index()].handed_over.remove(before);
        }
    }

    /// The queue may be lost.
    pub(super) fn forget_lost_charges(&mut self, at: &Mechanics) {
        for request in self.setup.all_requests() {
            let there = self.charges(at, request);
            self.ghosts.requests[request.index()].handed_over.truncate(there);
        }
    }

    /// How many charges of a request in the queue carry their day.
    fn charges(&self, at: &Mechanics, request: Request) -> usize {
        self.queued(at, request).iter().filter(|waiting| carries_its_day(waiting)).count()
    }

    fn queued<'a>(&self, at: &'a Mechanics, request: Request) -> &'a [Queued] {
        place_of(self.setup, Actor::Worker(request)).map_or(&[], |place| &at.jobs[place].queued)
    }
}

fn carries_its_day(queued: &Queued) -> bool {
    matches!(queued.deferred, DeferredJob::Charge { day: Some(_), .. })
}
