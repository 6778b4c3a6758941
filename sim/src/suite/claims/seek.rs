//! Searches for the runs of claims that say what must occur in them: the shortest breach of an invariant may be due to
//! another mechanism.

use std::collections::BTreeMap;

use explore::{Ended, Limits};
use model::invariant;
use model::presets::{AS_REPORTED, CODE};

use crate::suite::claims::{Claim, Place};
use crate::suite::explain::{ExplainError, Explanation, Question, explain};
use crate::suite::findings_index::FindingsIndex;
use crate::suite::scenario::{Case, Scenario};
use crate::suite::verdict::{Counterexample, Engine, Findings, Verdict};

/// The search results for the claims that say what must occur in their run.
#[derive(Clone, Debug, Default)]
pub struct Runs(BTreeMap<CaseKey, Sought>);

/// Id of the claim, id of the scenario, name of the design.
type CaseKey = (String, String, String);

/// The result of a search for a claim's run.
#[derive(Clone, Debug)]
pub enum Sought {
    /// The shortest such run.
    Found(Box<Counterexample>),
    /// There is none, and everything within the bounds was explored.
    Nowhere,
    /// The search was cut short.
    Cut(Ended),
}

impl Runs {
    /// The result for a claim in one place, if a search was made there.
    pub(super) fn of(&self, claim: &Claim, place: &Place, design: &str) -> Option<&Sought> {
        self.0.get(&(claim.id.clone(), place.scenario.clone(), design.to_owned()))
    }
}

/// Where a claim may come true, in the order in which the places are tried.
pub(super) fn places(claim: &Claim) -> Vec<(&Place, &str)> {
    let design = claim.design.as_str();
    let code = (design == AS_REPORTED).then_some((&claim.at, CODE));
    let elsewhere = claim.elsewhere.as_ref().map(|place| (place, design));
    [Some((&claim.at, design)), code, elsewhere].into_iter().flatten().collect()
}

/// Searches for the run of each claim that says what must occur in it, wherever its invariant breaks at all. Each
/// search ends with the first such run, which is the shortest.
///
/// # Errors
/// Only internal ones.
pub fn seek(
    claims: &[Claim],
    scenarios: &[Scenario],
    findings: &Findings,
    limits: &Limits,
) -> Result<Runs, ExplainError> {
    let index = FindingsIndex::new(findings);
    let mut runs = Runs::default();
    for claim in claims {
        for (place, design) in places(claim) {
            let breaks = index.one(&place.scenario, design, Engine::Check, &place.invariant);
            let breaks = breaks.is_some_and(|finding| finding.verdict == Verdict::Broken);
            if !breaks {
                continue;
            }
            // If any run will do, the finding is the answer.
            if place.route.is_any() {
                break;
            }
            let Some((scenario, case)) = case_of(scenarios, &place.scenario, design) else { continue };
            let sought = one(scenario, case, place, limits)?;
            let found = matches!(sought, Sought::Found(_));
            runs.0.insert((claim.id.clone(), place.scenario.clone(), design.to_owned()), sought);
            if found {
                break;
            }
        }
    }
    Ok(runs)
}

fn case_of<'a>(scenarios: &'a [Scenario], id: &str, design: &str) -> Option<(&'a Scenario, &'a Case)> {
    let scenario = scenarios.iter().find(|scenario| scenario.id == id)?;
    Some((scenario, scenario.cases.iter().find(|case| case.setup.design.to_string() == design)?))
}

fn one(scenario: &Scenario, case: &Case, place: &Place, limits: &Limits) -> Result<Sought, ExplainError> {
    let Some(invariant) = invariant::place(&place.invariant) else { return Ok(Sought::Nowhere) };
    let question = Question { scenario, case, place: invariant, route: &place.route };
    Ok(match explain(&question, limits)? {
        Explanation { found: Some(found), .. } => Sought::Found(Box::new(found)),
        Explanation { ended: Ended::Complete, .. } => Sought::Nowhere,
        Explanation { ended, .. } => Sought::Cut(ended),
    })
}
