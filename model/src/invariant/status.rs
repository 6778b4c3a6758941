use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When};
use crate::row::{Kind, LedgerRow, Request, Status};
use crate::setup::Setup;

/// STATUS: a row's life goes one way. A pending row may be taken back, but is never reversed.
pub const INVARIANT: Invariant = Invariant {
    id: "status",
    sentence: "A ledger row goes from pending to committed to reversed and never back, and once effective it keeps its \
               amount, tenant, trace and kind and does not vanish.",
    reason: "A ledger whose history can change proves nothing about what was charged.",
    concerns: Concern::Records,
    when: When::Always,
    evaluation,
    figures,
};

fn lawful(before: Option<&LedgerRow>, after: Option<&LedgerRow>) -> bool {
    match (before, after) {
        (None, _) => true,
        (Some(before), None) => !before.effective(),
        (Some(before), Some(after)) => {
            let onward = match (before.status, after.status) {
                (Status::Pending, to) => to != Status::Reversed,
                (Status::Committed, to) => to != Status::Pending,
                (Status::Reversed, to) => to == Status::Reversed,
            };
            let identity = |row: &LedgerRow| (row.amount, row.tenant, row.trace);
            // A settled hold becomes a charge.
            let kind = before.kind == after.kind || (before.kind, after.kind) == (Kind::Hold, Kind::Deduct);
            let same = identity(before) == identity(after) && kind;
            onward && (same || !before.effective())
        }
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(before) = edge.before else { return Evaluation::Vacuous };
    let rows = before.rows.iter().zip(&edge.after.rows);
    rows.map(|(was, is)| {
        let subject = was.as_ref().or(is.as_ref()).and_then(|row| edge.after.request_of(row)).unwrap_or(Request(0));
        let changes = was.is_some() && was != is;
        Evaluation::judge(Subject::Request(subject), changes, lawful(was.as_ref(), is.as_ref()))
    })
    .fold(Evaluation::Vacuous, Evaluation::and)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Subject::Request(request) = subject else { return Vec::new() };
    let Some(before) = edge.before else { return Vec::new() };
    let changed = |trace: &usize| !lawful(before.rows[*trace].as_ref(), edge.after.rows[*trace].as_ref());
    let trace = (0..before.rows.len()).find(changed).unwrap_or(setup.input(request).trace.index());
    let words = |books: &Books| match &books.rows[trace] {
        Some(row) => {
            let words = format!("{:?} {:?} {} of", row.status, row.kind, row.amount).to_lowercase();
            format!("{words} {}", setup.account_name(row.tenant))
        }
        None => "none".to_owned(),
    };
    let name = &setup.traces[trace];
    vec![
        Figure::new(format!("row of {name} before"), words(before)),
        Figure::new(format!("row of {name} after"), words(edge.after)),
    ]
}
