//! Real servers with our schema, and the processes that use them.

use redis::ConnectionInfo;
use sqlx::postgres::PgConnectOptions;

use crate::error::RealError;
use crate::observer::Observer;
use crate::servers::Servers;
use crate::servers::proxy::Proxy;
use crate::stores::{Stores, TlsRedis};
use crate::worker_pool::{WorkerCommand, WorkerPool};

/// Proxies in front of private servers, which lose messages.
#[derive(Debug)]
pub(crate) struct Proxies {
    pub(crate) postgres: Proxy,
    pub(crate) redis: Proxy,
    pub(crate) stores: Stores,
}

/// Both servers with our schema, and the processes that use them.
#[derive(Debug)]
pub struct Real {
    // Dropped in this order: the workers, the observer, then the servers.
    pub(crate) workers: WorkerPool,
    pub(crate) observer: Observer,
    pub(crate) proxies: Option<Proxies>,
    pub(crate) stores: Stores,
    pub(crate) servers: Servers,
}

impl Real {
    /// Creates the schema on the servers and prepares for runs.
    ///
    /// # Errors
    /// When the servers do not answer or refuse the schema.
    pub async fn new(mut servers: Servers, worker: WorkerCommand) -> Result<Real, RealError> {
        let stores = stores(&servers, &servers.postgres(), &servers.redis()?)?;
        let mut observer = Observer::connect(stores.clone()).await?;
        sqlx::migrate!().run(observer.postgres()).await?;
        let ours = servers.ours();
        let proxies = if ours.postgres && ours.redis { Some(proxies(&mut servers)?) } else { None };
        Ok(Real { workers: WorkerPool::new(worker), observer, proxies, stores, servers })
    }

    /// The servers, for faults and direct reads.
    pub fn servers(&mut self) -> &mut Servers {
        &mut self.servers
    }

    /// Ends workers and servers without blocking the runtime.
    pub async fn stop(self) {
        let Real { workers, observer, proxies, servers, .. } = self;
        drop((workers, observer, proxies));
        servers.stop().await;
    }

    /// Like [`Real::stop`], but keeps the data of the private servers and returns their folder.
    pub async fn stop_and_keep(self) -> Option<std::path::PathBuf> {
        let Real { workers, observer, proxies, servers, .. } = self;
        drop((workers, observer, proxies));
        servers.stop_and_keep().await
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
