use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When};
use crate::row::{LedgerRow, Request, Status};
use crate::setup::Setup;

/// NO_PENDING: nothing is left half done in the ledger.
///
/// Reading: the sweeper bound is the time until all is quiet and background jobs have run. ROW_IFF_MONEY and CONSERVE
/// judge whether a row that ended agrees with its money.
pub const INVARIANT: Invariant = Invariant {
    id: "no-pending",
    sentence: "Once all is quiet no ledger row is pending.",
    reason: "A row that is pending for ever is a charge that nobody can explain: served and not paid, or paid and not \
               shown.",
    concerns: Concern::Records,
    when: When::AtRest,
    evaluation,
    figures,
};

fn pending(books: &Books) -> impl Iterator<Item = &LedgerRow> {
    books.rows.iter().flatten().filter(|row| row.status == Status::Pending)
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    let subject = |row: &LedgerRow| books.request_of(row).unwrap_or(Request(0));
    match pending(books).next() {
        Some(row) => Evaluation::Broken(Subject::Request(subject(row))),
        None if books.rows.iter().flatten().next().is_some() => Evaluation::Held,
        None => Evaluation::Vacuous,
    }
}

fn figures(edge: &Edge<'_>, _subject: Subject, setup: &Setup) -> Vec<Figure> {
    let figure = |row: &LedgerRow| {
        let name = format!("pending row of {}", setup.traces[row.trace.index()]);
        Figure::new(name, format!("{} of {}", row.amount, setup.account_name(row.tenant)))
    };
    pending(edge.after).map(figure).collect()
}
