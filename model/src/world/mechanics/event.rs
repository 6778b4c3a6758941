//! What a move reports while it is carried out.

use arrayvec::ArrayVec;

use crate::effect::Call;
use crate::moves::Actor;
use crate::reply::{Answer, Reply};
use crate::row::{LedgerRow, QuotaRow, TraceId};
use crate::setup::Setup;
use crate::store::postgres::MAX_TENANTS;
use crate::store::redis::{Hash, MAX_REQUESTS};
use crate::world::mechanics::Mechanics;

/// The observer: it sees the mechanics as they are at each event and cannot influence them.
pub type Watch<'a> = &'a mut dyn FnMut(&Mechanics, Event);

/// One thing that happens in a move.
pub enum Event<'a> {
    /// A client has sent to this gateway.
    Sent(u8),
    /// A job has begun.
    Begins(Actor),
    /// This actor acts or is struck; with its call, if it makes one.
    Acts(Actor, Option<Call>),
    /// A fault of a store strikes this actor, or all attempts in flight.
    Struck(Option<Actor>),
    /// An effect is about to be carried out.
    Asks(Actor, Call),
    /// The effect was carried out or waits; with the reply, unless it ran late, and what the stores held before.
    Done { actor: Actor, call: Call, reply: Option<Reply>, before: &'a Held },
    /// The actor was answered and has run on; `waited` says whether it had to wait for the answer.
    Replied { actor: Actor, call: Call, reply: Reply, waited: bool },
    /// A process is about to end; with its answer, if it leaves one.
    Ends(Actor, Option<Answer>),
    /// A fault of a store, the queue or the clock has happened.
    Environment,
}

/// The contents of the stores that a step may change and that jobs and the attribution of money depend on.
pub struct Held {
    pub quotas: ArrayVec<QuotaRow, MAX_TENANTS>,
    pub hashes: ArrayVec<Option<Hash>, MAX_TENANTS>,
    /// The rows of traces that two requests share.
    pub shared: ArrayVec<(TraceId, Option<LedgerRow>), MAX_REQUESTS>,
}

impl Mechanics {
    pub(super) fn held(&self, setup: &Setup) -> Held {
        Held {
            quotas: setup.tenants().map(|t| self.pg.quota(t)).collect(),
            hashes: setup.tenants().map(|t| self.redis.hash(t)).collect(),
            shared: setup.shared_traces().map(|trace| (trace, self.pg.row(trace))).collect(),
        }
    }
}
