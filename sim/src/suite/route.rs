//! The route by which a run must lead to its breach: steps and faults that must occur in it, and those that must not.

use std::fmt;
use std::str::FromStr;

use model::books::{Books, Occurrence};
use model::setup::{Fault, Faults};
use model::step::{Step, UnknownStep};

use crate::suite::fault_kinds;

/// Something that can occur in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waypoint {
    /// A step is carried out, or a fault strikes it.
    Step(Step),
    /// A fault of this kind strikes.
    Fault(&'static str),
}

/// A text that is neither a step nor a kind of fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is neither a step nor a fault: expected a fault, one of {}, or a step, one of {}",
    fault_ids().join(", "),
    Step::ALL.iter().map(|step| step.label()).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownWaypoint {
    text: String,
}

/// The kinds of faults that a move can have. A job that runs earlier than it must is not one: it takes the same steps.
fn fault_ids() -> Vec<&'static str> {
    Faults::KINDS.iter().map(|(id, _)| *id).filter(|id| *id != "job-run").collect()
}

impl FromStr for Waypoint {
    type Err = UnknownWaypoint;
    fn from_str(text: &str) -> Result<Waypoint, UnknownWaypoint> {
        let text = text.trim();
        let fault = fault_ids().into_iter().find(|id| *id == text).map(Waypoint::Fault);
        let step = || text.parse().map(Waypoint::Step).map_err(|UnknownStep(text)| UnknownWaypoint { text });
        fault.map_or_else(step, Ok)
    }
}

impl fmt::Display for Waypoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waypoint::Step(step) => step.fmt(f),
            Waypoint::Fault(kind) => f.pad(kind),
        }
    }
}

impl Waypoint {
    /// Whether a move meets it; `after` are the books after the move.
    pub(crate) fn is_met(self, did: &Occurrence, after: &Books) -> bool {
        match self {
            // Such a fault strikes before the step, which did not happen.
            Waypoint::Step(_) if did.mv.fault().is_some_and(Fault::strikes_between) => false,
            Waypoint::Step(step) => did.mv.step() == Some(step),
            Waypoint::Fault(kind) => fault_kinds::kind_of(did, after) == Some(kind),
        }
    }
}

/// The route by which a run must lead to its breach; any run matches if it names nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What must occur before the breach or with it, in this order.
    pub through: Vec<Waypoint>,
    /// What must not occur before the breach, nor with it.
    pub without: Vec<Waypoint>,
}

impl Route {
    /// Whether any run matches.
    pub fn is_any(&self) -> bool {
        self.through.is_empty() && self.without.is_empty()
    }

    /// In words: `through T6, J4 without crash`.
    pub fn words(&self) -> String {
        let through = list("through ", &self.through, ", ");
        let without = list("without ", &self.without, ", ");
        [through, without].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The options of `trial explain`, each preceded by a blank.
    pub fn options(&self) -> String {
        list(" --through ", &self.through, ",") + &list(" --without ", &self.without, ",")
    }

    /// The form it has in the name of a capsule.
    pub(crate) fn in_a_name(&self) -> String {
        list(".through-", &self.through, ".through-") + &list(".without-", &self.without, ".without-")
    }
}

fn list(lead: &str, waypoints: &[Waypoint], between: &str) -> String {
    let named: Vec<String> = waypoints.iter().map(Waypoint::to_string).collect();
    if named.is_empty() { String::new() } else { format!("{lead}{}", named.join(between)) }
}
