//! The concurrent parts of a load run: clients, gateway processes, the queue and the kills.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::money::Money;
use model::reply::Answer;
use model::row::{Request, Tenant};
use model::setup::{Account, Faults, Premises, Requested, Setup, SetupError};
use model::store::postgres::MAX_TENANTS;
use model::world::Work;
use tokio::task::JoinSet;

use crate::load::clients::Clients;
use crate::load::decisions::{Decisions, Kill, Terms};
use crate::load::error::LoadError;
use crate::load::gateway::Said;
use crate::load::process::Gateway;
use crate::names::Names;
use crate::servers::process::Process;
use crate::stores::Stores;
use crate::worker::WorkerTask;
use crate::worker_pool::WorkerCommand;

/// The number of tenants that all requests are spread over: few, so that requests conflict.
const TENANTS: u8 = 4;
/// How often the queue delivers one deferred job once all is quiet; after that the job stays undelivered for the check
/// of the books.
const DELIVERIES: usize = 5;

/// The state shared by clients, gateways and kills.
#[derive(Debug)]
pub(super) struct SharedTraffic {
    /// One setup per tenant: a world of that tenant alone.
    pub(super) setups: Vec<Setup>,
    pub(super) names: Names,
    pub(super) stores: Stores,
    pub(super) label: String,
    command: WorkerCommand,
    clients: Mutex<Clients>,
    /// The process id of each running process, by its place.
    running: Mutex<BTreeMap<usize, u32>>,
}

impl SharedTraffic {
    pub(super) fn new(terms: &Terms, stores: Stores, command: WorkerCommand) -> Result<SharedTraffic, LoadError> {
        let setups = (0..TENANTS).map(|place| world(terms, place)).collect::<Result<Vec<_>, SetupError>>()?;
        let tenants: Vec<&str> = setups.iter().map(|setup| setup.account_name(Tenant(0))).collect();
        let names = Names::of(&stores.prefix, &tenants, &[], &[]);
        let decisions = Decisions::new(terms.seed, TENANTS, terms.workers + 1);
        let clients = Mutex::new(Clients::new(decisions, terms.requests));
        let label = format!("trial-load {}", std::process::id());
        Ok(SharedTraffic { setups, names, stores, label, command, clients, running: Mutex::default() })
    }

    pub(super) fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<usize, u32>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins requests until the given time and waits until all of them have ended. Jobs run meanwhile.
    pub(super) async fn round(
        self: &Arc<SharedTraffic>,
        gateways: Vec<Option<Gateway>>,
        until: Instant,
        stop: &AtomicBool,
    ) -> Result<Vec<Option<Gateway>>, LoadError> {
        self.clients().open = true;
        let jobs = gateways.len() - 1;
        let mut tasks = JoinSet::new();
        for (place, gateway) in gateways.into_iter().enumerate() {
            let shared = Arc::clone(self);
            tasks.spawn(async move {
                let served =
                    if place == jobs { shared.work(place, gateway).await } else { shared.serve(place, gateway).await };
                (place, served)
            });
        }
        while Instant::now() < until && !stop.load(Ordering::Relaxed) && self.clients().left > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.clients().open = false;
        let mut left: Vec<Option<Gateway>> = (0..=jobs).map(|_| None).collect();
        while let Some(joined) = tasks.join_next().await {
            let (place, served) = joined.map_err(|error| LoadError::Said(error.to_string()))?;
            left[place] = served?;
        }
        Ok(left)
    }

    /// Serves as a gateway: attempt after attempt until there is nothing more to do.
    async fn serve(
        self: &Arc<SharedTraffic>,
        place: usize,
        mut gateway: Option<Gateway>,
    ) -> Result<Option<Gateway>, LoadError> {
        loop {
            let next = {
                let mut clients = self.clients();
                let next = clients.next();
                if next.is_none() && clients.quiet() {
                    return Ok(gateway);
                }
                next.map(|number| (number, clients.due()))
            };
            let Some((number, kill)) = next else {
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            };
            if let Some(kill) = kill {
                tokio::spawn(Arc::clone(self).kill(kill));
            }
            let answer = self.attempt(place, &mut gateway, number).await?;
            self.clients().ended(number, answer);
        }
    }

    async fn attempt(
        &self,
        place: usize,
        gateway: &mut Option<Gateway>,
        number: usize,
    ) -> Result<Option<Answer>, LoadError> {
        let (tenant, price) = {
            let clients = self.clients();
            (clients.asked[number].tenant, clients.asked[number].price)
        };
        let day = self.setups[usize::from(tenant)].today;
        let task = self.task(
            tenant,
            asked(number, &account_name(tenant), price),
            Work::Attempt { request: Request(0), day, nth: 0 },
        );
        self.run(place, gateway, &task, number).await.map(|ended| ended.answer)
    }

    /// Serves as the process for jobs: deferred jobs as they arrive, and the periodic jobs at intervals.
    async fn work(&self, place: usize, mut gateway: Option<Gateway>) -> Result<Option<Gateway>, LoadError> {
        let mut synced = Instant::now();
        loop {
            if self.clients().quiet() {
                return Ok(gateway);
            }
            let delivered = self.deliver(place, &mut gateway).await?;
            if synced.elapsed() > Duration::from_millis(100) {
                self.periodic(place, &mut gateway).await?;
                synced = Instant::now();
            } else if !delivered {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// Delivers what is in the queue, then runs the periodic jobs once.
    pub(super) async fn run_jobs(&self, mut gateways: Vec<Option<Gateway>>) -> Result<Vec<Option<Gateway>>, LoadError> {
        let place = gateways.len() - 1;
        let mut deliveries = DELIVERIES * self.clients().queue.len();
        while deliveries > 0 && self.deliver(place, &mut gateways[place]).await? {
            deliveries -= 1;
        }
        self.periodic(place, &mut gateways[place]).await?;
        Ok(gateways)
    }

    /// Delivers one deferred job, which stays in the queue unless it is acknowledged; false if there is none.
    async fn deliver(&self, place: usize, gateway: &mut Option<Gateway>) -> Result<bool, LoadError> {
        let (number, deferred, tenant, price) = {
            let mut clients = self.clients();
            let Some((number, deferred)) = clients.queue.pop_front() else { return Ok(false) };
            (number, deferred, clients.asked[number].tenant, clients.asked[number].price)
        };
        let work = Work::Deferred { deferred, day: self.setups[usize::from(tenant)].today };
        let task = self.task(tenant, asked(number, &account_name(tenant), price), work);
        let ended = self.run(place, gateway, &task, number).await?;
        if !ended.acknowledged {
            self.clients().queue.push_back((number, deferred));
        }
        Ok(true)
    }

    /// Runs each periodic job of the design once for each tenant; a job whose process is killed is run again.
    async fn periodic(&self, place: usize, gateway: &mut Option<Gateway>) -> Result<(), LoadError> {
        for (tenant, setup) in (0..TENANTS).zip(&self.setups) {
            let sync = setup.flows.sync.map(|_| Work::Sync);
            let copy_back = setup.flows.copy_back.map(|_| Work::CopyBack);
            let sweep = setup.flows.sweep.map(|_| Work::Sweep { days: [setup.today; MAX_TENANTS] });
            for work in sync.into_iter().chain(copy_back).chain(sweep) {
                let task = self.task(tenant, setup.requests[0].clone(), work);
                while !self.run(place, gateway, &task, 0).await?.through {}
            }
        }
        Ok(())
    }

    fn task(&self, tenant: u8, request: Requested, work: Work) -> WorkerTask {
        let setup = &self.setups[usize::from(tenant)];
        WorkerTask {
            design: setup.design,
            accounts: setup.accounts.clone(),
            requests: vec![request],
            today: setup.today,
            path: setup.path,
            faults: setup.faults,
            work,
            stores: self.stores.clone(),
            label: self.label.clone(),
        }
    }

    /// Has a process carry out a task; a dead process is replaced by another.
    async fn run(
        &self,
        place: usize,
        gateway: &mut Option<Gateway>,
        task: &WorkerTask,
        number: usize,
    ) -> Result<Ended, LoadError> {
        let mut ended = Ended::default();
        loop {
            if gateway.is_none() {
                let started = Gateway::start(&self.command)?;
                if let Some(pid) = started.pid() {
                    self.running().insert(place, pid);
                }
                *gateway = Some(started);
            }
            let Some(process) = gateway.as_mut() else { continue };
            if process.task(task).await? {
                break;
            }
            self.lose(place, gateway).await;
        }
        loop {
            let Some(process) = gateway.as_mut() else { return Ok(ended) };
            match process.hear().await? {
                None => self.lose(place, gateway).await,
                Some(Said::Served) => self.clients().asked[number].served += 1,
                Some(Said::Sent(deferred)) => self.clients().queue.push_back((number, deferred)),
                Some(Said::Acknowledged(_)) => ended.acknowledged = true,
                Some(Said::Answered(answer)) => ended.answer = Some(answer),
                Some(Said::Through) => {
                    ended.through = true;
                    return Ok(ended);
                }
                Some(Said::Broken(why)) => return Err(LoadError::Said(why)),
            }
        }
    }

    async fn lose(&self, place: usize, gateway: &mut Option<Gateway>) {
        self.running().remove(&place);
        if let Some(dead) = gateway.take() {
            dead.bury().await;
        }
    }

    /// Kills a process, whatever it is doing at that moment.
    async fn kill(self: Arc<SharedTraffic>, kill: Kill) {
        tokio::time::sleep(Duration::from_micros(kill.after_micros)).await;
        let pid = self.running().get(&kill.whom).copied();
        if let Some(pid) = pid {
            // The process is only waited for after it is removed from the list, so that its id cannot belong to another
            // process.
            Process::now(pid).kill();
            self.clients().kills += 1;
        }
    }
}

/// How a task ended; the default if its process was killed at once.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    answer: Option<Answer>,
    acknowledged: bool,
    through: bool,
}

fn account_name(tenant: u8) -> String {
    format!("tenant-{tenant}")
}

/// A request whose trace is its number.
fn asked(number: usize, account: &str, price: Money) -> Requested {
    Requested::charge(&number.to_string(), account, price.to_string().parse().unwrap_or_default())
}

/// A world of one tenant that can pay for everything. Its one request represents all, since a world has at least one.
fn world(terms: &Terms, tenant: u8) -> Result<Setup, SetupError> {
    let amount = |text: &str| text.parse().unwrap_or_default();
    let account = Account {
        name: account_name(tenant),
        balance: amount("100000000.00"),
        credit: amount("0"),
        daily_quota: 1_000_000_000,
        monthly_quota: 1_000_000_000,
        used: 0,
        budget: Some(amount("100000000.00")),
        new: false,
        cold: false,
        zone: None,
    };
    let requests = vec![asked(0, &account_name(tenant), Money::from_micros(1))];
    let (accounts, gateways, today) = (vec![account], 1, Premises::first_day());
    let premises = Premises { accounts, requests, gateways, today, path: terms.path };
    Setup::new(premises, Faults::default(), terms.design)
}
