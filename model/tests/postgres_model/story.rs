//! How a storyboard is played.

use expect_test::Expect;
use model::day::Day;
use model::effect::PgOp;
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{BudgetRow, KeyRow, Kind, LedgerRow, QuotaRow, Status, Tenant, Trace, Unit, UsageRow};
use model::store::postgres::{Opening, Postgres, Ran};
use model::store::versioned::Session;

const SESSIONS: [&str; 3] = ["a", "b", "c"];
const TENANTS: [&str; 2] = ["acme", "beta"];

/// The quota that both tenants begin with.
pub fn opening() -> QuotaRow {
    QuotaRow {
        balance: money("100.00"),
        daily_quota: 10,
        monthly_quota: 10,
        daily_reset_at: Some(today()),
        monthly_reset_at: Some(today().month()),
        ..QuotaRow::default()
    }
}

/// A server with two such tenants, two traces and three sessions. A key may spend 50.00, its budget counts cents.
pub fn server(quota: QuotaRow) -> Postgres {
    let key = KeyRow { limit: Some(money("50.00")), used: money("1.00") };
    let budget = BudgetRow { total: Some(5_000), used: 0, unit: Unit::Cents };
    let (quotas, keys, budgets) = ([quota; 2], [key; 2], [budget; 2]);
    Postgres::new(&Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: 2, sessions: SESSIONS.len() })
}

/// Plays the statements of a storyboard and compares the whole of it with what the model makes of them.
pub fn story(expected: &Expect) {
    story_of(opening(), expected);
}

/// The same with another quota to begin with.
pub fn story_of(quota: QuotaRow, expected: &Expect) {
    let mut pg = server(quota);
    let mut played = Vec::new();
    let lines = expected.data().lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.filter(|line| !line.starts_with("then ") && !line.starts_with("committed: ")) {
        let statement = line.split("->").next().unwrap().trim();
        let (command, mut first) = match statement.split_once(" first:") {
            Some((command, who)) => (command, Some(session(who))),
            None => (statement, None),
        };
        let answer = play(&mut pg, command);
        played.push(format!("{statement:<26} -> {answer}"));
        let lines = played.len();
        while let Some(next) = first.take().or(pg.ready().first().copied()) {
            assert!(pg.ready().contains(&next), "{statement}: nothing lets {next:?} go on");
            assert!(played.len() < lines + SESSIONS.len(), "{statement}: no end of those who go on");
            let reply = pg.take_up(next).map_or("waits".to_owned(), words);
            let who = format!("then {} goes on", SESSIONS[usize::from(next.0)]);
            played.push(format!("    {who:<22} -> {reply}"));
        }
    }
    played.push(committed(&pg));
    expected.assert_eq(&played.join("\n"));
}

fn play(pg: &mut Postgres, command: &str) -> String {
    if command == "restart" {
        let waited = pg.restart();
        let waited: Vec<&str> = waited.iter().map(|who| SESSIONS[usize::from(who.0)]).collect();
        return format!(
            "ended the wait of {}",
            if waited.is_empty() { "nobody".to_owned() } else { waited.join(", ") }
        );
    }
    let (who, command) = command.split_once(' ').unwrap();
    match command {
        "disconnect" => {
            pg.disconnect(session(who));
            "gone".to_owned()
        }
        "sits idle" => {
            pg.drop_idle(session(who));
            if pg.in_transaction(session(who)) { "ended, unknown to it" } else { "left alone" }.to_owned()
        }
        command => match pg.execute(session(who), op(command)) {
            Ran::Done(reply) => words(reply),
            Ran::Waits => "waits".to_owned(),
        },
    }
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub fn today() -> Day {
    "2026-01-31".parse().unwrap()
}

fn session(name: &str) -> Session {
    Session(SESSIONS.iter().position(|known| *known == name).unwrap() as u8)
}

/// The statement that a command of a storyboard means.
pub fn op(command: &str) -> PgOp {
    let words: Vec<&str> = command.split(' ').collect();
    let tenant = TENANTS.iter().position(|name| words.contains(name)).unwrap_or(0);
    let tenant = Tenant(tenant as u8);
    let trace = Trace(u8::from(words.contains(&"t2")));
    let after = |word: &str| words.iter().position(|known| *known == word).map(|place| words[place + 1]);
    let amount = money(after("of").unwrap_or("5.25"));
    let day = after("on").map_or(today(), |day| day.parse().unwrap());
    let version = || words.iter().find_map(|word| word.strip_prefix('v')).unwrap().parse().unwrap();
    match words[0] {
        "begin" => PgOp::Begin,
        "commit" => PgOp::Commit,
        "rollback" if words.len() > 1 => PgOp::RollbackToSavepoint,
        "rollback" => PgOp::Rollback,
        "savepoint" => PgOp::Savepoint,
        "release" => PgOp::ReleaseSavepoint,
        "quota" => PgOp::SelectQuota(tenant),
        "row" => PgOp::SelectRow { trace, lock: false },
        "lock" => PgOp::SelectRow { trace, lock: true },
        "insert" => {
            let kinds = [("refund", Kind::Refund), ("hold", Kind::Hold)];
            let kind = kinds.iter().find(|(word, _)| words.contains(word)).map_or(Kind::Deduct, |&(_, kind)| kind);
            let status = if words.contains(&"committed") { Status::Committed } else { Status::Pending };
            let before = money(after("before").unwrap_or("100.00"));
            PgOp::InsertRow { tenant, trace, kind, status, amount, before, after: before + kind.effect(amount) }
        }
        "charge" => {
            let counts = (!words.contains(&"uncounted")).then_some(day);
            PgOp::ChargeQuota { tenant, amount, if_version: version(), counts }
        }
        "count" => PgOp::CountQuota { tenant, day },
        "add" => PgOp::AddBalance { tenant, amount },
        "set" => {
            let row = QuotaRow { balance: amount, version: version(), ..opening() };
            PgOp::SetQuota { tenant, row, guarded: words.contains(&"guarded") }
        }
        "limit" => PgOp::SetDailyQuota { tenant, quota: words[1].parse().unwrap() },
        "mark" => PgOp::MarkCommitted(trace),
        "unfinished" => PgOp::SelectUnfinished,
        "settle" => {
            let before = money(after("before").unwrap_or("100.00"));
            PgOp::SettleRow { trace, amount, before, after: before - amount }
        }
        "end" => PgOp::MarkSettled(trace),
        "reverse" => PgOp::MarkReversed(trace),
        "key" => PgOp::SelectKey(tenant),
        "budget" => PgOp::SelectBudget(tenant),
        "spend" => PgOp::AddBudget { tenant, delta: words[1].parse().unwrap(), unit: Unit::Cents },
        "totals" => PgOp::SelectUsage(tenant),
        "write" => {
            let row = UsageRow { requests: words[1].parse().unwrap(), cost: amount };
            PgOp::SetUsage { tenant, row }
        }
        "use" => PgOp::AddUsage { tenant, trace, cost: amount, keyed: false },
        "record" => PgOp::AddUsage { tenant, trace, cost: amount, keyed: true },
        other => panic!("no statement begins with {other}"),
    }
}

fn words(reply: Reply) -> String {
    match reply {
        Reply::Failed(Failure::RolledBack) => "rolled back instead".to_owned(),
        Reply::Failed(failure) => {
            let words = failure.words();
            words.split(['(', ')']).nth(1).unwrap_or(words).to_owned()
        }
        Reply::Quota(row) => quota_words(&row),
        Reply::Row(row) => row.map_or("none".to_owned(), |row| row_words(&row)),
        Reply::Updated(n) => format!("{n} rows"),
        Reply::Key(Some(KeyRow { limit: Some(limit), used })) => format!("{used} of {limit}"),
        Reply::Usage(row) => format!("{} for {}", row.requests, row.cost),
        Reply::Budget(row) => format!("{} of {} cents", row.used, row.total.unwrap()),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn quota_words(row: &QuotaRow) -> String {
    let day = match row.daily_reset_at {
        Some(day) if day == today() => String::new(),
        day => day.map_or(" on no day".to_owned(), |day| format!(" on {day}")),
    };
    format!("{} v{} used {}/{}{day}", row.balance, row.version, row.daily_used, row.monthly_used)
}

fn row_words(row: &LedgerRow) -> String {
    let status = format!("{:?}", row.status).to_lowercase();
    let kind = match row.kind {
        Kind::Refund => " refund",
        Kind::Hold => " hold",
        Kind::Deduct | Kind::Recharge => "",
    };
    let tenant = TENANTS[row.tenant.index()];
    format!("{status}{kind} {} of {tenant}, {} to {}", row.amount, row.before, row.after)
}

fn committed(pg: &Postgres) -> String {
    let tenants = || TENANTS.iter().enumerate().map(|(i, name)| (Tenant(i as u8), name));
    let quotas = tenants().map(|(tenant, name)| (name, pg.quota(tenant))).filter(|(_, row)| row.version > 0);
    let quotas = quotas.map(|(name, row)| format!("{name} {}", quota_words(&row)));
    let rows = (0..2).filter_map(|i| pg.row(Trace(i)).map(|row| format!("t{} {}", i + 1, row_words(&row))));
    let budgets = tenants().map(|(tenant, name)| (name, pg.budget(tenant).used)).filter(|(_, used)| *used != 0);
    let budgets = budgets.map(|(name, used)| format!("{name} spent {used} cents"));
    let usage = tenants().map(|(tenant, name)| (name, pg.usage(tenant))).filter(|(_, usage)| usage.requests > 0);
    let usage = usage.map(|(name, usage)| format!("{name} used {} for {}", usage.requests, usage.cost));
    let all: Vec<String> = quotas.chain(rows).chain(budgets).chain(usage).collect();
    format!("committed: {}", if all.is_empty() { "nothing".to_owned() } else { all.join("; ") })
}
