//! A counterexample told step by step: who did what to whom, in words that fit a terminal and a diagram.

use model::books::{Books, Occurrence};
use model::effect::{Effect, PgOp, RedisOp};
use model::moves::{Actor, Move};
use model::reply::{Answer, Reply};
use model::setup::Setup;
use model::store::postgres::MAX_SESSIONS;

/// A lane of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// All clients.
    Client,
    /// One gateway or job.
    Process(Actor),
    /// Postgres.
    Postgres,
    /// Redis.
    Redis,
}

/// How a reply came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Arrived,
    /// It was lost.
    Lost,
    /// The store refused or could not be reached.
    Refused,
    /// The statement waits.
    Waits,
    /// A fault struck the lane.
    Struck,
}

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose doing.
    pub from: Lane,
    /// Whom it reaches; the same lane for a fault.
    pub to: Lane,
    /// How it ended.
    pub outcome: Outcome,
    /// In words.
    pub what: String,
}

/// The lanes of a setup, left to right.
pub fn lanes(setup: &Setup) -> Vec<Lane> {
    let mut lanes = vec![Lane::Client];
    lanes.extend((0..setup.gateways).map(|n| Lane::Process(Actor::Gateway(n))));
    if setup.flows.sync.is_some() {
        lanes.push(Lane::Process(Actor::Sync));
    }
    debug_assert!(lanes.len() <= MAX_SESSIONS + 1);
    lanes.extend([Lane::Postgres, Lane::Redis]);
    lanes
}

impl Lane {
    /// What the lane is headed.
    pub fn name(self) -> String {
        match self {
            Lane::Client => "client".to_owned(),
            Lane::Process(actor) => actor.name(),
            Lane::Postgres => "postgres".to_owned(),
            Lane::Redis => "redis".to_owned(),
        }
    }
}

/// Tells one move.
pub fn tell(setup: &Setup, did: &Occurrence) -> Line {
    let process = |actor| Lane::Process(actor);
    match did.mv {
        Move::Send { request, gateway } => {
            let asked = &setup.requests[request.index()];
            let again = if did.again { "asks again" } else { "asks" };
            let what = format!("{} {again}: charge {} {}", asked.trace, asked.account, asked.amount.money());
            line(Lane::Client, process(Actor::Gateway(gateway)), Outcome::Arrived, what)
        }
        Move::Crash { actor, before } => {
            let what = format!("{} crashes before {before}{}", actor.name(), after(did));
            line(process(actor), process(actor), Outcome::Struck, what)
        }
        Move::Cancel { actor, before } => {
            let what = format!("the attempt is cancelled before {before}{}", after(did));
            line(process(actor), process(actor), Outcome::Struck, what)
        }
        Move::RedisLoss => line(Lane::Redis, Lane::Redis, Outcome::Struck, "redis loses all data".to_owned()),
        Move::Expire => line(Lane::Redis, Lane::Redis, Outcome::Struck, "time passes; redis keys expire".to_owned()),
        Move::Step { actor, .. } | Move::Unreachable { actor, .. } | Move::Lost { actor, .. } => match did.told {
            Some(told) => {
                let trace = did.request.map_or("", |request| setup.trace_name(request));
                line(
                    process(actor),
                    Lane::Client,
                    Outcome::Arrived,
                    format!("{trace} is told: {}", answer(told.answer)),
                )
            }
            None => step(setup, actor, did),
        },
    }
}

fn after(did: &Occurrence) -> String {
    did.last.map(|last| format!(" (after {last})")).unwrap_or_default()
}

fn line(from: Lane, to: Lane, outcome: Outcome, what: String) -> Line {
    Line { from, to, outcome, what }
}

fn step(setup: &Setup, actor: Actor, did: &Occurrence) -> Line {
    let Some(call) = did.call else {
        return line(Lane::Process(actor), Lane::Process(actor), Outcome::Arrived, "goes on".to_owned());
    };
    let to = if matches!(call.effect, Effect::Pg(_)) { Lane::Postgres } else { Lane::Redis };
    let (outcome, result) = match (did.mv, did.reply) {
        (Move::Unreachable { .. }, _) => (Outcome::Refused, "redis unreachable".to_owned()),
        (Move::Lost { ran: true, .. }, _) => (Outcome::Lost, "done, but the reply is lost".to_owned()),
        (Move::Lost { ran: false, .. }, _) => (Outcome::Lost, "lost before it ran".to_owned()),
        (_, None) => (Outcome::Waits, "waits".to_owned()),
        (_, Some(Reply::Failed(failure))) => (Outcome::Refused, failure.words().to_owned()),
        (_, Some(reply)) => (Outcome::Arrived, reply_words(reply)),
    };
    let woke: String = did
        .woke
        .iter()
        .map(|(actor, step, reply)| format!("; {} {step} goes on: {}", actor.name(), reply_words(*reply)))
        .collect();
    let result = if result.is_empty() { result } else { format!(": {result}") };
    line(Lane::Process(actor), to, outcome, format!("{} {}{result}{woke}", call.step, asks(setup, call.effect)))
}

fn asks(setup: &Setup, effect: Effect) -> String {
    match effect {
        Effect::Redis(RedisOp::SetNx { .. }) => "set key".to_owned(),
        Effect::Redis(RedisOp::Del(_)) => "delete key".to_owned(),
        Effect::Redis(RedisOp::HSet { row, .. }) => format!("set hash, balance {}", row.balance),
        Effect::Redis(RedisOp::Expire { .. }) => "renew the hash's time to live".to_owned(),
        Effect::Pg(op) => match op {
            PgOp::Begin => "begin".to_owned(),
            PgOp::Commit => "commit".to_owned(),
            PgOp::Rollback => "rollback".to_owned(),
            PgOp::Savepoint => "savepoint".to_owned(),
            PgOp::RollbackToSavepoint => "rollback to savepoint".to_owned(),
            PgOp::ReleaseSavepoint => "release savepoint".to_owned(),
            PgOp::SelectQuota(tenant) => format!("read quota of {}", setup.account_name(tenant)),
            PgOp::SelectRow { trace, lock } => {
                format!("{} {}", if lock { "lock row" } else { "look up" }, setup.traces[trace.index()])
            }
            PgOp::InsertPending { .. } => "insert pending row".to_owned(),
            PgOp::ChargeQuota { amount, .. } => format!("take {amount} if unchanged"),
            PgOp::MarkCommitted(_) => "mark row committed".to_owned(),
        },
    }
}

fn reply_words(reply: Reply) -> String {
    match reply {
        Reply::Ok => String::new(),
        Reply::Taken => "taken by us".to_owned(),
        Reply::Held => "held".to_owned(),
        Reply::Quota(row) => format!("balance {}", row.balance),
        Reply::Row(None) => "nothing".to_owned(),
        Reply::Row(Some(row)) => if row.effective() { "committed" } else { "pending" }.to_owned(),
        Reply::Updated(0) => "version changed, 0 rows".to_owned(),
        Reply::Updated(_) => "1 row".to_owned(),
        Reply::Failed(failure) => failure.words().to_owned(),
    }
}

/// An answer in words.
pub fn answer(answer: Answer) -> String {
    match answer {
        Answer::Ok(_) => "ok".to_owned(),
        Answer::Refused(limit) => format!("refused, {}", model::reply::Failure::Refused(limit).words()),
        Answer::Duplicate => "duplicate, in flight".to_owned(),
        Answer::Error(failure) => format!("error, {}", failure.words()),
    }
}

/// The money columns: Postgres balance, ledger, Redis hash balance, keys; one text per cell.
pub fn money(setup: &Setup, books: &Books) -> [String; 4] {
    let tenants = || books.tenants.iter();
    let balance = tenants().map(|t| t.quota.balance.to_string()).collect::<Vec<_>>().join(" ");
    let ledger = books
        .rows
        .iter()
        .flatten()
        .map(|row| if row.effective() { row.amount.to_string() } else { format!("({})", row.amount) });
    let ledger = ledger.collect::<Vec<_>>().join(" ");
    let cached = |hash: Option<model::store::redis::Hash>| match hash {
        Some(hash) if hash.fields.has(0) => hash.row.balance.to_string(),
        Some(_) => "part".to_owned(),
        None => "-".to_owned(),
    };
    let hash = tenants().map(|t| cached(t.hash)).collect::<Vec<_>>().join(" ");
    let keys = setup.all_requests().filter(|r| books.requests[r.index()].key.is_some());
    let keys = keys.map(|r| setup.trace_name(r).to_owned()).collect::<Vec<_>>().join(" ");
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [balance, or_dash(ledger), hash, or_dash(keys)]
}

/// The breach in one sentence with its numbers.
pub fn sentence(breach: &model::trace::Breach) -> String {
    let figures = breach.figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value));
    figures.collect::<Vec<_>>().join(", ")
}
