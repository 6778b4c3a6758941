use crate::books::{Books, Edge};
use crate::flow::Asking;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::reply::Answer;
use crate::row::{LedgerRow, Request, TraceId};
use crate::setup::Setup;

/// TENANT: nobody sees or moves another's money.
///
/// Readings: an ok names the row it is about, which must be the tenant's; a row that is effective must have been asked
/// for by its own tenant; a refund must be of the tenant's own charge. CONSERVE judges the money moved, tenant by
/// tenant.
pub const INVARIANT: Invariant = Invariant {
    id: "tenant",
    sentence: "What is returned to a tenant or moved for it stems from that tenant's rows.",
    reason: "A trace id is chosen by the client: by choosing another's, one customer reads or spends what is another's.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// The row at a trace, if it is not of the tenant of this request.
fn foreign(books: &Books, request: Request, trace: TraceId) -> Option<&LedgerRow> {
    books.rows[trace.index()].as_ref().filter(|row| row.tenant != books.requests[request.index()].tenant)
}

/// The request and trace of this move's answer, if it is an ok.
fn answered_ok(edge: &Edge<'_>) -> Option<(Request, TraceId)> {
    let did = edge.did?;
    match (did.request, did.client_answer?.answer) {
        (Some(request), Answer::Ok(trace)) => Some((request, trace)),
        _ => None,
    }
}

/// Another tenant's charge that an effective refund of this request gives back.
fn refund_of_foreign(books: &Books, request: Request) -> Option<&LedgerRow> {
    let Asking::Reverse { of } = books.requests[request.index()].asking else { return None };
    books.row_of(request).filter(|row| row.effective())?;
    foreign(books, request, of)
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    // A single tenant has no other to see or to pay for.
    let others = books.tenants.len() > 1;
    let client_answer = match answered_ok(edge) {
        Some((request, trace)) => {
            Evaluation::judge(Subject::Request(request), others, foreign(books, request, trace).is_none())
        }
        None => Evaluation::Vacuous,
    };
    let rows = books.rows.iter().flatten().filter(|row| row.effective()).map(|row| {
        let asked_for = books.request_of(row).is_some();
        Evaluation::judge(Subject::Tenant(row.tenant), others, asked_for)
    });
    let refunds = each_request(books, |request| {
        let refunded = matches!(books.requests[request.index()].asking, Asking::Reverse { .. })
            && books.row_of(request).is_some_and(|row| row.effective());
        Evaluation::judge(Subject::Request(request), others && refunded, refund_of_foreign(books, request).is_none())
    });
    rows.fold(client_answer.and(refunds), Evaluation::and)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let books = edge.after;
    let Some(request) = subject_request(subject) else {
        let strays = books.rows.iter().flatten().filter(|row| row.effective() && books.request_of(row).is_none());
        let figure = |row: &LedgerRow| {
            let name = format!("effective row of {}", setup.traces[row.trace.index()]);
            Figure::new(name, format!("{} of {}, who did not ask", row.amount, setup.account_name(row.tenant)))
        };
        return strays.map(figure).collect();
    };
    let (name, asker) = (setup.request_name(request), books.requests[request.index()].tenant);
    let client_answer =
        answered_ok(edge).and_then(|(_, trace)| foreign(books, request, trace)).map(|row| ("returned", row));
    let refunded = refund_of_foreign(books, request).map(|row| ("given back", row));
    let mut figures = vec![Figure::new(format!("{name} is asked by"), setup.account_name(asker))];
    figures.extend(client_answer.or(refunded).map(|(what, row)| {
        Figure::new(format!("row that is {what}"), format!("{} of {}", row.amount, setup.account_name(row.tenant)))
    }));
    figures
}
