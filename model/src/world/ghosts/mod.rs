//! Ghosts: what only the checker knows. They follow what happens and cannot change it: a [`Witness`] sees each event of
//! a move with the mechanics as they are then, reads those, and writes only here.

mod limits;
mod money;
mod streams;
mod turns;
mod witness;

use arrayvec::ArrayVec;

pub(super) use witness::Witness;

use crate::books::Allowed;
use crate::day::Day;
use crate::delivery::{Cut, Endings};
use crate::money::Money;
use crate::moves::Actor;
use crate::row::Request;
use crate::setup::{MAX_GATEWAYS, Setup};
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::{MAX_KEYS, MAX_REQUESTS};

/// What is known of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OfRequest {
    pub(super) moved: Money,
    pub(super) served: u8,
    /// How its streams ended.
    pub(super) endings: Endings,
    asked_before: bool,
    /// A fault of a store struck an attempt of it.
    pub(super) outage: bool,
    /// The reply to a COMMIT of it was lost.
    pub(super) in_doubt: bool,
    pub(super) admitted_on: Option<Day>,
    pub(super) charged_on: Option<Day>,
    /// By charge in the queue that carries its day: the calendar index at which the attempt arrived that sent it.
    handed_over: ArrayVec<u8, 2>,
}

/// What is known of an attempt in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct OfAttempt {
    /// How far its stream has got.
    streaming: Option<Cut>,
    /// Its stream is over.
    streamed: bool,
    /// Work of its own request is uncommitted, while another request is charged in the same transaction.
    open_work: bool,
    knows_charged: bool,
    after_loss: bool,
    /// A bit for each limit.
    was_binding: u8,
}

/// All that only the checker knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ghosts {
    pub(super) requests: ArrayVec<OfRequest, MAX_REQUESTS>,
    /// By gateway.
    attempts: [Option<OfAttempt>; MAX_GATEWAYS],
    /// By session: the calendar index by which its work is judged, that of its arrival or, for a job, of its beginning.
    turns: ArrayVec<Option<u8>, MAX_SESSIONS>,
    /// By key: the actor that took it and is still alive.
    pub(super) key_holders: ArrayVec<Option<Actor>, MAX_KEYS>,
    /// By tenant: the largest quotas so far in the current windows.
    pub(super) allowed: ArrayVec<Allowed, MAX_TENANTS>,
    /// By trace that two requests share: the request whose attempt wrote its row.
    pub(super) writers: ArrayVec<Option<Request>, MAX_TRACES>,
    /// A command of Redis that is still on its way was sent from inside a transaction.
    late_in_transaction: bool,
    /// Redis has lost data or its scripts, and no other fault has struck since.
    redis_lost: bool,
}

impl Ghosts {
    pub(super) fn new(setup: &Setup) -> Ghosts {
        Ghosts {
            requests: setup.requests.iter().map(|_| OfRequest::default()).collect(),
            attempts: [None; MAX_GATEWAYS],
            turns: (0..usize::from(setup.gateways) + setup.jobs().len()).map(|_| None).collect(),
            key_holders: setup.keys.iter().map(|_| None).collect(),
            allowed: setup.tenants().map(|tenant| Allowed::by(&setup.opening(tenant))).collect(),
            writers: setup.traces.iter().map(|_| None).collect(),
            late_in_transaction: false,
            redis_lost: false,
        }
    }

    fn attempt(&mut self, gateway: u8) -> Option<&mut OfAttempt> {
        self.attempts[usize::from(gateway)].as_mut()
    }

    /// The attempt of the gateway, if the actor is a gateway.
    fn attempt_of(&mut self, actor: Actor) -> Option<&mut OfAttempt> {
        let Actor::Gateway(n) = actor else { return None };
        self.attempt(n)
    }
}
