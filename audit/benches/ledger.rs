//! How fast the audit reads a ledger, and how much memory it takes, beside one plain SQL aggregate over the same rows:
//! `cargo bench -p audit --bench ledger [-- 10000000]`. Fills a private Postgres with so many rows (a million if none are
//! named) of a thousand tenants. Ten million take about 3 GB in the temporary folder.

#![allow(clippy::unwrap_used, reason = "a step that fails ends the bench")]

use std::time::{Duration, Instant};

use adapter::servers::{Keeps, Servers};
use audit::check::Check;
use audit::{Options, Target, audit};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, query_scalar, raw_sql};

/// The tables, with the time that rows are made at; the unique index over traces has no part in it.
const TABLES: &str = concat!(
    include_str!("../../adapter/migrations/0001_ledger.sql"),
    "ALTER TABLE billing_transaction ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(), \
         DROP CONSTRAINT billing_transaction_trace_id_key;"
);
const TENANTS: u64 = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).find_map(|arg| arg.parse::<u64>().ok());
    let rows = asked.unwrap_or(1_000_000).div_ceil(TENANTS) * TENANTS;
    let options = adapter::servers::Options { keeps: Keeps::Nothing, ..adapter::servers::Options::default() };
    let servers = Servers::start(&options).await.unwrap();
    let mut postgres = servers.postgres().connect().await.unwrap();

    let began = Instant::now();
    fill(&mut postgres, rows).await;
    println!("{rows} rows of {TENANTS} tenants, filled in {} ms", began.elapsed().as_millis());

    let aggregate = "SELECT count(*) FROM (SELECT tenant_id, sum(CASE type WHEN 'deduct' THEN -amount ELSE amount END) \
         FROM billing_transaction WHERE status IN ('committed', 'reversed') GROUP BY tenant_id) AS sums";
    for _ in 0..2 {
        let began = Instant::now();
        let tenants: i64 = query_scalar(aggregate).fetch_one(&mut postgres).await.unwrap();
        assert_eq!(tenants.unsigned_abs(), TENANTS);
        print_rate("one SQL aggregate", rows, began.elapsed());
    }

    println!("memory of this process before the audit: at most {} KiB", peak_kib());
    let only = Check::ALL.into_iter().filter(|check| !check.of_redis()).collect();
    let target = Target { postgres: servers.postgres(), redis: None };
    let (began, worked) = (Instant::now(), processor_ticks());
    let report = audit(&target, &Options { only, ..Options::default() }).await.unwrap();
    print_rate("the audit", rows, began.elapsed());
    println!("of which this process worked {} ms, the rest is the server's", (processor_ticks() - worked) * 10);
    println!("memory of this process after the audit: at most {} KiB", peak_kib());
    print!("{}", report.text());
    assert_eq!((report.exit_code(), report.ledger_rows), (0, rows));
    servers.stop().await;
}

/// Ledgers that are in order: each charge takes 0.01.
async fn fill(postgres: &mut PgConnection, rows: u64) {
    raw_sql(TABLES).execute(&mut *postgres).await.unwrap();
    let each = rows / TENANTS;
    let steps = [
        format!(
            "INSERT INTO tenant_quota (tenant_id, balance, daily_quota, daily_used, monthly_quota, monthly_used, \
                 daily_reset_at, monthly_reset_at) \
             SELECT 'tenant-' || n, 1000000 - {each} * 0.01, 1000000000, {each}, 1000000000, {each}, current_date, \
                 date_trunc('month', current_date) FROM generate_series(0, {TENANTS} - 1) AS n"
        ),
        format!(
            "INSERT INTO api_key (tenant_id, budget_used) SELECT tenant_id, {each} * 0.01 FROM tenant_quota; \
             INSERT INTO api_key_usage (api_key_id, day, hour, request_count, cost) \
             SELECT id, current_date, 0, {each}, {each} * 0.01 FROM api_key"
        ),
        // By turns, as tenants charge: the rows of one lie far apart.
        format!(
            "INSERT INTO billing_transaction (tenant_id, api_key_id, trace_id, type, status, amount, balance_before, \
                 balance_after, created_at) \
             SELECT tenant_id, id, 'trace-' || n, 'deduct', 'committed', 0.01, 1000000 - (n / {TENANTS}) * 0.01, \
                 1000000 - (n / {TENANTS}) * 0.01 - 0.01, now() \
             FROM generate_series(0::bigint, {rows} - 1) AS n JOIN api_key ON tenant_id = 'tenant-' || n % {TENANTS} \
             ORDER BY n"
        ),
        "ANALYZE billing_transaction".to_owned(),
    ];
    for step in steps {
        raw_sql(AssertSqlSafe(step)).execute(&mut *postgres).await.unwrap();
    }
}

fn print_rate(what: &str, rows: u64, took: Duration) {
    let milliseconds = took.as_millis().max(1);
    println!("{what}: {milliseconds} ms, {} rows a second", u128::from(rows) * 1_000 / milliseconds);
}

/// Hundredths of a second that this process has worked (`utime` and `stime` of proc(5)).
fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// The most memory that this process has held at once (`VmHWM`).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
