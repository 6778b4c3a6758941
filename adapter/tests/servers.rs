//! Real servers come, are hurt, and leave nothing behind. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use adapter::servers::process::Process;
use adapter::servers::proxy::Cut;
use adapter::servers::{Keeps, Options, Ours, Servers, ServersError, sweep};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ConnectionInfo};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, query, query_scalar, raw_sql};

async fn private(keeps: Keeps) -> Servers {
    Servers::start(&Options { keeps, ..Options::default() }).await.expect("private servers")
}

async fn dial(info: ConnectionInfo) -> MultiplexedConnection {
    Client::open(info).unwrap().get_multiplexed_async_connection().await.expect("Redis answers")
}

async fn count(connection: &mut PgConnection) -> i64 {
    query_scalar("SELECT count(*) FROM money").fetch_one(connection).await.unwrap()
}

async fn with_table(options: PgConnectOptions) -> PgConnection {
    let mut connection = options.connect().await.expect("Postgres answers");
    raw_sql("CREATE TABLE money (id bigint PRIMARY KEY)").execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test]
async fn a_killed_postgres_keeps_what_it_committed() {
    let mut servers = private(Keeps::Nothing).await;
    assert_eq!(servers.ours(), Ours { postgres: true, redis: true });
    let mut connection = with_table(servers.postgres()).await;
    for round in 0..5_i64 {
        query("INSERT INTO money VALUES ($1)").bind(round).execute(&mut connection).await.unwrap();
        servers.kill_postgres().unwrap();
        assert!(query("SELECT 1").execute(&mut connection).await.is_err());
        assert!(servers.postgres().connect().await.is_err());
        servers.restart_postgres().await.unwrap();
        connection = servers.postgres().connect().await.unwrap();
        assert_eq!(count(&mut connection).await, round + 1);
    }
    servers.stop().await;
}

#[tokio::test]
async fn a_killed_redis_keeps_what_it_was_told_to_keep() {
    for (keeps, left) in [(Keeps::Nothing, None), (Keeps::Log, Some(7))] {
        let mut servers = private(keeps).await;
        let mut connection = dial(servers.redis().unwrap()).await;
        let _: () = connection.set("a", 7).await.unwrap();
        servers.kill_redis().unwrap();
        assert!(connection.get::<_, Option<i64>>("a").await.is_err());
        servers.restart_redis().await.unwrap();
        let mut connection = dial(servers.redis().unwrap()).await;
        assert_eq!(connection.get::<_, Option<i64>>("a").await.unwrap(), left);
        servers.flush_redis().await.unwrap();
        assert_eq!(connection.get::<_, Option<i64>>("a").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_lost_commit_and_a_lost_answer_look_the_same_to_the_client() {
    let mut servers = private(Keeps::Nothing).await;
    let mut direct = with_table(servers.postgres()).await;
    let (mut proxy, through) = servers.proxy_postgres().unwrap();
    let mut seen = Vec::new();
    for (cut, id, rows) in [(Cut::CutBeforeRequest, 1_i64, 0), (Cut::CutBeforeReply, 2, 1)] {
        let mut connection = through.connect().await.unwrap();
        raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        query("INSERT INTO money VALUES ($1)").bind(id).execute(&mut connection).await.unwrap();
        proxy.arm(cut).await.unwrap();
        seen.push(raw_sql("COMMIT").execute(&mut connection).await.unwrap_err().to_string());
        assert_eq!(count(&mut direct).await, rows, "{cut:?}");
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(proxy.cuts(), 2);

    // A prepared statement takes two round trips, and it is the second that counts.
    let mut connection = through.connect().await.unwrap();
    proxy.arm(Cut::CutBeforeReply).await.unwrap();
    query("INSERT INTO money VALUES ($1)").bind(3_i64).execute(&mut connection).await.unwrap_err();
    assert_eq!(count(&mut direct).await, 2);

    let mut connection = through.connect().await.unwrap();
    proxy.arm(Cut::Refuse).await.unwrap();
    assert!(query("SELECT 1").execute(&mut connection).await.is_err());
    assert!(through.connect().await.is_err());
    proxy.disarm().unwrap();
    let mut connection = through.connect().await.unwrap();
    assert_eq!(count(&mut connection).await, 2);
    assert_eq!(proxy.cuts(), 3);
}

#[tokio::test]
async fn a_lost_set_and_a_lost_answer_look_the_same_to_the_client() {
    let mut servers = private(Keeps::Nothing).await;
    let mut direct = dial(servers.redis().unwrap()).await;
    let (mut proxy, through) = servers.proxy_redis().unwrap();
    let mut seen = Vec::new();
    for (cut, there) in [(Cut::CutBeforeRequest, false), (Cut::CutBeforeReply, true)] {
        // Armed before connecting: the connection's own set-up is not what is lost.
        proxy.arm(cut).await.unwrap();
        let mut connection = dial(through.clone()).await;
        let lost: Result<bool, _> = connection.set_nx("idem", 1).await;
        seen.push(lost.unwrap_err().to_string());
        assert_eq!(direct.exists::<_, bool>("idem").await.unwrap(), there, "{cut:?}");
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(proxy.cuts(), 2);
}

#[tokio::test]
async fn a_set_that_was_given_up_runs_when_it_is_delivered() {
    let mut servers = private(Keeps::Nothing).await;
    let mut direct = dial(servers.redis().unwrap()).await;
    let (mut proxy, through) = servers.proxy_redis().unwrap();
    for key in ["first", "second", "forgotten"] {
        proxy.arm(Cut::Hold).await.unwrap();
        let mut connection = dial(through.clone()).await;
        assert!(connection.set_nx::<_, _, bool>(key, 1).await.is_err());
        if key != "second" {
            assert!(!direct.exists::<_, bool>(key).await.unwrap());
            continue;
        }
        for (first, second) in [(true, false), (true, true)] {
            assert!(proxy.deliver().await.unwrap());
            let there = ["first", "second"].map(|key| (key, direct.clone()));
            let [a, b] = there.map(|(key, mut direct)| async move { direct.exists::<_, bool>(key).await.unwrap() });
            assert_eq!((a.await, b.await), (first, second));
        }
    }
    proxy.forget();
    assert!(!proxy.deliver().await.unwrap());
    assert!(!direct.exists::<_, bool>("forgotten").await.unwrap());
}

#[tokio::test]
async fn what_postgres_was_told_too_late_still_runs_on_a_fresh_connection() {
    let mut servers = private(Keeps::Nothing).await;
    let mut direct = with_table(servers.postgres()).await;
    let (mut proxy, through) = servers.proxy_postgres().unwrap();
    for in_transaction in [false, true] {
        let mut connection = through.connect().await.unwrap();
        let insert = "INSERT INTO money VALUES ($1)";
        query(insert).bind(if in_transaction { 3_i64 } else { 1 }).execute(&mut connection).await.unwrap();
        if in_transaction {
            raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        }
        let before = count(&mut direct).await;
        proxy.arm(Cut::Hold).await.unwrap();
        // The statement is prepared already, and the fresh connection has to know it.
        query(insert).bind(if in_transaction { 4_i64 } else { 2 }).execute(&mut connection).await.unwrap_err();
        assert_eq!(count(&mut direct).await, before);
        assert_eq!(proxy.deliver().await.ok(), (!in_transaction).then_some(true));
        assert_eq!(count(&mut direct).await, before + i64::from(!in_transaction));
    }
}

#[tokio::test]
async fn a_copy_is_lost_with_the_end_of_its_data() {
    let mut servers = private(Keeps::Nothing).await;
    let mut direct = with_table(servers.postgres()).await;
    let (mut proxy, through) = servers.proxy_postgres().unwrap();
    for (cut, rows) in [(None, 2), (Some(Cut::CutBeforeRequest), 2), (Some(Cut::CutBeforeReply), 4)] {
        let mut connection = through.connect().await.unwrap();
        let mut copy = connection.copy_in_raw("COPY money FROM STDIN").await.unwrap();
        copy.send(format!("{}1\n{}2\n", rows, rows).into_bytes()).await.unwrap();
        if let Some(cut) = cut {
            proxy.arm(cut).await.unwrap();
        }
        assert_eq!(copy.finish().await.is_ok(), cut.is_none());
        assert_eq!(count(&mut direct).await, rows, "{cut:?}");
    }
}

/// Without the proxy the client's next request fails on the closed socket before the reason has been read.
#[tokio::test]
async fn why_an_idle_session_was_ended_reaches_the_client_as_over_tcp() {
    let mut servers = private(Keeps::Nothing).await;
    let (_proxy, through) = servers.proxy_postgres().unwrap();
    let mut codes = Vec::new();
    for options in [servers.postgres(), through] {
        let mut connection = options.connect().await.unwrap();
        query("BEGIN").execute(&mut connection).await.unwrap();
        query("SET idle_in_transaction_session_timeout = '1ms'").execute(&mut connection).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let error = query("SELECT 1").execute(&mut connection).await.unwrap_err();
        codes.push(error.as_database_error().and_then(|answer| answer.code()).map(|code| code.into_owned()));
    }
    assert_eq!(codes, [None, Some("25P03".to_owned())]);
}

/// Private servers reached by URLs stand in for given ones.
fn urls(host: &Servers) -> Options {
    let socket = host.redis().unwrap().addr().to_string();
    let folder = Path::new(&socket).parent().unwrap().display().to_string().replace('/', "%2F");
    Options {
        database_url: Some(format!("postgres://trial@{folder}/postgres?sslmode=disable")),
        redis_url: Some(format!("redis+unix://{socket}")),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_guest_is_refused_to_hurt_and_leaves_nothing() {
    let host = private(Keeps::Nothing).await;
    let mut guest = Servers::start(&urls(&host)).await.unwrap();
    assert_eq!(guest.ours(), Ours { postgres: false, redis: false });
    let refused = |error: ServersError| matches!(error, ServersError::NotOurs { .. });
    assert!(refused(guest.kill_postgres().unwrap_err()) && refused(guest.kill_redis().unwrap_err()));
    assert!(refused(guest.restart_postgres().await.unwrap_err()));
    assert!(refused(guest.restart_redis().await.unwrap_err()));
    assert!(refused(guest.flush_redis().await.unwrap_err()));
    assert!(refused(guest.proxy_postgres().unwrap_err()));

    drop(with_table(guest.postgres()).await);
    let (schema, prefix) = (guest.schema().to_owned(), guest.key_prefix().to_owned());
    let mut connection = dial(host.redis().unwrap()).await;
    let _: () = connection.set("theirs", 1).await.unwrap();
    let _: () = connection.set(format!("{prefix}ours"), 1).await.unwrap();
    let mut direct = host.postgres().connect().await.unwrap();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = $1";
    let found: i64 = query_scalar(tables).bind(&schema).fetch_one(&mut direct).await.unwrap();
    assert_eq!(found, 1);
    guest.stop().await;
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
    let found: i64 = query_scalar(schemas).bind(&schema).fetch_one(&mut direct).await.unwrap();
    assert_eq!(found, 0);
    assert_eq!(connection.keys::<_, Vec<String>>("*").await.unwrap(), ["theirs"]);
}

#[tokio::test]
async fn a_url_that_does_not_answer_is_named_on_one_line() {
    let unreachable = |error: ServersError, variable: &str| {
        let text = error.to_string();
        assert!(text.starts_with(variable) && !text.contains('\n') && !text.contains("secret"), "{text}");
    };
    let url = "postgres://me:secret@127.0.0.1:1/none".to_owned();
    let options = Options { database_url: Some(url), ..Options::default() };
    unreachable(Servers::start(&options).await.unwrap_err(), "DATABASE_URL names");
    let url = "redis://:secret@127.0.0.1:1".to_owned();
    let options = Options { redis_url: Some(url), ..Options::default() };
    unreachable(Servers::start(&options).await.unwrap_err(), "REDIS_URL names");
}

/// Runs a process that owns servers, ends it by the signal, and answers with its folder, its servers and its exit code.
fn ended_owner(signal: &str) -> (PathBuf, [Process; 2], Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trial-owner")).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("OWNER ")).expect("the owner started its servers");
    let words: Vec<&str> = line.split(' ').collect();
    let servers = [words[1], words[2]].map(|pid| Process::now(pid.parse().unwrap()));
    assert!(servers.iter().all(Process::alive) && Path::new(words[3]).is_dir());
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    (words[3].into(), servers, code)
}

#[test]
fn what_a_killed_owner_left_is_swept() {
    let (folder, servers, _) = ended_owner("-KILL");
    // Another test of this binary may sweep first, hence no look at the answer.
    let _ = sweep::sweep();
    assert!(!servers.iter().any(Process::alive) && !folder.exists());
}

#[test]
fn a_signal_cleans_up_before_it_ends_the_process() {
    for signal in ["-INT", "-TERM"] {
        let (folder, servers, code) = ended_owner(signal);
        assert_eq!(code, Some(130));
        assert!(!servers.iter().any(Process::alive) && !folder.exists());
    }
}
