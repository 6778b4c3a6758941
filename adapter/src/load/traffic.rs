//! The traffic: rounds of free running, each followed by a rest in which jobs run and the books are judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::design::Scripts;
use model::effect::{DAY, Fields};
use model::row::Tenant;
use model::setup::Setup;
use model::store::postgres::Opening;
use model::store::redis::Hash;
use redis::aio::MultiplexedConnection;
use sqlx::{PgConnection, query_scalar};

use crate::contents;
use crate::error::RealError;
use crate::load::books_at_rest::{self, RestResult};
use crate::load::decisions::Terms;
use crate::load::error::LoadError;
use crate::load::process::Gateway;
use crate::load::shared_traffic::SharedTraffic;
use crate::observer::Observer;
use crate::servers::Servers;
use crate::stores::Stores;
use crate::tables;
use crate::worker_pool::WorkerCommand;

/// The first round is short, so that immediate breaches are seen early; each later one is twice as long, up to this.
const FIRST_ROUND: Duration = Duration::from_secs(2);
const LONGEST_ROUND: Duration = Duration::from_secs(60);
/// How long Postgres may take to end the sessions of dead processes.
const PATIENCE: Duration = Duration::from_secs(10);
const BUSY: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle')";

/// The results of a load run.
#[derive(Clone, Debug)]
pub struct Figures {
    /// How long the traffic ran, without the rests.
    pub traffic: Duration,
    /// Logical requests.
    pub requests: u64,
    /// Attempts at these requests.
    pub attempts: u64,
    /// Requests that were sent twice at once.
    pub twice: u64,
    /// Processes killed.
    pub kills: u64,
    /// Rests at which the books were judged.
    pub rests: u32,
    /// Ledger rows checked at the last rest.
    pub rows: u64,
    /// The result for each invariant.
    pub results: Vec<RestResult>,
}

/// Both servers, ready for load.
#[derive(Debug)]
pub struct Load {
    postgres: PgConnection,
    redis: MultiplexedConnection,
    stores: Stores,
    command: WorkerCommand,
    servers: Servers,
}

impl Load {
    /// Creates the schema on the servers.
    ///
    /// # Errors
    /// When the servers do not answer or refuse the schema.
    pub async fn new(servers: Servers, command: WorkerCommand) -> Result<Load, LoadError> {
        let address = Stores::new(&servers.postgres(), servers.schema(), &servers.redis()?, servers.key_prefix());
        let stores = address.map_err(RealError::from)?;
        let mut postgres = stores.postgres("trial-observer").await?;
        sqlx::migrate!().run(&mut postgres).await.map_err(RealError::from)?;
        let redis = stores.redis().await?;
        Ok(Load { postgres, redis, stores, command, servers })
    }

    /// Stops the servers.
    pub async fn stop(self) {
        self.servers.stop().await;
    }

    /// Runs the traffic on fresh data and judges the books at each rest.
    ///
    /// # Errors
    /// [`LoadError`]; a breach is not an error.
    pub async fn run(&mut self, terms: &Terms, stop: &AtomicBool) -> Result<Figures, LoadError> {
        let shared = Arc::new(SharedTraffic::new(terms, self.stores.clone(), self.command.clone())?);
        self.open(&shared).await?;
        let mut gateways: Vec<Option<Gateway>> = (0..=terms.workers).map(|_| None).collect();
        let mut figures = Figures {
            traffic: Duration::ZERO,
            requests: 0,
            attempts: 0,
            twice: 0,
            kills: 0,
            rests: 0,
            rows: 0,
            results: Vec::new(),
        };
        let mut length = FIRST_ROUND;
        while figures.traffic < terms.time && shared.clients().left > 0 && !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let until = began + length.min(terms.time - figures.traffic);
            gateways = shared.round(gateways, until, stop).await?;
            figures.traffic += began.elapsed();
            self.rest(&shared).await?;
            gateways = shared.run_jobs(gateways).await?;
            let (results, rows) = books_at_rest::judge(&mut self.postgres, &mut self.redis, &shared).await?;
            books_at_rest::merge(&mut figures.results, results, figures.traffic);
            (figures.rows, figures.rests) = (rows, figures.rests + 1);
            length = (length * 2).min(LONGEST_ROUND);
        }
        for gateway in gateways.into_iter().flatten() {
            gateway.bury().await;
        }
        let clients = shared.clients();
        figures.requests = clients.asked.len() as u64;
        (figures.attempts, figures.twice, figures.kills) = (clients.attempts, clients.twice, clients.kills);
        Ok(figures)
    }

    async fn open(&mut self, shared: &SharedTraffic) -> Result<(), LoadError> {
        let setups: Vec<&Setup> = shared.setups.iter().collect();
        let quotas: Vec<_> = setups.iter().map(|setup| setup.opening(Tenant(0))).collect();
        let keys: Vec<_> = setups.iter().map(|setup| setup.opening_key(Tenant(0))).collect();
        let budgets: Vec<_> = setups.iter().map(|setup| setup.opening_budget(Tenant(0))).collect();
        let opening = Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: 0, sessions: 0 };
        tables::reset(&mut self.postgres, &shared.names, &opening).await?;
        contents::clear(&mut self.redis, &self.stores.prefix).await?;
        let warm = |row: &_| Some(Hash { row: *row, fields: Fields::ALL, deadline: Some(DAY), drifted: None });
        let hashes: Vec<Option<Hash>> = quotas.iter().map(warm).collect();
        contents::fill(&mut self.redis, &shared.names, &hashes, &vec![None; hashes.len()]).await?;
        if shared.setups.iter().any(|setup| setup.effective.scripts != Scripts::Eval) {
            Observer::connect(self.stores.clone()).await?.load_scripts().await?;
        }
        Ok(())
    }

    /// Waits until everything that killed processes have sent is finished.
    async fn rest(&mut self, shared: &SharedTraffic) -> Result<(), LoadError> {
        let since = Instant::now();
        while query_scalar::<_, bool>(BUSY).bind(&shared.label).fetch_one(&mut self.postgres).await? {
            if since.elapsed() > PATIENCE {
                return Err(LoadError::Stays(PATIENCE.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}
