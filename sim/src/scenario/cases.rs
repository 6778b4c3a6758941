//! The cases of a scenario: one per world, whatever number of designs are that world there.

use model::design::Design;
use model::invariant::{self, Invariant};
use model::presets::PRESETS;
use model::setup::{Account, Faults, Setup, SetupError};
use model::situation;

use crate::scenario::file::{ExpectedOfDesign, File};
use crate::scenario::{Case, Scenario, ScenarioError};
use crate::verdict::Expected;

type Wrong<'a> = &'a dyn Fn(&str, String) -> ScenarioError;

/// The designs that are named under `expect`, in the order of the presets, then the others; each with the presets that are
/// the same world.
pub(super) fn expected_cases(id: &str, file: &File, wrong: Wrong<'_>) -> Result<Vec<Case>, ScenarioError> {
    let mut cases: Vec<Case> = Vec::new();
    let setup =
        |design: Design| Setup::new(file.premises(), file.faults, design).map_err(|error| misfit(&error, wrong));
    let named = |name: &str| PRESETS.iter().any(|preset| preset.name == name);
    let presets = PRESETS.iter().map(|preset| preset.name).filter(|name| file.expect.contains_key(*name));
    let others = file.expect.keys().map(String::as_str).filter(|name| !named(name));
    for name in presets.chain(others) {
        let Some((design, expect)) = name.parse::<Design>().ok().zip(file.expect.get(name)) else { continue };
        let setup = setup(design)?;
        if let Some(twin) = cases.iter().find(|case| same_world(&case.setup, &setup)) {
            let twin = twin.setup.design;
            let why = format!("`expect.{name}` is the same world here as `{twin}`: one of the two is valid");
            return Err(wrong(name, why));
        }
        cases.push(case(id, file, setup, expect, wrong)?);
    }
    for preset in PRESETS.iter().filter(|preset| !file.expect.contains_key(preset.name)) {
        let setup = setup(preset.design)?;
        if let Some(twin) = cases.iter_mut().find(|case| same_world(&case.setup, &setup)) {
            twin.also.push(preset);
        }
    }
    Ok(cases)
}

impl Scenario {
    /// The same with no designs but the risk's own.
    pub fn own(&self) -> Scenario {
        let cases = self.cases.iter().filter(|case| case.own).cloned().collect();
        Scenario { cases, ..self.clone() }
    }

    /// One case for each world that the presets and the designs with an expectation make here. What has no expectation so
    /// far is expected to hold.
    ///
    /// # Errors
    /// A design whose background jobs are too many for the scenario.
    pub fn every_world(&self) -> Result<Vec<Case>, SetupError> {
        let mut worlds = self.cases.clone();
        for preset in PRESETS {
            let setup = Setup::new(self.premises.clone(), self.faults, preset.design)?;
            if worlds.iter().any(|case| same_world(&case.setup, &setup)) {
                continue;
            }
            let (also, own) = (Vec::new(), is_own(&self.id, &self.faults, &self.premises.accounts, preset.name));
            let (expected, seen) = (vec![Expected::Holds; invariant::ALL.len()], self.seen.clone());
            worlds.push(Case { setup, also, own, expected, reasons: Default::default(), seen });
        }
        Ok(worlds)
    }

    /// The case of one design. If the scenario says nothing of it, it is expected as the design is whose world it is here;
    /// if there is none, either verdict is right for every invariant and no situation must be seen.
    ///
    /// # Errors
    /// A design whose background jobs are too many for the scenario.
    pub fn case_of(&self, design: Design) -> Result<Case, SetupError> {
        if let Some(case) = self.cases.iter().find(|case| case.setup.design == design) {
            return Ok(case.clone());
        }
        let setup = Setup::new(self.premises.clone(), self.faults, design)?;
        let own =
            is_own(&self.id, &self.faults, &self.premises.accounts, &design.to_string()) || design.name().is_none();
        if let Some(twin) = self.cases.iter().find(|case| same_world(&case.setup, &setup)) {
            return Ok(Case { setup, also: Vec::new(), own, ..twin.clone() });
        }
        let reason = |invariant: &Invariant| (invariant.id.to_owned(), NO_EXPECTATION.to_owned());
        Ok(Case {
            setup,
            also: Vec::new(),
            own,
            expected: vec![Expected::Any; invariant::ALL.len()],
            reasons: invariant::ALL.iter().map(reason).collect(),
            seen: Vec::new(),
        })
    }
}

/// Why either verdict is right for a design of which the scenario says nothing.
const NO_EXPECTATION: &str = "the scenario has no expectation of this design";

/// Whether a design is the risk's own: a base, one of its fixes, or, where scripts can be lost, another way to send them, and
/// where somebody has a time zone, another midnight.
fn is_own(scenario: &str, faults: &Faults, accounts: &[Account], design: &str) -> bool {
    let sends_scripts = faults.script_flush > 0 && design.starts_with("scripts-");
    let minds_zones = accounts.iter().any(|account| account.zone.is_some()) && design.starts_with("reset-");
    design.starts_with("as-reported") || is_fix_of(design, &risk_of(scenario)) || sends_scripts || minds_zones
}

/// Whether a preset is a fix of some risk: its name begins with one.
pub fn is_fix(preset: &str) -> bool {
    preset.strip_prefix('p').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn same_world(one: &Setup, other: &Setup) -> bool {
    (one.met, one.path) == (other.met, other.path)
}

fn misfit(error: &SetupError, wrong: Wrong<'_>) -> ScenarioError {
    let why = error.to_string();
    let needle = match error {
        SetupError::Request { trace, .. } | SetupError::Price { trace, .. } | SetupError::FreeRequest(trace) => trace,
        SetupError::Twice(_) => why.split('`').nth(1).unwrap_or_default(),
        _ => why.split('`').skip(1).step_by(2).last().unwrap_or("requests"),
    };
    wrong(needle, why.clone())
}

/// Whether a design is a fix of this risk. What was proposed for streams (P0-1) is also what there is for their counts, their
/// guessed tokens and their reconnects.
pub fn is_fix_of(design: &str, risk: &str) -> bool {
    let stream = matches!(risk, "st-1" | "st-2" | "st-3" | "p2-14");
    risk_of(design) == if stream { "p0-1" } else { risk }
}

/// The risk that a scenario's or a preset's name begins with, such as `p0-3`.
pub fn risk_of(name: &str) -> String {
    name.splitn(3, '-').take(2).collect::<Vec<_>>().join("-")
}

fn case(
    id: &str,
    file: &File,
    setup: Setup,
    expect: &ExpectedOfDesign,
    wrong: Wrong<'_>,
) -> Result<Case, ScenarioError> {
    let design = setup.design;
    if let Some(id) = expect.broken.iter().find(|id| expect.any.contains_key(*id)) {
        return Err(wrong(
            id,
            format!("`expect.{design}` names `{id}` under both `broken` and `any`: one of them is valid"),
        ));
    }
    if let Some((id, _)) = expect.any.iter().find(|(_, reason)| reason.trim().is_empty()) {
        return Err(wrong(
            "any",
            format!("`expect.{design}.any.{id}` is blank: it must say why either verdict is right"),
        ));
    }
    let mut expected = vec![Expected::Holds; invariant::ALL.len()];
    let broken = expect.broken.iter().map(|id| (id, Expected::Broken));
    for (id, expectation) in broken.chain(expect.any.keys().map(|id| (id, Expected::Any))) {
        let place = invariant::place(id).ok_or_else(|| {
            let valid = invariant::ALL.iter().map(|invariant| invariant.id).collect::<Vec<_>>().join(", ");
            wrong(id, format!("`expect.{design}` names the invariant `{id}`: valid are {valid}"))
        })?;
        expected[place] = expectation;
    }
    let demanded = file.seen.iter().filter(|id| !expect.never.contains(id));
    let seen: Vec<String> = demanded.chain(&expect.seen).cloned().collect();
    let (of_all, of_this) = ("`seen`".to_owned(), |key: &str| format!("`{key}` of `expect.{design}`"));
    for (key, ids) in [(of_all, &file.seen), (of_this("seen"), &expect.seen), (of_this("never"), &expect.never)] {
        if let Some(id) = ids.iter().find(|id| situation::find(id).is_none()) {
            let valid = situation::ALL.iter().map(|situation| situation.id).collect::<Vec<_>>().join(", ");
            return Err(wrong(id, format!("{key} names the situation `{id}`: valid are {valid}")));
        }
    }
    let own = is_own(id, &file.faults, &file.accounts, &design.to_string()) || design.name().is_none();
    Ok(Case { setup, also: Vec::new(), own, expected, reasons: expect.any.clone(), seen })
}
