//! What the stores answer. Every outcome has a name, including *lost*, where the outcome is unknown.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::row::{BudgetRow, KeyRow, LedgerRow, Limit, QuotaRow, UsageRow};

/// The answer to one [`crate::effect::Call`], reduced to what a flow may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Done, without further data.
    Ok,
    /// `SET NX`: the key is ours.
    Taken,
    /// `SET NX`: the key existed already.
    Held,
    /// A quota row.
    Quota(QuotaRow),
    /// The requested ledger row, or `None`.
    Row(Option<LedgerRow>),
    /// Rows an UPDATE touched.
    Updated(u8),
    /// EXISTS.
    Exists(bool),
    /// HGETALL, read as money with six places and counts; `None` if there is no hash.
    Hash(Option<QuotaRow>),
    /// A counting script let the request through, or another script has done its work.
    Allowed,
    /// A script refused: this limit is used up.
    Denied(Limit),
    /// `quota_deduct` took the money; the balance it returns, truncated to whole units if it returns Lua numbers.
    Left(Money),
    /// An API key, from Postgres or as the cached principal; `None` if it is not cached.
    Key(Option<KeyRow>),
    /// The BUDGET row of an API key.
    Budget(BudgetRow),
    /// The usage totals of an API key.
    Usage(UsageRow),
    /// A budget counter in micro-units; `None` if there is no counter.
    Spent(Option<i64>),
    /// The server or the network refused.
    Failed(Failure),
}

/// Why a step or a whole flow did not do what was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// A limit was binding at T4a. Raised by the flow, not by a store.
    Refused(Limit),
    /// Other writers changed the version too often. Raised by the flow.
    Conflict,
    /// The key is held and the ledger has no row for the trace. Raised by the flow.
    KeyWithoutRow,
    /// The trace's row belongs to another tenant. Raised by the flow.
    ForeignRow,
    /// The charge to give back does not exist or is not COMMITTED. Raised by the flow.
    NotReversible,
    /// 23505: the trace has a row already.
    UniqueViolation,
    /// 25P02: the transaction is aborted and refuses everything except its end.
    InFailedTransaction,
    /// 40P01: chosen as the victim of a deadlock.
    Deadlock,
    /// 22003: the value does not fit its column.
    OutOfRange,
    /// COMMIT was answered with ROLLBACK, since the transaction had failed.
    RolledBack,
    /// The connection to Postgres broke: the statement may have run or not.
    PgLost,
    /// Redis refused the connection: the command did not run.
    RedisUnreachable,
    /// Redis did not answer: the command may have run or not.
    RedisLost,
    /// Redis has too little memory and evicts nothing: writes are refused, DEL is not.
    RedisFull,
    /// NOSCRIPT: Redis has no script of that hash; nothing ran.
    NoScript,
    /// INCRBY was given a fraction, or a value that no `i64` holds.
    NotAnInteger,
    /// 25P03: the server ended a session that sat idle in its transaction.
    IdleTimeout,
    /// 55P03 or 57014: a statement took too long, or waited too long for a lock, and was given up by the server.
    StatementTimeout,
    /// The work on the trace's row is under way or was abandoned. Raised by the flow.
    UnderWay,
    /// The provider failed: nothing was served.
    UpstreamFailed,
    /// The client went away while its stream was under way.
    ClientGone,
    /// The provider broke a stream off.
    ProviderGone,
}

/// The answer to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Charged, by this row.
    Ok(crate::row::TraceId),
    /// Not charged: this limit was binding.
    Refused(Limit),
    /// The same trace is in flight or done; come back for the result.
    Duplicate,
    /// Nothing is promised; a later try resolves it.
    Error(Failure),
}

impl Answer {
    /// Whether the client stops asking.
    pub fn is_final(self) -> bool {
        matches!(self, Answer::Ok(_) | Answer::Refused(_))
    }
}

impl Failure {
    /// Whether a store or the connection to it is the cause, so that a later try may succeed.
    pub fn is_outage(self) -> bool {
        !matches!(
            self,
            Failure::Refused(_)
                | Failure::KeyWithoutRow
                | Failure::ForeignRow
                | Failure::NotReversible
                | Failure::UnderWay
                | Failure::UniqueViolation
                | Failure::OutOfRange
                | Failure::NotAnInteger
                | Failure::NoScript
        )
    }

    /// The failure in words, for stories and reports.
    pub fn words(self) -> &'static str {
        match self {
            Failure::Refused(Limit::Balance) => "balance exhausted",
            Failure::Refused(Limit::Daily) => "daily quota exhausted",
            Failure::Refused(Limit::Monthly) => "monthly quota exhausted",
            Failure::Conflict => "version changed too often",
            Failure::KeyWithoutRow => "key held, no row found",
            Failure::ForeignRow => "the trace belongs to another tenant",
            Failure::NotReversible => "no charge that can be given back",
            Failure::UniqueViolation => "row exists already (23505)",
            Failure::InFailedTransaction => "transaction is aborted (25P02)",
            Failure::Deadlock => "deadlock (40P01)",
            Failure::OutOfRange => "value out of range (22003)",
            Failure::RolledBack => "commit answered with rollback",
            Failure::PgLost => "connection to postgres lost",
            Failure::RedisUnreachable => "redis unreachable",
            Failure::RedisLost => "no answer from redis",
            Failure::RedisFull => "redis is out of memory",
            Failure::NoScript => "redis does not have the script (NOSCRIPT)",
            Failure::NotAnInteger => "value is not an integer",
            Failure::IdleTimeout => "idle in transaction for too long (25P03)",
            Failure::StatementTimeout => "statement timed out (55P03/57014)",
            Failure::UnderWay => "the trace is under way",
            Failure::UpstreamFailed => "the provider failed",
            Failure::ClientGone => "the client went away",
            Failure::ProviderGone => "the provider broke the stream off",
            Failure::Refused(Limit::Budget) => "budget of the api key exhausted",
        }
    }
}
