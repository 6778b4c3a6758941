//! A real Postgres with three sessions and an observer.

use std::time::{Duration, Instant};

use adapter::names::Names;
use adapter::servers::{Options, Servers};
use adapter::stores::Stores;
use adapter::tables::{self, Tables, TenantRows};
use model::reply::{Failure, Reply};
use model::row::TraceId;
use model::store::postgres::Postgres;
use model::store::versioned::SessionId;
use sqlx::{PgConnection, query, query_scalar};

use super::action::{SESSIONS, TENANTS, TRACES};
use super::allowed::opening;
use super::hands::Hand;

const LABELS: [&str; 3] = ["session-a", "session-b", "session-c"];
const BLOCKED: &str = "SELECT application_name FROM pg_stat_activity \
     WHERE application_name LIKE 'session-_' AND cardinality(pg_blocking_pids(pid)) > 0";
/// Waits until it is gone.
const END: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1";
const CANCEL: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
const CONNECTED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)";
const PATIENCE: Duration = Duration::from_secs(5);

/// What is seen of the sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Replies that have come, in the order of sessions.
    pub done: Vec<(SessionId, Reply)>,
    /// The sessions that wait for a lock.
    pub blocked: Vec<SessionId>,
    /// The sessions that neither have a reply nor wait for a lock.
    pub busy: Vec<SessionId>,
}

/// The servers and what is needed to drive and watch them.
pub struct Bench {
    hands: Vec<Hand>,
    observer: PgConnection,
    stores: Stores,
    names: Names,
    servers: Servers,
    /// A case is being played, or one was not played to its end.
    in_use: bool,
}

impl Bench {
    pub async fn new(options: &Options) -> Bench {
        let servers = Servers::start(options).await.expect("Postgres and Redis");
        let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), "c:").unwrap();
        let mut observer = stores.postgres("bench").await.unwrap();
        sqlx::migrate!().run(&mut observer).await.unwrap();
        // Whoever waits never looks for a deadlock, but the one that is told to.
        query("ALTER ROLE CURRENT_USER SET deadlock_timeout = '1h'").execute(&mut observer).await.unwrap();
        let names = Names::of("c:", &TENANTS, &TRACES, &[]);
        let mut hands = Vec::new();
        for label in LABELS {
            hands.push(Hand::new(&stores, &names, label).await);
        }
        Bench { hands, observer, stores, names, servers, in_use: false }
    }

    /// Everything as each case begins.
    pub async fn reset(&mut self) {
        if std::mem::replace(&mut self.in_use, true) {
            for session in SESSIONS {
                self.crash(session).await;
            }
        }
        tables::reset(&mut self.observer, &self.names, &opening()).await.unwrap();
    }

    /// A case was played to its end, and no transaction is open.
    pub fn clean(&mut self) {
        self.in_use = false;
    }

    pub fn hand(&mut self, session: SessionId) -> &mut Hand {
        &mut self.hands[usize::from(session.0)]
    }

    /// Everything that is committed.
    pub async fn committed(&mut self) -> Tables {
        tables::read(&mut self.observer, &self.names).await.unwrap()
    }

    /// What the model has as committed.
    pub fn modelled(&self, store: &Postgres) -> Tables {
        let tenant = |tenant| TenantRows {
            quota: store.quota(tenant),
            key: store.key(tenant),
            budget: store.budget(tenant),
            usage: store.usage(tenant),
        };
        let rows = (0..TRACES.len()).map(|place| store.row(TraceId(u8::try_from(place).unwrap())));
        Tables { tenants: self.names.tenants().map(tenant).collect(), rows: rows.collect() }
    }

    /// Looks once. `done` is what had come before.
    pub async fn look(&mut self, done: &mut Vec<(SessionId, Reply)>) -> Observation {
        self.collect(done);
        let mut blocked = Vec::new();
        if self.hands.iter().any(Hand::pending) {
            let labels: Vec<String> = query_scalar(BLOCKED).fetch_all(&mut self.observer).await.unwrap();
            self.collect(done);
            let waits = |session: &SessionId| {
                let hand = &self.hands[usize::from(session.0)];
                hand.pending() && labels.contains(&hand.label)
            };
            blocked = SESSIONS.into_iter().filter(waits).collect();
        }
        let busy = |session: &SessionId| self.hands[usize::from(session.0)].pending() && !blocked.contains(session);
        Observation { done: done.clone(), busy: SESSIONS.into_iter().filter(busy).collect(), blocked }
    }

    fn collect(&mut self, done: &mut Vec<(SessionId, Reply)>) {
        for session in SESSIONS {
            done.extend(self.hand(session).take().map(|reply| (session, last_word(reply))));
        }
        done.sort_by_key(|(session, _)| *session);
    }

    /// The session is gone, and there is a new one in its place.
    pub async fn crash(&mut self, session: SessionId) {
        let label = LABELS[usize::from(session.0)];
        let ended: Vec<bool> = query_scalar(END).bind(label).fetch_all(&mut self.observer).await.unwrap();
        assert!(ended.into_iter().all(|ended| ended), "{label} does not end");
        let new = Hand::new(&self.stores, &self.names, label).await;
        std::mem::replace(self.hand(session), new).drop_it();
    }

    /// The server gives up the statement with which the session waits.
    pub async fn give_up(&mut self, session: SessionId) {
        let label = LABELS[usize::from(session.0)];
        query_scalar::<_, bool>(CANCEL).bind(label).fetch_one(&mut self.observer).await.unwrap();
    }

    /// The session sits idle in its transaction until the server has ended it.
    pub async fn sit_idle(&mut self, session: SessionId) {
        self.hand(session).set_local("idle_in_transaction_session_timeout", "1ms").await;
        let (label, since) = (LABELS[usize::from(session.0)], Instant::now());
        while query_scalar(CONNECTED).bind(label).fetch_one(&mut self.observer).await.unwrap() {
            assert!(since.elapsed() < PATIENCE, "{label} is not ended");
        }
    }

    pub async fn stop(self) {
        drop((self.hands, self.observer));
        self.servers.stop().await;
    }
}

/// Whether the driver still reads the last word of a server that has ended the session, or finds that it cannot write any
/// more, is the driver's business. Nobody is told of a crash here, so that nothing else can be meant.
fn last_word(reply: Reply) -> Reply {
    if reply == Reply::Failed(Failure::PgLost) { Reply::Failed(Failure::IdleTimeout) } else { reply }
}
