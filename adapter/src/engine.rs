//! The real engine: a list of moves carried out on real servers, in lockstep with the model, which is checked by it.

use model::design::Scripts;
use model::moves::{Actor, Move};
use model::setup::Setup;
use model::trace::{Run, Unreachable};
use model::world::World;
use redis::{ConnectionInfo, RedisError};
use sqlx::postgres::PgConnectOptions;

use crate::crew::{Crew, CrewError, WorkerCommand};
use crate::lockstep::Lockstep;
use crate::names::Names;
use crate::observer::Observer;
use crate::rows::Unreadable;
use crate::servers::proxy::Proxy;
use crate::servers::{Keeps, Servers, ServersError};
use crate::stores::{Stores, TlsRedis};

/// How often a run is begun anew when the server chose another winner of a lock.
const TRIES: u32 = 5;

/// Why a list of moves could not be carried out, or not with the outcome the model has.
#[derive(Debug, thiserror::Error)]
pub enum RealError {
    /// The servers do not behave as the model says: one of both is wrong.
    #[error("move {number}: {what}: the model says {model}, the server says {server}")]
    Disagrees {
        /// Which move, from 1; 0 is before the first.
        number: usize,
        /// About what.
        what: String,
        /// What the model says.
        model: String,
        /// What the server says.
        server: String,
    },
    /// The server chose otherwise, each time, or cannot be brought to it.
    #[error("not reachable: move {number}: {why}")]
    NotReachable {
        /// Which move, from 1.
        number: usize,
        /// What happened instead.
        why: String,
        /// Whether it may happen when the run is begun anew.
        again: bool,
    },
    /// A move of the list cannot happen where it stands.
    #[error(transparent)]
    Impossible(#[from] Unreachable),
    /// The move would hurt a server that is not ours.
    #[error("not run: not our server: move {number} needs a private one")]
    NotOurs {
        /// Which move, from 1.
        number: usize,
    },
    /// What was to end, such as the session of a process that is dead, is still there after five seconds.
    #[error("`{0}` does not end")]
    Stays(String),
    /// The servers.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// A proxy cannot listen.
    #[error("a proxy: {0}")]
    Proxy(#[from] std::io::Error),
    /// The address of Redis cannot be passed on.
    #[error(transparent)]
    Tls(#[from] TlsRedis),
    /// The schema cannot be made.
    #[error("the schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The observer's Postgres connection.
    #[error("Postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// The observer's Redis connection.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The servers hold what no book can.
    #[error("the books cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    /// A worker process.
    #[error(transparent)]
    Crew(#[from] CrewError),
    /// A worker gave up.
    #[error("move {number}: the worker gave up: {why}")]
    Worker {
        /// Which move, from 1.
        number: usize,
        /// What it said.
        why: String,
    },
}

/// How moves are done for real where there is more than one way, or something real besides that the model has no move for.
/// Places in a list of moves count from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Each in the plainest way.
    #[default]
    Plain,
    /// The worker of an attempt is stopped (SIGSTOP) holding what it holds, and goes on (SIGCONT) later.
    Stopped {
        /// Whose.
        actor: Actor,
        /// Before the move at this place it stops.
        from: usize,
        /// Before the move at this place it goes on.
        to: usize,
    },
    /// Every connection of workers to Postgres is cut before the move at this place, while nothing is asked on any: a
    /// reply that the list loses afterwards is lost by that.
    CutIdle {
        /// Before which.
        from: usize,
    },
    /// Scripts are lost by a SIGKILL of a Redis that keeps a log of its data (AOF), and its start on that log.
    RestartOnLog,
}

/// Proxies in front of private servers, for what is lost on the way.
#[derive(Debug)]
pub(crate) struct Proxies {
    pub(crate) postgres: Proxy,
    pub(crate) redis: Proxy,
    pub(crate) stores: Stores,
}

/// Both servers with our schema in them, and the processes that work on them.
#[derive(Debug)]
pub struct Real {
    // Dropped in this order: the workers, the observer, then the servers.
    pub(crate) crew: Crew,
    pub(crate) observer: Observer,
    pub(crate) proxies: Option<Proxies>,
    pub(crate) stores: Stores,
    pub(crate) servers: Servers,
}

impl Real {
    /// Makes the schema on the servers and gets ready to run.
    ///
    /// # Errors
    /// When the servers do not answer or refuse the schema.
    pub async fn new(mut servers: Servers, worker: WorkerCommand) -> Result<Real, RealError> {
        let stores = stores(&servers, &servers.postgres(), &servers.redis()?)?;
        let mut observer = Observer::connect(stores.clone()).await?;
        sqlx::migrate!().run(observer.postgres()).await?;
        let ours = servers.ours();
        let proxies = if ours.postgres && ours.redis { Some(proxies(&mut servers)?) } else { None };
        Ok(Real { crew: Crew::new(worker), observer, proxies, stores, servers })
    }

    /// The servers, to hurt or to look into them besides.
    pub fn servers(&mut self) -> &mut Servers {
        &mut self.servers
    }

    /// Ends workers and servers without holding up the runtime.
    pub async fn stop(self) {
        let Real { crew, observer, proxies, servers, .. } = self;
        drop((crew, observer, proxies));
        servers.stop().await;
    }

    /// Like [`Real::stop`], but leaves the private servers' data and says where.
    pub async fn stop_and_keep(self) -> Option<std::path::PathBuf> {
        let Real { crew, observer, proxies, servers, .. } = self;
        drop((crew, observer, proxies));
        servers.stop_and_keep().await
    }

    /// Carries out the moves from fresh data. The flows are the design's, whatever [`Setup::with_attempt`]
    /// says.
    ///
    /// # Errors
    /// [`RealError::Disagrees`] when replies or books differ from the model's, [`RealError::NotReachable`] when the
    /// servers chose otherwise five times, [`RealError::Impossible`] when the list makes no sense; else trouble with the
    /// servers.
    pub async fn run(&mut self, setup: &Setup, moves: &[Move]) -> Result<Run, RealError> {
        self.run_by(setup, moves, Means::Plain).await
    }

    /// The same by other means.
    ///
    /// # Errors
    /// As [`Real::run`].
    pub async fn run_by(&mut self, setup: &Setup, moves: &[Move], means: Means) -> Result<Run, RealError> {
        let mut tries = 1;
        loop {
            let run = self.run_once(setup, moves, means).await;
            self.end_run().await?;
            match run {
                Err(RealError::NotReachable { again: true, .. }) if tries < TRIES => tries += 1,
                run => return run,
            }
        }
    }

    async fn run_once(&mut self, setup: &Setup, moves: &[Move], means: Means) -> Result<Run, RealError> {
        self.have_redis_keep(means).await?;
        let names = Names::new(setup, self.servers.key_prefix());
        let world = World::new(setup);
        self.observer.reset(&names, &world.books(setup), world.redis()).await?;
        if setup.met.scripts != Scripts::Eval {
            self.observer.load_scripts().await?;
        }
        if moves.contains(&Move::RedisTimeTravel) && self.servers.ours().redis {
            self.servers.save_redis().await?;
        }
        let mut lockstep = Lockstep::begin(self, setup, names, moves, means);
        let mut run = Run { opening: lockstep.opening().await?, entries: Vec::with_capacity(moves.len()) };
        for &mv in moves {
            run.entries.push(lockstep.carry_out(mv).await?);
        }
        Ok(run)
    }

    async fn have_redis_keep(&mut self, means: Means) -> Result<(), RealError> {
        let keeps = if means == Means::RestartOnLog { Keeps::Log } else { Keeps::Nothing };
        if !self.servers.ours().redis {
            return if keeps == Keeps::Log { Err(RealError::NotOurs { number: 0 }) } else { Ok(()) };
        }
        if self.servers.have_redis_keep(keeps).await? { self.observer.reconnect_redis().await } else { Ok(()) }
    }

    async fn end_run(&mut self) -> Result<(), RealError> {
        for label in self.crew.dismiss().await? {
            self.observer.gone(&label).await?;
        }
        if let Some(proxies) = &mut self.proxies {
            proxies.postgres.disarm()?;
            proxies.redis.disarm()?;
            proxies.redis.forget();
        }
        Ok(())
    }
}

fn stores(servers: &Servers, postgres: &PgConnectOptions, redis: &ConnectionInfo) -> Result<Stores, TlsRedis> {
    Stores::new(postgres, servers.schema(), redis, servers.key_prefix())
}

fn proxies(servers: &mut Servers) -> Result<Proxies, RealError> {
    let (postgres, through_postgres) = servers.proxy_postgres()?;
    let (redis, through_redis) = servers.proxy_redis()?;
    let stores = stores(servers, &through_postgres, &through_redis)?;
    Ok(Proxies { postgres, redis, stores })
}
