use crate::books::{Edge, Occurrence};
use crate::effect::Effect;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::reply::Answer;
use crate::row::{Request, Tenant};
use crate::setup::Setup;

/// NO_EARLY_EFFECT: nothing outside sees a transaction that may still roll back. Releasing a savepoint is not COMMIT.
pub const INVARIANT: Invariant = Invariant {
    id: "no-early-effect",
    sentence: "Nothing outside Postgres sees a transaction that may still roll back: before COMMIT no money moves \
               in Redis, no hash or counter is written there, no deferred job is handed over and no client is told ok.",
    reason: "If it rolls back, the cache, the job and the client believe in a charge that never was.",
    concerns: Concern::Records,
    when: When::Always,
    evaluation,
    figures,
};

/// What this move makes visible outside.
fn shows(did: &Occurrence) -> Option<&'static str> {
    if did.client_answer.is_some_and(|client_answer| matches!(client_answer.answer, Answer::Ok(_))) {
        return Some("the client is told ok");
    }
    match did.call?.effect {
        Effect::Redis(op) => op.shows(),
        Effect::Local(op) => op.shows(),
        Effect::Pg(_) => None,
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(did) = edge.did else { return Evaluation::Vacuous };
    let subject = did.request.map_or(Subject::Tenant(Tenant(0)), Subject::Request);
    Evaluation::judge(subject, shows(did).is_some(), !did.early)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let name = setup.request_name(subject_request(subject).unwrap_or(Request(0)));
    let what = edge.did.and_then(shows).unwrap_or("something is shown");
    vec![Figure::new(format!("before the transaction of {name} has ended"), what)]
}
