//! What a world begins with: accounts, requests, design and the bounds of what may go wrong.

mod faults;
mod premises;

use crate::day::Day;
use crate::design::{Budget, Cache, Counting, Design, Scripts, Usage, WarmUp};
use crate::flow::{Asking, Attempt, Charge, Flows, Path};
use crate::money::{Amount, Money, MoneyError};
use crate::moves::Actor;
use crate::policy::BudgetRecord;
use crate::pricing::{self, Direction};
use crate::row::{BudgetRow, KeyRow, QuotaRow, Request, Tenant, Trace, Unit};
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::MAX_REQUESTS;

pub use faults::Faults;
pub use premises::{Account, Asked, AskedKind, Premises, Tokens};

/// Everything a run depends on besides the order of its moves.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The logical requests.
    pub requests: Vec<Asked>,
    /// Trace ids, in the order in which requests name them first.
    pub traces: Vec<String>,
    /// Gateways, each with at most one attempt in flight.
    pub gateways: u8,
    /// The day it begins on.
    pub today: Day,
    /// The parts of the request path that are walked, those included that the design cannot do without.
    pub path: Path,
    /// Budgets of trouble.
    pub faults: Faults,
    /// The design, by which reports name it.
    pub design: Design,
    /// The design within this path: a choice that no step of it meets is as reported, so that two designs which differ
    /// only in such choices are one world.
    pub met: Design,
    /// What is run: the flows of the design that is met.
    pub flows: Flows,
    charges: Vec<Charge>,
    jobs: Vec<Actor>,
}

/// A scenario that no world can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A number outside its range.
    #[error("`{key}` is {found}: valid are {low} to {high}")]
    OutOfRange {
        /// Which key.
        key: &'static str,
        /// What it is.
        found: usize,
        /// Least valid.
        low: usize,
        /// Most valid.
        high: usize,
    },
    /// A request names an account that is not there.
    #[error("request `{trace}` names the account `{account}`: valid are {known}")]
    UnknownAccount {
        /// Whose request.
        trace: String,
        /// What it names.
        account: String,
        /// The accounts there are.
        known: String,
    },
    /// Two accounts or two requests that cannot be told apart.
    #[error("{0} appears twice")]
    Twice(String),
    /// A trace id that `varchar(64)` does not hold or that is empty.
    #[error("the trace id `{0}` must have 1 to 64 characters")]
    TraceLength(String),
    /// A price of nothing proves nothing.
    #[error("request `{0}` has the price 0: it must be more, or no invariant could fail")]
    FreeRequest(String),
    /// A key that its kind of request needs, or has no use for.
    #[error("request `{trace}`: {why}")]
    Request {
        /// Whose request.
        trace: String,
        /// The key, and what would be valid.
        why: String,
    },
    /// Tokens and prices that make no money.
    #[error("request `{trace}`: `tokens` cost {why}")]
    Price {
        /// Whose request.
        trace: String,
        /// Why not.
        why: MoneyError,
    },
}

impl Setup {
    /// Checks the parts against each other.
    ///
    /// # Errors
    /// Says which part is wrong and what would be valid.
    pub fn new(premises: Premises, faults: Faults, design: Design) -> Result<Setup, SetupError> {
        let Premises { accounts, requests, gateways, today, path } = premises;
        within("gateways", usize::from(gateways), 1, 3)?;
        within("accounts", accounts.len(), 1, MAX_TENANTS)?;
        within("requests", requests.len(), 1, MAX_REQUESTS)?;
        for (_, budget) in faults.budgets() {
            within("faults", usize::from(budget), 0, 3)?;
        }
        for (i, account) in accounts.iter().enumerate() {
            if accounts[..i].iter().any(|other| other.name == account.name) {
                return Err(SetupError::Twice(format!("account `{}`", account.name)));
            }
        }
        let path = needed(path, design);
        let met = design.met_on(path);
        let mut traces: Vec<String> = Vec::new();
        let mut charges = Vec::new();
        for (i, asked) in requests.iter().enumerate() {
            let charge = charge(i, asked, &accounts, &mut traces)?;
            if charges.iter().any(|other: &Charge| (other.tenant, other.trace) == (charge.tenant, charge.trace)) {
                return Err(SetupError::Twice(format!("request `{}` of `{}`", asked.trace, asked.account)));
            }
            charges.push(Charge { day: today, design: met, path, ..charge });
        }
        within("distinct traces", traces.len(), 1, MAX_TRACES)?;
        let flows = met.flows();
        let jobs = jobs(met, path, &flows, &charges);
        within("gateways and background jobs together", usize::from(gateways) + jobs.len(), 1, MAX_SESSIONS)?;
        Ok(Setup { accounts, requests, traces, gateways, today, path, faults, design, met, flows, charges, jobs })
    }

    /// The same with another flow for every attempt, for designs that are not among the choices.
    pub fn with_attempt(mut self, attempt: Attempt) -> Setup {
        self.flows.attempt = attempt;
        self
    }

    /// What each attempt of a request is asked, on the first day.
    pub fn charge(&self, request: Request) -> &Charge {
        &self.charges[request.index()]
    }

    /// The background jobs and the workers for errands, in the order of moves.
    pub fn jobs(&self) -> &[Actor] {
        &self.jobs
    }

    /// All requests.
    pub fn all_requests(&self) -> impl Iterator<Item = Request> + use<> {
        (0..self.requests.len() as u8).map(Request)
    }

    /// All tenants.
    pub fn tenants(&self) -> impl Iterator<Item = Tenant> + use<> {
        (0..self.accounts.len() as u8).map(Tenant)
    }

    /// A tenant's quota row before the first request.
    pub fn opening(&self, tenant: Tenant) -> QuotaRow {
        let account = &self.accounts[tenant.index()];
        QuotaRow {
            balance: account.balance.money(),
            credit: account.credit.money(),
            daily_quota: account.daily_quota,
            daily_used: account.used,
            monthly_quota: account.monthly_quota,
            monthly_used: account.used,
            version: 0,
            daily_reset_at: (!account.new).then_some(self.today),
            monthly_reset_at: (!account.new).then_some(self.today.month()),
        }
    }

    /// A tenant's API key before the first request.
    pub fn opening_key(&self, tenant: Tenant) -> KeyRow {
        KeyRow { limit: self.accounts[tenant.index()].budget.map(Amount::money), used: Money::ZERO }
    }

    /// The BUDGET row of a tenant's API key before the first request.
    pub fn opening_budget(&self, tenant: Tenant) -> BudgetRow {
        let unit = if self.met.budget_record() == BudgetRecord::Row(Unit::Micros) { Unit::Micros } else { Unit::Cents };
        BudgetRow { total: self.opening_key(tenant).limit.map(|limit| unit.whole(limit)), used: 0, unit }
    }

    /// What a tenant is called.
    pub fn account_name(&self, tenant: Tenant) -> &str {
        &self.accounts[tenant.index()].name
    }

    /// A request's trace id.
    pub fn trace_name(&self, request: Request) -> &str {
        &self.requests[request.index()].trace
    }
}

/// The path with the parts that the design cannot do without: quota_check is walked where it takes the money (P0-4 A), and
/// where nobody else keeps the counts of the hash (P0-4 D).
fn needed(path: Path, design: Design) -> Path {
    let needs_quota_check = matches!(design.cache, Cache::A | Cache::AFixed | Cache::D | Cache::DFixed);
    Path { quota_check: path.quota_check || needs_quota_check, ..path }
}

impl Design {
    /// The design as far as a step of this path meets it; the rest is as reported.
    fn met_on(self, path: Path) -> Design {
        Design {
            budget: if path.auth { self.budget } else { Budget::AsReported },
            counting: if path.quota_check { self.counting } else { Counting::AsReported },
            warm_up: if path.quota_check { self.warm_up } else { WarmUp::AsReported },
            usage: if path.usage { self.usage } else { Usage::AsReported },
            scripts: if self.runs_scripts(path) { self.scripts } else { Scripts::Eval },
            ..self
        }
    }

    /// Whether a step of this path runs a Lua script.
    fn runs_scripts(self, path: Path) -> bool {
        let writes_by_script = !matches!(self.cache, Cache::AsReported | Cache::B | Cache::D);
        let counts_by_script = !matches!(self.counting, Counting::A | Counting::B);
        let warms_by_script = self.warm_up == WarmUp::WarmLockFixed;
        writes_by_script || path.quota_check && (counts_by_script || warms_by_script)
    }
}

fn jobs(design: Design, path: Path, flows: &Flows, charges: &[Charge]) -> Vec<Actor> {
    let queue = path.usage && design.usage != Usage::C || matches!(design.cache, Cache::A | Cache::AFixed);
    let tasks = matches!(design.cache, Cache::B | Cache::BFixed);
    let calls = || charges.iter().filter(|charge| charge.asking == Asking::Charge).map(|charge| charge.request);
    let sync = flows.sync.map(|_| Actor::Sync);
    let copy_back = flows.copy_back.map(|_| Actor::CopyBack);
    let workers = calls().filter(|_| queue).map(Actor::Worker);
    let tasks = calls().filter(|_| tasks).map(Actor::Task);
    sync.into_iter().chain(copy_back).chain(workers).chain(tasks).collect()
}

fn charge(i: usize, asked: &Asked, accounts: &[Account], traces: &mut Vec<String>) -> Result<Charge, SetupError> {
    within("attempts", usize::from(asked.attempts), 1, 5)?;
    if asked.trace.is_empty() || asked.trace.chars().count() > 64 {
        return Err(SetupError::TraceLength(asked.trace.clone()));
    }
    let tenant = accounts.iter().position(|account| account.name == asked.account).ok_or_else(|| {
        let known = accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>().join(", ");
        SetupError::UnknownAccount { trace: asked.trace.clone(), account: asked.account.clone(), known }
    })?;
    let asking = asking(asked, traces)?;
    let amount = price(asked)?;
    let trace = place_of(&asked.trace, traces);
    Ok(Charge {
        request: Request(i as u8),
        tenant: Tenant(tenant as u8),
        trace: Trace(trace as u8),
        asking,
        amount,
        estimate: asked.estimate.map_or(amount, Amount::money),
        commits: asked.commit,
        day: Day::default(),
        design: Design::default(),
        path: Path::default(),
    })
}

fn place_of(name: &str, traces: &mut Vec<String>) -> usize {
    traces.iter().position(|trace| *trace == name).unwrap_or_else(|| {
        traces.push(name.to_owned());
        traces.len() - 1
    })
}

fn asking(asked: &Asked, traces: &[String]) -> Result<Asking, SetupError> {
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() });
    if asked.of.is_some() && asked.kind != AskedKind::Reverse {
        return wrong("`of` is for `kind = \"reverse\"`");
    }
    if asked.daily_quota.is_some() && asked.kind != AskedKind::DailyQuota {
        return wrong("`daily_quota` is for `kind = \"daily-quota\"`");
    }
    match (asked.kind, &asked.of, asked.daily_quota) {
        (AskedKind::Charge, ..) => Ok(Asking::Charge),
        (AskedKind::Recharge, ..) => Ok(Asking::Recharge),
        (AskedKind::Reverse, Some(of), _) => match traces.iter().position(|trace| trace == of) {
            Some(place) => Ok(Asking::Reverse { of: Trace(place as u8) }),
            None => wrong(&format!("`of` names `{of}`: valid are the traces of requests before it")),
        },
        (AskedKind::Reverse, None, _) => wrong("`kind = \"reverse\"` needs `of`, the trace of the charge"),
        (AskedKind::DailyQuota, _, Some(quota)) => Ok(Asking::DailyQuota(quota)),
        (AskedKind::DailyQuota, _, None) => wrong("`kind = \"daily-quota\"` needs `daily_quota`"),
    }
}

/// The amount of the request; what a reverse gives back is the charge's, which only the ledger knows.
fn price(asked: &Asked) -> Result<Money, SetupError> {
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() });
    let amount = match (asked.kind, asked.amount, &asked.tokens) {
        (AskedKind::Reverse | AskedKind::DailyQuota, None, None) => return Ok(Money::ZERO),
        (AskedKind::Reverse | AskedKind::DailyQuota, ..) => return wrong("`amount` is for charges and recharges"),
        (_, Some(_), Some(_)) => return wrong("`amount` and `tokens` are both given: one of them is valid"),
        (_, Some(amount), None) => amount.money(),
        (AskedKind::Charge, None, Some(tokens)) => {
            let input = Direction { tokens: tokens.input, price_per_1k: tokens.input_price };
            let output = Direction { tokens: tokens.output, price_per_1k: tokens.output_price };
            let cost = pricing::cost(&[input, output]);
            cost.map_err(|why| SetupError::Price { trace: asked.trace.clone(), why })?
        }
        (AskedKind::Recharge, None, Some(_)) => return wrong("`tokens` is for charges: say `amount`"),
        (_, None, None) => return wrong("`amount` is missing: write one such as \"5.25\""),
    };
    if amount == Money::ZERO {
        return Err(SetupError::FreeRequest(asked.trace.clone()));
    }
    Ok(amount)
}

fn within(key: &'static str, found: usize, low: usize, high: usize) -> Result<(), SetupError> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(SetupError::OutOfRange { key, found, low, high }) }
}
