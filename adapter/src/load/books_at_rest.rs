//! Judges the books at rest. What the model judges from a tenant's books alone is judged by the model's own function,
//! with the sum of the ledger as one row. What needs each row or each request is judged here by the same definitions,
//! since the model's books hold only four requests. What only a lockstep can see is not judged, and is listed as such.

use std::collections::BTreeSet;
use std::time::Duration;

use model::books::{Allowed, Books, Cached, Edge, TenantBook};
use model::invariant::{self, Evaluation, Figure};
use model::money::Money;
use model::reply::Answer;
use model::row::{Kind, LedgerRow, Status, Tenant, TraceId};
use model::setup::Setup;
use redis::aio::MultiplexedConnection;
use rust_decimal::Decimal;
use sqlx::{PgConnection, Row, query};

use crate::contents;
use crate::error::RealError;
use crate::load::clients::SentRequest;
use crate::load::error::LoadError;
use crate::load::shared_traffic::SharedTraffic;
use crate::rows::Unreadable;
use crate::tables;

/// Invariants that the model's function judges from one tenant's books.
const BY_BOOKS: [&str; 4] = ["conserve", "budget", "converge", "cache-form"];
/// One page of the ledger, in the order of `id`.
const PAGE: &str = "SELECT id, tenant_id, trace_id, status, amount, balance_before, balance_after \
     FROM billing_transaction WHERE id > $1 ORDER BY id LIMIT 10000";
/// A key with at most this time to live is a lease, in seconds.
const LEASE: i64 = 60;

/// The first breach of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breached {
    /// The numbers of the breach.
    pub figures: Vec<Figure>,
    /// How much traffic had run before it was seen.
    pub after: Duration,
}

/// The result for one invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestResult {
    /// The id of the invariant.
    pub invariant: &'static str,
    /// Non-vacuous evaluations: subjects that could have broken it, at the last rest.
    pub non_vacuous: u64,
    /// Subjects that broke it, at the rest with the most breaches.
    pub breaches: u64,
    /// The first breach.
    pub first: Option<Breached>,
}

/// A committed ledger row.
struct Line {
    number: usize,
    tenant: usize,
    effective: bool,
    amount: Money,
    before: Money,
    after: Money,
}

/// The checks of one invariant.
struct Checks(RestResult);

impl Checks {
    fn of(invariant: &'static str) -> Checks {
        Checks(RestResult { invariant, non_vacuous: 0, breaches: 0, first: None })
    }

    fn check(&mut self, holds: bool, figures: impl FnOnce() -> Vec<Figure>) {
        self.0.non_vacuous += 1;
        if !holds {
            self.0.breaches += 1;
            self.0.first.get_or_insert_with(|| Breached { figures: figures(), after: Duration::ZERO });
        }
    }
}

/// Adds the results of one rest to those of earlier rests. A breach remains a breach, even if later traffic repairs it.
pub(super) fn merge(all: &mut Vec<RestResult>, now: Vec<RestResult>, after: Duration) {
    for mut result in now {
        result.first = result.first.map(|first| Breached { after, ..first });
        match all.iter_mut().find(|known| known.invariant == result.invariant) {
            Some(known) => {
                known.non_vacuous = result.non_vacuous;
                known.breaches = known.breaches.max(result.breaches);
                known.first = known.first.take().or(result.first);
            }
            None => all.push(result),
        }
    }
}

/// Judges everything that can be judged at this rest; also returns how many ledger rows were checked.
pub(super) async fn judge(
    postgres: &mut PgConnection,
    redis: &mut MultiplexedConnection,
    shared: &SharedTraffic,
) -> Result<(Vec<RestResult>, u64), LoadError> {
    let lines = ledger(postgres, shared).await?;
    let tenants = tables::tenants(postgres, &shared.names).await?;
    let contents = contents::read(redis, &shared.names).await?;
    let keys = keys(redis, shared).await?;
    let clients = shared.clients();
    let asked = &clients.asked;
    let effective: BTreeSet<usize> = lines.iter().filter(|line| line.effective).map(|line| line.number).collect();
    let mut found: Vec<Checks> = BY_BOOKS.map(Checks::of).into();
    let (mut chain, mut once, mut usage) = (Checks::of("chain"), Checks::of("once"), Checks::of("usage"));
    let mut count = Checks::of("count-exact");
    for (place, setup) in shared.setups.iter().enumerate() {
        let own: Vec<&Line> = lines.iter().filter(|line| line.tenant == place && line.effective).collect();
        let charged: Money = own.iter().map(|line| line.amount).sum();
        let (rows, there) = (&tenants[place], &contents.tenants[place]);
        let book = TenantBook {
            open: setup.opening(Tenant(0)).balance,
            open_used: 0,
            allowed: Allowed::by(&rows.quota),
            open_day: setup.today,
            dates: setup.calendar.dates(0, Tenant(0)),
            quota: rows.quota,
            hash: there.hash.map(|(hash, deadline)| model::store::redis::Hash { deadline, ..hash }),
            key: rows.key,
            budget: rows.budget,
            counter: there.budget.map(|(value, ttl)| Cached { value, expires: ttl.is_some() }),
            principal: there.principal.map(|(value, ttl)| Cached { value, expires: ttl.is_some() }),
            usage: rows.usage,
        };
        let taken = book.open - balance(setup, &book);
        // At rest it cannot be seen whose money moved. That no request is charged more than its price is therefore
        // checked as a sum over all requests. UNIQUE ensures that no request has two rows.
        let prices: Money =
            asked.iter().filter(|asked| usize::from(asked.tenant) == place).map(|asked| asked.price).sum();
        let name = setup.account_name(Tenant(0));
        once.check(taken <= prices, || {
            vec![
                figure(format!("taken from {name}"), taken),
                figure(format!("prices of the requests of {name}"), prices),
            ]
        });
        chained(&mut chain, name, book.open, own.iter().map(|line| (line.before, line.after, line.amount)).collect());
        if setup.effective.counts_with_the_charge() {
            count.check(u64::from(rows.quota.daily_used) == own.len() as u64, || {
                vec![figure(format!("daily_used of {name}"), rows.quota.daily_used), figure("charges", own.len())]
            });
        }
        if setup.path.usage {
            let holds = u64::from(rows.usage.requests) == own.len() as u64 && rows.usage.cost == charged;
            usage.check(holds, || {
                vec![
                    figure(format!("requests of {name} in usage"), rows.usage.requests),
                    figure(format!("charges of {name}"), own.len()),
                    figure(format!("cost of {name} in usage"), rows.usage.cost),
                    figure(format!("cost of the charges of {name}"), charged),
                ]
            });
        }
        by_books(&mut found, setup, book, charged);
    }
    found.extend([chain, once, usage, count]);
    found.extend(by_request(shared, asked, &lines, &effective));
    found.push(stands(&keys, &effective));
    let results = found.into_iter().map(|checks| checks.0).filter(|result| result.non_vacuous > 0).collect();
    Ok((results, lines.len() as u64))
}

/// The balance in the store that the design treats as authoritative.
fn balance(setup: &Setup, book: &TenantBook) -> Money {
    match (setup.effective.truth(), book.hash) {
        (model::policy::Store::Redis, Some(hash)) => hash.row.balance,
        _ => book.quota.balance,
    }
}

/// Applies the model's own invariants to the books of one tenant.
fn by_books(found: &mut [Checks], setup: &Setup, book: TenantBook, charged: Money) {
    let sum = LedgerRow {
        tenant: Tenant(0),
        trace: TraceId(0),
        kind: Kind::Deduct,
        status: Status::Committed,
        amount: charged,
        before: book.open,
        after: book.open - charged,
    };
    let books = Books {
        design: setup.effective,
        path: setup.path,
        turn: 0,
        owners: [None].into_iter().collect(),
        writers: [None].into_iter().collect(),
        keys: Default::default(),
        today: setup.today,
        gateways: setup.gateways,
        places: Default::default(),
        tenants: [book].into_iter().collect(),
        rows: [Some(sum)].into_iter().collect(),
        requests: Default::default(),
        at_rest: true,
    };
    let edge = Edge { before: None, did: None, after: &books };
    for checks in found {
        let Some(invariant) = invariant::find(checks.0.invariant) else { continue };
        match invariant.judge(&edge) {
            Evaluation::Held => checks.check(true, Vec::new),
            Evaluation::Broken(subject) => checks.check(false, || (invariant.figures)(&edge, subject, setup)),
            Evaluation::NotEvaluated | Evaluation::Vacuous => {}
        }
    }
}

/// Whether an order of the rows exists in which each begins at the balance where the previous one ended. With charges
/// alone, balances only go down.
fn chained(chain: &mut Checks, name: &str, open: Money, mut rows: Vec<(Money, Money, Money)>) {
    rows.sort_by_key(|(before, ..)| std::cmp::Reverse(*before));
    let mut end = open;
    for (before, after, amount) in rows {
        chain.check(before == end && after == before - amount, || {
            vec![
                figure(format!("balance of {name} after the row before"), end),
                figure("before", before),
                figure("amount", amount),
                figure("after", after),
            ]
        });
        end = after;
    }
}

/// Judges the invariants that need the knowledge of the clients.
fn by_request(
    shared: &SharedTraffic,
    asked: &[SentRequest],
    lines: &[Line],
    effective: &BTreeSet<usize>,
) -> Vec<Checks> {
    let (mut exact, mut metered) = (Checks::of("exact"), Checks::of("metered"));
    let (mut truth, mut progress) = (Checks::of("truth"), Checks::of("progress"));
    for line in lines.iter().filter(|line| line.effective) {
        let SentRequest { price, tenant, .. } = asked[line.number];
        exact.check(line.amount == price && usize::from(tenant) == line.tenant, || {
            vec![figure(format!("amount of {}", line.number), line.amount), figure("price", price)]
        });
    }
    for (number, asked) in asked.iter().enumerate() {
        let charged = effective.contains(&number);
        let row = || figure(format!("ledger row of {number}"), if charged { "effective" } else { "none" });
        progress.check(asked.answered.is_some(), || vec![figure(format!("final answer to {number}"), "none"), row()]);
        if asked.served > 0 && shared.setups[0].path.upstream {
            // UNIQUE allows a request one charge, and each call of the provider needs one.
            let covered = asked.served <= u32::from(charged);
            metered.check(covered, || vec![figure(format!("calls of {number}"), asked.served), row()]);
        }
        if let Some(answer) = asked.answered {
            // No limit is ever reached in this traffic.
            truth.check(matches!(answer, Answer::Ok(_)) && charged, || {
                vec![figure(format!("told about {number}"), format!("{answer:?}")), row()]
            });
        }
    }
    vec![exact, metered, truth, progress]
}

/// Every key belongs to a charge or is a lease: at rest no living process holds a key.
fn stands(keys: &[(usize, i64)], effective: &BTreeSet<usize>) -> Checks {
    let mut checks = Checks::of("key");
    for (number, seconds) in keys {
        checks.check(*seconds <= LEASE && *seconds >= 0 || effective.contains(number), || {
            vec![
                figure(format!("seconds that the key of {number} lives"), seconds),
                figure(format!("ledger row of {number}"), "none"),
            ]
        });
    }
    checks
}

async fn ledger(postgres: &mut PgConnection, shared: &SharedTraffic) -> Result<Vec<Line>, LoadError> {
    let mut lines = Vec::new();
    let mut last = 0_i64;
    loop {
        let page = query(PAGE).bind(last).fetch_all(&mut *postgres).await?;
        for row in &page {
            last = row.try_get("id")?;
            let (tenant, trace): (&str, &str) = (row.try_get("tenant_id")?, row.try_get("trace_id")?);
            let status: &str = row.try_get("status")?;
            let money = |column: &str| -> Result<Money, LoadError> {
                let value: Decimal = row.try_get(column)?;
                Money::from_exact(value).map_err(|error| unreadable("money", &error.to_string()))
            };
            let tenant = shared.names.tenant_of(tenant).ok_or_else(|| unreadable("tenant_id", tenant))?.index();
            let number = number(trace)?;
            let (amount, before, after) = (money("amount")?, money("balance_before")?, money("balance_after")?);
            lines.push(Line { number, tenant, effective: status != "pending", amount, before, after });
        }
        if page.is_empty() {
            return Ok(lines);
        }
    }
}

/// The idempotency keys that exist: the request of each and its time to live in seconds, negative if it never expires.
async fn keys(redis: &mut MultiplexedConnection, shared: &SharedTraffic) -> Result<Vec<(usize, i64)>, LoadError> {
    let pattern = format!("{}deduct:*", shared.stores.prefix);
    let (mut keys, mut cursor) = (BTreeSet::new(), 0_u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000);
        let (next, page): (u64, Vec<String>) = scan.query_async(redis).await?;
        keys.extend(page);
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    let mut found = Vec::new();
    for portion in keys.into_iter().collect::<Vec<_>>().chunks(1_000) {
        let mut ask = redis::pipe();
        for key in portion {
            ask.cmd("TTL").arg(key);
        }
        let lives: Vec<i64> = ask.query_async(redis).await?;
        // Keys that have expired meanwhile do not exist.
        for (key, seconds) in portion.iter().zip(lives).filter(|(_, seconds)| *seconds != -2) {
            found.push((number(key.rsplit(':').next().unwrap_or_default())?, seconds));
        }
    }
    Ok(found)
}

fn number(trace: &str) -> Result<usize, LoadError> {
    trace.parse().map_err(|_| unreadable("trace_id", trace))
}

fn unreadable(what: &'static str, found: &str) -> LoadError {
    LoadError::Real(RealError::Unreadable(Unreadable::Value { what, found: found.to_owned() }))
}

fn figure(name: impl Into<String>, value: impl ToString) -> Figure {
    Figure { name: name.into(), value: value.to_string() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn micros(rows: &[(i64, i64, i64)]) -> Vec<(Money, Money, Money)> {
        rows.iter().map(|&(a, b, c)| (Money::from_micros(a), Money::from_micros(b), Money::from_micros(c))).collect()
    }

    #[test]
    fn rows_follow_from_each_other_in_some_order_or_break_the_chain() {
        for (rows, breaches) in [
            (micros(&[(7, 5, 2), (10, 7, 3), (5, 1, 4)]), 0),
            // Two rows begin at the same balance.
            (micros(&[(10, 7, 3), (10, 8, 2)]), 1),
            // One row is missing, one does not add up.
            (micros(&[(10, 7, 3), (5, 1, 4)]), 1),
            (micros(&[(10, 6, 3)]), 1),
        ] {
            let mut chain = Checks::of("chain");
            chained(&mut chain, "acme", Money::from_micros(10), rows);
            assert_eq!(chain.0.breaches, breaches);
        }
    }

    #[test]
    fn a_key_without_a_charge_is_a_breach_unless_it_is_a_lease() {
        let charged = BTreeSet::from([1]);
        let checks = stands(&[(1, 86_399), (2, 5), (3, 86_399), (4, -1)], &charged);
        assert_eq!((checks.0.non_vacuous, checks.0.breaches), (4, 2));
    }

    #[test]
    fn what_was_broken_once_stays_broken() {
        let at = |breaches: u64| {
            let first = (breaches > 0).then(|| Breached { figures: Vec::new(), after: Duration::ZERO });
            vec![RestResult { invariant: "converge", non_vacuous: 4, breaches, first }]
        };
        let mut all = Vec::new();
        for (breaches, seconds) in [(0, 2), (3, 6), (1, 14), (0, 30)] {
            merge(&mut all, at(breaches), Duration::from_secs(seconds));
        }
        assert_eq!(all[0].breaches, 3);
        assert_eq!(all[0].first.as_ref().unwrap().after, Duration::from_secs(6));
    }
}
