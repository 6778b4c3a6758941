//! The faults, applied to real processes, connections and servers.

use std::time::Instant;

use model::books::Occurrence;
use model::design::Scripts;
use model::effect::{Call, Effect};
use model::moves::{Actor, Move};
use model::reply::{Failure, Reply};
use model::setup::Fault;
use model::step::Step;
use model::world::World;

use crate::contents::Contents;
use crate::error::RealError;
use crate::lockstep::{Lockstep, RequestedStep};
use crate::means::Means;
use crate::observer::LIMIT;
use crate::real::Proxies;
use crate::servers::proxy::{Cut, Proxy};
use crate::worker::{Line, Permit};

const IDLE: &str = "idle_in_transaction_session_timeout";
const STATEMENT: &str = "statement_timeout";

/// Whether a move affects messages between a worker and a server.
pub(super) fn needs_proxies(mv: Move) -> bool {
    let Some(fault) = mv.fault() else { return false };
    match fault {
        Fault::RedisUnreachable | Fault::LostReply | Fault::Late | Fault::IdleTimeout | Fault::StatementTimeout => true,
        Fault::Crash
        | Fault::Cancel
        | Fault::RedisLoss
        | Fault::Expiry
        | Fault::Impatience
        | Fault::JobRun
        | Fault::UpstreamFailure
        | Fault::Midnight
        | Fault::Eviction
        | Fault::RedisFull
        | Fault::PostgresRestart
        | Fault::ScriptFlush
        | Fault::LockTimeout
        | Fault::ClientAbort
        | Fault::ProviderAbort
        | Fault::BrokerLoss
        | Fault::Redelivery
        | Fault::ClockSkew
        | Fault::RedisTimeTravel => false,
    }
}

impl Lockstep<'_> {
    /// Carries out the real actions that precede this move and are not moves of the model.
    pub(super) async fn interfere(&mut self) -> Result<(), RealError> {
        let place = self.number - 1;
        match self.means {
            Means::Stopped { actor, from, .. } if from == place => {
                let stopped = self.real.workers.process(actor)?.stop();
                if stopped { Ok(()) } else { Err(RealError::Stays(format!("the running {}", actor.name()))) }
            }
            Means::Stopped { actor, to, .. } if to == place => {
                self.real.workers.process(actor)?.go_on();
                Ok(())
            }
            Means::CutIdle { from } if from == place => {
                self.proxies()?.postgres.drop_all().await;
                for label in self.real.workers.labels() {
                    self.real.observer.gone(&label).await?;
                }
                Ok(())
            }
            Means::Plain | Means::Stopped { .. } | Means::CutIdle { .. } | Means::RestartOnLog => Ok(()),
        }
    }

    /// Carries out a move that is a fault.
    pub(super) async fn strike(&mut self, mv: Move, did: &Occurrence, after: &World) -> Result<(), RealError> {
        let asks = |actor, step| RequestedStep { actor, step, did, after };
        match mv {
            Move::Crash { actor, .. } | Move::Cancel { actor, .. } => self.kill(actor).await,
            Move::Unreachable { actor, step } => {
                self.proxies()?.redis.arm(Cut::Refuse).await?;
                self.step(asks(actor, step)).await?;
                Ok(self.proxies()?.redis.disarm()?)
            }
            // The connection is already closed.
            Move::Lost { actor, step, .. } if matches!(self.means, Means::CutIdle { .. }) => {
                self.step(asks(actor, step)).await
            }
            Move::Lost { actor, step, ran } => self.lose(asks(actor, step), ran).await,
            Move::TimesOut { actor, step } => self.cut_once(asks(actor, step), Cut::Hold).await,
            Move::RunsLate => match self.proxies()?.redis.deliver().await? {
                true => Ok(()),
                false => Err(self.disagrees("the late command".to_owned(), "is on its way", "is not")),
            },
            Move::RedisFull { actor, step } => self.refuse_for_memory(asks(actor, step)).await,
            Move::UpstreamFails { actor, step } => self.fail(asks(actor, step), Failure::UpstreamFailed).await,
            Move::ClientAborts { actor, step } => self.fail(asks(actor, step), Failure::ClientGone).await,
            Move::ProviderAborts { actor, step } => self.fail(asks(actor, step), Failure::ProviderGone).await,
            // The queue is in the model, and the worker assumes that its message arrived.
            Move::Unheard { actor, step } => self.step(asks(actor, step)).await,
            Move::IdleTimeout { actor, before } => self.end_idle_session(actor, before).await,
            Move::LockTimeout { actor, .. } => {
                let label = self.real.workers.label(actor)?;
                self.real.observer.cancel(&label).await
            }
            Move::StatementTimeout { actor, step } => self.give_up_statement(asks(actor, step)).await,
            Move::PostgresRestart => {
                self.needs(self.real.servers.ours().postgres)?;
                self.real.servers.restart_postgres().await?;
                self.real.observer.reconnect_postgres().await
            }
            Move::RedisLoss => self.lose_redis().await,
            Move::RedisTimeTravel => {
                self.needs(self.real.servers.ours().redis)?;
                self.real.servers.send_redis_back().await?;
                self.real.observer.reconnect_redis().await?;
                // The model's clock may have jumped since the snapshot, while the server's has not.
                let after = Contents::of(after.redis(), &self.names);
                self.real.observer.expire(&self.names, &after).await
            }
            Move::ScriptFlush => {
                self.needs(self.real.servers.ours().redis)?;
                if self.means != Means::RestartOnLog {
                    return self.real.observer.flush_scripts().await;
                }
                self.real.servers.restart_redis().await?;
                self.real.observer.reconnect_redis().await
            }
            Move::Evict(which) => self.real.observer.evict(&self.names, which).await,
            Move::Expire => {
                let after = Contents::of(after.redis(), &self.names);
                self.real.observer.expire(&self.names, &after).await
            }
            // The queue is in the model; each attempt and each run of a job receives its day when it begins.
            Move::BrokerLoss | Move::ClockSkew { .. } | Move::Midnight | Move::Send { .. } | Move::Step { .. } => {
                Ok(())
            }
        }
    }

    /// Something outside both stores fails at a step.
    async fn fail(&mut self, asked: RequestedStep<'_>, failure: Failure) -> Result<(), RealError> {
        self.permit(asked, Permit::Given(Reply::Failed(failure))).await
    }

    /// Kills an actor. A task that was started and has not run does not have a process yet.
    async fn kill(&mut self, actor: Actor) -> Result<(), RealError> {
        if !self.real.workers.has(actor) {
            return Ok(());
        }
        let label = self.real.workers.kill(actor).await?;
        self.real.observer.gone(&label).await
    }

    async fn lose(&mut self, asked: RequestedStep<'_>, ran: bool) -> Result<(), RealError> {
        let RequestedStep { actor, step, .. } = asked;
        let mut probe = self.mirror.clone();
        let waits =
            probe.apply(self.setup, Move::Step { actor, step, wins: None }).is_ok_and(|did| did.reply.is_none());
        if waits && ran {
            return Err(self.never_reachable("the step waits for a lock, so that there is no reply to lose"));
        }
        let cut = if ran { Cut::CutBeforeReply } else { Cut::CutBeforeRequest };
        self.cut_once(asked, cut).await
    }

    /// Lets the actor do a step with one cut of its messages. A cut connection to Postgres is then closed at the server
    /// too.
    async fn cut_once(&mut self, asked: RequestedStep<'_>, cut: Cut) -> Result<(), RealError> {
        let RequestedStep { actor, step, did, .. } = asked;
        let of_redis = matches!(did.call, Some(Call { effect: Effect::Redis(_), .. }));
        self.begin_job(actor).await?;
        let label = self.real.workers.label(actor)?;
        // The worker connects to Postgres before it names its first step.
        self.comes_to(actor, step).await?;
        let proxy = self.proxy(of_redis)?;
        let before = proxy.cuts();
        proxy.arm(cut).await?;
        let stepped = self.step(asked).await;
        let proxy = self.proxy(of_redis)?;
        let lost = proxy.cuts() - before;
        proxy.disarm()?;
        match stepped {
            // Without any cut, what is sent on a closed connection is lost.
            Ok(()) if lost == 1 || cut != Cut::Hold => {}
            Err(error) if lost == 1 => return Err(error),
            _ => {
                let why = "nothing was sent that could be lost, such as ROLLBACK without a connection";
                return Err(self.never_reachable(why));
            }
        }
        if of_redis || !self.real.workers.has(actor) { Ok(()) } else { self.real.observer.gone(&label).await }
    }

    async fn refuse_for_memory(&mut self, asked: RequestedStep<'_>) -> Result<(), RealError> {
        self.needs(self.real.servers.ours().redis)?;
        self.real.observer.fill_redis(true).await?;
        let stepped = self.step(asked).await;
        self.real.observer.fill_redis(false).await?;
        stepped
    }

    /// Sets a short statement timeout in Postgres for a moment and delays this statement half-way, so that the server
    /// sees it as running.
    async fn give_up_statement(&mut self, asked: RequestedStep<'_>) -> Result<(), RealError> {
        self.needs(self.real.servers.ours().postgres)?;
        self.begin_job(asked.actor).await?;
        self.comes_to(asked.actor, asked.step).await?;
        self.real.observer.have_patience(STATEMENT, false).await?;
        let stepped = self.step_while_stalled(asked).await;
        // Also after an error, whose server the next run uses.
        self.real.observer.have_patience(STATEMENT, true).await?;
        stepped
    }

    async fn step_while_stalled(&mut self, asked: RequestedStep<'_>) -> Result<(), RealError> {
        self.proxy(false)?.arm(Cut::Stall(LIMIT * 2)).await?;
        let stepped = self.step(asked).await;
        self.proxy(false)?.disarm()?;
        stepped
    }

    /// Sets a short idle-in-transaction timeout in Postgres for a moment, in which this session alone becomes idle. The
    /// session ends after that moment: a session that waited for its rows then reads the old setting before it becomes
    /// idle itself. What the worker observes, and when, depends on the driver.
    async fn end_idle_session(&mut self, actor: Actor, before: Step) -> Result<(), RealError> {
        self.needs(self.real.servers.ours().postgres)?;
        self.comes_to(actor, before).await?;
        let label = self.real.workers.label(actor)?;
        self.real.observer.have_patience(IDLE, false).await?;
        let since = Instant::now();
        let idle = self.sit_idle(actor, before).await;
        self.real.observer.have_patience(IDLE, true).await?;
        idle?;
        if since.elapsed() >= LIMIT {
            return Err(self.not_reachable("the session was ended before those that waited for it were safe"));
        }
        self.real.observer.gone(&label).await
    }

    async fn sit_idle(&mut self, actor: Actor, before: Step) -> Result<(), RealError> {
        self.real.workers.permit(actor, Permit::Idle).await?;
        match self.real.workers.hear(actor, &[]).await? {
            Line::Idle { idle: true } => Ok(()),
            Line::Idle { idle: false } => Err(self.never_reachable("the session sits idle in no transaction")),
            line => Err(self.unexpected(actor, before, line)),
        }
    }

    async fn lose_redis(&mut self) -> Result<(), RealError> {
        if self.real.servers.ours().redis {
            self.real.servers.restart_redis().await?;
            self.real.observer.reconnect_redis().await
        } else {
            // The restart would also lose the scripts of the server, which are not ours to flush.
            self.needs(self.setup.effective.scripts == Scripts::Eval)?;
            self.real.observer.forget_keys().await
        }
    }

    fn proxy(&mut self, of_redis: bool) -> Result<&mut Proxy, RealError> {
        let Proxies { postgres, redis, .. } = self.proxies()?;
        Ok(if of_redis { redis } else { postgres })
    }

    fn proxies(&mut self) -> Result<&mut Proxies, RealError> {
        self.real.proxies.as_mut().ok_or(RealError::NotOurs { number: self.number })
    }

    fn needs(&self, ours: bool) -> Result<(), RealError> {
        if ours { Ok(()) } else { Err(RealError::NotOurs { number: self.number }) }
    }
}
