//! Recharge, once per choice. As reported: INSERT PENDING; UPDATE of the balance; commit 1; UPDATE of the row; commit 2
//! ("From the code"). In one commit: INSERT COMMITTED; UPDATE of the balance; commit.

use crate::design::Recharge;
use crate::effect::PgOp;
use crate::flow::deduct::as_reported::answer_of;
use crate::flow::deduct::ledger_lookup::look_up;
use crate::flow::deduct::transaction::read_quota;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, ignoring};
use crate::reply::{Answer, Failure};
use crate::row::{Kind, LedgerRow, Status, TraceId};
use crate::step::Step;

impl Recharge {
    /// Whether a row can be committed unfinished.
    pub fn leaves_rows(self) -> bool {
        match self {
            Recharge::AsReported => true,
            Recharge::OneCommit => false,
        }
    }
}

/// Money paid in.
///
/// Readings where the text leaves a gap: commit 2 is the UPDATE of the row by itself; a repeated trace finds its row
/// (23505) and is answered from it, a PENDING one as in flight; nothing writes the Redis hash.
pub fn recharge(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let paid_in = match input.design.recharge {
        Recharge::AsReported => in_two_commits(io, input),
        Recharge::OneCommit => commit_with_money(io, input, Status::Committed),
    };
    answer(io, input.trace, paid_in, Step::R7, |io| look_up(io, Step::R8, input))
}

/// The answer to the client; a failure is rolled back, and a row that existed already is looked up.
pub(super) fn answer(
    io: &mut Io<'_>,
    trace: TraceId,
    done: FlowResult<()>,
    rollback: Step,
    look_up: impl Fn(&mut Io<'_>) -> FlowResult<Option<LedgerRow>>,
) -> FlowResult<Answer> {
    match caught(done)? {
        Ok(()) => Ok(Answer::Ok(trace)),
        Err(Failure::UniqueViolation) => {
            io.pg(rollback, PgOp::Rollback)?;
            match look_up(io)? {
                Some(row) if row.effective() => Ok(Answer::Ok(row.trace)),
                _ => Ok(Answer::Duplicate),
            }
        }
        Err(failure) => {
            ignoring(io.pg(rollback, PgOp::Rollback))?;
            Ok(answer_of(failure))
        }
    }
}

fn in_two_commits(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    commit_with_money(io, input, Status::Pending)?;
    io.pg(Step::R6, PgOp::MarkCommitted(input.trace))?;
    Ok(())
}

/// The row with this status and its money, in one transaction.
fn commit_with_money(io: &mut Io<'_>, input: &AttemptInput, status: Status) -> FlowResult<()> {
    let (tenant, trace, amount) = (input.tenant, input.trace, input.amount);
    io.pg(Step::R1, PgOp::Begin)?;
    let before = read_quota(io, Step::R2, tenant)?.balance;
    let after = before + amount;
    io.pg(Step::R3, PgOp::InsertRow { tenant, trace, kind: Kind::Recharge, status, amount, before, after })?;
    io.pg(Step::R4, PgOp::AddBalance { tenant, amount })?;
    io.pg(Step::R5, PgOp::Commit)?;
    Ok(())
}
