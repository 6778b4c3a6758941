//! The claims of the review, sentence by sentence: each names where it is tested and what must occur in a run that
//! shows it; check answers it.

mod file;
mod judge;
mod seek;

use model::risk::Risk;
use serde::Serialize;

use crate::suite::route::Route;
use crate::suite::verdict::Counterexample;

pub use file::{FILE, load, parse};
pub use judge::{exit_code, judge};
pub use seek::{Runs, seek};

/// A sentence of the review about a cause or an effect, in our words, with the place where it is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its risk and a number, such as `p0-3-1`.
    pub id: String,
    /// The risk.
    pub risk: Risk,
    /// The claim.
    pub says: String,
    /// Where it is tested.
    pub at: Place,
    /// Where it comes true, if not in the first place, with a fault that the claim does not name.
    pub elsewhere: Option<Place>,
    /// The design it is about: `as-reported`, or the fix whose effect it describes.
    pub design: String,
    /// Whether the fixes of its risk were proposed for it; `false` if the claim is about one of these fixes.
    pub aimed: bool,
    /// The reason for the verdict, in a line or two.
    pub because: String,
    /// The verdict that is expected.
    pub expect: Answer,
}

/// Where a claim is tested: it is true if this invariant breaks in this scenario along this route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the invariant.
    pub invariant: String,
    /// What must occur in the run, since the invariant may break for another reason as well.
    pub route: Route,
}

/// What is known of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It comes true in the design it is about.
    Confirmed,
    /// It does not come true in any scenario of its risk, and everything within the bounds was explored.
    Refuted,
    /// It does not come true where the claim places it; in another scenario of its risk the invariant breaks, or is not
    /// known to hold.
    RefutedHere,
    /// It does not come true in the flow as the review describes it, but in the code that the review quotes.
    OnlyInTheCode,
    /// It does not come true where the claim places it, but does with another fault.
    NeedsAnotherFault,
    /// It is not known; the reason is given.
    Unknown,
}

impl Answer {
    /// All, in the order of reports.
    pub const ALL: [Answer; 6] = [
        Answer::Confirmed,
        Answer::OnlyInTheCode,
        Answer::NeedsAnotherFault,
        Answer::Refuted,
        Answer::RefutedHere,
        Answer::Unknown,
    ];

    /// The id, as files spell it.
    pub fn id(self) -> &'static str {
        match self {
            Answer::Confirmed => "confirmed",
            Answer::Refuted => "refuted",
            Answer::RefutedHere => "refuted-here",
            Answer::OnlyInTheCode => "only-in-the-code",
            Answer::NeedsAnotherFault => "needs-another-fault",
            Answer::Unknown => "unknown",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Answer::Confirmed => "confirmed",
            Answer::Refuted => "refuted",
            Answer::RefutedHere => "refuted in this scenario",
            Answer::OnlyInTheCode => "true only in the code",
            Answer::NeedsAnotherFault => "needs another fault",
            Answer::Unknown => "unknown",
        }
    }
}

/// A claim with its verdict.
#[derive(Clone, Debug)]
pub struct ClaimAnswer {
    /// The claim.
    pub claim: Claim,
    /// What is known of it.
    pub answer: Answer,
    /// Whether that was expected; an unknown answer never is.
    pub as_expected: bool,
    /// Where the verdict comes from.
    pub evidence: Evidence,
    /// The breach with its numbers, how many evaluations were non-vacuous, or why it is not known.
    pub why: String,
}

/// The finding that a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The place.
    pub place: Place,
    /// The design.
    pub design: String,
    /// Number of moves of the counterexample, if there is one.
    pub steps: Option<usize>,
    /// The claim's own counterexample, if it has one: the shortest along its route. Otherwise that of the finding
    /// applies.
    pub run: Option<Box<Counterexample>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_is_written() {
        for answer in Answer::ALL {
            assert_eq!(serde_json::to_value(answer).unwrap(), answer.id());
        }
    }
}
