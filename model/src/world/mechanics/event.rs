//! What a move tells of itself while it is carried out.

use arrayvec::ArrayVec;

use crate::effect::Call;
use crate::moves::Actor;
use crate::reply::{Answer, Reply};
use crate::row::{LedgerRow, QuotaRow, TraceId};
use crate::setup::Setup;
use crate::store::postgres::MAX_TENANTS;
use crate::store::redis::{Hash, MAX_REQUESTS};
use crate::world::mechanics::Mechanics;

/// Who looks on: it sees the mechanics as they stand at each event and can answer nothing.
pub type Watch<'a> = &'a mut dyn FnMut(&Mechanics, Event);

/// One thing that happens in a move.
pub enum Event<'a> {
    /// A client has sent to this gateway.
    Sent(u8),
    /// This one acts or is struck; what it asks, if it is at that.
    Acts(Actor, Option<Call>),
    /// Trouble with a store strikes this one, or all that are in flight.
    Struck(Option<Actor>),
    /// An effect is about to be carried out.
    Asks(Actor, Call),
    /// It was carried out or waits; the reply, but of what ran late, and what the stores held before.
    Done { actor: Actor, call: Call, reply: Option<Reply>, before: &'a Held },
    /// It was answered and has run on; whether it had to wait for the answer.
    Replied { actor: Actor, call: Call, reply: Reply, waited: bool },
    /// A process is about to be gone; with which answer, if it leaves one.
    Ends(Actor, Option<Answer>),
    /// What befell a store or the clock has happened.
    Environment,
}

/// What the stores hold that a step may change, as it matters to jobs and to whose money it is.
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
