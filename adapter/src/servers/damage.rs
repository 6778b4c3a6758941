//! What may be done to private servers alone: stopping them, killing them, losing their data.

use std::path::PathBuf;

use super::address::{DATABASE_URL, REDIS_URL};
use super::connect::connect;
use super::find::Kind;
use super::postgres::PrivatePostgres;
use super::redis::{Keeps, PrivateRedis};
use super::sweep::Folder;
use super::{Postgres, Redis, Servers, ServersError};

impl Servers {
    /// The postmaster's process number, to stop and continue it; `None` while killed.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`].
    pub fn postgres_pid(&mut self) -> Result<Option<u32>, ServersError> {
        Ok(self.own_postgres()?.0.pid())
    }

    /// The Redis process number, to stop and continue it; `None` while killed.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`].
    pub fn redis_pid(&mut self) -> Result<Option<u32>, ServersError> {
        Ok(self.own_redis()?.0.pid())
    }

    /// The folder of Redis' append-only file and dump, to cut their tails while it is killed.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`].
    pub fn redis_files(&mut self) -> Result<PathBuf, ServersError> {
        Ok(self.own_redis()?.0.files())
    }

    /// SIGKILLs Postgres with all its backends.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`].
    pub fn kill_postgres(&mut self) -> Result<(), ServersError> {
        self.own_postgres()?.0.kill();
        Ok(())
    }

    /// Starts the killed Postgres again on its data and waits until it answers; a running one is killed first.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::NotUp`].
    pub async fn restart_postgres(&mut self) -> Result<(), ServersError> {
        let (server, folder) = self.own_postgres()?;
        server.restart(folder).await
    }

    /// SIGKILLs Redis.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`].
    pub fn kill_redis(&mut self) -> Result<(), ServersError> {
        self.own_redis()?.0.kill();
        Ok(())
    }

    /// Starts the killed Redis again on its files and waits until it answers; a running one is killed first.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::NotUp`].
    pub async fn restart_redis(&mut self) -> Result<(), ServersError> {
        let (server, folder) = self.own_redis()?;
        server.restart(folder).await
    }

    /// Sets what Redis keeps when it is killed; if that is a change, Redis is restarted without data. True if it was
    /// restarted.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::NotUp`], [`ServersError::Io`].
    pub async fn have_redis_keep(&mut self, keeps: Keeps) -> Result<bool, ServersError> {
        let (server, folder) = self.own_redis()?;
        if server.keeps() == keeps {
            return Ok(false);
        }
        server.keep(keeps).map_err(ServersError::Io)?;
        server.restart(folder).await?;
        Ok(true)
    }

    /// SAVE: keeps the current content of Redis for [`Servers::send_redis_back`].
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::Redis`], [`ServersError::Io`].
    pub async fn save_redis(&mut self) -> Result<(), ServersError> {
        let server = self.own_redis()?.0;
        let mut connection = connect(server.info()?).await.map_err(ServersError::Redis)?;
        ::redis::cmd("SAVE").query_async::<()>(&mut connection).await.map_err(ServersError::Redis)?;
        server.keep_snapshot().map_err(ServersError::Io)
    }

    /// SIGKILLs Redis and starts it again on the last saved snapshot.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::NotUp`], [`ServersError::Io`] if nothing was saved.
    pub async fn send_redis_back(&mut self) -> Result<(), ServersError> {
        let (server, folder) = self.own_redis()?;
        server.restart_on_snapshot(folder).await
    }

    /// FLUSHALL: deletes every key of the server.
    ///
    /// # Errors
    /// [`ServersError::NotOurs`], [`ServersError::Redis`].
    pub async fn flush_redis(&mut self) -> Result<(), ServersError> {
        let info = self.own_redis()?.0.info()?;
        let mut connection = connect(info).await.map_err(ServersError::Redis)?;
        ::redis::cmd("FLUSHALL").query_async(&mut connection).await.map_err(ServersError::Redis)
    }

    pub(super) fn own_postgres(&mut self) -> Result<(&mut PrivatePostgres, &Folder), ServersError> {
        match (&mut self.postgres, &self.folder) {
            (Postgres::Private(server), Some(folder)) => Ok((server, folder)),
            _ => Err(not_ours(Kind::Postgres)),
        }
    }

    pub(super) fn own_redis(&mut self) -> Result<(&mut PrivateRedis, &Folder), ServersError> {
        match (&mut self.redis, &self.folder) {
            (Redis::Private(server), Some(folder)) => Ok((server, folder)),
            _ => Err(not_ours(Kind::Redis)),
        }
    }
}

/// The refusal to hurt a server of this kind that was given.
pub(super) fn not_ours(kind: Kind) -> ServersError {
    let variable = match kind {
        Kind::Postgres => DATABASE_URL,
        Kind::Redis => REDIS_URL,
    };
    ServersError::NotOurs { kind, variable }
}
