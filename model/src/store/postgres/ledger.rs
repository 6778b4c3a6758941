//! Statements on `billing_transaction`.

use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{Kind, LedgerRow, Status, TraceId};
use crate::store::postgres::{By, Postgres, update};
use crate::store::versioned::SessionId;

impl Postgres {
    /// A row is locked only if the session sees it.
    pub(super) fn select_row(&mut self, by: By, trace: TraceId, lock: bool) -> Option<Reply> {
        let row = &mut self.ledger[trace.index()];
        let seen = row.seen_by(by.session);
        if lock && seen.is_some() {
            if row.blocker(by.session).is_some() {
                return None;
            }
            row.write(by.session, by.level, None);
        }
        Some(Reply::Row(seen))
    }

    /// A second INSERT of a trace waits for an uncommitted INSERT of it and also for an uncommitted UPDATE of the
    /// committed row, but not for a mere row lock; then it gets 23505 or, if the other one rolled back, inserts the
    /// row. A value that does not fit its column is refused before all this.
    pub(super) fn insert_row(&mut self, by: By, new: LedgerRow) -> Option<Reply> {
        if ![new.amount, new.before, new.after].iter().all(|money| money.fits_column()) {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.ledger[new.trace.index()];
        if row.other_writer(by.session).is_some() {
            return None;
        }
        if row.seen_by(by.session).is_some() {
            return Some(Reply::Failed(Failure::UniqueViolation));
        }
        row.write(by.session, by.level, Some(new));
        Some(Reply::Ok)
    }

    /// UPDATE of the status, whatever it was.
    pub(super) fn mark_row(&mut self, by: By, trace: TraceId, status: Status) -> Option<Reply> {
        update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(LedgerRow { status, ..row }))
    }

    /// UPDATE of status, amount and balances. A value that does not fit its column is refused before any row is looked
    /// at.
    pub(super) fn settle_row(
        &mut self,
        by: By,
        trace: TraceId,
        amount: Money,
        before: Money,
        after: Money,
    ) -> Option<Reply> {
        if ![amount, before, after].iter().all(|money| money.fits_column()) {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let settled = |row| LedgerRow { status: Status::Committed, amount, before, after, ..row };
        update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(settled(row)))
    }

    /// UPDATE of the type from hold to deduct.
    pub(super) fn mark_settled(&mut self, by: By, trace: TraceId) -> Option<Reply> {
        update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(LedgerRow { kind: Kind::Deduct, ..row }))
    }

    /// The first row, in the order of traces, that the session sees unfinished.
    pub(super) fn first_unfinished(&self, session: SessionId) -> Option<LedgerRow> {
        self.ledger.iter().filter_map(|row| row.seen_by(session)).find(LedgerRow::unfinished)
    }

    /// Whether a committed row is unfinished.
    pub fn has_unfinished(&self) -> bool {
        self.ledger.iter().filter_map(|row| row.committed()).any(|row| row.unfinished())
    }
}
