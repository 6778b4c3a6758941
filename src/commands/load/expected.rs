//! The verdicts of check for a design under the faults that load causes.

use std::time::{Duration, Instant};

use model::design::Design;
use model::flow::RequestPath;
use model::risk::Risk;
use model::setup::{Account, Faults, Premises, Requested};
use sim::suite::capsules::Capsules;
use sim::suite::scenario::Scenario;
use sim::suite::verdict::Verdict;

use crate::commands::engines::{self, Bounds};
use crate::failure::Failure;

/// The longest time that check may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The result of check.
pub struct Held {
    /// Invariants that hold in every state.
    pub holds: Vec<&'static str>,
    /// Why that is not known, if the exploration was cut.
    pub unknown: Option<String>,
}

/// Checks a small model of load: two requests of one tenant at two gateways, one killed at any step, a trace sent twice
/// at once, jobs at any time.
pub fn held(design: Design, path: RequestPath, bounds: &Bounds) -> Result<Held, Failure> {
    let amount = |text: &str| text.parse().unwrap_or_default();
    let account = Account {
        name: "acme".to_owned(),
        balance: amount("100.00"),
        credit: amount("0"),
        daily_quota: 1_000,
        monthly_quota: 1_000,
        used: 0,
        budget: Some(amount("100.00")),
        new: false,
        cold: false,
        zone: None,
    };
    let request =
        |trace: &str, price: &str| Requested { attempts: 2, ..Requested::charge(trace, "acme", amount(price)) };
    let requests = vec![request("t1", "5.25"), request("t2", "0.000249")];
    let premises = Premises { accounts: vec![account], requests, gateways: 2, today: Premises::first_day(), path };
    let faults = Faults { crash: 1, impatience: 1, job_run: 1, ..Faults::default() };
    let (title, why) = ("load in the small".to_owned(), String::new());
    let (folded, seen, cases) = (Vec::new(), Vec::new(), Vec::new());
    let locked = false;
    let scenario =
        Scenario { id: "load".to_owned(), risk: Risk::P0_3, title, why, folded, premises, faults, seen, cases, locked };
    let case = scenario.case_of(design).map_err(|error| Failure::Input(format!("`{design}`: {error}")))?;
    let bounds = Bounds { deadline: Some(Instant::now() + PATIENCE), ..bounds.clone() };
    let found = engines::check(&scenario, &case, &bounds, &mut Capsules::new())?;
    let complete = found.explored.iter().all(|explored| explored.complete);
    let holds = found.findings.iter().filter(|finding| finding.verdict == Verdict::Holds);
    Ok(Held {
        holds: holds.map(|finding| finding.invariant).collect(),
        unknown: (!complete).then(|| format!("check did not finish within {} s", PATIENCE.as_secs())),
    })
}
