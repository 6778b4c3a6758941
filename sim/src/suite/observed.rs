//! Verdicts from sampled runs, in the simulation or on real servers: a breach is a breach, and without one the best
//! verdict is that the invariant held within what was sampled.

use model::invariant;
use model::run::{InvariantResult, Run};
use model::situation::{self, Situation};

use crate::suite::capsules::{Broken, Capsules};
use crate::suite::route::Route;
use crate::suite::scenario::{Case, Scenario};
use crate::suite::story;
use crate::suite::verdict::{Counterexample, Engine, Expected, Explored, Finding, Findings, Verdict, as_expected};

/// The runs of one engine on one case, judged as they come.
#[derive(Debug)]
pub struct ObservedRuns<'a> {
    scenario: &'a Scenario,
    case: &'a Case,
    engine: Engine,
    results: Vec<InvariantResult>,
    first: Vec<Option<(Run, Option<u64>)>>,
    seen: Vec<bool>,
    must_be_seen: Vec<String>,
    runs: u64,
    not_reproduced: u64,
}

impl<'a> ObservedRuns<'a> {
    /// Starts with no runs.
    pub fn new(scenario: &'a Scenario, case: &'a Case, engine: Engine) -> ObservedRuns<'a> {
        ObservedRuns {
            scenario,
            case,
            engine,
            results: vec![InvariantResult::default(); invariant::ALL.len()],
            first: vec![None; invariant::ALL.len()],
            seen: vec![false; situation::ALL.len()],
            must_be_seen: case.seen.clone(),
            runs: 0,
            not_reproduced: 0,
        }
    }

    /// Requires no situation: for a single seed, or if runs that could show one were refused.
    pub fn demand_nothing(&mut self) {
        self.must_be_seen.clear();
    }

    /// Counts a scheduled run that the servers did not reproduce.
    pub fn was_not_reproduced(&mut self) {
        self.not_reproduced += 1;
    }

    /// Judges one run, which `seed` produced. Returns the invariants it breaks.
    pub fn add(&mut self, run: &Run, seed: Option<u64>) -> Vec<&'static str> {
        self.runs += 1;
        let judgement = run.judge(&self.case.setup);
        for (seen, now) in self.seen.iter_mut().zip(judgement.seen) {
            *seen |= now;
        }
        let mut broken = Vec::new();
        for (place, result) in judgement.results.into_iter().enumerate() {
            if let Some(breach) = &result.breach {
                broken.push(breach.invariant);
                if self.first[place].is_none() {
                    let cut = Run { opening: run.opening.clone(), entries: run.entries[..breach.after].to_vec() };
                    self.first[place] = Some((cut, seed));
                }
            }
            self.results[place].add(result);
        }
        broken
    }

    /// The verdicts. `cut` says why sampling ended early, if it did.
    pub fn finish(self, cut: Option<&str>, seconds: f64, capsules: &mut Capsules) -> Findings {
        let missing = self.missing();
        let mut found = Findings::default();
        for place in 0..invariant::ALL.len() {
            if let Some(verdict) = self.verdict(place, cut, &missing) {
                self.report(place, verdict, capsules, &mut found);
            }
        }
        found.explored.push(Explored {
            scenario: self.scenario.id.clone(),
            design: self.case.setup.design.to_string(),
            engine: self.engine,
            states: None,
            moves: None,
            depth: None,
            runs: Some(self.runs),
            not_reproduced: self.not_reproduced,
            complete: cut.is_none(),
            missing: missing.iter().map(|situation| situation.id).collect(),
            never: Vec::new(),
            differs: self.case.outdated.clone(),
            unseen: Vec::new(),
            seconds,
        });
        found
    }

    /// The required situations that never arose.
    fn missing(&self) -> Vec<&'static Situation> {
        let situations = situation::ALL.iter().zip(&self.seen);
        let missing = situations.filter(|(s, seen)| !**seen && self.must_be_seen.iter().any(|id| id == s.id));
        missing.map(|(situation, _)| situation).collect()
    }

    /// The verdict on one invariant, and why. One that could not have failed in any run gets none.
    fn verdict(&self, place: usize, cut: Option<&str>, missing: &[&Situation]) -> Option<(Verdict, String)> {
        let result = &self.results[place];
        let vacuous = self.runs > 0 && cut.is_none() && result.non_vacuous == 0;
        if vacuous && self.case.expected[place] != Expected::Broken {
            return None;
        }
        Some(match (&result.breach, cut) {
            (Some(breach), _) => (Verdict::Broken, story::sentence(breach)),
            (None, _) if self.runs == 0 => (Verdict::Unknown, cut.unwrap_or("no run was made").to_owned()),
            (None, _) if !missing.is_empty() => {
                let missing: Vec<&str> = missing.iter().map(|situation| situation.title).collect();
                (Verdict::Unknown, format!("an expected situation never arose: {}", missing.join(", ")))
            }
            // An expected breach that the sample gave no occasion for is merely not seen, which changes no exit code.
            (None, Some(cut)) => (Verdict::Unknown, format!("{} runs without a breach, then {cut}", self.runs)),
            (None, None) => (Verdict::HoldsWithinBound, format!("{} runs without a breach", self.runs)),
        })
    }

    /// Adds the finding on one invariant, with the capsule of its first breach.
    fn report(&self, place: usize, (verdict, why): (Verdict, String), capsules: &mut Capsules, found: &mut Findings) {
        let (result, expected) = (&self.results[place], self.case.expected[place]);
        let (scenario, setup) = (&self.scenario.id, &self.case.setup);
        let shown = self.first[place].as_ref().zip(result.breach.as_ref());
        let capsule = shown.map(|((run, seed), breach)| {
            capsules.keep(&Broken { scenario, setup, engine: self.engine, seed: *seed, run, breach })
        });
        let expected_so = as_expected(verdict, expected);
        // Unexpected breaches are shown as those of check are; check shows the expected ones itself.
        if let (Some(((run, _), breach)), Some(capsule), false) = (shown, &capsule, expected_so) {
            found.counterexamples.push(Counterexample {
                scenario: scenario.clone(),
                design: setup.design.to_string(),
                capsule: capsule.clone(),
                setup: setup.clone(),
                run: run.clone(),
                breach: breach.clone(),
                route: Route::default(),
                without: Vec::new(),
            });
        }
        found.findings.push(Finding {
            scenario: scenario.clone(),
            design: setup.design.to_string(),
            engine: self.engine,
            invariant: invariant::ALL[place].id,
            verdict,
            expected,
            as_expected: expected_so,
            evaluated: result.evaluated,
            non_vacuous: result.non_vacuous,
            why,
            steps: shown.map(|((run, _), _)| run.entries.len()),
            capsule,
        });
    }
}
