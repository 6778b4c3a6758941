//! What happens: stores, processes, clients, jobs, the clock and the faults left. Everything that decides which moves
//! are enabled, and what a move does, is in here.
//!
//! Nothing here can name what only the checker knows. A move reports what it does to an observer ([`Event`]), and
//! nothing comes back from the observer.

mod apply;
mod disturbed;
mod enabled;
mod event;
mod faults;
mod steps;
mod streams;

use arrayvec::ArrayVec;

pub(super) use event::{Event, Held, Watch};

use crate::day::Day;
use crate::effect::{DAY, DeferredJob, Fields, RedisOp};
use crate::moves::Actor;
use crate::reply::Answer;
use crate::row::{Request, Tenant};
use crate::setup::{Faults, MAX_GATEWAYS, Requested, Setup};
use crate::store::postgres::{MAX_TENANTS, Opening, Postgres};
use crate::store::redis::{Hash, MAX_REQUESTS, Redis};
use crate::store::versioned::SessionId;
use crate::world::{Next, Process, Work};

/// One try at a request, in one gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Which request.
    pub request: Request,
    /// The process that runs it.
    pub process: Process,
    /// The client of its stream has gone away: the answer reaches no one.
    pub client_gone: bool,
    /// A fault struck it. This and the next four decide whether its client may ask once more, as scenarios count the
    /// attempts that they grant.
    pub(super) touched: bool,
    /// Its client comes back after a fault.
    returns: bool,
    /// Another attempt of its request was in flight at the same time.
    pub(super) overlapped: bool,
    /// It has the lock of a warm-up.
    warms_up: bool,
    /// It has waited for one that warms up.
    waited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    tries_left: u8,
    pub(super) answered: Option<Answer>,
    /// Attempts so far, if each has its own trace.
    attempts: u8,
    /// It left a stream and has not come back since.
    reconnects: bool,
}

/// A background job, or a worker for deferred jobs about one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Job {
    running: Option<Box<Process>>,
    /// Something happened since the last run of a periodic job began.
    due: bool,
    /// Deferred jobs that were handed over and not acknowledged.
    pub(super) queued: ArrayVec<Queued, 2>,
}

/// A deferred job in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queued {
    pub(super) deferred: DeferredJob,
    /// How often its deliveries have failed, if their number is limited.
    failed: u8,
}

/// A command of Redis that was given up and is still on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Late {
    /// Who sent it.
    actor: Actor,
    /// What it is.
    op: RedisOp,
}

/// The state of everything that decides what happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mechanics {
    pub(super) pg: Postgres,
    pub(super) redis: Redis,
    pub(super) gateways: ArrayVec<Option<Box<Attempt>>, MAX_GATEWAYS>,
    pub(super) clients: ArrayVec<Client, MAX_REQUESTS>,
    pub(super) jobs: Vec<Job>,
    /// The index of the clock in the calendar.
    pub(super) turn: u8,
    /// By gateway: by how many days its date is ahead of the others'.
    skews: ArrayVec<i8, MAX_GATEWAYS>,
    late: Option<Late>,
    left: Faults,
}

impl Redis {
    /// The Redis before the first request: quota hashes warm unless an account is cold, no keys, no cached principals.
    pub(crate) fn opening(setup: &Setup) -> Redis {
        let warm = |tenant: Tenant| Hash {
            row: setup.opening(tenant),
            fields: Fields::ALL,
            deadline: Some(DAY),
            drifted: None,
        };
        let hash = |tenant: Tenant| (!setup.accounts[tenant.index()].cold).then(|| warm(tenant));
        let hashes: ArrayVec<Option<Hash>, MAX_TENANTS> = setup.tenants().map(hash).collect();
        Redis::new(setup.keys.len(), &hashes, &vec![None; setup.accounts.len()])
    }
}

impl Mechanics {
    pub(super) fn new(setup: &Setup) -> Mechanics {
        let quotas: ArrayVec<_, MAX_TENANTS> = setup.tenants().map(|t| setup.opening(t)).collect();
        let keys: ArrayVec<_, MAX_TENANTS> = setup.tenants().map(|t| setup.opening_key(t)).collect();
        let budgets: ArrayVec<_, MAX_TENANTS> = setup.tenants().map(|t| setup.opening_budget(t)).collect();
        let client = |asked: &Requested| Client {
            tries_left: if asked.within.is_some() { 0 } else { asked.attempts },
            answered: None,
            attempts: 0,
            reconnects: false,
        };
        let job = |actor: &Actor| Job { due: matches!(actor, Actor::Sync | Actor::CopyBack), ..Job::default() };
        let sessions = usize::from(setup.gateways) + setup.jobs().len();
        let opening = Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: setup.traces.len(), sessions };
        Mechanics {
            pg: Postgres::new(&opening),
            redis: Redis::opening(setup),
            gateways: (0..setup.gateways).map(|_| None).collect(),
            clients: setup.requests.iter().map(client).collect(),
            jobs: setup.jobs().iter().map(job).collect(),
            turn: 0,
            skews: (0..setup.gateways).map(|_| 0).collect(),
            late: None,
            left: setup.faults,
        }
    }

    /// The attempt in flight at a gateway.
    pub fn attempt(&self, gateway: u8) -> Option<&Attempt> {
        self.gateways.get(usize::from(gateway))?.as_deref()
    }

    /// What an actor runs now, if it runs anything.
    pub fn running(&self, setup: &Setup, actor: Actor) -> Option<&Process> {
        if let Actor::Gateway(n) = actor {
            return self.attempt(n).map(|attempt| &attempt.process);
        }
        self.jobs[place_of(setup, actor)?].running.as_deref()
    }

    /// What an idle job would run if it began now.
    pub fn would_run(&self, setup: &Setup, actor: Actor) -> Option<Work> {
        match actor {
            Actor::Gateway(_) => None,
            Actor::Sync => setup.flows.sync.map(|_| Work::Sync),
            Actor::CopyBack => setup.flows.copy_back.map(|_| Work::CopyBack),
            Actor::Sweeper => setup.flows.sweep.map(|_| {
                let mut days = [Day::default(); MAX_TENANTS];
                setup.tenants().for_each(|tenant| days[tenant.index()] = setup.date_taken(self.turn, tenant));
                Work::Sweep { days }
            }),
            Actor::Worker(_) | Actor::Task(_) => {
                let Queued { deferred, .. } = *self.jobs[place_of(setup, actor)?].queued.first()?;
                let day = setup.date_taken(self.turn, setup.input(deferred.request()).tenant);
                Some(Work::Deferred { deferred, day })
            }
        }
    }

    /// What an actor does next, if it is doing anything. An idle job that could run shows its first step.
    pub fn next(&self, setup: &Setup, actor: Actor) -> Option<Next> {
        if let Some(process) = self.running(setup, actor) {
            return Some(process.next);
        }
        self.would_run(setup, actor).map(|work| Process::begin(setup, work).next)
    }

    /// The request that an actor works for.
    pub(super) fn request_of(&self, setup: &Setup, actor: Actor) -> Option<Request> {
        match actor {
            Actor::Worker(request) | Actor::Task(request) => Some(request),
            Actor::Gateway(_) | Actor::Sync | Actor::CopyBack | Actor::Sweeper => {
                self.running(setup, actor).and_then(|process| process.work.request())
            }
        }
    }

    pub(super) fn in_transaction(&self, setup: &Setup, actor: Actor) -> bool {
        self.pg.in_transaction(self.session(setup, actor))
    }

    /// The Redis model, to read its clock.
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Bytes on the heap: the processes.
    pub fn heap_bytes(&self) -> usize {
        let attempts = self.gateways.iter().flatten().count() * size_of::<Attempt>();
        let jobs = self.jobs.iter().filter(|job| job.running.is_some()).count() * size_of::<Process>();
        attempts + jobs + self.jobs.len() * size_of::<Job>()
    }

    /// Whether nothing more can happen that affects money: clients are done or out of attempts, nothing is in flight,
    /// deferred jobs are done, and periodic jobs ran after the last fault and the last change that they carry over.
    pub fn at_rest(&self) -> bool {
        self.quiet()
            && self.late.is_none()
            && self.jobs.iter().all(|job| !job.due && job.running.is_none() && job.queued.is_empty())
    }

    fn quiet(&self) -> bool {
        self.gateways.iter().all(Option::is_none)
            && self.clients.iter().all(|client| client.answered.is_some() || client.tries_left == 0)
    }

    pub(super) fn in_flight(&self, request: Request) -> impl Iterator<Item = &Attempt> {
        self.gateways.iter().flatten().map(Box::as_ref).filter(move |attempt| attempt.request == request)
    }

    pub(super) fn session(&self, setup: &Setup, actor: Actor) -> SessionId {
        if let Actor::Gateway(n) = actor {
            return SessionId(n);
        }
        SessionId((self.gateways.len() + place_of(setup, actor).unwrap_or_default()) as u8)
    }

    fn actor_of(&self, setup: &Setup, session: SessionId) -> Actor {
        match usize::from(session.0).checked_sub(self.gateways.len()) {
            None => Actor::Gateway(session.0),
            Some(place) => setup.jobs()[place],
        }
    }
}

/// The index of a job among the jobs of its setup.
pub(super) fn place_of(setup: &Setup, job: Actor) -> Option<usize> {
    setup.jobs().iter().position(|&known| known == job)
}
