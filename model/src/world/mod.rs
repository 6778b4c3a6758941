//! The world: processes, stores, clients, jobs, the clock and what may still go wrong. It knows its enabled moves and
//! carries one out.

mod apply;
mod enabled;

use arrayvec::ArrayVec;

pub use apply::Impossible;

use crate::books::{Books, RequestBook, TenantBook};
use crate::effect::{Call, DAY, Fields};
use crate::io::{Ran, Recorded, run};
use crate::money::Money;
use crate::moves::Actor;
use crate::reply::{Answer, Failure};
use crate::row::{Limit, QuotaRow, Request, Tenant};
use crate::setup::{Faults, Setup};
use crate::step::Step;
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, Postgres};
use crate::store::redis::{Hash, MAX_REQUESTS, Redis};
use crate::store::versioned::Session;

/// What a process does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// It asks for this.
    Ask(Call),
    /// It has asked and waits for a lock.
    Wait(Call),
    /// It answers its client.
    Answer(Answer),
    /// The job is through.
    Done,
    /// Internal error: the flow did not repeat itself.
    Diverged,
}

/// One try at a request, in one gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Which request.
    pub request: Request,
    /// What it does next.
    pub next: Next,
    recorded: Recorded,
    touched: bool,
    overlapped: bool,
    knows_charged: bool,
    was_binding: [bool; 3],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    tries_left: u8,
    asked_before: bool,
    answered: Option<Answer>,
    moved: Money,
    key_holder: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SyncJob {
    running: Option<(Recorded, Next)>,
    /// Something happened since the last run began.
    due: bool,
}

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pg: Postgres,
    redis: Redis,
    gateways: ArrayVec<Option<Attempt>, { MAX_SESSIONS - 1 }>,
    clients: ArrayVec<Client, MAX_REQUESTS>,
    sync: SyncJob,
    left: Faults,
}

impl World {
    /// The world before the first request: quota hashes warm, no keys, an empty ledger.
    pub fn new(setup: &Setup) -> World {
        let opening: ArrayVec<QuotaRow, MAX_TENANTS> = setup.tenants().map(|t| setup.opening(t)).collect();
        let warm = |row: &QuotaRow| Some(Hash { row: *row, fields: Fields::ALL, deadline: Some(DAY) });
        let hashes: ArrayVec<Option<Hash>, MAX_TENANTS> = opening.iter().map(warm).collect();
        let client = |asked: &crate::setup::Asked| Client {
            tries_left: asked.attempts,
            asked_before: false,
            answered: None,
            moved: Money::ZERO,
            key_holder: None,
        };
        World {
            pg: Postgres::new(&opening, setup.traces.len(), usize::from(setup.gateways) + 1),
            redis: Redis::new(setup.requests.len(), &hashes),
            gateways: (0..setup.gateways).map(|_| None).collect(),
            clients: setup.requests.iter().map(client).collect(),
            sync: SyncJob { running: None, due: setup.flows.sync.is_some() },
            left: setup.faults,
        }
    }

    /// The attempt in flight at a gateway.
    pub fn attempt(&self, gateway: u8) -> Option<&Attempt> {
        self.gateways.get(usize::from(gateway))?.as_ref()
    }

    /// What an actor does next, if it is doing anything. An idle job with a run due shows its first step.
    pub fn next(&self, setup: &Setup, actor: Actor) -> Option<Next> {
        match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| attempt.next),
            Actor::Sync => match &self.sync.running {
                Some((_, next)) => Some(*next),
                None => setup.flows.sync.map(|_| run_job(setup, &mut Recorded::default())),
            },
        }
    }

    /// The Redis model, for what its clock says.
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Whether nothing more can happen that money depends on: clients done or out of attempts, nothing in flight, jobs ran
    /// after the last fault and the last charge.
    pub fn at_rest(&self) -> bool {
        self.quiet() && !self.sync.due && self.sync.running.is_none()
    }

    /// The books at this instant.
    pub fn books(&self, setup: &Setup) -> Books {
        let tenant = |t: Tenant| TenantBook {
            open: setup.opening(t).balance,
            quota: self.pg.quota(t),
            hash: self.redis.hash(t),
        };
        let request = |r: Request| {
            let charge = setup.charge(r);
            let client = &self.clients[r.index()];
            RequestBook {
                tenant: charge.tenant,
                trace: charge.trace,
                price: charge.amount,
                moved: client.moved,
                key: self.redis.key(r),
                key_held: client.key_holder.is_some(),
                in_flight: self.in_flight(r).count() as u8,
                answered: client.answered,
            }
        };
        Books {
            tenants: setup.tenants().map(tenant).collect(),
            rows: (0..setup.traces.len() as u8).map(|t| self.pg.row(crate::row::Trace(t))).collect(),
            requests: setup.all_requests().map(request).collect(),
            at_rest: self.at_rest(),
        }
    }

    fn quiet(&self) -> bool {
        self.gateways.iter().all(Option::is_none)
            && self.clients.iter().all(|client| client.answered.is_some() || client.tries_left == 0)
    }

    fn in_flight(&self, request: Request) -> impl Iterator<Item = &Attempt> {
        self.gateways.iter().flatten().filter(move |attempt| attempt.request == request)
    }

    fn session(&self, actor: Actor) -> Session {
        match actor {
            Actor::Gateway(n) => Session(n),
            Actor::Sync => Session(self.gateways.len() as u8),
        }
    }

    fn actor_of(&self, session: Session) -> Actor {
        if usize::from(session.0) < self.gateways.len() { Actor::Gateway(session.0) } else { Actor::Sync }
    }
}

/// Runs the flow of an attempt as far as its replies reach.
pub fn run_attempt(setup: &Setup, request: Request, recorded: &mut Recorded) -> Next {
    match run(recorded, |io| (setup.flows.deduct)(io, setup.charge(request))) {
        Ran::Asks(call) => Next::Ask(call),
        Ran::Ended(answer) => Next::Answer(answer),
        Ran::Failed(Failure::Refused(limit)) => Next::Answer(Answer::Refused(limit)),
        Ran::Failed(failure) => Next::Answer(Answer::Error(failure)),
        Ran::Diverged { .. } => Next::Diverged,
    }
}

/// Runs the background job as far as its replies reach; idle where the design has none.
pub fn run_job(setup: &Setup, recorded: &mut Recorded) -> Next {
    let Some(sync) = setup.flows.sync else { return Next::Done };
    let tenants = setup.tenants().collect();
    match run(recorded, |io| sync(io, &tenants)) {
        Ran::Asks(call) => Next::Ask(call),
        // A run that failed is given up; the next one starts afresh.
        Ran::Ended(()) | Ran::Failed(_) => Next::Done,
        Ran::Diverged { .. } => Next::Diverged,
    }
}

fn binding(quota: &QuotaRow, price: Money) -> [bool; 3] {
    [
        quota.balance + quota.credit < price,
        quota.daily_used >= quota.daily_quota,
        quota.monthly_used >= quota.monthly_quota,
    ]
}

fn place(limit: Limit) -> usize {
    match limit {
        Limit::Balance => 0,
        Limit::Daily => 1,
        Limit::Monthly => 2,
    }
}

/// The label of what comes next, for naming a crash.
pub fn label_of(next: Next) -> Step {
    match next {
        Next::Ask(call) | Next::Wait(call) => call.step,
        Next::Answer(_) | Next::Done | Next::Diverged => Step::Reply,
    }
}
