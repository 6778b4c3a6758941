//! One run: each move is applied to the model and carried out on the servers, and then both must agree.

mod agreement;
mod faults;

use model::books::{Books, Occurrence};
use model::moves::{Actor, Move};
use model::reply::{Failure, Reply};
use model::run::{Entry, Unreachable};
use model::setup::Setup;
use model::step::Step;
use model::world::{Next, Work, World, label_of};

use crate::error::RealError;
use crate::lockstep::agreement::{Heard, hold_against, show};
use crate::means::Means;
use crate::names::Names;
use crate::real::Real;
use crate::stores::Stores;
use crate::worker::{Line, Permit, WorkerTask};
use crate::worker_pool::{PATIENCE, WorkerPoolError};

/// Postgres chose a session as the victim of a deadlock; in the model the victim is the one that closes the cycle.
const DEADLOCK: Reply = Reply::Failed(Failure::Deadlock);

/// The step that an actor asks for, and what it comes to in the model.
#[derive(Clone, Copy)]
struct RequestedStep<'a> {
    actor: Actor,
    step: Step,
    did: &'a Occurrence,
    after: &'a World,
}

pub(crate) struct Lockstep<'a> {
    real: &'a mut Real,
    setup: &'a Setup,
    names: Names,
    stores: Option<Stores>,
    means: Means,
    mirror: World,
    number: usize,
}

impl<'a> Lockstep<'a> {
    /// Workers of a run in which messages are lost connect through the proxies, those of other runs directly.
    pub(crate) fn begin(
        real: &'a mut Real,
        setup: &'a Setup,
        names: Names,
        moves: &[Move],
        means: Means,
    ) -> Lockstep<'a> {
        let cuts = matches!(means, Means::CutIdle { .. });
        let proxied = cuts || moves.iter().any(|mv| faults::needs_proxies(*mv));
        let stores = if proxied { real.proxies.as_ref().map(|p| p.stores.clone()) } else { Some(real.stores.clone()) };
        Lockstep { real, setup, names, stores, means, mirror: World::new(setup), number: 0 }
    }

    /// The books before the first move.
    pub(crate) async fn opening(&mut self) -> Result<Books, RealError> {
        self.compare().await
    }

    /// Carries out one move.
    pub(crate) async fn carry_out(&mut self, mv: Move) -> Result<Entry, RealError> {
        self.number += 1;
        let mut after = self.mirror.clone();
        let unreachable = |why| Unreachable { number: self.number, why };
        let did = after.apply(self.setup, mv).map_err(unreachable)?;
        self.interfere().await?;
        self.act(mv, &did, &after).await?;
        self.wake(&did, &after).await?;
        self.mirror = after;
        let books = self.compare().await?;
        Ok(Entry { did, books })
    }

    async fn act(&mut self, mv: Move, did: &Occurrence, after: &World) -> Result<(), RealError> {
        match mv {
            Move::Send { gateway, .. } => {
                let actor = Actor::Gateway(gateway);
                match after.running(self.setup, actor).map(|process| process.work) {
                    Some(work) => self.start(actor, work).await,
                    None => Ok(()),
                }
            }
            Move::Step { actor, step: Step::Reply, .. } => self.answer(actor, did).await,
            Move::Step { actor, step, .. } => self.step(RequestedStep { actor, step, did, after }).await,
            fault => self.strike(fault, did, after).await,
        }
    }

    async fn start(&mut self, actor: Actor, work: Work) -> Result<(), RealError> {
        let stores = self.stores.clone().ok_or(RealError::NotOurs { number: self.number })?;
        let task = WorkerTask {
            design: self.setup.design,
            accounts: self.setup.accounts.clone(),
            requests: self.setup.requests.clone(),
            today: self.setup.today,
            path: self.setup.path,
            faults: self.setup.faults,
            work,
            stores,
            label: String::new(),
        };
        Ok(self.real.workers.start(actor, task).await?)
    }

    /// Lets the actor do a step. The store then answers it or, if the model says so, the step waits for a lock.
    async fn step(&mut self, asked: RequestedStep<'_>) -> Result<(), RealError> {
        self.permit(asked, Permit::Go).await
    }

    async fn permit(&mut self, asked: RequestedStep<'_>, permit: Permit) -> Result<(), RealError> {
        let RequestedStep { actor, step, did, .. } = asked;
        self.begin_job(actor).await?;
        self.comes_to(actor, step).await?;
        if did.reply == Some(DEADLOCK) {
            self.real.observer.let_deadlock_checks_pass().await?;
        }
        self.real.workers.permit(actor, permit).await?;
        match did.reply {
            Some(reply) => self.replied(asked, reply).await,
            None => self.waits(actor, step).await,
        }
    }

    /// Starts an idle job, which announces its first step.
    async fn begin_job(&mut self, actor: Actor) -> Result<(), RealError> {
        match self.mirror.would_run(self.setup, actor) {
            Some(work) if !self.real.workers.has(actor) => self.start(actor, work).await,
            _ => Ok(()),
        }
    }

    async fn comes_to(&mut self, actor: Actor, step: Step) -> Result<(), RealError> {
        match self.real.workers.about(actor, &[]).await? {
            Ok(about) if about == step => Ok(()),
            Ok(about) => Err(self.disagrees(format!("next step of {}", actor.name()), step, about)),
            Err(line) => Err(self.unexpected(actor, step, line)),
        }
    }

    async fn replied(&mut self, asked: RequestedStep<'_>, reply: Reply) -> Result<(), RealError> {
        let RequestedStep { actor, step, did, after } = asked;
        let woken: Vec<Actor> = did.woke.iter().map(|(actor, _, _)| *actor).collect();
        let line = match self.real.workers.hear(actor, &woken).await {
            Err(WorkerPoolError::Silent(_)) if self.blocked(actor).await? => {
                return Err(self.disagrees(format!("{step} of {}", actor.name()), show(&reply), "waits for a lock"));
            }
            line => line.map_err(|error| self.raced(error))?,
        };
        match hold_against(step, reply, line) {
            Heard::Agrees => self.goes_on(actor, &woken, after).await,
            Heard::OtherVictim => Err(self.not_reachable("another session was the victim of the deadlock")),
            Heard::Differs(real) => Err(self.disagrees(format!("{step} of {}", actor.name()), show(&reply), real)),
            Heard::Unexpected(line) => Err(self.unexpected(actor, step, line)),
        }
    }

    /// After a step the worker announces the next one or, if it runs a job, may report that it is finished.
    async fn goes_on(&mut self, actor: Actor, woken: &[Actor], after: &World) -> Result<(), RealError> {
        let what = || format!("next step of {}", actor.name());
        let expected = after.running(self.setup, actor).map(|process| label_of(process.next));
        match self.real.workers.about(actor, woken).await.map_err(|error| self.raced(error))? {
            Ok(about) if Some(about) == expected => Ok(()),
            Ok(about) => Err(self.disagrees(what(), format!("{expected:?}"), about)),
            Err(Line::Through { through }) if expected.is_none() => self.leaves(actor, through).await,
            Err(line) => Err(self.unexpected(actor, Step::Reply, line)),
        }
    }

    /// Handles the end of a worker: a transaction that it left open ends with its backend.
    async fn leaves(&mut self, actor: Actor, open: bool) -> Result<(), RealError> {
        let label = self.real.workers.label(actor)?;
        self.real.workers.leave(actor).await?;
        if open { self.real.observer.gone(&label).await } else { Ok(()) }
    }

    async fn blocked(&mut self, actor: Actor) -> Result<bool, RealError> {
        let label = self.real.workers.label(actor)?;
        self.real.observer.blocked(&label).await
    }

    async fn waits(&mut self, actor: Actor, step: Step) -> Result<(), RealError> {
        let what = format!("{step} of {}", actor.name());
        let since = std::time::Instant::now();
        loop {
            if let Some(line) = self.real.workers.heard(actor).map_err(|error| self.raced(error))? {
                return Err(self.disagrees(what, "waits for a lock", format!("{line:?}")));
            }
            if self.blocked(actor).await? {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                return Err(self.disagrees(what, "waits for a lock", "neither waits nor answers"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// The worker answers, even if its client has gone away and nobody receives the answer. A transaction that its
    /// session left open ends with it, which may end the wait of other workers before its answer is read.
    async fn answer(&mut self, actor: Actor, did: &Occurrence) -> Result<(), RealError> {
        self.comes_to(actor, Step::Reply).await?;
        self.real.workers.permit(actor, Permit::Go).await?;
        let expected = self.mirror.next(self.setup, actor);
        let woken: Vec<Actor> = did.woke.iter().map(|(actor, _, _)| *actor).collect();
        match self.real.workers.hear(actor, &woken).await.map_err(|error| self.raced(error))? {
            Line::Answered { answer, open } if Some(Next::Answer(answer)) == expected => self.leaves(actor, open).await,
            Line::Answered { answer, .. } => {
                let what = format!("the answer of {}", actor.name());
                Err(self.disagrees(what, format!("{expected:?}"), format!("{:?}", Next::Answer(answer))))
            }
            line => Err(self.unexpected(actor, Step::Reply, line)),
        }
    }

    /// The workers whose wait ends with this move, and only those, report their step.
    async fn wake(&mut self, did: &Occurrence, after: &World) -> Result<(), RealError> {
        let woken: Vec<Actor> = did.woke.iter().map(|(actor, _, _)| *actor).collect();
        let only_woke = Occurrence { woke: did.woke.clone(), ..Occurrence::of(did.mv) };
        for &(actor, step, reply) in &did.woke {
            self.replied(RequestedStep { actor, step, did: &only_woke, after }, reply).await?;
        }
        let gateways = (0..self.setup.gateways).map(Actor::Gateway);
        for actor in gateways.chain(self.setup.jobs().iter().copied()) {
            let Some(Next::Wait(call)) = after.running(self.setup, actor).map(|process| process.next) else { continue };
            // The wait may move from one lock to the next meanwhile, which takes a moment.
            match self.waits(actor, call.step).await {
                Err(RealError::Disagrees { server, .. }) if !woken.is_empty() => {
                    return Err(self.not_reachable(&format!("{} went on as well: {server}", actor.name())));
                }
                waits => waits?,
            }
        }
        Ok(())
    }
}
