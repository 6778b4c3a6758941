//! Verdicts, findings and exit codes: what every engine reports and every output prints.

use model::run::{Breach, Run};
use model::setup::Setup;
use serde::{Deserialize, Serialize};

use crate::suite::route::Route;

/// Who looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Every order and every fault within bounds, on the store models.
    Check,
    /// Seeds on a simulated network.
    Sim,
    /// Real Postgres and real Redis.
    Real,
}

impl Engine {
    /// All, in the order of reports.
    pub const ALL: [Engine; 3] = [Engine::Check, Engine::Sim, Engine::Real];

    /// As commands spell it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Check => "check",
            Engine::Sim => "sim",
            Engine::Real => "real",
        }
    }
}

/// What is known of one (scenario, design, engine, invariant).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Exhausted without a breach; only check can say it.
    Holds,
    /// No breach in what was looked at.
    HoldsWithinBound,
    /// A counterexample exists.
    Broken,
    /// Not known; the finding says why.
    Unknown,
}

impl Verdict {
    /// As reports print it.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsWithinBound => "holds-within-bound",
            Verdict::Broken => "broken",
            Verdict::Unknown => "unknown",
        }
    }
}

/// What a scenario expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// No breach.
    Holds,
    /// A breach.
    Broken,
    /// Either; the scenario says why.
    Any,
    /// Neither the scenario nor its lock file says anything of the design.
    Nothing,
}

impl Expected {
    /// As scenarios and JSON spell it.
    pub fn words(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Broken => "broken",
            Expected::Any => "any",
            Expected::Nothing => "nothing",
        }
    }
}

/// One verdict with how much was looked at and why it stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the design.
    pub design: String,
    /// Who looked.
    pub engine: Engine,
    /// Id of the invariant.
    pub invariant: &'static str,
    /// What is known.
    pub verdict: Verdict,
    /// What was expected.
    pub expected: Expected,
    /// Whether that is a pass; where nothing is expected it is, unless it is unknown.
    pub as_expected: bool,
    /// How often it was judged.
    pub judged: u64,
    /// How often it could have failed.
    pub could_have_failed: u64,
    /// One sentence: the breach with its numbers, or what bounds the verdict.
    pub why: String,
    /// Moves of the counterexample.
    pub steps: Option<usize>,
    /// Where the counterexample lies, relative to the workspace.
    pub capsule: Option<String>,
}

/// How much one engine looked at for one (scenario, design).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explored {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the design.
    pub design: String,
    /// Who looked.
    pub engine: Engine,
    /// Distinct states.
    pub states: Option<u64>,
    /// Moves carried out, those that led to known states included.
    pub generated: Option<u64>,
    /// Moves of the longest shortest path.
    pub depth: Option<u64>,
    /// Runs, for engines that sample.
    pub runs: Option<u64>,
    /// Whether everything within the bounds was looked at.
    pub complete: bool,
    /// Ids of situations that must have been seen and were not.
    pub missing: Vec<&'static str>,
    /// Ids of the scenario's situations that did not arise, whether they had to or not.
    #[serde(skip)]
    pub never: Vec<&'static str>,
    /// What besides verdicts is not as the lock file has it, after a complete search.
    pub differs: Vec<String>,
    /// What an engine that samples had to see and did not, or need not have seen and did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
    /// Wall-clock seconds. Never in committed reports.
    pub seconds: f64,
}

/// An engine that did not run, or did not run all of a case, which is not a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// Which.
    pub engine: Engine,
    /// The scenario and the design whose runs are missing; without them the engine did not run at all.
    #[serde(skip)]
    pub case: Option<(String, String)>,
    /// Why, and what would make it run.
    pub why: String,
}

/// A counterexample with all that is needed to show it.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the design.
    pub design: String,
    /// Where the capsule lies, relative to the workspace.
    pub capsule: String,
    /// The world it begins with.
    pub setup: Setup,
    /// The run, replayed on the store models, ending with the breach.
    pub run: Run,
    /// What breaks.
    pub breach: Breach,
    /// By which way it was asked for.
    pub route: Route,
    /// Per kind of fault in it: its id, and whether the invariant still breaks without that fault.
    pub without: Vec<(String, bool)>,
}

/// Everything a command found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The verdicts, by scenario, design, engine, invariant.
    pub findings: Vec<Finding>,
    /// Engines that did not run.
    pub not_run: Vec<NotRun>,
    /// How much was looked at.
    pub explored: Vec<Explored>,
    /// The counterexamples, by scenario, design, invariant.
    pub counterexamples: Vec<Counterexample>,
    /// Scenarios without a lock file, of which nothing is expected.
    pub unlocked: Vec<String>,
}

impl Findings {
    /// Takes over what another command part found.
    pub fn extend(&mut self, other: Findings) {
        self.findings.extend(other.findings);
        self.not_run.extend(other.not_run);
        self.explored.extend(other.explored);
        self.counterexamples.extend(other.counterexamples);
        self.unlocked.extend(other.unlocked);
    }

    /// Verdicts of which nothing is expected, so that they are neither right nor wrong.
    pub fn expected_nothing(&self) -> usize {
        self.findings.iter().filter(|finding| finding.expected == Expected::Nothing).count()
    }

    /// The exit code for what is known: 1 something unexpected, 2 something unknown, 0 all as expected.
    pub fn exit_code(&self) -> u8 {
        let differs = self.explored.iter().any(|it| !it.differs.is_empty() || !it.unseen.is_empty());
        if differs || self.findings.iter().any(|finding| !finding.as_expected && finding.verdict != Verdict::Unknown) {
            1
        } else if !self.unlocked.is_empty() || self.findings.iter().any(|it| it.verdict == Verdict::Unknown) {
            2
        } else {
            0
        }
    }
}

/// Whether a verdict passes. A `broken` that was expected and not seen is unexpected only from a complete check.
pub fn as_expected(verdict: Verdict, expected: Expected) -> bool {
    match (verdict, expected) {
        (Verdict::Unknown, _) => false,
        (_, Expected::Any | Expected::Nothing) => true,
        (Verdict::Broken, expected) => expected == Expected::Broken,
        (Verdict::Holds, expected) => expected == Expected::Holds,
        (Verdict::HoldsWithinBound, _) => true,
    }
}
