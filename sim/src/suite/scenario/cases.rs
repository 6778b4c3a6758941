//! The cases of a scenario: one per world, whatever number of designs make that world there.

use model::design::{Design, PRESETS, Preset};
use model::invariant::{self, Invariant, UnknownInvariant};
use model::risk::Risk;
use model::setup::{Account, Faults, Setup, SetupError};
use model::situation;

use crate::suite::lock::{Entry, Lock};
use crate::suite::scenario::written::{Argued, File};
use crate::suite::scenario::{Case, Scenario, ScenarioError};
use crate::suite::verdict::Expected;

type Wrong<'a> = &'a dyn Fn(&str, String) -> ScenarioError;

/// One case for each world that the presets make here, in their order, then one for each other design of the file; each
/// with the presets that make the same world, what the lock file pins, and what is argued.
pub(super) fn cases(
    risk: Risk,
    file: &File,
    lock: Option<&Lock>,
    wrong: Wrong<'_>,
) -> Result<Vec<Case>, ScenarioError> {
    let setup =
        |design: Design| Setup::new(file.premises(), file.faults, design).map_err(|error| misfit(&error, wrong));
    let mut cases: Vec<Case> = Vec::new();
    for preset in PRESETS {
        let setup = setup(preset.design)?;
        match cases.iter_mut().find(|case| same_world(&case.setup, &setup)) {
            Some(twin) => twin.also.push(preset),
            None => cases.push(case(risk, file, setup, lock)),
        }
    }
    for name in &file.designs {
        let design = name
            .parse::<Design>()
            .map_err(|error| wrong(if name.is_empty() { "designs" } else { name }, format!("`designs`: {error}")))?;
        let setup = setup(design)?;
        if let Some(twin) = cases.iter().find(|case| same_world(&case.setup, &setup)) {
            let twin = twin.setup.design;
            let why = match twin == design {
                true => format!("`designs` names `{name}`, which is asked anyway: leave it out"),
                false => format!("`designs` names `{name}`, which is the same world here as `{twin}`: leave it out"),
            };
            return Err(wrong(name, why));
        }
        cases.push(case(risk, file, setup, lock));
    }
    for id in &file.seen {
        situation::known(id).map_err(|why| wrong(id, format!("`seen` names the {why}")))?;
    }
    for (name, _) in lock.into_iter().flat_map(|lock| &lock.entries) {
        outdated(name, &mut cases, &setup)?;
    }
    for argued in &file.expect {
        let named = |error| wrong(&argued.design, format!("`design` of `expect`: {error}"));
        let setup = setup(argued.design.parse::<Design>().map_err(named)?)?;
        let Some(case) = cases.iter_mut().find(|case| same_world(&case.setup, &setup)) else {
            let why = format!("`expect` names the design `{0}`: add it to `designs` to ask of it", argued.design);
            return Err(wrong(&argued.design, why));
        };
        argue(case, argued, wrong)?;
    }
    Ok(cases)
}

/// A case with what the lock file pins.
fn case(risk: Risk, file: &File, setup: Setup, lock: Option<&Lock>) -> Case {
    let pinned = lock.and_then(|lock| lock.entry(&setup.design.to_string())).cloned();
    let never = |id: &&String| pinned.as_ref().is_some_and(|pinned| pinned.never.contains(*id));
    let seen = file.seen.iter().filter(|id| !never(id)).cloned().collect();
    let own = is_own(risk, &file.faults, &file.accounts, setup.design);
    let missing = lock.is_some() && pinned.is_none();
    let outdated = missing.then(|| "the lock file has no line for this design".to_owned()).into_iter().collect();
    Case { own, seen, outdated, ..nothing_expected(setup) }.pinned(pinned)
}

/// Notes a design of the lock file that has no case here; the note goes to the case with the same world.
fn outdated(
    name: &str,
    cases: &mut [Case],
    setup: &dyn Fn(Design) -> Result<Setup, ScenarioError>,
) -> Result<(), ScenarioError> {
    let Ok(design) = name.parse::<Design>() else { return Ok(()) };
    if cases.iter().any(|case| case.setup.design == design) {
        return Ok(());
    }
    let setup = setup(design)?;
    let twin = cases.iter().position(|case| same_world(&case.setup, &setup));
    if let Some(case) = cases.get_mut(twin.unwrap_or(0)) {
        case.outdated.push(format!("the lock file has lines for {name}, which this scenario does not check"));
    }
    Ok(())
}

/// A case with no expectations.
fn nothing_expected(setup: Setup) -> Case {
    let reason = |invariant: &Invariant| (invariant.id.to_owned(), NO_EXPECTATION.to_owned());
    Case {
        setup,
        also: Vec::new(),
        own: false,
        expected: vec![Expected::Nothing; invariant::ALL.len()],
        reasons: invariant::ALL.iter().map(reason).collect(),
        seen: Vec::new(),
        argued_seen: Vec::new(),
        pinned: None,
        outdated: Vec::new(),
    }
}

/// Adds what a person argues to what the lock file pins.
fn argue(case: &mut Case, argued: &Argued, wrong: Wrong<'_>) -> Result<(), ScenarioError> {
    let Argued { design, broken, holds, any, seen, because } = argued;
    if because.trim().is_empty() {
        return Err(wrong("because", format!("`because` of `expect` for `{design}` is blank: it must say why")));
    }
    let lists = [("broken", broken, Expected::Broken), ("holds", holds, Expected::Holds), ("any", any, Expected::Any)];
    let mut argued_here: Vec<&str> = Vec::new();
    for (key, ids, expected) in lists {
        for id in ids {
            let Some(place) = invariant::place(id) else {
                let why = UnknownInvariant(id.clone());
                return Err(wrong(id, format!("`{key}` of `expect` for `{design}` names the {why}")));
            };
            if argued_here.contains(&id.as_str()) {
                return Err(wrong(id, format!("`expect` for `{design}` names `{id}` twice: one verdict is valid")));
            }
            argued_here.push(id);
            case.expected[place] = expected;
            case.reasons.insert(id.clone(), because.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    for id in seen {
        let named = |why| wrong(id, format!("`seen` of `expect` for `{design}` names the {why}"));
        situation::known(id).map_err(named)?;
    }
    case.seen.extend(seen.iter().cloned());
    case.argued_seen.extend(seen.iter().cloned());
    Ok(())
}

impl Case {
    /// The same with the verdicts of a lock file's entry as the expected ones.
    #[must_use]
    pub fn pinned(self, pinned: Option<Entry>) -> Case {
        let Some(entry) = &pinned else { return self };
        let verdict = |invariant: &Invariant| match entry.broken.contains_key(invariant.id) {
            true => Expected::Broken,
            false => Expected::Holds,
        };
        Case { expected: invariant::ALL.iter().map(verdict).collect(), reasons: Default::default(), pinned, ..self }
    }
}

impl Scenario {
    /// The same with only the risk's own designs.
    pub fn own(&self) -> Scenario {
        let cases = self.cases.iter().filter(|case| case.own).cloned().collect();
        Scenario { cases, ..self.clone() }
    }

    /// The case of one design. If the scenario does not have it, the expectations are those of the design that makes
    /// the same world here; if there is none, nothing is expected of any invariant and no situation must be seen.
    ///
    /// # Errors
    /// The design has too many background jobs for the scenario.
    pub fn case_of(&self, design: Design) -> Result<Case, SetupError> {
        if let Some(case) = self.cases.iter().find(|case| case.setup.design == design) {
            return Ok(case.clone());
        }
        let setup = Setup::new(self.premises.clone(), self.faults, design)?;
        let own = is_own(self.risk, &self.faults, &self.premises.accounts, design);
        if let Some(twin) = self.cases.iter().find(|case| same_world(&case.setup, &setup)) {
            return Ok(Case { setup, also: Vec::new(), own, ..twin.clone() });
        }
        Ok(Case { own, ..nothing_expected(setup) })
    }
}

/// The reason given for every invariant of a design on which neither the scenario nor its lock file says anything.
const NO_EXPECTATION: &str = "neither the scenario nor its lock file expects anything of this design";

/// Whether a design is the risk's own: a base, one of its fixes, one that is not a preset, or, if scripts can be lost,
/// another way to send them, or, if an account has a time zone, another midnight.
fn is_own(risk: Risk, faults: &Faults, accounts: &[Account], design: Design) -> bool {
    let Some(preset) = design.preset() else { return true };
    let plain = Design { base: design.base, ..Design::default() };
    let sends_scripts = faults.script_flush > 0 && design == Design { scripts: design.scripts, ..plain };
    let minds_zones = accounts.iter().any(|account| account.zone.is_some());
    let minds_zones = minds_zones && design == Design { midnight: design.midnight, ..plain };
    design == plain || preset.is_fix_of(risk) || sends_scripts || minds_zones
}

fn same_world(one: &Setup, other: &Setup) -> bool {
    (one.effective, one.path) == (other.effective, other.path)
}

fn misfit(error: &SetupError, wrong: Wrong<'_>) -> ScenarioError {
    let why = error.to_string();
    let needle = match error {
        SetupError::Request { trace, .. } | SetupError::Price { trace, .. } | SetupError::FreeRequest(trace) => trace,
        SetupError::Name { what: "account", .. } => "accounts",
        SetupError::Name { .. } => "requests",
        SetupError::FirstDay(_) => "today",
        SetupError::Twice(_) => why.split('`').nth(1).unwrap_or_default(),
        _ => why.split('`').skip(1).step_by(2).last().unwrap_or("requests"),
    };
    wrong(needle, why.clone())
}

/// Whether the preset of this name is a fix of a risk, or of the risk whose consequence that is.
pub fn is_fix_of(name: &str, risk: Risk) -> bool {
    Preset::named(name).is_some_and(|preset| preset.is_fix_of(risk))
}

/// Whether a design's name is that of a preset.
pub fn is_preset(name: &str) -> bool {
    Preset::named(name).is_some()
}
