use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::money::Money;
use crate::policy::Store;
use crate::row::Request;
use crate::setup::Setup;

/// ROW_IFF_MONEY: the row and its money become effective in one step.
///
/// Reading: the money is that of the truth store, so a design whose truth is Redis and whose ledger is in Postgres
/// breaks it with every charge. While its hash is absent there is no money in Redis that could move: not judged.
pub const INVARIANT: Invariant = Invariant {
    id: "row-iff-money",
    sentence: "A ledger row becomes effective in the same atomic step in which its money moves.",
    reason: "Between the two a crash leaves a charge without a row, or a row without a charge.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// Money taken in this step, and money taken according to the rows made effective in it.
fn changes(before: &Books, after: &Books, request: Request) -> (Money, Money) {
    let moved = after.requests[request.index()].moved - before.requests[request.index()].moved;
    (moved, after.taken_by_rows(request) - before.taken_by_rows(request))
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(before) = edge.before else { return Evaluation::Vacuous };
    each_request(edge.after, |request| {
        let tenant = edge.after.requests[request.index()].tenant;
        if edge.after.design.truth() == Store::Redis && before.tenants[tenant.index()].hash.is_none() {
            return Evaluation::Vacuous;
        }
        let (moved, recorded) = changes(before, edge.after, request);
        let non_vacuous = moved != Money::ZERO || recorded != Money::ZERO;
        Evaluation::judge(Subject::Request(request), non_vacuous, moved == recorded)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(before)) = (subject_request(subject), edge.before) else { return Vec::new() };
    let (moved, recorded) = changes(before, edge.after, request);
    let name = setup.request_name(request);
    vec![
        Figure::new(format!("money taken for {name} in this step"), moved),
        Figure::new(format!("rows of {name} made effective in this step"), recorded),
    ]
}
