//! Looks findings up, and combines what all engines know.

use std::collections::BTreeMap;

use model::design::PRESETS;
use model::invariant;

use crate::suite::scenario::{Case, Scenario};
use crate::suite::verdict::{Counterexample, Engine, Explored, Finding, Findings, Verdict};

/// Findings by scenario and design.
#[derive(Debug, Default)]
pub struct FindingsIndex<'a> {
    findings: By<'a, Finding>,
    explored: By<'a, Explored>,
    counterexamples: By<'a, Counterexample>,
}

/// By id of the scenario and name of the design.
type By<'a, T> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a T>>>;

fn keep<'a, T>(by: &mut By<'a, T>, scenario: &'a str, design: &'a str, it: &'a T) {
    by.entry(scenario).or_default().entry(design).or_default().push(it);
}

fn kept<'b, 'a, T>(by: &'b By<'a, T>, scenario: &str, design: &str) -> &'b [&'a T] {
    by.get(scenario).and_then(|designs| designs.get(design)).map_or(&[], Vec::as_slice)
}

impl<'a> FindingsIndex<'a> {
    /// Builds the index.
    pub fn new(findings: &'a Findings) -> FindingsIndex<'a> {
        let mut index = FindingsIndex::default();
        for it in &findings.findings {
            keep(&mut index.findings, &it.scenario, &it.design, it);
        }
        for it in &findings.explored {
            keep(&mut index.explored, &it.scenario, &it.design, it);
        }
        for it in &findings.counterexamples {
            keep(&mut index.counterexamples, &it.scenario, &it.design, it);
        }
        index
    }

    /// The findings of one scenario and design.
    pub fn of(&self, scenario: &str, design: &str) -> &[&'a Finding] {
        kept(&self.findings, scenario, design)
    }

    /// How much was explored in one scenario and design.
    pub fn explored(&self, scenario: &str, design: &str) -> &[&'a Explored] {
        kept(&self.explored, scenario, design)
    }

    /// The counterexamples of one scenario and design.
    pub fn counterexamples(&self, scenario: &str, design: &str) -> &[&'a Counterexample] {
        kept(&self.counterexamples, scenario, design)
    }

    /// The finding of one engine on one invariant.
    pub fn one(&self, scenario: &str, design: &str, engine: Engine, invariant: &str) -> Option<&'a Finding> {
        let said = self.of(scenario, design).iter();
        said.copied().find(|finding| finding.engine == engine && finding.invariant == invariant)
    }

    /// What all engines together know of one invariant. A sample without a breach does not weaken an exhaustive search.
    pub fn verdict(&self, scenario: &str, design: &str, invariant: &str) -> Option<Verdict> {
        let said = || self.of(scenario, design).iter().filter(|finding| finding.invariant == invariant);
        let exhausted = said().any(|finding| finding.verdict == Verdict::Holds);
        let telling = said().map(|f| f.verdict).filter(|verdict| !(exhausted && *verdict == Verdict::HoldsWithinBound));
        telling.max_by_key(|verdict| rank(*verdict))
    }

    /// What all engines together know of one scenario and design; invariants in the order of reports.
    pub fn together(&self, scenario: &str, design: &str) -> Vec<(&'static str, Verdict)> {
        let of = |id: &'static str| self.verdict(scenario, design, id).map(|verdict| (id, verdict));
        invariant::ALL.iter().filter_map(|invariant| of(invariant.id)).collect()
    }

    /// The finding that shows a breach, from the first engine that has one.
    pub fn breach(&self, scenario: &str, design: &str, invariant: &str) -> Option<&'a Finding> {
        let found = |engine| self.one(scenario, design, engine, invariant);
        Engine::ALL.into_iter().filter_map(found).find(|finding| finding.verdict == Verdict::Broken)
    }
}

/// The rank of a verdict; higher is worse.
pub fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Broken => 3,
        Verdict::Unknown => 2,
        Verdict::HoldsWithinBound => 1,
        Verdict::Holds => 0,
    }
}

/// The name of a case's design: that of a preset, or its list of choices.
pub fn design(case: &Case) -> String {
    case.setup.design.to_string()
}

/// The case that covers a design in a scenario: its own, or that of a design that makes the same world there.
pub fn case_of<'a>(scenario: &'a Scenario, name: &str) -> Option<&'a Case> {
    let own = scenario.cases.iter().find(|case| design(case) == name);
    own.or_else(|| scenario.cases.iter().find(|case| case.also.iter().any(|preset| preset.name == name)))
}

/// Every design that some scenario has: the presets in their order, then the others.
pub fn designs(scenarios: &[Scenario]) -> Vec<String> {
    let asked = |name: &str| scenarios.iter().any(|scenario| case_of(scenario, name).is_some());
    let presets = PRESETS.iter().map(|preset| preset.name);
    let mut names: Vec<String> = presets.filter(|name| asked(name)).map(str::to_owned).collect();
    for case in scenarios.iter().flat_map(|scenario| &scenario.cases) {
        if !names.contains(&design(case)) {
            names.push(design(case));
        }
    }
    names
}
