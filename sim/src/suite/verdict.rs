//! Verdicts, findings and exit codes: what every engine reports and every output prints.

use model::run::{Breach, Run};
use model::setup::Setup;
use serde::{Deserialize, Serialize};

use crate::suite::route::Route;

/// The engine that produced this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Explores every order and every fault within bounds, on the store models.
    Check,
    /// Runs seeds on a simulated network.
    Sim,
    /// Runs on real Postgres and real Redis.
    Real,
}

impl Engine {
    /// All, in the order of reports.
    pub const ALL: [Engine; 3] = [Engine::Check, Engine::Sim, Engine::Real];

    /// The name, as commands spell it.
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
    /// Everything was explored without a breach; only check can say so.
    Holds,
    /// No breach in what was sampled.
    HoldsWithinBound,
    /// A counterexample exists.
    Broken,
    /// Not known; the finding says why.
    Unknown,
}

impl Verdict {
    /// The words, as reports print them.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsWithinBound => "holds-within-bound",
            Verdict::Broken => "broken",
            Verdict::Unknown => "unknown",
        }
    }
}

/// The expected verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// No breach.
    Holds,
    /// A breach.
    Broken,
    /// Either verdict is right; the scenario says why.
    Any,
    /// Neither the scenario nor its lock file says anything about the design.
    Nothing,
}

impl Expected {
    /// The word, as scenarios and JSON spell it.
    pub fn words(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Broken => "broken",
            Expected::Any => "any",
            Expected::Nothing => "nothing",
        }
    }
}

/// One verdict, how many evaluations it rests on, and why it stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the design.
    pub design: String,
    /// The engine that produced this.
    pub engine: Engine,
    /// Id of the invariant.
    pub invariant: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The expected verdict.
    pub expected: Expected,
    /// Whether the verdict passes; if nothing is expected it does, unless it is unknown.
    pub as_expected: bool,
    /// How many moves it was evaluated on.
    pub evaluated: u64,
    /// How many of these evaluations could have broken it.
    pub non_vacuous: u64,
    /// One sentence: the breach with its numbers, or what bounds the verdict.
    pub why: String,
    /// Number of moves of the counterexample.
    pub steps: Option<usize>,
    /// Path of the counterexample's capsule, relative to the workspace.
    pub capsule: Option<String>,
}

/// How much one engine explored for one (scenario, design).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explored {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the design.
    pub design: String,
    /// The engine that produced this.
    pub engine: Engine,
    /// Distinct states.
    pub states: Option<u64>,
    /// Moves carried out, including those that led to known states.
    pub moves: Option<u64>,
    /// Length of the longest of the shortest paths to a state, in moves.
    pub depth: Option<u64>,
    /// Number of runs, for engines that sample.
    pub runs: Option<u64>,
    /// Number of scheduled runs that the servers did not reproduce, so that they count for nothing.
    #[serde(skip)]
    pub not_reproduced: u64,
    /// Whether everything within the bounds was explored.
    pub complete: bool,
    /// Ids of situations that must have been seen and were not.
    pub missing: Vec<&'static str>,
    /// Ids of the scenario's situations that did not arise, whether they had to or not.
    #[serde(skip)]
    pub never: Vec<&'static str>,
    /// What differs from the lock file after a complete search, apart from verdicts.
    pub differs: Vec<String>,
    /// What a sampling engine had to see and did not, or was listed as not seeing and did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
    /// Wall-clock seconds. Never in committed reports.
    pub seconds: f64,
}

/// An engine that did not run, or not all of a case; this is not a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The engine.
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
    /// Path of the capsule, relative to the workspace.
    pub capsule: String,
    /// The setup of its world.
    pub setup: Setup,
    /// The run, replayed on the store models, ending with the breach.
    pub run: Run,
    /// What breaks.
    pub breach: Breach,
    /// The route that was asked for.
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
    /// How much was explored.
    pub explored: Vec<Explored>,
    /// The counterexamples, by scenario, design, invariant.
    pub counterexamples: Vec<Counterexample>,
    /// Scenarios without a lock file, for which nothing is expected.
    pub unlocked: Vec<String>,
}

impl Findings {
    /// Adds what another part of a command found.
    pub fn extend(&mut self, other: Findings) {
        self.findings.extend(other.findings);
        self.not_run.extend(other.not_run);
        self.explored.extend(other.explored);
        self.counterexamples.extend(other.counterexamples);
        self.unlocked.extend(other.unlocked);
    }

    /// The number of verdicts for which nothing is expected, so that they are neither right nor wrong.
    pub fn expected_nothing(&self) -> usize {
        self.findings.iter().filter(|finding| finding.expected == Expected::Nothing).count()
    }

    /// The exit code for the findings: 1 something unexpected, 2 something unknown, 0 all as expected.
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
