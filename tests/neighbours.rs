//! On servers that are given, what is not ours survives every command, also after a kill at any time; what a killed run left
//! is removed by the next one, which says so. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use adapter::servers::{Options, Servers};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, query_scalar, raw_sql};

const RUNS: &str = "trial-balance:runs";
/// Of the form of our names, but nobody of ours made it.
const ALIKE: &str = "trial_balance_0123456789abcdef0123456789abcdef";
/// As it stands on our schemas.
const MARK: &str =
    "trial-balance: made by a run, dropped by it or by the next run after it died; not for anything else";

/// Schemas of neighbours, each with a comment or none.
const SCHEMAS: [(&str, &str); 6] = [
    ("trial_2024_11", ""),
    ("trial_1764277200000000000_4711", ""),
    ("trial_balance_", MARK),
    ("theirs", MARK),
    (ALIKE, ""),
    ("trial_balance_fedcba9876543210fedcba9876543210", "trial-balance: made by a run"),
];

/// Members of the set of runs that no run wrote: each would match somebody's keys, taken as a pattern or as a prefix.
const MEMBERS: [&str; 7] = ["*", "prod:", "", "[a-z]*", "trial_1_2:", "trial_balance_*:", "trial_balance_\nx:"];
/// Keys of neighbours.
const KEYS: [&str; 6] = ["prod:a", "a", "trial_1_2:x", "trial_balance_*:x", "trial_balance_:x", "quota:acme"];

/// Private servers that stand in for given ones, with neighbours on them.
struct Host {
    servers: Servers,
    postgres: PgConnection,
    redis: redis::Client,
}

impl Host {
    async fn with_neighbours() -> Host {
        let servers = Servers::start(&Options::default()).await.unwrap();
        let mut postgres = servers.postgres().connect().await.unwrap();
        for (schema, comment) in SCHEMAS {
            let sql = format!(
                "CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{comment}'; \
                 CREATE TABLE {schema}.money AS SELECT generate_series(1, 1000) AS id"
            );
            raw_sql(AssertSqlSafe(sql)).execute(&mut postgres).await.unwrap();
        }
        let mut redis = redis::Client::open(servers.redis().unwrap()).unwrap();
        for member in MEMBERS {
            redis::cmd("SADD").arg(RUNS).arg(member).exec(&mut redis).unwrap();
        }
        for key in KEYS {
            redis::cmd("SET").arg(key).arg("theirs").exec(&mut redis).unwrap();
        }
        Host { servers, postgres, redis }
    }

    fn trial(&self, args: &[&str]) -> Command {
        let socket = self.servers.redis().unwrap().addr().to_string();
        let folder = Path::new(&socket).parent().unwrap().display().to_string().replace('/', "%2F");
        let mut trial = Command::new(env!("CARGO_BIN_EXE_trial"));
        trial.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CI");
        trial.env("DATABASE_URL", format!("postgres://trial@{folder}/postgres?sslmode=disable"));
        trial.env("REDIS_URL", format!("redis+unix://{socket}"));
        trial
    }

    /// Every schema of a user, every key, and every member of the set: the neighbours and nothing else.
    async fn assert_only_neighbours(&mut self, after: &str) {
        let schemas = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
                       AND nspname <> 'public'";
        let mut schemas: Vec<String> = query_scalar(schemas).fetch_all(&mut self.postgres).await.unwrap();
        schemas.sort();
        let mut expected = SCHEMAS.map(|(schema, _)| schema);
        expected.sort_unstable();
        assert_eq!(schemas, expected, "{after}");
        for schema in expected {
            let count = AssertSqlSafe(format!("SELECT count(*) FROM {schema}.money"));
            assert_eq!(query_scalar::<_, i64>(count).fetch_one(&mut self.postgres).await.unwrap(), 1000, "{after}");
        }
        let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut self.redis).unwrap();
        keys.sort();
        let mut expected: Vec<&str> = KEYS.into_iter().chain([RUNS]).collect();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{after}");
        let mut members: Vec<String> = redis::cmd("SMEMBERS").arg(RUNS).query(&mut self.redis).unwrap();
        members.sort();
        let mut expected = MEMBERS;
        expected.sort_unstable();
        assert_eq!(members, expected, "{after}");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const REAL: [&str; 4] = ["real", "p0-3-crash-between-steps", "--design", "p0-3-a"];

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_survive_every_command() {
    let mut host = Host::with_neighbours().await;
    let cell = ["real", "--crash-matrix", "--design", "p0-3-a", "--step", "T4b", "--pairs", "2"];
    let load = ["real", "--load", "--design", "p0-3-b+fixed", "--time", "2s", "--workers", "2"];
    let replay = ["replay", "scenarios/found/p0-3-1.json", "--on", "all"];
    let audit = ["audit", "--only", "conserve"];
    for args in [&REAL[..], &cell, &load, &replay, &audit, &["servers", "status"]] {
        let output = host.trial(args).output().unwrap();
        assert_ne!(output.status.code(), Some(70), "{args:?}: {}", said(&output));
        host.assert_only_neighbours(&format!("{args:?}")).await;
        if args == REAL {
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            let ignored = said(&output).matches("which no run writes; it is ignored").count();
            assert_eq!(ignored, MEMBERS.len(), "{}", said(&output));
        }
    }
    host.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_survive_a_run_that_is_killed_and_the_next_one() {
    let mut host = Host::with_neighbours().await;
    let mut swept = String::new();
    for pause in [5, 20, 40, 80, 120, 200, 400, 800] {
        let mut killed = host.trial(&REAL).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        killed.kill().unwrap();
        swept.push_str(&said(&killed.wait_with_output().unwrap()));
    }
    let last = host.trial(&REAL).output().unwrap();
    assert_eq!(last.status.code(), Some(0), "{}", said(&last));
    swept.push_str(&said(&last));
    host.assert_only_neighbours("the last run").await;
    for notice in ["DATABASE_URL: dropped the schema trial_balance_", "REDIS_URL: removed the keys trial_balance_"] {
        assert!(swept.contains(notice), "{notice}: {swept}");
    }
    host.servers.stop().await;
}

/// Somebody else's value at the key of our notes is left alone, and no run is held up by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_at_our_key_is_left_alone() {
    let host = Host::with_neighbours().await;
    let mut redis = redis::Client::open(host.servers.redis().unwrap()).unwrap();
    redis::cmd("SET").arg(RUNS).arg("theirs").exec(&mut redis).unwrap();
    let output = host.trial(&REAL).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("REDIS_URL: the key trial-balance:runs is no set"), "{}", said(&output));
    assert_eq!(redis::cmd("GET").arg(RUNS).query::<String>(&mut redis).unwrap(), "theirs");
    let keys: Vec<String> = redis::cmd("KEYS").arg("trial_balance_0*").query(&mut redis).unwrap();
    assert!(keys.is_empty(), "{keys:?}");
    host.servers.stop().await;
}

/// A pooler of transactions moves a session from one connection to another; what says that a run lives must not move.
#[tokio::test(flavor = "multi_thread")]
async fn the_sign_of_life_is_a_transaction_that_stays_open() {
    let mut host = Host::with_neighbours().await;
    let mut run = host.trial(&REAL).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let held = "SELECT a.state FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                WHERE l.locktype = 'advisory' AND a.application_name LIKE 'trial\\_balance\\_%'";
    let mut states: Vec<String> = Vec::new();
    while states.is_empty() && run.try_wait().unwrap().is_none() {
        states = query_scalar(held).fetch_all(&mut host.postgres).await.unwrap();
    }
    // The name of an application is cut at 63 bytes; ours is shorter.
    assert!(states.iter().all(|state| state.starts_with("idle in transaction") || state == "active"), "{states:?}");
    assert!(!states.is_empty());
    run.wait().unwrap();
    host.servers.stop().await;
}
