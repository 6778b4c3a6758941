//! Situations: what must have been seen, so that an invariant that held cannot have held for want of an occasion.

use crate::books::Edge;
use crate::effect::{Call, Effect, PgOp, RedisOp};
use crate::moves::Move;
use crate::reply::{Answer, Failure, Reply};
use crate::step::Step;

/// Something that can arise on a move.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// As scenarios spell it.
    pub id: &'static str,
    /// In words.
    pub title: &'static str,
    /// Whether it arose here.
    pub arose: fn(&Edge<'_>) -> bool,
}

/// Every situation a scenario can ask for.
pub const ALL: &[Situation] = &[
    Situation {
        id: "crash-between-t3-and-t6",
        title: "crash between T3 and T6",
        arose: |edge| struck(edge, |mv| matches!(mv, Move::Crash { .. }), Step::T3b, Step::T6),
    },
    Situation {
        id: "crash-between-t6-and-t7",
        title: "crash between T6 and T7",
        arose: |edge| struck(edge, |mv| matches!(mv, Move::Crash { .. }), Step::T6, Step::T7b),
    },
    Situation {
        id: "cancelled-between-t3-and-t6",
        title: "cancellation between T3 and T6",
        arose: |edge| struck(edge, |mv| matches!(mv, Move::Cancel { .. }), Step::T3b, Step::T6),
    },
    Situation {
        id: "retry-stopped-by-the-key",
        title: "retry stopped by the key",
        arose: |edge| told(edge).is_some_and(|answer| answer == Answer::Error(Failure::KeyWithoutRow)),
    },
    Situation {
        id: "retry-answered-from-the-ledger",
        title: "retry answered from the ledger",
        arose: |edge| {
            let after_lookup = [Some(Step::T1), Some(Step::T1b), Some(Step::T1c), Some(Step::T3d)];
            matches!(told(edge), Some(Answer::Ok(_))) && edge.did.is_some_and(|did| after_lookup.contains(&did.last))
        },
    },
    Situation {
        id: "redis-unreachable-at-t7",
        title: "redis unreachable at T7",
        arose: |edge| did(edge, |mv| matches!(mv, Move::Unreachable { step: Step::T7a | Step::T7b, .. })),
    },
    Situation {
        id: "redis-unreachable-at-t1",
        title: "redis unreachable at T1",
        arose: |edge| did(edge, |mv| matches!(mv, Move::Unreachable { step: Step::T1, .. })),
    },
    Situation {
        id: "key-in-doubt",
        title: "reply of T1 lost",
        arose: |edge| {
            let sets_a_key = |call: Call| matches!(call.effect, Effect::Redis(RedisOp::SetNx { .. }));
            did(edge, |mv| matches!(mv, Move::Lost { .. })) && edge.did.and_then(|did| did.call).is_some_and(sets_a_key)
        },
    },
    Situation {
        id: "commit-in-doubt",
        title: "reply of a COMMIT lost after it ran",
        arose: |edge| {
            did(edge, |mv| matches!(mv, Move::Lost { ran: true, .. }))
                && edge.did.and_then(|did| did.call).is_some_and(|call| call.effect == Effect::Pg(PgOp::Commit))
        },
    },
    Situation {
        id: "waited-for-another",
        title: "a statement waited for another transaction",
        arose: |edge| edge.did.is_some_and(|did| !did.woke.is_empty()),
    },
    Situation {
        id: "insert-met-a-row",
        title: "an INSERT met a row of its trace",
        arose: |edge| replied(edge, |reply| reply == Reply::Failed(Failure::UniqueViolation)),
    },
    Situation {
        id: "version-conflict",
        title: "the optimistic UPDATE met another version",
        arose: |edge| replied(edge, |reply| reply == Reply::Updated(0)),
    },
    Situation {
        id: "pending-row-found",
        title: "a PENDING row was found by its trace",
        arose: |edge| replied(edge, |reply| matches!(reply, Reply::Row(Some(row)) if !row.effective())),
    },
    Situation {
        id: "synced-in-the-background",
        title: "the background task wrote the hash",
        arose: |edge| {
            did(edge, |mv| matches!(mv, Move::Step { step: Step::S2, .. }))
                && edge
                    .did
                    .and_then(|did| did.call)
                    .is_some_and(|call| matches!(call.effect, Effect::Redis(RedisOp::HSet { .. })))
        },
    },
    Situation {
        id: "redis-lost-its-data",
        title: "redis lost its data",
        arose: |edge| did(edge, |mv| mv == Move::RedisLoss),
    },
    Situation { id: "key-expired", title: "a redis key expired", arose: |edge| did(edge, |mv| mv == Move::Expire) },
    Situation {
        id: "asked-again-in-flight",
        title: "the client asked again while its attempt was in flight",
        arose: |edge| {
            let book = |did: &crate::books::Occurrence| did.request.map(|r| edge.after.requests[r.index()].in_flight);
            edge.did.is_some_and(|d| matches!(d.mv, Move::Send { .. }) && book(d).is_some_and(|n| n > 1))
        },
    },
    Situation {
        id: "two-traces-at-once",
        title: "two traces of one tenant in flight at once",
        arose: |edge| {
            let busy = edge.after.requests.iter().filter(|request| request.in_flight > 0);
            let tenants: Vec<_> = busy.map(|request| request.tenant).collect();
            tenants.iter().enumerate().any(|(i, tenant)| tenants[..i].contains(tenant))
        },
    },
];

/// The situation of that id.
pub fn find(id: &str) -> Option<&'static Situation> {
    ALL.iter().find(|situation| situation.id == id)
}

fn did(edge: &Edge<'_>, is: impl Fn(Move) -> bool) -> bool {
    edge.did.is_some_and(|did| is(did.mv))
}

fn told(edge: &Edge<'_>) -> Option<Answer> {
    edge.did.and_then(|did| did.told).map(|told| told.answer)
}

fn replied(edge: &Edge<'_>, is: impl Fn(Reply) -> bool) -> bool {
    edge.did.is_some_and(|did| did.reply.is_some_and(&is) || did.woke.iter().any(|(_, _, reply)| is(*reply)))
}

/// A fault that struck after one step was done and before another was.
fn struck(edge: &Edge<'_>, fault: impl Fn(Move) -> bool, from: Step, to: Step) -> bool {
    edge.did.is_some_and(|did| fault(did.mv) && did.last.is_some_and(|last| last >= from && last < to))
}
