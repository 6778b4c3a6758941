//! What a world begins with: accounts, requests, the design and the budgets of faults.

mod effective;
mod error;
mod faults;
mod premises;
mod shared;
mod suffixes;

use arrayvec::ArrayVec;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::delivery::StreamPrices;
use crate::design::{Design, Stream, Usage};
use crate::flow::{Asking, Attempt, AttemptInput, Flows, JoinedCharge, RequestPath, Suffixes};
use crate::money::{Amount, Money};
use crate::moves::Actor;
use crate::policy::BudgetRecord;
use crate::pricing::{self, Direction};
use crate::row::{BudgetRow, IdempotencyKey, KeyRow, Kind, QuotaRow, Request, Tenant, TraceId, Unit};
use crate::setup::effective::needed;
use crate::shown::{is_hidden, shown};
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::{MAX_KEYS, MAX_REQUESTS};

pub use error::SetupError;
pub(crate) use faults::each_fault;
pub use faults::{Fault, Faults};
pub use premises::{Account, MAX_GATEWAYS, Premises, RequestKind, Requested, Streamed, Tokens};

/// Everything a run depends on except the order of its moves.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The logical requests.
    pub requests: Vec<Requested>,
    /// Trace ids, in the order in which requests first name them; then those with a suffix, grouped by request.
    pub traces: Vec<String>,
    /// The possible idempotency keys, by request and trace; the requests' own keys first, in their order. Requests that
    /// share a trace id share its key, which is listed under the first of them.
    pub keys: Vec<(Request, TraceId)>,
    /// Gateways, each with at most one attempt in flight.
    pub gateways: u8,
    /// The day it begins on.
    pub today: Day,
    /// When dates change.
    pub calendar: Calendar,
    /// The parts of the request path that run, including those that the design requires.
    pub path: RequestPath,
    /// How often each fault may strike.
    pub faults: Faults,
    /// The design as given, which reports name.
    pub design: Design,
    /// The design within this path: a choice that no step of the path uses is as reported, so that two designs which
    /// differ only in such choices are one world.
    pub effective: Design,
    /// The flows to run, those of the effective design.
    pub flows: Flows,
    inputs: Vec<AttemptInput>,
    jobs: Vec<Actor>,
}

impl Setup {
    /// Checks the parts against each other.
    ///
    /// # Errors
    /// Says which part is wrong and what would be valid.
    pub fn new(premises: Premises, faults: Faults, design: Design) -> Result<Setup, SetupError> {
        let Premises { accounts, requests, gateways, today, path } = premises;
        within("gateways", usize::from(gateways), 1, MAX_GATEWAYS)?;
        within("accounts", accounts.len(), 1, MAX_TENANTS)?;
        within("requests", requests.len(), 1, MAX_REQUESTS)?;
        for (_, budget) in faults.budgets() {
            within("faults", usize::from(budget), 0, 3)?;
        }
        if !Day::FIRST_OF_A_RUN.contains(&today) {
            return Err(SetupError::FirstDay(today));
        }
        for (i, account) in accounts.iter().enumerate() {
            printable("account", &account.name)?;
            if accounts[..i].iter().any(|other| other.name == account.name) {
                return Err(SetupError::Twice(format!("account `{}`", account.name)));
            }
        }
        let zones: Vec<_> = accounts.iter().map(|account| account.zone.as_ref()).collect();
        let calendar = Calendar::of(today, &zones).map_err(|place| SetupError::Zone(accounts[place].name.clone()))?;
        let path = needed(path, design, &requests);
        let effective = design.effective_on(path, &accounts, &requests);
        let mut traces: Vec<String> = Vec::new();
        let mut inputs = Vec::new();
        for (i, asked) in requests.iter().enumerate() {
            let input = input(i, asked, &accounts, &mut traces)?;
            let key = shared::key(&requests, &inputs, &input)?;
            inputs.push(AttemptInput { key, day: today, design: effective, path, ..input });
        }
        within("distinct traces", traces.len(), 1, MAX_TRACES)?;
        attach_joined(&requests, &mut inputs)?;
        let keys = suffixes::suffix(effective, &requests, faults, &mut inputs, &mut traces)?;
        within("distinct traces, those with a suffix included,", traces.len(), 1, MAX_TRACES)?;
        if let Some(trace) = suffixes::twice(&traces) {
            return Err(SetupError::Twice(format!("trace `{trace}`, one with a suffix,")));
        }
        within("idempotency keys", keys.len(), 1, MAX_KEYS)?;
        let flows = effective.flows();
        let jobs = jobs(effective, path, &flows, &inputs);
        within("gateways and background jobs together", usize::from(gateways) + jobs.len(), 1, MAX_SESSIONS)?;
        Ok(Setup {
            accounts,
            requests,
            traces,
            keys,
            gateways,
            today,
            calendar,
            path,
            faults,
            design,
            effective,
            flows,
            inputs,
            jobs,
        })
    }

    /// The same setup with another flow for every attempt, for designs that are not among the choices.
    pub fn with_attempt(mut self, attempt: Attempt) -> Setup {
        self.flows.attempt = attempt;
        self
    }

    /// The input of each attempt of a request, on the first day.
    pub fn input(&self, request: Request) -> &AttemptInput {
        &self.inputs[request.index()]
    }

    /// The input of any one request, for what all have in common.
    pub fn any_input(&self) -> Option<&AttemptInput> {
        self.inputs.first()
    }

    /// By trace: the request it belongs to, if it is a trace with a suffix; `None` for traces that clients chose.
    pub fn owners(&self) -> ArrayVec<Option<Request>, MAX_TRACES> {
        let suffixed = |trace: TraceId| self.inputs.iter().find(|input| input.trace != trace && input.has(trace));
        (0..self.traces.len() as u8).map(|trace| suffixed(TraceId(trace)).map(|input| input.request)).collect()
    }

    /// The request that a row of this trace and tenant belongs to: the first of those that share the trace; a trace
    /// with a suffix has only one.
    pub fn request_of(&self, tenant: Tenant, trace: TraceId) -> Option<Request> {
        self.inputs.iter().find(|input| input.tenant == tenant && input.has(trace)).map(|input| input.request)
    }

    /// The background jobs and the workers for deferred jobs, in the order of moves.
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
        let today = self.date_taken(0, tenant);
        QuotaRow {
            balance: account.balance.money(),
            credit: account.credit.money(),
            daily_quota: account.daily_quota,
            daily_used: account.used,
            monthly_quota: account.monthly_quota,
            monthly_used: account.used,
            version: 0,
            daily_reset_at: (!account.new).then_some(today),
            monthly_reset_at: (!account.new).then_some(today.month()),
        }
    }

    /// The date that a gateway or a job uses for a tenant, at an index in the calendar.
    pub fn date_taken(&self, turn: u8, tenant: Tenant) -> Day {
        self.calendar.dates(turn, tenant).taken(self.effective.midnight)
    }

    /// The date whose window the design declares to be a tenant's, at an index in the calendar.
    pub fn date_declared(&self, turn: u8, tenant: Tenant) -> Day {
        self.calendar.dates(turn, tenant).declared(self.effective.reset_tz())
    }

    /// A tenant's API key before the first request.
    pub fn opening_key(&self, tenant: Tenant) -> KeyRow {
        KeyRow { limit: self.accounts[tenant.index()].budget.map(Amount::money), used: Money::ZERO }
    }

    /// The BUDGET row of a tenant's API key before the first request.
    pub fn opening_budget(&self, tenant: Tenant) -> BudgetRow {
        let unit =
            if self.effective.budget_record() == BudgetRecord::Row(Unit::Micros) { Unit::Micros } else { Unit::Cents };
        BudgetRow { total: self.opening_key(tenant).limit.map(|limit| unit.whole(limit)), used: 0, unit }
    }

    /// The name of a tenant's account.
    pub fn account_name(&self, tenant: Tenant) -> &str {
        &self.accounts[tenant.index()].name
    }

    /// The name of a request: its trace id, or its `name` if the trace id is not unique.
    pub fn request_name(&self, request: Request) -> &str {
        self.requests[request.index()].called()
    }
}

fn jobs(design: Design, path: RequestPath, flows: &Flows, inputs: &[AttemptInput]) -> Vec<Actor> {
    let settles = design.cache.takes_in_quota_check();
    let usage = path.usage && design.usage != Usage::C;
    let stream_usage = usage && matches!(design.stream, Stream::A | Stream::AFixed);
    let stream_charge = matches!(design.stream, Stream::B | Stream::BFixed);
    let queue = |input: &AttemptInput| match input.asking {
        Asking::Stream => settles || stream_usage || stream_charge,
        Asking::Charge | Asking::Recharge | Asking::Reverse { .. } | Asking::DailyQuota(_) => settles || usage,
    };
    let tasks = design.cache.writes_by_task();
    let calls = || inputs.iter().filter(|input| input.asking.is_call());
    let sync = flows.sync.map(|_| Actor::Sync);
    let copy_back = flows.copy_back.map(|_| Actor::CopyBack);
    let sweeper = flows.sweep.map(|_| Actor::Sweeper);
    let workers = calls().filter(|input| queue(input)).map(|input| Actor::Worker(input.request));
    let tasks = calls().filter(|_| tasks).map(|input| Actor::Task(input.request));
    sync.into_iter().chain(copy_back).chain(sweeper).chain(workers).chain(tasks).collect()
}

/// Servers refuse NUL in texts, and a shown name must not falsify the text around it.
fn printable(what: &'static str, name: &str) -> Result<(), SetupError> {
    let Some(hidden) = name.chars().find(|&c| is_hidden(c)) else { return Ok(()) };
    let character = format!("U+{:04X}", u32::from(hidden));
    Err(SetupError::Name { what, name: shown(name), character })
}

fn input(
    i: usize,
    asked: &Requested,
    accounts: &[Account],
    traces: &mut Vec<String>,
) -> Result<AttemptInput, SetupError> {
    within("attempts", usize::from(asked.attempts), 1, 5)?;
    printable("trace id", &asked.trace)?;
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
    Ok(AttemptInput {
        request: Request(i as u8),
        tenant: Tenant(tenant as u8),
        trace: TraceId(trace as u8),
        key: IdempotencyKey(0),
        suffixes: Suffixes::default(),
        asking,
        amount,
        joined: None,
        stream: stream_prices(asked, amount)?,
        kind: Kind::Deduct,
        negative: false,
        estimate: asked.estimate.map_or(amount, Amount::money),
        commits: asked.commit,
        day: Day::default(),
        design: Design::default(),
        path: RequestPath::default(),
    })
}

fn place_of(name: &str, traces: &mut Vec<String>) -> usize {
    traces.iter().position(|trace| *trace == name).unwrap_or_else(|| {
        traces.push(name.to_owned());
        traces.len() - 1
    })
}

fn asking(asked: &Requested, traces: &[String]) -> Result<Asking, SetupError> {
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() });
    if asked.of.is_some() && asked.kind != RequestKind::Reverse {
        return wrong("`of` is for `kind = \"reverse\"`");
    }
    if asked.daily_quota.is_some() && asked.kind != RequestKind::DailyQuota {
        return wrong("`daily_quota` is for `kind = \"daily-quota\"`");
    }
    match (asked.kind, &asked.of, asked.daily_quota) {
        (RequestKind::Charge, ..) => Ok(Asking::Charge),
        (RequestKind::Stream, ..) => Ok(Asking::Stream),
        (RequestKind::Recharge, ..) => Ok(Asking::Recharge),
        (RequestKind::Reverse, Some(of), _) => match traces.iter().position(|trace| trace == of) {
            Some(place) => Ok(Asking::Reverse { of: TraceId(place as u8) }),
            None => wrong(&format!("`of` names `{of}`; expected one of the traces of requests before it")),
        },
        (RequestKind::Reverse, None, _) => wrong("`kind = \"reverse\"` needs `of`, the trace of the charge"),
        (RequestKind::DailyQuota, _, Some(quota)) => Ok(Asking::DailyQuota(quota)),
        (RequestKind::DailyQuota, _, None) => wrong("`kind = \"daily-quota\"` needs `daily_quota`"),
    }
}

/// The amount of the request; a reverse gives back the amount of the charge, which only the ledger knows.
fn price(asked: &Requested) -> Result<Money, SetupError> {
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() });
    let amount = match (asked.kind, asked.amount, &asked.tokens) {
        (RequestKind::Reverse | RequestKind::DailyQuota, None, None) => return Ok(Money::ZERO),
        (RequestKind::Reverse | RequestKind::DailyQuota, ..) => return wrong("`amount` is for charges and recharges"),
        (_, Some(_), Some(_)) => return wrong("`amount` and `tokens` are both given: one of them is valid"),
        (RequestKind::Stream, _, None) => return wrong("`kind = \"stream\"` needs `tokens`, by which it is priced"),
        (_, Some(amount), None) => amount.money(),
        (RequestKind::Charge | RequestKind::Stream, None, Some(tokens)) => cost_of(asked, tokens, tokens.output)?,
        (RequestKind::Recharge, None, Some(_)) => return wrong("`tokens` is for charges: say `amount`"),
        (_, None, None) => return wrong("`amount` is missing: write one such as \"5.25\""),
    };
    if amount == Money::ZERO {
        return Err(SetupError::FreeRequest(asked.trace.clone()));
    }
    Ok(amount)
}

/// Attaches each request that is charged within another request's transaction to that request.
fn attach_joined(requests: &[Requested], inputs: &mut [AttemptInput]) -> Result<(), SetupError> {
    for (place, asked) in requests.iter().enumerate() {
        let Some(host) = &asked.within else { continue };
        let wrong = |why: &str| SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() };
        let host = requests[..place].iter().position(|other| &other.trace == host && other.account == asked.account);
        let host = host.ok_or_else(|| wrong("`within` must name a request before it, of the same account"))?;
        let plain = [host, place].iter().all(|&request| inputs[request].asking == Asking::Charge);
        if !plain || inputs[host].joined.is_some() || requests[host].within.is_some() {
            return Err(wrong("`within` is for two charges, each of one other: streams and chains of them are not"));
        }
        let AttemptInput { request, trace, key, amount, .. } = inputs[place];
        inputs[host].joined = Some(JoinedCharge { request, trace, key, amount });
        inputs[host].commits = false;
        inputs[place].commits = false;
    }
    Ok(())
}

fn cost_of(asked: &Requested, tokens: &Tokens, output: u32) -> Result<Money, SetupError> {
    let input = Direction { tokens: tokens.input, price_per_1k: tokens.input_price };
    let output = Direction { tokens: output, price_per_1k: tokens.output_price };
    pricing::cost(&[input, output]).map_err(|why| SetupError::Price { trace: asked.trace.clone(), why })
}

/// Output tokens that the gateway assumes in a chunk, where it must guess (ST-2).
const TOKENS_A_CHUNK: u32 = 3;

/// What a stream costs, by how far it gets; zero for other requests.
fn stream_prices(asked: &Requested, whole: Money) -> Result<StreamPrices, SetupError> {
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.trace.clone(), why: why.to_owned() });
    let (tokens, stream) = match (asked.kind, &asked.tokens, asked.stream) {
        (RequestKind::Stream, Some(tokens), Some(stream)) => (tokens, stream),
        (RequestKind::Stream, _, None) => {
            return wrong("`kind = \"stream\"` needs `stream`, with chunks, sent, counted");
        }
        (_, _, Some(_)) => return wrong("`stream` is for `kind = \"stream\"`"),
        _ => return Ok(StreamPrices::default()),
    };
    if stream.sent == 0 || stream.sent > stream.chunks {
        return wrong("`stream.sent` must be 1 to `stream.chunks`");
    }
    if stream.counted > tokens.output {
        return wrong("`stream.counted` must be at most `tokens.output`");
    }
    let guess = |chunks: u32| cost_of(asked, tokens, TOKENS_A_CHUNK.saturating_mul(chunks));
    Ok(StreamPrices {
        prompt: cost_of(asked, tokens, 0)?,
        midway: cost_of(asked, tokens, stream.counted)?,
        whole,
        guess_midway: guess(stream.sent)?,
        guess_whole: guess(stream.chunks)?,
        reports: stream.reports,
    })
}

fn within(key: &'static str, found: usize, low: usize, high: usize) -> Result<(), SetupError> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(SetupError::OutOfRange { key, found, low, high }) }
}
