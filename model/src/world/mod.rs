//! The world: processes, stores, clients, jobs, the clock and what may still go wrong. It knows its enabled moves and
//! carries one out.

mod apply;
mod enabled;
mod ghosts;
mod impossible;
mod process;
mod streams;
mod trouble;

use arrayvec::ArrayVec;

pub use impossible::Impossible;
pub use process::{Next, Process, Work, label_of, run_on};

use crate::books::{Allowed, Books, Cached, KeyBook, RequestBook, StreamBook, TenantBook};
use crate::day::Day;
use crate::delivery::{Cut, Endings};
use crate::effect::{DAY, Errand, Fields, RedisOp};
use crate::flow::{Asking, Charge};
use crate::money::Money;
use crate::moves::Actor;
use crate::reply::Answer;
use crate::row::{BudgetRow, Key, KeyRow, QuotaRow, Request, Tenant, Trace};
use crate::setup::{Faults, Setup};
use crate::step::Step;
use crate::store::postgres::{MAX_TENANTS, MAX_TRACES, Opening, Postgres};
use crate::store::redis::{Hash, MAX_KEYS, MAX_REQUESTS, Redis};
use crate::store::versioned::Session;

/// The most gateways a world holds.
pub const MAX_GATEWAYS: usize = 3;

/// One try at a request, in one gateway, with what only the checker knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Which request.
    pub request: Request,
    /// How far it has come.
    pub process: Process,
    /// The place in the calendar at which it arrived.
    arrived: u8,
    /// How far its stream has come.
    streaming: Option<Cut>,
    /// Its stream is over.
    streamed: bool,
    /// The client of its stream has gone away: nobody hears the answer.
    pub client_gone: bool,
    /// Work of its own request is uncommitted, while another one rides with it.
    open_work: bool,
    touched: bool,
    warms_up: bool,
    waited: bool,
    returns: bool,
    overlapped: bool,
    knows_charged: bool,
    after_loss: bool,
    was_binding: [bool; 4],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    tries_left: u8,
    asked_before: bool,
    answered: Option<Answer>,
    moved: Money,
    /// Attempts so far, where each has a trace of its own.
    attempts: u8,
    /// It left a stream and has not come back since.
    reconnects: bool,
    served: u8,
    /// How its streams came to their ends.
    endings: Endings,
    /// Trouble with a store struck an attempt of it.
    outage: bool,
    admitted_on: Option<Day>,
    charged_on: Option<Day>,
    in_doubt: bool,
}

/// A background job, or a worker for errands about one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Job {
    running: Option<Box<Process>>,
    /// Something happened since the last run of a periodic job began.
    due: bool,
    /// The place in the calendar by which the run that is under way is judged.
    began: Option<u8>,
    /// Errands that were handed over and not acknowledged.
    errands: ArrayVec<Queued, 2>,
}

/// An errand in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Queued {
    errand: Errand,
    /// How often the first deliveries of a bounded one failed.
    failed: u8,
    /// The place in the calendar at which the attempt arrived whose day the errand carries, if it carries one.
    arrived: Option<u8>,
}

/// A command of Redis that was given up and is still on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Late {
    /// Who sent it.
    actor: Actor,
    /// What it is.
    op: RedisOp,
    /// Its sender was in a transaction when it was sent.
    in_transaction: bool,
}

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pg: Postgres,
    redis: Redis,
    gateways: ArrayVec<Option<Box<Attempt>>, MAX_GATEWAYS>,
    clients: ArrayVec<Client, MAX_REQUESTS>,
    /// By key: who took it and is still alive.
    key_holders: ArrayVec<Option<Actor>, MAX_KEYS>,
    jobs: Vec<Job>,
    /// The place of the clock in the calendar.
    turn: u8,
    /// By gateway: by how many days its date is ahead of the others'.
    skews: ArrayVec<i8, MAX_GATEWAYS>,
    /// By tenant: the largest quotas so far in the windows that are open.
    allowed: ArrayVec<Allowed, MAX_TENANTS>,
    /// By trace that two requests share: the one whose attempt wrote its row.
    writers: ArrayVec<Option<Request>, MAX_TRACES>,
    /// A command of Redis that was given up and is still on its way.
    late: Option<Late>,
    /// Redis has lost data or its scripts, and no other fault has struck since.
    redis_lost: bool,
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

impl World {
    /// The world before the first request: quota hashes warm unless an account is cold, no keys, no cached principals, an
    /// empty ledger.
    pub fn new(setup: &Setup) -> World {
        let quotas: ArrayVec<QuotaRow, MAX_TENANTS> = setup.tenants().map(|t| setup.opening(t)).collect();
        let keys: ArrayVec<KeyRow, MAX_TENANTS> = setup.tenants().map(|t| setup.opening_key(t)).collect();
        let budgets: ArrayVec<BudgetRow, MAX_TENANTS> = setup.tenants().map(|t| setup.opening_budget(t)).collect();
        let client = |asked: &crate::setup::Asked| Client {
            tries_left: if asked.within.is_some() { 0 } else { asked.attempts },
            asked_before: false,
            answered: None,
            moved: Money::ZERO,
            attempts: 0,
            reconnects: false,
            served: 0,
            endings: Endings::default(),
            outage: false,
            admitted_on: None,
            charged_on: None,
            in_doubt: false,
        };
        let job = |actor: &Actor| Job { due: matches!(actor, Actor::Sync | Actor::CopyBack), ..Job::default() };
        let sessions = usize::from(setup.gateways) + setup.jobs().len();
        let opening = Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: setup.traces.len(), sessions };
        World {
            pg: Postgres::new(&opening),
            redis: Redis::opening(setup),
            gateways: (0..setup.gateways).map(|_| None).collect(),
            clients: setup.requests.iter().map(client).collect(),
            key_holders: setup.keys.iter().map(|_| None).collect(),
            jobs: setup.jobs().iter().map(job).collect(),
            turn: 0,
            skews: (0..setup.gateways).map(|_| 0).collect(),
            allowed: quotas.iter().map(Allowed::by).collect(),
            writers: setup.traces.iter().map(|_| None).collect(),
            late: None,
            redis_lost: false,
            left: setup.faults,
        }
    }

    /// The attempt in flight at a gateway.
    pub fn attempt(&self, gateway: u8) -> Option<&Attempt> {
        self.gateways.get(usize::from(gateway))?.as_deref()
    }

    /// What an actor runs now, if it runs anything.
    pub fn running(&self, setup: &Setup, actor: Actor) -> Option<&Process> {
        match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| &attempt.process),
            job @ (Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_)) => {
                self.jobs[place_of(setup, job)?].running.as_deref()
            }
        }
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
                let Queued { errand, .. } = *self.jobs[place_of(setup, actor)?].errands.first()?;
                let day = setup.date_taken(self.turn, setup.charge(errand.request()).tenant);
                Some(Work::Errand { errand, day })
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

    /// The Redis model, for what its clock says.
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Bytes on the heap: the processes.
    pub fn heap_bytes(&self) -> usize {
        let attempts = self.gateways.iter().flatten().count() * size_of::<Attempt>();
        let jobs = self.jobs.iter().filter(|job| job.running.is_some()).count() * size_of::<Process>();
        attempts + jobs + self.jobs.len() * size_of::<Job>()
    }

    /// Whether nothing more can happen that money depends on: clients done or out of attempts, nothing in flight, errands
    /// done, periodic jobs ran after the last fault and the last change they carry over.
    pub fn at_rest(&self) -> bool {
        self.quiet()
            && self.late.is_none()
            && self.jobs.iter().all(|job| !job.due && job.running.is_none() && job.errands.is_empty())
    }

    /// The books at this instant.
    pub fn books(&self, setup: &Setup) -> Books {
        let tenant = |t: Tenant| TenantBook {
            open: setup.opening(t).balance,
            open_used: setup.opening(t).daily_used,
            allowed: self.allowed[t.index()],
            open_day: setup.date_declared(0, t),
            dates: setup.calendar.dates(self.turn, t),
            quota: self.pg.quota(t),
            hash: self.redis.hash(t),
            key: self.pg.key(t),
            budget: self.pg.budget(t),
            counter: self.redis.budget(t).map(|(value, ttl)| Cached { value, expires: ttl.is_some() }),
            principal: self.redis.principal(t).map(|(value, _)| Cached { value, expires: true }),
            usage: self.pg.usage(t),
        };
        Books {
            design: setup.met,
            path: setup.path,
            turn: self.turn,
            today: setup.calendar.utc(self.turn),
            gateways: setup.gateways,
            places: self.gateways.iter().map(|attempt| self.place_in_flow(setup, attempt.as_deref()?)).collect(),
            tenants: setup.tenants().map(tenant).collect(),
            rows: (0..setup.traces.len() as u8).map(|t| self.pg.row(Trace(t))).collect(),
            requests: setup.all_requests().map(|request| self.request_book(setup, request)).collect(),
            keys: (0..setup.keys.len() as u8).map(|key| self.key_book(setup, Key(key))).collect(),
            owners: setup.owners(),
            writers: self.writers.clone(),
            at_rest: self.at_rest(),
        }
    }

    fn place_in_flow(&self, setup: &Setup, attempt: &Attempt) -> Option<(Tenant, Step)> {
        Some((setup.charge(attempt.request).tenant, attempt.process.last()?))
    }

    fn request_book(&self, setup: &Setup, request: Request) -> RequestBook {
        let charge = setup.charge(request);
        let client = &self.clients[request.index()];
        RequestBook {
            tenant: charge.tenant,
            trace: charge.trace,
            asking: charge.asking,
            returns: setup.requests[request.index()].returns && setup.requests[request.index()].within.is_none(),
            price: self.price(setup, request),
            moved: client.moved,
            in_flight: self.in_flight(request).count() as u8,
            answered: client.answered,
            served: client.served,
            stream: (charge.asking == Asking::Stream).then_some(StreamBook {
                prices: charge.stream,
                estimate: charge.estimate,
                endings: client.endings,
            }),
            outage: client.outage,
            admitted_on: client.admitted_on,
            charged_on: client.charged_on,
            in_doubt: client.in_doubt,
        }
    }

    fn key_book(&self, setup: &Setup, key: Key) -> KeyBook {
        let (request, trace) = setup.keys[key.index()];
        KeyBook { request, trace, ttl: self.redis.key(key), held: self.key_holders[key.index()].is_some() }
    }

    /// What the request costs; for a reverse, what the charge it gives back did, of a stream what its rows have taken so far.
    fn price(&self, setup: &Setup, request: Request) -> Money {
        let charge = setup.charge(request);
        match charge.asking {
            Asking::Reverse { of } => {
                let original = setup.all_requests().map(|r| setup.charge(r)).find(|other| other.trace == of);
                original.map_or(Money::ZERO, |original| match original.asking {
                    Asking::Stream => self.taken_by_rows(setup, original),
                    Asking::Charge | Asking::Recharge | Asking::Reverse { .. } | Asking::DailyQuota(_) => {
                        original.amount
                    }
                })
            }
            Asking::Charge | Asking::Stream | Asking::Recharge | Asking::DailyQuota(_) => charge.amount,
        }
    }

    fn taken_by_rows(&self, setup: &Setup, of: &Charge) -> Money {
        let traces = (0..setup.traces.len() as u8).map(Trace).filter(|&trace| of.has(trace));
        let rows = traces.filter_map(|trace| self.pg.row(trace));
        rows.filter(|row| row.tenant == of.tenant && row.effective()).map(|row| -row.effect()).sum()
    }

    fn quiet(&self) -> bool {
        self.gateways.iter().all(Option::is_none)
            && self.clients.iter().all(|client| client.answered.is_some() || client.tries_left == 0)
    }

    fn in_flight(&self, request: Request) -> impl Iterator<Item = &Attempt> {
        self.gateways.iter().flatten().map(Box::as_ref).filter(move |attempt| attempt.request == request)
    }

    fn session(&self, setup: &Setup, actor: Actor) -> Session {
        match actor {
            Actor::Gateway(n) => Session(n),
            job @ (Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_)) => {
                let place = place_of(setup, job).unwrap_or_default();
                Session((self.gateways.len() + place) as u8)
            }
        }
    }

    fn actor_of(&self, setup: &Setup, session: Session) -> Actor {
        match usize::from(session.0).checked_sub(self.gateways.len()) {
            None => Actor::Gateway(session.0),
            Some(place) => setup.jobs()[place],
        }
    }
}

/// The place of a job among the jobs of its setup.
fn place_of(setup: &Setup, job: Actor) -> Option<usize> {
    setup.jobs().iter().position(|&known| known == job)
}
