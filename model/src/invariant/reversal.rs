use crate::books::{Books, Edge};
use crate::flow::Asking;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::money::Money;
use crate::row::{Kind, LedgerRow, Request, TraceId};
use crate::setup::Setup;

/// REVERSAL: no more is given back than was charged.
///
/// Readings: what a request that reverses a charge gives back is the money that really moved for it or, if that is
/// less, what its effective row says: money whose row is not effective yet is given back all the same. For a stream it
/// is what it got back of its hold, which with the rest is the charge; since each is positive, a sum within the amount
/// has at most one full refund in it.
pub const INVARIANT: Invariant = Invariant {
    id: "reversal",
    sentence: "The money given back for a charge is at most its amount, whether or not the rows of its refunds are effective, \
               and only an effective charge is given back.",
    reason: "A charge given back twice, or one that was never made, is money for nothing.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// The charge that a request gives back: that of another request or, for a stream, its own hold.
fn reversed_by(books: &Books, request: Request) -> Option<TraceId> {
    let book = &books.requests[request.index()];
    match book.asking {
        Asking::Reverse { of } => Some(of),
        Asking::Stream if books.own_row(request).is_some() => Some(book.trace),
        Asking::Charge | Asking::Stream | Asking::Recharge | Asking::DailyQuota(_) => None,
    }
}

/// The row of a trace and, for a stream, those under the same trace with a suffix.
fn rows_with_suffixes(books: &Books, of: TraceId) -> impl Iterator<Item = &LedgerRow> {
    let row = books.rows[of.index()].as_ref();
    let stream = row.and_then(|row| books.request_of(row)).map(|request| books.rows_of(request));
    let suffixed = stream.into_iter().flatten().filter(move |row| row.trace != of);
    row.into_iter().chain(suffixed)
}

/// What is given back of a charge.
fn given_back(books: &Books, of: TraceId) -> Money {
    let requests = (0..books.requests.len() as u8).map(Request);
    let reverses =
        |request: &Request| matches!(books.requests[request.index()].asking, Asking::Reverse { of: it } if it == of);
    let refunds = requests.filter(reverses).map(|request| {
        let by_row = books.row_of(request).filter(|row| row.effective()).map_or(Money::ZERO, |row| row.amount);
        by_row.max(-books.requests[request.index()].moved)
    });
    let of_hold = rows_with_suffixes(books, of).filter(|row| row.kind == Kind::Refund && row.effective());
    refunds.chain(of_hold.map(|row| row.amount)).sum()
}

/// What was charged under a trace; 0 if the charge is not effective.
fn charged(books: &Books, of: TraceId) -> Money {
    let charges = rows_with_suffixes(books, of).filter(|row| matches!(row.kind, Kind::Deduct | Kind::Hold));
    charges.filter(|row| row.effective()).map(|row| row.amount).sum()
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    each_request(books, |request| {
        let Some(of) = reversed_by(books, request) else { return Evaluation::Vacuous };
        let given = given_back(books, of);
        Evaluation::judge(Subject::Request(request), given != Money::ZERO, given <= charged(books, of))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(of) = subject_request(subject).and_then(|request| reversed_by(edge.after, request)) else {
        return Vec::new();
    };
    let name = &setup.traces[of.index()];
    vec![
        Figure::new(format!("given back for {name}"), given_back(edge.after, of)),
        Figure::new(format!("effective charge of {name}"), charged(edge.after, of)),
    ]
}
