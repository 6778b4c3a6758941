//! What a scenario fixes for every design: accounts, requests, gateways, the first day.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calendar::Zone;
use crate::day::Day;
use crate::flow::RequestPath;
use crate::money::Amount;

/// The maximum number of gateways.
pub const MAX_GATEWAYS: usize = 3;

/// An account before the first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name of the tenant.
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
    /// Requests counted today and this month before the run.
    #[serde(default, skip_serializing_if = "is_none_used")]
    pub used: u32,
    /// What its API key may spend; without this the key has no budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Amount>,
    /// Its time zone; without one its dates are UTC's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// A new tenant: its reset dates are null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new: bool,
    /// Its Redis hash does not exist at first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cold: bool,
}

/// A logical request: what a client wants done once, however often it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// The trace id the client chose.
    pub trace: String,
    /// Its name in reports and moves, if another request of its account has the same trace id; otherwise the trace id
    /// is its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the account whose money it is.
    pub account: String,
    /// The kind of request.
    #[serde(default, skip_serializing_if = "is_charge")]
    pub kind: RequestKind,
    /// The price of a charge, or the money paid in; a charge may say `tokens` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What the provider will count, and at which prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// How a stream is delivered and what it costs if it breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<Streamed>,
    /// The estimate of the price before the call (P0-4 A, and what a stream holds); the price itself if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Amount>,
    /// Whether the deduct commits by itself (`commit=False` where it does not).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub commit: bool,
    /// The trace of the charge that a reverse gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The daily quota that an administrator sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_quota: Option<u32>,
    /// The trace of the request in whose transaction this one is charged, after that request and by the same attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Whether the client comes back after a fault; if not, an attempt that a fault touched uses up one of its tries,
    /// and nothing is promised to the client.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub returns: bool,
    /// How often the client asks before it gives up, not counting attempts that a fault touched.
    #[serde(default = "three")]
    pub attempts: u8,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// A call that is charged.
    #[default]
    Charge,
    /// Money paid in.
    Recharge,
    /// A charge given back.
    Reverse,
    /// A change of the daily quota.
    DailyQuota,
    /// A call whose answer is streamed.
    Stream,
}

/// Tokens of a call in both directions with their prices per thousand, decimals as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tokens {
    /// Tokens of the prompt.
    pub input: u32,
    /// Tokens of the answer.
    pub output: u32,
    /// Price of a thousand input tokens.
    #[serde(with = "rust_decimal::serde::str")]
    pub input_price: Decimal,
    /// Price of a thousand output tokens.
    #[serde(with = "rust_decimal::serde::str")]
    pub output_price: Decimal,
}

/// How a stream is delivered, in addition to the tokens of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Streamed {
    /// Chunks of the whole; the gateway guesses three output tokens a chunk.
    pub chunks: u32,
    /// Chunks that have been sent midway.
    pub sent: u32,
    /// Output tokens that the provider has counted midway.
    pub counted: u32,
    /// Whether the provider sends a usage block at the end, and reports afterwards what it has counted.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub reports: bool,
}

impl Requested {
    /// Its name in reports and moves.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.trace)
    }

    /// A charge of this price with three attempts.
    pub fn charge(trace: &str, account: &str, amount: Amount) -> Requested {
        Requested {
            trace: trace.to_owned(),
            name: None,
            account: account.to_owned(),
            kind: RequestKind::Charge,
            amount: Some(amount),
            tokens: None,
            stream: None,
            within: None,
            estimate: None,
            commit: true,
            of: None,
            daily_quota: None,
            returns: true,
            attempts: three(),
        }
    }
}

/// Everything a scenario fixes except the design and the faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premises {
    /// The accounts, at most [`MAX_TENANTS`](crate::store::postgres::MAX_TENANTS).
    pub accounts: Vec<Account>,
    /// The logical requests, at most [`MAX_REQUESTS`](crate::store::redis::MAX_REQUESTS).
    pub requests: Vec<Requested>,
    /// Gateways, each with at most one attempt in flight.
    pub gateways: u8,
    /// The day it begins on, at 00:00 UTC.
    pub today: Day,
    /// The parts of the request path that run.
    pub path: RequestPath,
}

impl Premises {
    /// The day a scenario begins on by default: `2026-01-15`.
    pub fn first_day() -> Day {
        "2026-01-15".parse().unwrap_or_default()
    }

    /// Premises with this many gateways, the default first day, and only billing and reply.
    pub fn billing_only(accounts: Vec<Account>, requests: Vec<Requested>, gateways: u8) -> Premises {
        Premises { accounts, requests, gateways, today: Premises::first_day(), path: RequestPath::default() }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_charge(kind: &RequestKind) -> bool {
    *kind == RequestKind::Charge
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_true(flag: &bool) -> bool {
    *flag
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_none_used(used: &u32) -> bool {
    *used == 0
}

fn yes() -> bool {
    true
}

fn plenty() -> u32 {
    1_000
}

fn three() -> u8 {
    3
}
