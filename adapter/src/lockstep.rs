//! One run: each move is applied to the model and done for real, and then both must agree.

mod agreement;

use model::books::{Books, Occurrence};
use model::effect::{Call, Effect};
use model::moves::{Actor, Move};
use model::reply::Reply;
use model::row::Request;
use model::setup::Setup;
use model::step::Step;
use model::trace::{Entry, Unreachable};
use model::world::{Next, World, label_of};

use crate::crew::{CrewError, PATIENCE};
use crate::engine::{Proxies, Real, RealError};
use crate::lockstep::agreement::show;
use crate::servers::proxy::Cut;
use crate::statements::Names;
use crate::stores::Stores;
use crate::worker::{Line, Order};

pub(crate) struct Lockstep<'a> {
    real: &'a mut Real,
    setup: &'a Setup,
    names: Names,
    stores: Option<Stores>,
    mirror: World,
    books: Option<Books>,
    number: usize,
}

impl<'a> Lockstep<'a> {
    /// Workers of a run in which something is lost on the way talk through the proxies, the others directly.
    pub(crate) fn begin(real: &'a mut Real, setup: &'a Setup, names: Names, moves: &[Move]) -> Lockstep<'a> {
        let cuts = moves.iter().any(|mv| matches!(mv, Move::Unreachable { .. } | Move::Lost { .. }));
        let stores = if cuts { real.proxies.as_ref().map(|p| p.stores.clone()) } else { Some(real.stores.clone()) };
        Lockstep { real, setup, names, stores, mirror: World::new(setup), books: None, number: 0 }
    }

    /// The books before the first move.
    pub(crate) async fn opening(&mut self) -> Result<Books, RealError> {
        let model = self.mirror.books(self.setup);
        self.compare(&model, None).await
    }

    /// Carries out one move.
    pub(crate) async fn carry_out(&mut self, mv: Move) -> Result<Entry, RealError> {
        self.number += 1;
        let mut after = self.mirror.clone();
        let unreachable = |why| Unreachable { number: self.number, why };
        let did = after.apply(self.setup, mv).map_err(unreachable)?;
        self.act(mv, &did, &after).await?;
        self.wake(&did, &after).await?;
        self.mirror = after;
        let model = self.mirror.books(self.setup);
        let books = self.compare(&model, Some(&did)).await?;
        Ok(Entry { did, books })
    }

    async fn act(&mut self, mv: Move, did: &Occurrence, after: &World) -> Result<(), RealError> {
        match mv {
            Move::Send { request, gateway } => self.start(Actor::Gateway(gateway), Some(request)).await,
            Move::Step { actor, step: Step::Reply, .. } => self.answer(actor, did).await,
            Move::Step { actor, step, .. } => self.step(actor, step, did, after).await,
            Move::Crash { actor, .. } | Move::Cancel { actor, .. } => {
                let label = self.real.crew.kill(actor).await?;
                self.real.observer.gone(&label).await
            }
            Move::Unreachable { actor, step } => {
                self.proxies()?.redis.arm(Cut::Refuse).await?;
                self.step(actor, step, did, after).await?;
                Ok(self.proxies()?.redis.disarm()?)
            }
            Move::Lost { actor, step, ran } => self.lose(actor, step, ran, did, after).await,
            Move::RedisLoss => self.lose_redis().await,
            Move::Expire => {
                let (books, clock) = (after.books(self.setup), after.redis().clock());
                self.real.observer.expire(self.setup, &self.names, &books, clock).await
            }
        }
    }

    async fn start(&mut self, actor: Actor, request: Option<Request>) -> Result<(), RealError> {
        let stores = self.stores.clone().ok_or(RealError::NotOurs { number: self.number })?;
        let order = Order {
            design: self.setup.design,
            accounts: self.setup.accounts.clone(),
            requests: self.setup.requests.clone(),
            request: request.map(|Request(place)| place),
            stores,
            label: String::new(),
        };
        Ok(self.real.crew.start(actor, order).await?)
    }

    /// Lets the actor do a step, which is then answered or, if the model says so, waits for a lock.
    async fn step(&mut self, actor: Actor, step: Step, did: &Occurrence, after: &World) -> Result<(), RealError> {
        if actor == Actor::Sync && !self.real.crew.has(actor) {
            self.start(actor, None).await?;
        }
        self.comes_to(actor, step).await?;
        self.real.crew.go(actor).await?;
        match did.reply {
            Some(reply) => self.replied(actor, step, reply, did, after).await,
            None => self.waits(actor, step).await,
        }
    }

    async fn comes_to(&mut self, actor: Actor, step: Step) -> Result<(), RealError> {
        match self.real.crew.about(actor, &[]).await? {
            Ok(about) if about == step => Ok(()),
            Ok(about) => Err(self.disagrees(format!("next step of {}", actor.name()), step, about)),
            Err(line) => Err(self.unexpected(actor, step, line)),
        }
    }

    async fn replied(
        &mut self,
        actor: Actor,
        step: Step,
        reply: Reply,
        did: &Occurrence,
        after: &World,
    ) -> Result<(), RealError> {
        let woken: Vec<Actor> = did.woke.iter().map(|(actor, _, _)| *actor).collect();
        let line = match self.real.crew.hear(actor, &woken).await {
            Err(CrewError::Silent(_)) if self.blocked(actor).await? => {
                return Err(self.disagrees(format!("{step} of {}", actor.name()), show(&reply), "waits for a lock"));
            }
            line => line.map_err(|error| self.raced(error))?,
        };
        match line {
            Line::Did { did, reply: real } if did == step && real == reply => self.goes_on(actor, &woken, after).await,
            Line::Did { reply: real, .. } => {
                Err(self.disagrees(format!("{step} of {}", actor.name()), show(&reply), show(&real)))
            }
            line => Err(self.unexpected(actor, step, line)),
        }
    }

    /// After a step the worker names the next one, or is through if it is the job.
    async fn goes_on(&mut self, actor: Actor, woken: &[Actor], after: &World) -> Result<(), RealError> {
        let what = || format!("next step of {}", actor.name());
        let expected = after.next(self.setup, actor).map(label_of);
        match self.real.crew.about(actor, woken).await.map_err(|error| self.raced(error))? {
            Ok(about) if Some(about) == expected => Ok(()),
            Ok(about) => Err(self.disagrees(what(), format!("{expected:?}"), about)),
            Err(Line::Through { through }) if actor == Actor::Sync => self.leaves(actor, through).await,
            Err(line) => Err(self.unexpected(actor, Step::Reply, line)),
        }
    }

    /// A worker that ends: a transaction it left open ends with its backend.
    async fn leaves(&mut self, actor: Actor, open: bool) -> Result<(), RealError> {
        let label = self.real.crew.label(actor)?;
        self.real.crew.leave(actor).await?;
        if open { self.real.observer.gone(&label).await } else { Ok(()) }
    }

    async fn blocked(&mut self, actor: Actor) -> Result<bool, RealError> {
        let label = self.real.crew.label(actor)?;
        self.real.observer.blocked(&label).await
    }

    async fn waits(&mut self, actor: Actor, step: Step) -> Result<(), RealError> {
        let what = format!("{step} of {}", actor.name());
        let since = std::time::Instant::now();
        loop {
            if let Some(line) = self.real.crew.heard(actor).map_err(|error| self.raced(error))? {
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

    async fn answer(&mut self, actor: Actor, did: &Occurrence) -> Result<(), RealError> {
        self.comes_to(actor, Step::Reply).await?;
        self.real.crew.go(actor).await?;
        let told = did.told.map(|told| told.answer);
        match self.real.crew.hear(actor, &[]).await? {
            Line::Answered { answer, open } if Some(answer) == told => self.leaves(actor, open).await,
            Line::Answered { answer, .. } => {
                let what = format!("the answer of {}", actor.name());
                Err(self.disagrees(what, format!("{told:?}"), format!("{answer:?}")))
            }
            line => Err(self.unexpected(actor, Step::Reply, line)),
        }
    }

    async fn lose(
        &mut self,
        actor: Actor,
        step: Step,
        ran: bool,
        did: &Occurrence,
        after: &World,
    ) -> Result<(), RealError> {
        let mut probe = self.mirror.clone();
        let waits =
            probe.apply(self.setup, Move::Step { actor, step, wins: None }).is_ok_and(|did| did.reply.is_none());
        if waits && ran {
            return Err(self.not_reachable("the step waits for a lock, so that there is no reply to lose"));
        }
        let cut = if ran { Cut::CutBeforeReply } else { Cut::CutBeforeRequest };
        let label = self.real.crew.label(actor)?;
        // The worker connects to Postgres before it names its first step.
        self.comes_to(actor, step).await?;
        let Proxies { postgres, redis, .. } = self.proxies()?;
        let of_redis = matches!(did.call, Some(Call { effect: Effect::Redis(_), .. }));
        let proxy = if of_redis { redis } else { postgres };
        let before = proxy.cuts();
        proxy.arm(cut).await?;
        let stepped = self.step(actor, step, did, after).await;
        let Proxies { postgres, redis, .. } = self.proxies()?;
        let proxy = if of_redis { redis } else { postgres };
        let lost = proxy.cuts() - before;
        proxy.disarm()?;
        if lost != 1 {
            return Err(
                self.not_reachable("nothing was sent that could be lost, such as ROLLBACK without a connection")
            );
        }
        stepped?;
        if of_redis || !self.real.crew.has(actor) { Ok(()) } else { self.real.observer.gone(&label).await }
    }

    async fn lose_redis(&mut self) -> Result<(), RealError> {
        if self.real.servers.ours().redis {
            self.real.servers.restart_redis().await?;
            self.real.observer.reconnect().await
        } else {
            self.real.observer.forget_keys().await
        }
    }

    /// Those whose wait ends with this move, and only those, say what they did.
    async fn wake(&mut self, did: &Occurrence, after: &World) -> Result<(), RealError> {
        let woken: Vec<Actor> = did.woke.iter().map(|(actor, _, _)| *actor).collect();
        for &(actor, step, reply) in &did.woke {
            self.replied(actor, step, reply, &Occurrence { woke: did.woke.clone(), ..Occurrence::of(did.mv) }, after)
                .await?;
        }
        for gateway in 0..self.setup.gateways {
            let actor = Actor::Gateway(gateway);
            let Some(Next::Wait(call)) = after.next(self.setup, actor) else { continue };
            // Its wait may move from one lock to the next meanwhile, which takes a moment.
            match self.waits(actor, call.step).await {
                Err(RealError::Disagrees { server, .. }) if !woken.is_empty() => {
                    return Err(self.not_reachable(&format!("{} went on as well: {server}", actor.name())));
                }
                waits => waits?,
            }
        }
        Ok(())
    }

    fn proxies(&mut self) -> Result<&mut Proxies, RealError> {
        self.real.proxies.as_mut().ok_or(RealError::NotOurs { number: self.number })
    }
}
