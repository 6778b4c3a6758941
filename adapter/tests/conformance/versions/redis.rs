//! What is tried on every version of Redis and Valkey.

use std::env::consts::ARCH;

use ::redis::Value;
use ::redis::aio::MultiplexedConnection;
use adapter::servers::{Keeps, Options, Servers};
use adapter::stores::Stores;

use super::table::Tried;
use crate::log_written::log_written;

/// A server that can be told things.
struct Server {
    servers: Servers,
    connection: MultiplexedConnection,
}

impl Server {
    async fn start(options: &Options, keeps: Keeps) -> Server {
        let servers = Servers::start(&Options { keeps, ..options.clone() }).await.expect("Postgres and Redis");
        let connection = connect(&servers).await;
        Server { servers, connection }
    }

    /// The answer to a command, its words between blanks; what is in `'` may have blanks.
    async fn ask(&mut self, line: &str) -> String {
        let mut cmd = ::redis::Cmd::new();
        for (place, part) in line.split('\'').enumerate() {
            if place % 2 == 1 {
                cmd.arg(part);
            } else {
                part.split_whitespace().for_each(|word| {
                    cmd.arg(word);
                });
            }
        }
        match cmd.query_async::<Value>(&mut self.connection).await {
            Ok(value) => text(&value),
            // An error's second line and the names in it are another one's business.
            Err(error) => error.code().unwrap_or("ERR").to_owned(),
        }
    }

    /// The answers to several, in order; the last one.
    async fn all(&mut self, lines: &[&str]) -> String {
        let mut last = String::new();
        for line in lines {
            last = self.ask(line).await;
        }
        last
    }

    async fn anew(&mut self) {
        self.all(&["CONFIG SET maxmemory 0", "FLUSHALL"]).await;
    }

    async fn kill(&mut self) {
        log_written(&mut self.connection).await;
        self.servers.kill_redis().unwrap();
        self.servers.restart_redis().await.unwrap();
        self.connection = connect(&self.servers).await;
    }
}

async fn connect(servers: &Servers) -> MultiplexedConnection {
    let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), "").unwrap();
    stores.redis().await.unwrap()
}

fn text(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::ServerError(error) => error.code().to_owned(),
        other => format!("{other:?}"),
    }
}

/// What one command after the others answers, from an empty server.
const LAST: [(&str, &[&str]); 24] = [
    ("SET NX EX of a key that is there", &["SET k 1 NX EX 60", "SET k 2 NX EX 60"]),
    ("SET NX EX of a key whose time is over", &["SET k 1 PX 60000", "PEXPIREAT k 1", "SET k 2 NX EX 60"]),
    (
        "DBSIZE with a key whose time is over, looked at by nobody",
        &["DEBUG SET-ACTIVE-EXPIRE 0", "SET k 1 PX 1", "DEBUG SLEEP 0.01", "DBSIZE"],
    ),
    ("EXISTS of it", &["DEBUG SET-ACTIVE-EXPIRE 0", "SET k 1 PX 1", "DEBUG SLEEP 0.01", "EXISTS k"]),
    ("the deadline after a SET without EX", &["SET k 1 EX 60", "SET k 2", "EXPIRETIME k"]),
    ("the deadline of a hash after HSET", &["HSET h f 1", "EXPIREAT h 4000000000", "HSET h f 2", "EXPIRETIME h"]),
    ("SET XX of a key that is not there", &["SET k 1 XX"]),
    ("EXPIRE of a key that is not there", &["EXPIRE k 60"]),
    ("INCRBY of a fraction", &["INCRBY k 0.05"]),
    ("the deadline after INCRBY", &["SET k 1 EXAT 4000000000", "INCRBY k 1", "EXPIRETIME k"]),
    ("INCRBY past the end of 64 bits", &["SET k 9223372036854775807", "INCRBY k 1"]),
    ("INCRBYFLOAT 0.1, then 0.2", &["INCRBYFLOAT k 0.1", "INCRBYFLOAT k 0.2"]),
    ("HINCRBYFLOAT of 99999999999999 by 0.123456", &["HSET h f 99999999999999", "HINCRBYFLOAT h f 0.123456"]),
    ("HINCRBYFLOAT of 100 by -0.3", &["HSET h f 100", "HINCRBYFLOAT h f -0.3"]),
    ("Lua: return 99.95", &["EVAL 'return 99.95' 0"]),
    ("Lua: return -0.3", &["EVAL 'return -0.3' 0"]),
    ("Lua: SET of the number 99.95", &["EVAL 'redis.call(\"SET\", KEYS[1], 99.95)' 1 k", "GET k"]),
    ("Lua: tostring(1234567890.123456)", &["EVAL 'return tostring(1234567890.123456)' 0"]),
    ("Lua: tostring(99999999999999.123456)", &["EVAL 'return tostring(99999999999999.123456)' 0"]),
    ("Lua: tostring(123456789012345)", &["EVAL 'return tostring(123456789012345)' 0"]),
    ("Lua: cjson.encode(1234567890.123456)", &["EVAL 'return cjson.encode(1234567890.123456)' 0"]),
    (
        "a script's write before its error",
        &["EVAL 'redis.call(\"SET\", \"k\", 1) redis.call(\"HGET\", \"k\", 1)' 1 k", "GET k"],
    ),
    ("HINCRBY by a fraction inside a script", &["EVAL 'return redis.call(\"HINCRBY\", KEYS[1], \"f\", \"0.5\")' 1 h"]),
    (
        "EVALSHA after SCRIPT FLUSH",
        &["SCRIPT LOAD 'return 1'", "SCRIPT FLUSH", "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0"],
    ),
];

/// What is answered when there is no memory for writes, `k`, `l` and the hash `h` being there.
const FULL: [(&str, &str); 6] = [
    ("without memory: SET", "SET n 1"),
    ("without memory: HSET", "HSET h f 2"),
    ("without memory: a script that writes", "EVAL 'return redis.call(\"SET\", KEYS[1], 1)' 1 n"),
    ("without memory: a script that reads", "EVAL 'return redis.call(\"GET\", KEYS[1])' 1 k"),
    ("without memory: EXPIRE", "EXPIRE k 60"),
    ("without memory: DEL", "DEL l"),
];

/// Its version, and everything in the order of the table.
pub async fn tried(options: &Options) -> (String, Tried) {
    let mut server = Server::start(options, Keeps::Nothing).await;
    let info = server.ask("INFO server").await;
    let line = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    let version = match (line("valkey_version:"), line("redis_version:")) {
        (Some(valkey), _) => format!("Valkey {valkey}"),
        (None, redis) => format!("Redis {}", redis.unwrap_or_default()),
    };
    // A `long double` is not the same everywhere.
    let version = if ARCH == "x86_64" { version } else { format!("{version} on {ARCH}") };
    let mut all = Tried::new();
    for (what, lines) in LAST {
        server.anew().await;
        let answer = server.all(lines).await;
        all.push((what, answer));
        server.ask("DEBUG SET-ACTIVE-EXPIRE 1").await;
    }
    server.anew().await;
    server.ask("HSET h f 100").await;
    for _ in 0..20_000 {
        server.ask("HINCRBYFLOAT h f -0.004999").await;
    }
    let drifted = server.ask("HGET h f").await;
    all.push(("HINCRBYFLOAT of 100 by -0.004999, 20000 times", drifted));
    server.anew().await;
    let frozen = "EVAL 'redis.call(\"SET\", KEYS[1], 1, \"PX\", 1) local t = redis.call(\"TIME\")[2] \
        for i = 1, 1000000 do end local u = redis.call(\"TIME\")[2] \
        return {redis.call(\"EXISTS\", KEYS[1]), t == u and \"stands\" or \"goes on\"}' 1 k";
    let frozen = server.ask(frozen).await;
    let (there, time) = frozen.split_once(' ').unwrap_or_default();
    all.push(("inside a script: a key of 1 ms after some ms", if there == "1" { "there" } else { "gone" }.to_owned()));
    all.push(("inside a script: TIME", time.to_owned()));
    let mut multi = ::redis::pipe();
    multi.atomic().cmd("SET").arg("a").arg(1).cmd("EVALSHA").arg("0".repeat(40)).arg(0).cmd("SET").arg("b").arg(2);
    // Its error is the one of the EVALSHA.
    let _ = multi.query_async::<Value>(&mut server.connection).await;
    let around = server.ask("MGET a b").await;
    all.push(("EVALSHA of nothing inside MULTI, and SET a 1, SET b 2 around it", around));
    server.all(&["SET k 1", "SET l 1", "HSET h f 1", "CONFIG SET maxmemory 1"]).await;
    for (what, line) in FULL {
        let answer = server.ask(line).await;
        all.push((what, answer));
    }
    server.anew().await;
    restarts(&mut server, "killed without a log", &mut all).await;
    server.servers.stop().await;
    let mut logging = Server::start(options, Keeps::Log).await;
    restarts(&mut logging, "killed with a log", &mut all).await;
    logging.servers.stop().await;
    (version, all)
}

async fn restarts(server: &mut Server, how: &'static str, all: &mut Tried) {
    server.all(&["SET k 1 EX 600", "SCRIPT LOAD 'return 1'"]).await;
    server.kill().await;
    let (key, ttl) = (server.ask("GET k").await, server.ask("TTL k").await);
    let script = server.ask("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0").await;
    let ttl = if ttl.parse::<i64>().is_ok_and(|ttl| (500..=600).contains(&ttl)) { "its TTL" } else { "no TTL" };
    all.push((how, format!("key {key}, {ttl}, script {script}")));
}
