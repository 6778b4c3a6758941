use crate::books::Edge;
use crate::invariant::truth::answer;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::reply::Answer;
use crate::setup::Setup;

/// IN_DOUBT: a lost COMMIT answer ends the same either way.
pub const INVARIANT: Invariant = Invariant {
    id: "in-doubt",
    sentence: "A request that lost the answer to a COMMIT ends with a final answer, which is ok exactly if its row is \
               effective.",
    reason: "Both endings look the same to the gateway: guessing charges what was refused, or gives away what was \
               served.",
    concerns: Concern::Answers,
    when: When::AtRest,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        let charged = edge.after.row_of(request).is_some_and(|row| row.effective());
        let resolved = book.answered.is_some_and(|answer| matches!(answer, Answer::Ok(_)) == charged);
        Evaluation::judge(Subject::Request(request), book.in_doubt, !book.in_doubt || resolved)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.request_name(request));
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    vec![
        Figure::new(format!("final answer to {name}"), book.answered.map_or_else(|| "none".to_owned(), answer)),
        Figure::new(format!("ledger row of {name}"), row),
    ]
}
