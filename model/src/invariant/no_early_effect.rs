use crate::books::Edge;
use crate::effect::{Effect, RedisOp};
use crate::invariant::{Figure, Invariant, Look, Subject, When, subject_request};
use crate::reply::Answer;
use crate::row::{Request, Tenant};
use crate::setup::Setup;

/// NO_EARLY_EFFECT: nothing outside sees a transaction that may still roll back.
pub const INVARIANT: Invariant = Invariant {
    id: "no-early-effect",
    sentence: "Nothing outside Postgres sees a transaction that may still roll back: no hash is written and no client is \
               told ok before COMMIT.",
    reason: "If it rolls back, the cache and the client believe in a charge that never was.",
    when: When::Always,
    look,
    figures,
};

fn look(edge: &Edge<'_>) -> Look {
    let Some(did) = edge.did else { return Look::Vacuous };
    let told_ok = did.told.is_some_and(|told| matches!(told.answer, Answer::Ok(_)));
    let wrote = did.call.is_some_and(|call| matches!(call.effect, Effect::Redis(RedisOp::HSet { .. })));
    let subject = did.request.map_or(Subject::Tenant(Tenant(0)), Subject::Request);
    Look::judge(subject, told_ok || wrote, !did.early)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let name = setup.trace_name(subject_request(subject).unwrap_or(Request(0)));
    let what = match edge.did.and_then(|did| did.told) {
        Some(_) => "the client is told ok",
        None => "the redis hash is written",
    };
    vec![Figure::new(format!("before the transaction of {name} has ended"), what)]
}
