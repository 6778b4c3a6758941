//! Situations that a run must have met, so that an invariant cannot hold merely because nothing ever tested it.

use crate::books::{Books, Edge};
use crate::calendar::Dates;
use crate::day::Day;
use crate::delivery::Endings;
use crate::effect::{Call, DeferredJob, Effect, LocalOp, PgOp, RedisOp, Script};
use crate::flow::Asking;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Failure, Reply};
use crate::row::{Kind, LedgerRow, Limit, Status, Tenant};
use crate::setup::{Fault, each_fault};
use crate::step::{PathStage, Step};

/// A condition that can arise on a move.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// As scenarios spell it.
    pub id: &'static str,
    /// In words.
    pub title: &'static str,
    /// Whether it arose here.
    pub arose: fn(&Edge<'_>) -> bool,
}

const fn arises(id: &'static str, title: &'static str, arose: fn(&Edge<'_>) -> bool) -> Situation {
    Situation { id, title, arose }
}

/// Situations that need more than a fault of some kind.
const COMPOSED: &[Situation] = &[
    // Where a process was struck.
    arises("crash-between-t3-and-t6", "crash between T3 and T6", |edge| {
        struck(edge, |mv| matches!(mv, Move::Crash { .. }), &[PathStage::Charges])
    }),
    arises("crash-between-t6-and-t7", "crash between T6 and T7", |edge| {
        struck(edge, |mv| matches!(mv, Move::Crash { .. }), &[PathStage::Charged])
    }),
    arises("cancelled-between-t3-and-t6", "cancellation between T3 and T6", |edge| {
        struck(edge, |mv| matches!(mv, Move::Cancel { .. }), &[PathStage::Charges])
    }),
    arises("task-lost", "a task that was started died before its end", |edge| {
        did(edge, |mv| matches!(mv, Move::Crash { actor: Actor::Task(_), .. }))
    }),
    arises(
        "job-delivered-twice",
        "a worker died before it told the queue: its deferred job is delivered again",
        |edge| {
            let begun = edge.did.is_some_and(|did| did.last.is_some());
            begun && did(edge, |mv| matches!(mv, Move::Crash { actor: Actor::Worker(_), .. }))
        },
    ),
    // What the client was answered.
    arises("retry-stopped-by-the-key", "retry stopped by the key", |edge| {
        story(edge) == Some(Answer::Error(Failure::KeyWithoutRow))
    }),
    arises("retry-answered-from-the-ledger", "retry answered from the ledger", |edge| {
        looked_up(edge, |row, asker| row.effective() && row.tenant == asker)
    }),
    arises("charged-but-error", "the client was told an error although its request is charged", |edge| {
        let charged = edge.did.and_then(|did| did.request).and_then(|request| edge.after.row_of(request));
        matches!(story(edge), Some(Answer::Error(_))) && charged.is_some_and(LedgerRow::effective)
    }),
    arises("refused-balance", "refused by the balance", |edge| story(edge) == Some(Answer::Refused(Limit::Balance))),
    arises("refused-daily", "refused by the daily quota", |edge| story(edge) == Some(Answer::Refused(Limit::Daily))),
    arises("refused-monthly", "refused by the monthly quota", |edge| {
        story(edge) == Some(Answer::Refused(Limit::Monthly))
    }),
    arises("refused-budget", "refused by the budget of the API key", |edge| {
        story(edge) == Some(Answer::Refused(Limit::Budget))
    }),
    // What happened to a store, a reply or the clock.
    arises("redis-unreachable-at-t7", "redis unreachable at T7", |edge| {
        did(edge, |mv| matches!(mv, Move::Unreachable { step: Step::T7a | Step::T7b | Step::T7c, .. }))
    }),
    arises("redis-unreachable-at-t1", "redis unreachable at T1", |edge| {
        did(edge, |mv| matches!(mv, Move::Unreachable { step: Step::T1, .. }))
    }),
    arises("key-in-doubt", "reply of T1 lost", |edge| {
        did(edge, |mv| matches!(mv, Move::Lost { .. })) && redis(edge, |op| matches!(op, RedisOp::SetNx { .. }))
    }),
    arises("commit-in-doubt", "reply of a COMMIT lost after it ran", |edge| {
        let commit = |call: Call| call.effect == Effect::Pg(PgOp::Commit);
        did(edge, |mv| matches!(mv, Move::Lost { ran: true, .. })) && called(edge, commit)
    }),
    arises("script-not-found", "redis did not have a script that was sent by its hash", |edge| {
        replied(edge, |reply| reply == Reply::Failed(Failure::NoScript))
    }),
    arises("ran-late", "a redis command ran after its client had given up on it", |edge| {
        did(edge, |mv| mv == Move::RunsLate)
    }),
    arises("month-changed", "the month changed", |edge| {
        let months = |books: &Books, tenant: Tenant| {
            let dates = books.tenants[tenant.index()].dates;
            (dates.utc.month(), dates.local.month())
        };
        let of = |before, tenant| months(before, tenant) != months(edge.after, tenant);
        edge.before.is_some_and(|before| tenants(edge.after).any(|tenant| of(before, tenant)))
    }),
    arises("asked-between-two-midnights", "a tenant's request arrived while its date was not UTC's", |edge| {
        arrives(edge, |dates| dates.local != dates.utc)
    }),
    arises(
        "stored-offset-outdated",
        "a request arrived while the stored offset of its tenant gave another date",
        |edge| arrives(edge, |dates| dates.local != dates.by_offset),
    ),
    // How processes met.
    arises("asked-again-in-flight", "the client asked again while its attempt was in flight", |edge| {
        let in_flight = edge.did.and_then(|did| did.request).map(|r| edge.after.requests[r.index()].in_flight);
        did(edge, |mv| matches!(mv, Move::Send { .. })) && in_flight.is_some_and(|n| n > 1)
    }),
    arises("two-traces-at-once", "two traces of one tenant in flight at once", |edge| {
        let busy = |tenant| edge.after.requests_of(tenant).filter(|request| request.in_flight > 0).count();
        tenants(edge.after).any(|tenant| busy(tenant) > 1)
    }),
    arises("charged-at-once", "two charges of one tenant between T3 and T6 at once", |edge| {
        at_once(edge.after, &[PathStage::Reads, PathStage::Charges])
    }),
    arises("warm-up-raced", "two gateways between Q2 and Q4, warming the same hash", |edge| {
        at_once(edge.after, &[PathStage::WarmsUp])
    }),
    arises("waited-for-another", "a statement waited for another transaction", |edge| {
        edge.did.is_some_and(|did| !did.woke.is_empty())
    }),
    arises("insert-met-a-row", "an INSERT met a row of its trace", |edge| {
        replied(edge, |reply| reply == Reply::Failed(Failure::UniqueViolation))
    }),
    arises("version-conflict", "the optimistic UPDATE met another version", |edge| {
        replied(edge, |reply| reply == Reply::Updated(0))
    }),
    arises("pending-row-found", "a PENDING row was found by its trace", |edge| {
        replied(edge, |reply| matches!(reply, Reply::Row(Some(row)) if !row.effective()))
    }),
    arises("foreign-trace", "a lookup by trace met another tenant's row", |edge| {
        looked_up(edge, |row, asker| row.tenant != asker)
    }),
    // What was cached, and what was handed to a queue or task.
    arises("hash-absent", "quota_check found no hash", |edge| replied(edge, |reply| reply == Reply::Exists(false))),
    arises("hash-partial", "a hash lacks fields", |edge| {
        edge.after.tenants.iter().filter_map(|book| book.hash).any(|hash| !hash.fields.complete())
    }),
    arises("principal-cached", "auth found the principal in the cache", |edge| {
        replied(edge, |reply| matches!(reply, Reply::Key(Some(_)))) && at_step(edge, Step::A1)
    }),
    arises("synced-in-the-background", "the background task wrote the hash", |edge| {
        did(edge, |mv| matches!(mv, Move::Step { step: Step::S2, .. }))
            && redis(edge, |op| matches!(op, RedisOp::HSet { .. }))
    }),
    arises("usage-sent-before-commit", "the usage job was sent before the commit", |edge| {
        let sends = |call: Call| matches!(call.effect, Effect::Local(LocalOp::Send(DeferredJob::Usage { .. })));
        edge.did.is_some_and(|did| did.early) && called(edge, sends)
    }),
    // What became of a stream.
    arises("stream-left-before-its-first-chunk", "a stream broke before its first chunk", |edge| {
        broke_at(edge, Step::U2)
    }),
    arises("stream-left-midway", "a stream broke midway", |edge| broke_at(edge, Step::U3)),
    arises("stream-left-before-its-end", "a stream broke after its last chunk and before its end", |edge| {
        broke_at(edge, Step::U4) || broke_at(edge, Step::U5)
    }),
    arises("served-twice", "the provider served one request twice", |edge| {
        edge.after.requests.iter().any(|request| request.served > 1)
    }),
    arises(
        "reconnected-while-billed",
        "a client that had left its stream came back while that was being billed",
        |edge| {
            let left = edge.did.and_then(|did| did.request).map(|r| &edge.after.requests[r.index()]);
            did(edge, |mv| matches!(mv, Move::Send { .. }))
                && left.is_some_and(|book| {
                    book.in_flight > 1 && book.stream.is_some_and(|s| s.endings != Endings::default())
                })
        },
    ),
    arises("row-left-unfinished", "a process ended and left a row pending or a hold open", |edge| {
        let left = edge.did.and_then(|did| did.request).and_then(|request| edge.after.row_of(request));
        let ended =
            did(edge, |mv| matches!(mv, Move::Crash { .. } | Move::Cancel { .. })) || at_step(edge, Step::Reply);
        ended && left.is_some_and(LedgerRow::unfinished)
    }),
    arises("swept", "the sweeper finished a row", |edge| {
        did(edge, |mv| matches!(mv, Move::Step { actor: Actor::Sweeper, step: Step::W7, .. }))
    }),
    arises("swept-while-alive", "the sweeper finished the row of a stream that was under way", |edge| {
        let swept = did(edge, |mv| matches!(mv, Move::Step { actor: Actor::Sweeper, step: Step::W7, .. }));
        swept && edge.after.requests.iter().any(|request| request.in_flight > 0)
    }),
    arises(
        "clock-off",
        "a request was counted in a day that has not begun: the date of its gateway is ahead",
        |edge| {
            called(edge, |call| {
                let (Some(day), Some(request)) = (counts_in(call), edge.did.and_then(|did| did.request)) else {
                    return false;
                };
                let dates = edge.after.tenants[edge.after.requests[request.index()].tenant.index()].dates;
                [dates.utc, dates.local, dates.by_offset].into_iter().all(|date| day > date)
            })
        },
    ),
    // What was done other than charging.
    arises("recharged", "a recharge became effective", |edge| {
        let mut rows = edge.after.rows.iter().flatten();
        rows.any(|row| row.kind == Kind::Recharge && row.effective())
    }),
    arises("reversed", "a charge was given back", |edge| {
        edge.after.rows.iter().flatten().any(|row| row.status == Status::Reversed)
    }),
    arises("limit-changed", "an administrator changed a limit", |edge| {
        let changed = |before: &Books| {
            let pairs = before.tenants.iter().zip(&edge.after.tenants);
            pairs.into_iter().any(|(was, is)| was.quota.daily_quota != is.quota.daily_quota)
        };
        edge.before.is_some_and(changed)
            && edge.after.requests.iter().any(|r| matches!(r.asking, Asking::DailyQuota(_)))
    }),
];

/// Situations that arise with a fault, from the table of faults.
macro_rules! of_faults {
    ($(#[$doc:meta] $field:ident $id:literal $title:literal $fault:ident
        $(=> $name:ident $({ $at:ident })? $(of $place:ident)? $act:literal $mark:literal $story:literal)?
        $(seen $situation:literal $words:literal)?;)*) => {
        const OF_FAULTS: &[Situation] = &[$($(
            arises($situation, $words, |edge| did(edge, |mv| mv.fault() == Some(Fault::$fault))),
        )?)*];
    };
}

each_fault!(of_faults);

/// Every situation a scenario can ask for: at most 64, since the situations seen are a set of bits.
pub const ALL: &[Situation] = &{
    let mut all = [COMPOSED[0]; COMPOSED.len() + OF_FAULTS.len()];
    let mut place = 1;
    while place < all.len() {
        all[place] = if place < COMPOSED.len() { COMPOSED[place] } else { OF_FAULTS[place - COMPOSED.len()] };
        place += 1;
    }
    all
};

const _: () = assert!(ALL.len() <= 64);

/// Former ids, which files outside may hold, each with the id of today.
const FORMER: [(&str, &str); 1] = [("errand-delivered-twice", "job-delivered-twice")];

/// The situation with that id, today or formerly.
pub fn find(id: &str) -> Option<&'static Situation> {
    let id = FORMER.iter().find(|(former, _)| *former == id).map_or(id, |(_, today)| today);
    ALL.iter().find(|situation| situation.id == id)
}

/// No situation has that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown situation `{0}`; expected one of {valid}", valid = ids().join(", "))]
pub struct UnknownSituation(pub String);

/// As [`find`], for an id that a person wrote.
///
/// # Errors
/// The ids there are.
pub fn known(id: &str) -> Result<&'static Situation, UnknownSituation> {
    find(id).ok_or_else(|| UnknownSituation(id.to_owned()))
}

fn ids() -> Vec<&'static str> {
    ALL.iter().map(|situation| situation.id).collect()
}

/// Whether an attempt arrived while its tenant's dates met a condition.
fn arrives(edge: &Edge<'_>, are: impl Fn(Dates) -> bool) -> bool {
    let request = edge.did.and_then(|did| did.request);
    let tenant = request.map(|request| edge.after.requests[request.index()].tenant);
    did(edge, |mv| matches!(mv, Move::Send { .. }))
        && tenant.is_some_and(|tenant| are(edge.after.tenants[tenant.index()].dates))
}

/// The day in which a call counts a request, if it counts one.
fn counts_in(call: Call) -> Option<Day> {
    match call.effect {
        Effect::Pg(PgOp::ChargeQuota { counts, .. }) => counts,
        Effect::Pg(PgOp::CountQuota { day, .. }) => Some(day),
        Effect::Redis(RedisOp::Eval { script: Script::CountDaily(day), .. }) => Some(day),
        Effect::Redis(RedisOp::Eval { script: Script::Deduct { counts: true, day, .. }, .. }) => Some(day),
        Effect::Pg(_) | Effect::Redis(_) | Effect::Local(_) => None,
    }
}

fn did(edge: &Edge<'_>, is: impl Fn(Move) -> bool) -> bool {
    edge.did.is_some_and(|did| is(did.mv))
}

fn called(edge: &Edge<'_>, is: impl Fn(Call) -> bool) -> bool {
    edge.did.and_then(|did| did.call).is_some_and(is)
}

fn redis(edge: &Edge<'_>, is: impl Fn(RedisOp) -> bool) -> bool {
    called(edge, |call| matches!(call.effect, Effect::Redis(op) if is(op)))
}

fn at_step(edge: &Edge<'_>, step: Step) -> bool {
    called(edge, |call| call.step == step)
}

fn story(edge: &Edge<'_>) -> Option<Answer> {
    edge.did.and_then(|did| did.client_answer).map(|story| story.answer)
}

fn replied(edge: &Edge<'_>, is: impl Fn(Reply) -> bool) -> bool {
    edge.did.is_some_and(|did| did.reply.is_some_and(&is) || did.woke.iter().any(|(_, _, reply)| is(*reply)))
}

/// A request looked up its own trace and found a row that meets a condition, given the tenant that asks.
fn looked_up(edge: &Edge<'_>, is: impl Fn(&LedgerRow, Tenant) -> bool) -> bool {
    let Some(did) = edge.did.filter(|did| did.call.is_some_and(|call| call.step.finds_own_row())) else { return false };
    let (Some(Reply::Row(Some(row))), Some(request)) = (did.reply, did.request) else { return false };
    is(&row, edge.after.requests[request.index()].tenant)
}

/// A stream broke where this part was due.
fn broke_at(edge: &Edge<'_>, part: Step) -> bool {
    let breaks = |mv: Move| matches!(mv.fault(), Some(Fault::ClientAbort | Fault::ProviderAbort));
    did(edge, |mv| breaks(mv) && mv.step() == Some(part))
}

/// A fault struck after a step of these stages.
fn struck(edge: &Edge<'_>, fault: impl Fn(Move) -> bool, stages: &[PathStage]) -> bool {
    edge.did.is_some_and(|did| fault(did.mv) && did.last.is_some_and(|last| stages.contains(&last.stage())))
}

fn tenants(books: &Books) -> impl Iterator<Item = Tenant> + use<> {
    (0..books.tenants.len() as u8).map(Tenant)
}

/// Two gateways have a last step of these stages, for the same tenant.
fn at_once(books: &Books, stages: &[PathStage]) -> bool {
    let between = |tenant: Tenant| {
        let places = books.places.iter().flatten();
        places.filter(|(whose, last)| *whose == tenant && stages.contains(&last.stage())).count()
    };
    tenants(books).any(|tenant| between(tenant) > 1)
}
