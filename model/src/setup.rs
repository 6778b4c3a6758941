//! What a world begins with: accounts, requests, design and the bounds of what may go wrong.

use serde::{Deserialize, Serialize};

use crate::design::Design;
use crate::flow::{Charge, Flows};
use crate::money::{Amount, Money};
use crate::row::{QuotaRow, Request, Tenant, Trace};
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::MAX_REQUESTS;

/// An account before the first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What the tenant is called.
    pub name: String,
    /// Opening balance.
    pub balance: Amount,
    /// How far below zero the balance may go.
    #[serde(default)]
    pub credit: Amount,
    /// Requests a day.
    #[serde(default = "plenty")]
    pub daily_quota: u32,
    /// Requests a month.
    #[serde(default = "plenty")]
    pub monthly_quota: u32,
}

/// A logical request: what a client wants charged once, however often it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The trace id the client chose.
    pub trace: String,
    /// Whose money, by name.
    pub account: String,
    /// The price.
    pub amount: Amount,
    /// How often the client asks before it gives up, attempts that a fault touched not counted.
    #[serde(default = "three")]
    pub attempts: u8,
}

fn plenty() -> u32 {
    1_000
}

fn three() -> u8 {
    3
}

macro_rules! faults {
    ($($(#[$doc:meta])* $field:ident, $id:literal, $title:literal;)*) => {
        /// How often each kind of trouble may strike in one run. Keys are the faults' ids.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Faults { $($(#[$doc])* #[serde(rename = $id, skip_serializing_if = "is_zero")] pub $field: u8,)* }

        impl Faults {
            /// Every kind: its id and what it does, in the order of reports.
            pub const KINDS: &[(&'static str, &'static str)] = &[$(($id, $title),)*];

            /// The budgets in the order of [`Faults::KINDS`].
            pub fn budgets(&self) -> Vec<(&'static str, u8)> {
                vec![$(($id, self.$field),)*]
            }
        }
    };
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(n: &u8) -> bool {
    *n == 0
}

faults! {
    /// A gateway dies before or after any step.
    crash, "crash", "a gateway or job process dies before or after any step; postgres rolls its transaction back";
    /// A request is cancelled (timeout) without its handler running.
    cancel, "cancel", "an attempt is cancelled before or after any step, without its exception handler running";
    /// Redis refuses one command.
    redis_unreachable, "redis-unreachable", "redis refuses a connection at one step: the command does not run";
    /// A reply is lost, the command having run or not; for Postgres the connection is lost with it.
    lost_reply, "lost-reply", "the reply to one step is lost: it ran or it did not (in doubt), and a postgres connection is gone";
    /// Redis loses all its data.
    redis_loss, "redis-loss", "redis loses all data: killed without persistence, or failed over to an empty replica";
    /// Time passes until the next key expires.
    expiry, "expiry", "time passes until the next redis key expires";
    /// The client asks again while its first attempt is in flight.
    impatience, "impatience", "the client repeats a trace while an attempt of it is still in flight";
    /// The background job runs at any time, besides its closing run.
    job_run, "job-run", "a background job runs at any time, besides the run that comes when all is quiet";
}

/// Everything a run depends on besides the order of its moves.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The accounts, at most [`MAX_TENANTS`].
    pub accounts: Vec<Account>,
    /// The logical requests, at most [`MAX_REQUESTS`].
    pub requests: Vec<Asked>,
    /// Trace ids, in the order in which requests name them first.
    pub traces: Vec<String>,
    /// Gateways, each with at most one attempt in flight.
    pub gateways: u8,
    /// Budgets of trouble.
    pub faults: Faults,
    /// The design, by which reports name it.
    pub design: Design,
    /// What is run: the design's flows.
    pub flows: Flows,
    charges: Vec<Charge>,
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
}

impl Setup {
    /// Checks the parts against each other.
    ///
    /// # Errors
    /// Says which part is wrong and what would be valid.
    pub fn new(
        accounts: Vec<Account>,
        requests: Vec<Asked>,
        gateways: u8,
        faults: Faults,
        design: Design,
    ) -> Result<Setup, SetupError> {
        within("gateways", usize::from(gateways), 1, MAX_SESSIONS - 1)?;
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
        let mut traces: Vec<String> = Vec::new();
        let mut charges = Vec::new();
        for (i, asked) in requests.iter().enumerate() {
            let charge = charge(i, asked, &accounts, &mut traces)?;
            if charges.iter().any(|other: &Charge| (other.tenant, other.trace) == (charge.tenant, charge.trace)) {
                return Err(SetupError::Twice(format!("request `{}` of `{}`", asked.trace, asked.account)));
            }
            charges.push(charge);
        }
        within("distinct traces", traces.len(), 1, MAX_TRACES)?;
        Ok(Setup { accounts, requests, traces, gateways, faults, design, flows: design.flows(), charges })
    }

    /// The same with other flows, for designs that are not among the presets.
    pub fn with_flows(mut self, flows: Flows) -> Setup {
        self.flows = flows;
        self
    }

    /// What each attempt of a request is asked to charge.
    pub fn charge(&self, request: Request) -> &Charge {
        &self.charges[request.index()]
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
            monthly_quota: account.monthly_quota,
            ..QuotaRow::default()
        }
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

fn charge(i: usize, asked: &Asked, accounts: &[Account], traces: &mut Vec<String>) -> Result<Charge, SetupError> {
    within("attempts", usize::from(asked.attempts), 1, 5)?;
    if asked.trace.is_empty() || asked.trace.chars().count() > 64 {
        return Err(SetupError::TraceLength(asked.trace.clone()));
    }
    if asked.amount.money() == Money::ZERO {
        return Err(SetupError::FreeRequest(asked.trace.clone()));
    }
    let tenant = accounts.iter().position(|account| account.name == asked.account).ok_or_else(|| {
        let known = accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>().join(", ");
        SetupError::UnknownAccount { trace: asked.trace.clone(), account: asked.account.clone(), known }
    })?;
    let trace = traces.iter().position(|trace| *trace == asked.trace).unwrap_or_else(|| {
        traces.push(asked.trace.clone());
        traces.len() - 1
    });
    Ok(Charge {
        request: Request(i as u8),
        tenant: Tenant(tenant as u8),
        trace: Trace(trace as u8),
        amount: asked.amount.money(),
    })
}

fn within(key: &'static str, found: usize, low: usize, high: usize) -> Result<(), SetupError> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(SetupError::OutOfRange { key, found, low, high }) }
}
