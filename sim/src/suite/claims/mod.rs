//! The claims of the review, sentence by sentence: each names where it is put to the test and what must occur in a run that shows
//! it, and check answers it.

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

/// The design that a claim is about unless it names another one.
const AS_REPORTED: &str = "as-reported";
/// The other reading of the original.
const CODE: &str = "as-reported-code";

/// A sentence of the review about a cause or an effect, in our words, with the place where it is put to the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its risk and a number, such as `p0-3-1`.
    pub id: String,
    /// The risk.
    pub risk: Risk,
    /// The claim.
    pub says: String,
    /// Where it is put to the test.
    pub at: Place,
    /// Where it comes true if it does not in the first place, with a fault that the claim does not name.
    pub elsewhere: Option<Place>,
    /// The design it is about: `as-reported`, or the fix whose effect it tells.
    pub design: String,
    /// Whether its risk's fixes were proposed for it; not where it is about one of them.
    pub aimed: bool,
    /// The reason of the verdict, in a line or two.
    pub because: String,
    /// The verdict that is expected.
    pub expect: Answer,
}

/// Where a claim is put to the test: it is true where this invariant breaks in this scenario by this way.
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
    /// It does not, in no scenario of its risk, and everything within the bounds was looked at.
    Refuted,
    /// It does not where the claim places it; in another scenario of its risk the invariant breaks, or is not known to hold.
    RefutedHere,
    /// It does not as the review tells the flow, but it does in the code that the review quotes.
    OnlyInTheCode,
    /// It does not where the claim places it, but with another fault it does.
    NeedsAnotherFault,
    /// Not known; the reason is given.
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

    /// As files spell it.
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
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// What is known of it.
    pub answer: Answer,
    /// Whether that was expected; what is unknown never is.
    pub as_expected: bool,
    /// Where the verdict comes from.
    pub evidence: Evidence,
    /// The breach with its numbers, how often it could have failed, or why it is not known.
    pub why: String,
}

/// The finding a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where.
    pub place: Place,
    /// Under which design.
    pub design: String,
    /// Moves of the counterexample, where there is one.
    pub steps: Option<usize>,
    /// The counterexample, where the claim has one of its own: the shortest that goes its way. Else it is the finding's.
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
