//! The real engine: carries out a list of moves on real servers, in lockstep with the model, and so checks the model.

use model::design::Scripts;
use model::moves::Move;
use model::run::Run;
use model::setup::Setup;
use model::world::World;

use crate::error::RealError;
use crate::lockstep::Lockstep;
use crate::means::Means;
use crate::names::Names;
use crate::real::Real;
use crate::servers::Keeps;

/// How often a run is started again when the server chose another winner of a lock.
const TRIES: u32 = 5;

impl Real {
    /// Carries out the moves on fresh data. The flows are always those of the design; [`Setup::with_attempt`] is
    /// ignored.
    ///
    /// # Errors
    /// [`RealError::Disagrees`] when replies or books differ from the model's, [`RealError::NotReachable`] when the
    /// servers chose otherwise five times, [`RealError::Impossible`] when a move of the list cannot happen; otherwise
    /// an error of the servers.
    pub async fn run(&mut self, setup: &Setup, moves: &[Move]) -> Result<Run, RealError> {
        self.run_by(setup, moves, Means::Plain).await
    }

    /// Like [`Real::run`], with other means.
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
        if setup.effective.scripts != Scripts::Eval {
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
        for label in self.workers.dismiss().await? {
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
