//! Texts of any length: they are cut on the server, and two with one beginning are not taken for each other.

use audit::report::Verdict;

use crate::fixture::Fixture;

const FREE: &str = "ALTER TABLE billing_transaction DROP CONSTRAINT billing_transaction_trace_id_key, \
         ALTER trace_id TYPE text; ALTER TABLE tenant_quota DROP CONSTRAINT tenant_quota_pkey; \
     ALTER TABLE api_key DROP CONSTRAINT api_key_tenant_id_key";

/// The most memory that this process has held at once (`VmHWM`), in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_000
}

#[tokio::test]
async fn a_trace_of_megabytes_takes_no_memory_of_that_size() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql(FREE).await;
    let long = "INSERT INTO billing_transaction (tenant_id, trace_id, type, status, amount, balance_before, balance_after) \
         SELECT 'globex', repeat('x', 4800000) || n, 'recharge', 'committed', 0, 99.999751, 99.999751 \
         FROM generate_series(1, 100) AS n";
    fixture.sql(long).await;
    let before = peak();
    fixture.only("long", "", Verdict::Ok, "", "").await;
    assert!(peak() - before < 100, "{} MB for 480 MB of traces", peak() - before);
    fixture.servers.stop().await;
}

#[tokio::test]
async fn two_long_names_with_one_beginning_are_two() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql(FREE).await;
    for table in ["tenant_quota", "billing_transaction", "api_key"] {
        let name = |end: &str| format!("repeat('x', 300000) || '{end}'");
        let (one, other) = (name("one"), name("other"));
        fixture.sql(&format!("UPDATE {table} SET tenant_id = {one} WHERE tenant_id = 'globex'")).await;
        fixture.sql(&format!("UPDATE {table} SET tenant_id = {other} WHERE tenant_id = 'initech'")).await;
    }
    fixture.only("two", "", Verdict::Ok, "", "").await;
    // What stands for a long name is none of a short one.
    fixture.sql("UPDATE tenant_quota SET balance = balance + 1 WHERE length(tenant_id) > 1000").await;
    fixture.only("two", "", Verdict::Broken, "conserve", "").await;
    let target = audit::Target { redis: None, ..fixture.target() };
    let report = audit::audit(&target, &crate::fixture::quick()).await.unwrap();
    let conserve = report.finding(audit::check::Check::Conserve).unwrap();
    let subjects: Vec<&str> = conserve.worst.iter().map(|breach| breach.subject.as_str()).collect();
    assert!(subjects.len() == 2 && subjects[0] != subjects[1], "{subjects:?}");
    assert!(subjects.iter().all(|name| name.contains("... (30000") && name.len() < 400), "{subjects:?}");
    fixture.servers.stop().await;
}
