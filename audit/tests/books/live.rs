//! A living system: charges go on while the audit reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use audit::check::{Check, Violation};
use audit::{Options, audit};

use crate::fixture::Fixture;

/// Charges two tenants without a pause, one task each, until told to stop; counts the charges.
async fn load(fixture: &Fixture) -> (Arc<AtomicBool>, Arc<AtomicU32>, Vec<tokio::task::JoinHandle<()>>) {
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut tasks = Vec::new();
    for tenant in ["acme", "globex"] {
        let mut gateway = fixture.gateway().await;
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        tasks.push(tokio::spawn(async move {
            for n in 0_u32.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if n % 5 == 4 {
                    gateway.recharge(tenant, &format!("{tenant}-{n}"), "0.05").await;
                } else {
                    gateway.charge(tenant, &format!("{tenant}-{n}"), "0.010001").await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }));
    }
    (stop, count, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_living_system_gives_no_false_alarm_and_hides_no_breach() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    let (stop, count, tasks) = load(&fixture).await;
    // The settle time of the command: a machine may hold up a writer between its two stores for a while.
    let options = Options::default();
    // A key that is set, a row that is not yet there: also with no time to wait for it.
    let hasty = Options { pending_older_than: Duration::ZERO, ..options.clone() };
    let (mut rounds, mut last) = (0, 0);
    while rounds < 12 || last < 300 {
        last = goes_on(&count, last).await;
        let report = audit(&fixture.target(), if rounds % 2 == 0 { &options } else { &hasty }).await.unwrap();
        assert_eq!(report.exit_code(), 0, "{}", report.text());
        rounds += 1;
    }
    // A field that no charge writes, in the hash of a tenant that is being charged.
    fixture.redis(&["HSET", "quota:acme", "credit_limit", "50"]).await;
    // A hash that nobody writes.
    fixture.redis(&["HSET", "quota:initech", "balance", "100"]).await;
    // Money of a tenant that is being charged.
    fixture.sql("UPDATE tenant_quota SET balance = balance + 0.5 WHERE tenant_id = 'globex'").await;
    let report = audit(&fixture.target(), &options).await.unwrap();
    let text = report.text();
    assert_eq!(report.exit_code(), 1, "{text}");
    let converge = report.finding(Check::Converge).unwrap();
    let mut found: Vec<String> = converge.worst.iter().map(words).collect();
    found.sort();
    let expected = [
        "quota hash quota:acme: credit_limit in redis = 50.00, credit_limit in postgres = 0.00",
        "quota hash quota:initech: balance in redis = 100.00, balance in postgres = 97.00",
    ];
    assert_eq!((converge.broken, found), (2, expected.map(str::to_owned).to_vec()), "{text}");
    let conserve = report.finding(Check::Conserve).unwrap();
    assert_eq!((conserve.broken, conserve.worst[0].subject.as_str(), conserve.worst[0].weight), (1, "globex", 500_000));
    goes_on(&count, count.load(Ordering::Relaxed)).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    println!("{} charges", count.load(Ordering::Relaxed));
    fixture.servers.stop().await;
}

/// Waits for another charge, and counts them.
async fn goes_on(count: &AtomicU32, last: u32) -> u32 {
    for _ in 0..2_000 {
        let now = count.load(Ordering::Relaxed);
        if now > last {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no charge in 20 seconds after {last}")
}

fn words(breach: &Violation) -> String {
    let figures: Vec<String> =
        breach.figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value)).collect();
    format!("{}: {}", breach.subject, figures.join(", "))
}
