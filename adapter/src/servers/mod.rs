//! A real Postgres and a real Redis for runs: given by a URL, or private ones that may be damaged.
//!
//! Private servers use unix sockets in their own folder and leave nothing behind ([`sweep`]). On a given server we use
//! only a schema and a key prefix, which the next run removes if we are killed; killing a given server or losing its
//! data is refused.

mod abandoned;
pub mod account;
pub mod address;
pub mod cache;
mod connect;
mod damage;
mod error;
pub mod find;
mod given;
pub mod install;
mod postgres;
mod private;
pub mod process;
pub mod proxy;
mod redis;
pub mod sweep;

use std::path::PathBuf;

use serde::Serialize;
use sqlx::postgres::PgConnectOptions;

use abandoned::Alive;
use account::Account;
pub use address::{DATABASE_URL, REDIS_URL};
pub use error::ServersError;
use find::{FindError, Found, Kind, Places, find};
use given::Guest;
use postgres::PrivatePostgres;
use proxy::Proxy;
pub use redis::Keeps;
use redis::PrivateRedis;
use sweep::{Folder, Leftover, forget, remember};
pub use sweep::{cleanup_now, cleanup_on_signals};

/// Which servers to use.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A Postgres URL; `None` starts a private one.
    pub database_url: Option<String>,
    /// A Redis URL; `None` starts a private one.
    pub redis_url: Option<String>,
    /// What a private Redis keeps when it is killed.
    pub keeps: Keeps,
    /// Where to look for programs; `None` looks on this machine.
    pub places: Option<Places>,
}

impl Options {
    /// Options from [`DATABASE_URL`] and [`REDIS_URL`]; an empty variable counts as unset.
    #[must_use]
    pub fn from_environment(keeps: Keeps) -> Options {
        let url = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        Options { database_url: url(DATABASE_URL), redis_url: url(REDIS_URL), keeps, places: None }
    }
}

/// Which servers are available, for `trial servers status`.
#[derive(Debug, Clone)]
pub struct Status {
    /// [`DATABASE_URL`] is set, so the program is not needed.
    pub database_given: bool,
    /// [`REDIS_URL`] is set, so the program is not needed.
    pub redis_given: bool,
    /// The Postgres that a private server would be started from.
    pub postgres: Result<Found, FindError>,
    /// The Redis that a private server would be started from.
    pub redis: Result<Found, FindError>,
}

/// Looks for the servers and starts nothing.
#[must_use]
pub fn status() -> Status {
    let (options, places) = (Options::from_environment(Keeps::Nothing), Places::here());
    Status {
        database_given: options.database_url.is_some(),
        redis_given: options.redis_url.is_some(),
        postgres: find(Kind::Postgres, &places),
        redis: find(Kind::Redis, &places),
    }
}

/// Which of the servers are private and may be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ours {
    /// Whether the Postgres is private.
    pub postgres: bool,
    /// Whether the Redis is private.
    pub redis: bool,
}

#[derive(Debug)]
enum Postgres {
    Private(PrivatePostgres),
    Given { _place: Place, options: Box<PgConnectOptions>, schema: String },
}

#[derive(Debug)]
enum Redis {
    Private(PrivateRedis),
    Given { _place: Place, info: Box<::redis::ConnectionInfo>, prefix: String },
}

/// Our place on a given server, which is cleared when this is dropped.
#[derive(Debug)]
struct Place {
    guest: Option<Box<Guest>>,
    id: u64,
    _alive: Alive,
}

impl Place {
    fn taken(guest: Guest, alive: Alive) -> Place {
        let guest = Box::new(guest);
        Place { id: remember(Leftover::Guest(guest.clone())), guest: Some(guest), _alive: alive }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(guest) = self.guest.take() {
            guest.leave();
        }
        forget(self.id);
    }
}

/// Both servers, ready. Dropping it kills the private ones, or clears our schema and keys on the given ones.
#[derive(Debug)]
pub struct Servers {
    // Dropped in this order: the servers, then their folder.
    postgres: Postgres,
    redis: Redis,
    folder: Option<Folder>,
    proxies: u32,
    notices: Vec<String>,
}

impl Servers {
    /// Gets both servers, after sweeping what killed runs left behind.
    ///
    /// # Errors
    /// [`ServersError`]: a URL that does not answer, no program, or a private server that does not start within 15 s.
    pub async fn start(options: &Options) -> Result<Servers, ServersError> {
        address::check(options)?;
        // The list of swept folders is not needed here.
        let _ = sweep::sweep();
        let private = options.database_url.is_none() || options.redis_url.is_none();
        let account = Account::for_servers().map_err(ServersError::Io)?;
        let places = options.places.clone().unwrap_or_else(Places::here);
        let folder = private.then(|| Folder::create(&account).map_err(ServersError::Io)).transpose()?;
        let (name, mut notices) = (abandoned::unique_name(), Vec::new());
        let postgres = match (&options.database_url, &folder) {
            (None, Some(folder)) => {
                let found = find(Kind::Postgres, &places)?;
                Postgres::Private(PrivatePostgres::start(&found, account, folder).await?)
            }
            (url, _) => {
                let url = url.as_deref().unwrap_or_default();
                let (guest, alive, options) = Guest::in_postgres(url, name.clone(), &mut notices).await?;
                Postgres::Given { _place: Place::taken(guest, alive), options: Box::new(options), schema: name.clone() }
            }
        };
        let redis = match (&options.redis_url, &folder) {
            (None, Some(folder)) => {
                let found = find(Kind::Redis, &places)?;
                Redis::Private(PrivateRedis::start(&found, account, folder, options.keeps).await?)
            }
            (url, _) => {
                let prefix = format!("{name}:");
                let url = url.as_deref().unwrap_or_default();
                let (guest, alive, info) = Guest::in_redis(url, prefix.clone(), &mut notices).await?;
                Redis::Given { _place: Place::taken(guest, alive), info: Box::new(info), prefix }
            }
        };
        Ok(Servers { postgres, redis, folder, proxies: 0, notices })
    }

    /// What was removed or ignored on given servers at the start, each as a sentence for the user.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Which of the servers may be killed.
    #[must_use]
    pub fn ours(&self) -> Ours {
        Ours { postgres: matches!(self.postgres, Postgres::Private(_)), redis: matches!(self.redis, Redis::Private(_)) }
    }

    /// How to connect to Postgres; the search path is [`Servers::schema`].
    #[must_use]
    pub fn postgres(&self) -> PgConnectOptions {
        match &self.postgres {
            Postgres::Private(server) => server.options(),
            Postgres::Given { options, .. } => (**options).clone(),
        }
    }

    /// Our schema: `public` of a private server, otherwise a schema of this run alone.
    #[must_use]
    pub fn schema(&self) -> &str {
        match &self.postgres {
            Postgres::Private(_) => "public",
            Postgres::Given { schema, .. } => schema,
        }
    }

    /// How to connect to Redis.
    ///
    /// # Errors
    /// [`ServersError::Redis`], when the address cannot be built.
    pub fn redis(&self) -> Result<::redis::ConnectionInfo, ServersError> {
        match &self.redis {
            Redis::Private(server) => server.info(),
            Redis::Given { info, .. } => Ok((**info).clone()),
        }
    }

    /// The prefix of our keys: empty on a private server.
    #[must_use]
    pub fn key_prefix(&self) -> &str {
        match &self.redis {
            Redis::Private(_) => "",
            Redis::Given { prefix, .. } => prefix,
        }
    }

    /// A proxy in front of Postgres, and how to connect through it.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::Io`].
    pub fn proxy_postgres(&mut self) -> Result<(Proxy, PgConnectOptions), ServersError> {
        let server = self.own_postgres()?.1.path().join(postgres::SOCKET);
        let folder = self.proxy_folder(Kind::Postgres)?;
        let proxy = Proxy::start(Kind::Postgres, &server, &folder.join(postgres::SOCKET)).map_err(ServersError::Io)?;
        Ok((proxy, postgres::options(&folder)))
    }

    /// A proxy in front of Redis, and how to connect through it.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::Io`], [`ServersError::Redis`].
    pub fn proxy_redis(&mut self) -> Result<(Proxy, ::redis::ConnectionInfo), ServersError> {
        let server = self.own_redis()?.0.socket();
        let socket = self.proxy_folder(Kind::Redis)?.join("redis.sock");
        let proxy = Proxy::start(Kind::Redis, &server, &socket).map_err(ServersError::Io)?;
        Ok((proxy, redis::on_socket(socket)?))
    }

    /// Ends private servers and clears our place on given ones, as dropping does, without blocking the runtime.
    pub async fn stop(self) {
        // A panic there has been printed, and nothing can be done about it here.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    /// Ends private servers but keeps their folder and returns it; `None` if both were given. The data of a private
    /// Redis are saved first.
    pub async fn stop_and_keep(mut self) -> Option<PathBuf> {
        if let (Redis::Private(_), Ok(info)) = (&self.redis, self.redis())
            && let Ok(mut connection) = connect::connect(info).await
        {
            // A server that cannot save has reported it in its log, which is kept too.
            let _ = ::redis::cmd("SAVE").query_async::<()>(&mut connection).await;
        }
        let folder = self.folder.take()?;
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
        folder.keep()
    }

    fn proxy_folder(&mut self, kind: Kind) -> Result<PathBuf, ServersError> {
        self.proxies += 1;
        let folder =
            self.folder.as_ref().ok_or_else(|| damage::not_ours(kind))?.path().join(format!("p{}", self.proxies));
        std::fs::create_dir(&folder).map_err(ServersError::Io)?;
        Ok(folder)
    }
}
