//! A `trial` that is killed leaves nothing behind for longer than the next start: no server, no worker, no folder of its
//! own, and no schema and no key on servers that were given.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adapter::servers::process::Process;
use adapter::servers::{Options, Servers};
use sqlx::{ConnectOptions, Connection, PgConnection, query_scalar};

/// One cell in which a worker is stopped: it stays so where nobody ends it.
const CELL: [&str; 9] =
    ["real", "--crash-matrix", "--design", "p0-3-a", "--fault", "sigstop", "--pairs", "1", "--json"];

fn trial(given: Option<&Given>) -> Command {
    let mut trial = Command::new(env!("CARGO_BIN_EXE_trial"));
    trial.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null()).stderr(Stdio::null());
    trial.env_remove("DATABASE_URL").env_remove("REDIS_URL");
    if let Some(given) = given {
        trial.env("DATABASE_URL", &given.database).env("REDIS_URL", &given.redis);
    }
    trial
}

/// Where private servers are that stand in for given ones.
struct Given {
    database: String,
    redis: String,
}

impl Given {
    fn by(host: &Servers) -> Given {
        let socket = host.redis().unwrap().addr().to_string();
        let folder = Path::new(&socket).parent().unwrap().display().to_string().replace('/', "%2F");
        Given {
            database: format!("postgres://trial@{folder}/postgres?sslmode=disable"),
            redis: format!("redis+unix://{socket}"),
        }
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The state and the parent of each process.
fn processes() -> Vec<(u32, char, u32)> {
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    let stat = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = line.rsplit_once(')')?.1.split_whitespace();
        Some((pid, fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
    };
    numbers.filter_map(stat).collect()
}

/// Waits until a worker of it is stopped, then kills it; what its children were.
fn kill_while_a_worker_is_stopped(mut trial: Child) -> Vec<Process> {
    let children = until("a worker is stopped", || {
        let children: Vec<_> = processes().into_iter().filter(|(_, _, parent)| *parent == trial.id()).collect();
        let stopped = children.iter().any(|(_, state, _)| *state == 'T');
        stopped.then(|| children.iter().map(|(pid, _, _)| Process::now(*pid)).collect())
    });
    trial.kill().unwrap();
    trial.wait().unwrap();
    children
}

/// Folders of private servers whose owner this is.
fn folders(owner: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten().map(|entry| entry.path());
    let own = |path: &PathBuf| {
        let pids = std::fs::read_to_string(path.join("pids")).unwrap_or_default();
        pids.lines().any(|line| line.starts_with(&format!("owner {owner} ")))
    };
    entries.filter(own).collect()
}

#[test]
fn of_a_killed_trial_the_next_start_removes_servers_workers_and_folder() {
    let killed = trial(None).args(CELL).spawn().unwrap();
    let owner = killed.id();
    let children = kill_while_a_worker_is_stopped(killed);
    let left = folders(owner);
    // Postgres, Redis, and at least the stopped worker.
    assert!(children.len() >= 3 && left.len() == 1 && left[0].join("redis.sock").exists());
    // The workers go at once, with their parent; the servers and the folder with the next start.
    let next = trial(None).args(CELL).args(["--step", "T1", "--side", "after"]).status().unwrap();
    assert!(next.success());
    assert!(!children.iter().any(Process::alive), "{children:?}");
    assert!(!left[0].exists() && folders(owner).is_empty());
}

async fn schemas(connection: &mut PgConnection) -> Vec<String> {
    let schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'trial\\_%' ORDER BY 1";
    query_scalar(schemas).fetch_all(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_killed_trial_the_next_start_removes_schema_and_keys_on_given_servers() {
    let host = Servers::start(&Options::default()).await.unwrap();
    let given = Given::by(&host);
    let mut postgres = host.postgres().connect().await.unwrap();
    let mut redis = redis::Client::open(host.redis().unwrap()).unwrap();
    let mut keys = || -> Vec<String> {
        let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut redis).unwrap();
        keys.sort();
        keys
    };
    let mut other = redis::Client::open(host.redis().unwrap()).unwrap();
    redis::cmd("SET").arg("theirs").arg(1).exec(&mut other).unwrap();
    query_scalar::<_, i64>("SELECT 1::bigint").fetch_one(&mut postgres).await.unwrap();
    sqlx::raw_sql("CREATE SCHEMA trial_theirs").execute(&mut postgres).await.unwrap();

    // Another run that lives on meanwhile.
    let urls = Options {
        database_url: Some(given.database.clone()),
        redis_url: Some(given.redis.clone()),
        ..Options::default()
    };
    let neighbour = Servers::start(&urls).await.unwrap();
    redis::cmd("SET").arg(format!("{}its", neighbour.key_prefix())).arg(1).exec(&mut other).unwrap();

    let children = kill_while_a_worker_is_stopped(trial(Some(&given)).args(CELL).spawn().unwrap());
    let (left, held) = (schemas(&mut postgres).await, keys());
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(held.len() > 3, "{held:?}");
    until("its workers go with it", || (!children.iter().any(Process::alive)).then_some(()));

    let next = trial(Some(&given)).args(CELL).args(["--step", "T1", "--side", "after"]).status().unwrap();
    assert!(next.success());
    assert_eq!(schemas(&mut postgres).await, [neighbour.schema(), "trial_theirs"]);
    let its = format!("{}its", neighbour.key_prefix());
    assert_eq!(keys(), ["theirs", "trial-balance:runs", &its]);
    neighbour.stop().await;
    assert_eq!(keys(), ["theirs"]);
    assert_eq!(schemas(&mut postgres).await, ["trial_theirs"]);
    postgres.close().await.unwrap();
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_hurt_given_servers_is_refused_and_listed() {
    let host = Servers::start(&Options::default()).await.unwrap();
    let given = Given::by(&host);
    let mut matrix = trial(Some(&given));
    matrix.args(["real", "--crash-matrix", "--design", "p0-3-a", "--step", "T4b"]).stdout(Stdio::piped());
    let output = matrix.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let row = text.lines().find(|line| line.starts_with("T4b    ") && line.ends_with("gateway-a")).unwrap();
    let marks: Vec<&str> = row.split_whitespace().skip(1).take(16).collect();
    // SIGKILL and SIGSTOP strike our own workers, who call the provider once more (`a`: metered); what needs a proxy, a kill or
    // a flush is not run.
    assert_eq!(marks, ["a", "a", "x", "x", "x", "x", "a", "a", "x", "x", "x", "x", "x", "x", "x", "x"], "{text}");
    assert!(text.contains("cells: metered\n"), "{text}");
    assert!(text.contains("NOT RUN: 12 cells would damage a server that is not ours"), "{text}");
    let pids = |mut servers: Servers| (servers.postgres_pid().unwrap(), servers.redis_pid().unwrap());
    let (postgres, redis) = pids(host);
    assert!(postgres.is_some() && redis.is_some());
}
