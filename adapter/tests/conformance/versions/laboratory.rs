//! Three sessions on a table of their own, told what to do in SQL.

use std::time::{Duration, Instant};

use adapter::servers::Servers;
use adapter::stores::Stores;
use sqlx::{PgConnection, query_scalar, raw_sql};
use tokio::task::JoinHandle;

const TABLE: &str = "DROP TABLE IF EXISTS tried; \
     CREATE TABLE tried (k text PRIMARY KEY, v numeric(18,6) NOT NULL, n int NOT NULL)";
const FIRST: &str = "DELETE FROM tried; INSERT INTO tried VALUES ('x', 100, 7), ('y', 100, 7)";
const BLOCKED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1 \
     AND cardinality(pg_blocking_pids(pid)) > 0)";
const THERE: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)";

/// A wait that takes longer will not end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    A,
    B,
    C,
}

enum Hand {
    Idle(PgConnection),
    Busy(JoinHandle<(PgConnection, String)>),
    Gone,
}

/// What is needed to try something.
pub struct Laboratory {
    stores: Stores,
    hands: [Hand; 3],
    observer: PgConnection,
}

fn label(who: Who) -> &'static str {
    ["tried-a", "tried-b", "tried-c"][who as usize]
}

impl Laboratory {
    pub async fn new(servers: &Servers) -> Laboratory {
        let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), "").unwrap();
        let mut observer = stores.postgres("observer").await.unwrap();
        raw_sql(TABLE).execute(&mut observer).await.unwrap();
        raw_sql("ALTER ROLE CURRENT_USER SET deadlock_timeout = '1h'").execute(&mut observer).await.unwrap();
        Laboratory { stores, hands: [Hand::Gone, Hand::Gone, Hand::Gone], observer }
    }

    /// Sessions without a transaction, and the rows x and y with v = 100 and n = 7.
    pub async fn anew(&mut self) {
        for who in [Who::A, Who::B, Who::C] {
            if matches!(self.hands[who as usize], Hand::Idle(_)) && self.ask(who, "ROLLBACK").await == "0 rows" {
                continue;
            }
            self.kill(who).await;
            self.hands[who as usize] = Hand::Idle(self.stores.postgres(label(who)).await.unwrap());
        }
        raw_sql(FIRST).execute(&mut self.observer).await.unwrap();
    }

    /// What came of a statement: rows, an error's code, or that it waits.
    pub async fn ask(&mut self, who: Who, sql: &'static str) -> String {
        let hand = std::mem::replace(&mut self.hands[who as usize], Hand::Gone);
        let Hand::Idle(mut connection) = hand else { panic!("{} cannot be asked {sql}", label(who)) };
        let task = tokio::spawn(async move {
            let outcome = match raw_sql(sql).execute(&mut connection).await {
                Ok(done) => format!("{} rows", done.rows_affected()),
                Err(sqlx::Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
                Err(_) => "connection lost".to_owned(),
            };
            (connection, outcome)
        });
        self.hands[who as usize] = Hand::Busy(task);
        self.look(who, true).await
    }

    /// What came of the statement with which it waited.
    pub async fn then(&mut self, who: Who) -> String {
        self.look(who, false).await
    }

    /// Whether it still waits is a question for `ask` only: a wait that is over takes a moment to end.
    async fn look(&mut self, who: Who, may_wait: bool) -> String {
        let since = Instant::now();
        loop {
            if self.has_answered(who) {
                let hand = std::mem::replace(&mut self.hands[who as usize], Hand::Gone);
                let Hand::Busy(task) = hand else { continue };
                let (connection, outcome) = task.await.unwrap();
                self.hands[who as usize] = Hand::Idle(connection);
                return outcome;
            }
            if self.blocked(who).await && may_wait {
                return "waits".to_owned();
            }
            assert!(since.elapsed() < PATIENCE, "{} neither answers nor waits for a lock", label(who));
        }
    }

    fn has_answered(&self, who: Who) -> bool {
        matches!(&self.hands[who as usize], Hand::Busy(task) if task.is_finished())
    }

    /// The one of two waiting sessions that answers first, and then the other. That it waits no more is no sign: before it
    /// has the row, the other may come before it.
    pub async fn race(&mut self, one: Who, other: Who) -> (Who, Who) {
        let since = Instant::now();
        loop {
            if self.has_answered(one) {
                return (one, other);
            }
            if self.has_answered(other) {
                return (other, one);
            }
            assert!(since.elapsed() < PATIENCE, "neither {} nor {} answers", label(one), label(other));
            // The tasks go on while the observer asks.
            self.blocked(one).await;
        }
    }

    /// Whether it waits for a lock.
    pub async fn blocked(&mut self, who: Who) -> bool {
        query_scalar(BLOCKED).bind(label(who)).fetch_one(&mut self.observer).await.unwrap()
    }

    /// Its connection is cut by the client; returns when the server has noticed it.
    pub async fn drop_client(&mut self, who: Who) {
        if let Hand::Busy(task) = std::mem::replace(&mut self.hands[who as usize], Hand::Gone) {
            task.abort();
        }
        self.gone(who).await;
    }

    /// Returns when the server has ended the session.
    pub async fn gone(&mut self, who: Who) {
        let since = Instant::now();
        while query_scalar(THERE).bind(label(who)).fetch_one(&mut self.observer).await.unwrap() {
            assert!(since.elapsed() < PATIENCE, "the server does not end the session of {}", label(who));
        }
    }

    /// `pg_terminate_backend`.
    pub async fn kill(&mut self, who: Who) {
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1";
        query_scalar::<_, bool>(end).bind(label(who)).fetch_all(&mut self.observer).await.unwrap();
        self.hands[who as usize] = Hand::Gone;
    }

    /// Several statements, outside every transaction but their own.
    pub async fn run(&mut self, sql: &'static str) {
        raw_sql(sql).execute(&mut self.observer).await.unwrap();
    }

    /// One text, seen from outside every transaction.
    pub async fn show(&mut self, sql: &'static str) -> String {
        match query_scalar::<_, String>(sql).fetch_one(&mut self.observer).await {
            Ok(text) => text,
            Err(sqlx::Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
            Err(error) => panic!("{sql}: {error}"),
        }
    }

    /// `v` of the row x.
    pub async fn balance(&mut self) -> String {
        self.show("SELECT v::text FROM tried WHERE k = 'x'").await
    }
}
