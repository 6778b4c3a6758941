//! The contents of the file of a scenario.

use model::day::Day;
use model::flow::RequestPath;
use model::setup::{Account, Faults, Premises, Requested};
use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: String,
    pub(super) risk: Option<String>,
    pub(super) why: String,
    #[serde(default)]
    pub(super) folded: Vec<String>,
    pub(super) gateways: u8,
    #[serde(default = "Premises::first_day")]
    pub(super) today: Day,
    #[serde(default)]
    pub(super) path: Vec<Part>,
    pub(super) accounts: Vec<Account>,
    pub(super) requests: Vec<Requested>,
    #[serde(default)]
    pub(super) faults: Faults,
    #[serde(default)]
    pub(super) seen: Vec<String>,
    /// Designs in addition to the presets.
    #[serde(default)]
    pub(super) designs: Vec<String>,
    #[serde(default)]
    pub(super) expect: Vec<Argued>,
}

/// An optional part of the request path; billing and the reply are always there.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    Auth,
    QuotaCheck,
    Upstream,
    Usage,
}

impl File {
    pub(super) fn premises(&self) -> Premises {
        let has = |part: Part| self.path.contains(&part);
        Premises {
            accounts: self.accounts.clone(),
            requests: self.requests.clone(),
            gateways: self.gateways,
            today: self.today,
            path: RequestPath {
                auth: has(Part::Auth),
                quota_check: has(Part::QuotaCheck),
                upstream: has(Part::Upstream),
                usage: has(Part::Usage),
                stream: false,
            },
        }
    }
}

/// What a person argues of one design, with the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Argued {
    pub(super) design: String,
    #[serde(default)]
    pub(super) broken: Vec<String>,
    #[serde(default)]
    pub(super) holds: Vec<String>,
    /// Either verdict is right.
    #[serde(default)]
    pub(super) any: Vec<String>,
    /// Situations that must be seen under this design, in addition to those of the file.
    #[serde(default)]
    pub(super) seen: Vec<String>,
    pub(super) because: String,
}
