use crate::books::{Books, Edge};
use crate::flow::Asking;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::money::Money;
use crate::row::{Kind, LedgerRow, Request, Trace};
use crate::setup::Setup;

/// REVERSAL: no more is given back than was charged.
///
/// Reading: the refunds of a charge are the effective rows of the requests that reverse it; since each is positive, a
/// sum within the amount has at most one full refund in it.
pub const INVARIANT: Invariant = Invariant {
    id: "reversal",
    sentence: "The effective refunds of a charge are at most its amount, at most one of them is full, and only an \
               effective charge is given back.",
    reason: "A charge given back twice, or one that was never made, is money for nothing.",
    when: When::Always,
    look,
    figures,
};

/// The charge that a request gives back.
fn reversed_by(books: &Books, request: Request) -> Option<Trace> {
    match books.requests[request.index()].asking {
        Asking::Reverse { of } => Some(of),
        _ => None,
    }
}

/// What is given back of a charge by rows that are effective.
fn given_back(books: &Books, of: Trace) -> Money {
    let requests = (0..books.requests.len() as u8).map(Request);
    let refunds = requests.filter(|&request| reversed_by(books, request) == Some(of));
    refunds.filter_map(|request| books.row_of(request)).filter(|row| row.effective()).map(|row| row.amount).sum()
}

/// What was charged under a trace; nothing if the charge is not effective.
fn charged(books: &Books, of: Trace) -> Money {
    let row: Option<&LedgerRow> = books.rows[of.index()].as_ref();
    row.filter(|row| row.effective() && row.kind == Kind::Deduct).map_or(Money::ZERO, |row| row.amount)
}

fn look(edge: &Edge<'_>) -> Look {
    let books = edge.after;
    each_request(books, |request| {
        let Some(of) = reversed_by(books, request) else { return Look::Vacuous };
        let given = given_back(books, of);
        Look::judge(Subject::Request(request), given != Money::ZERO, given <= charged(books, of))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(of) = subject_request(subject).and_then(|request| reversed_by(edge.after, request)) else {
        return Vec::new();
    };
    let name = &setup.traces[of.index()];
    vec![
        Figure::new(format!("effective refunds of {name}"), given_back(edge.after, of)),
        Figure::new(format!("effective charge of {name}"), charged(edge.after, of)),
    ]
}
