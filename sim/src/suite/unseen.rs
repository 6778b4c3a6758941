//! The breaches that a sampling engine must see: all that check finds under a risk's own designs, except those listed.
//! That an engine shows no breach means something only where it would have seen one.

use std::collections::{BTreeMap, BTreeSet};

use model::design::Design;
use model::invariant;
use serde::Deserialize;
use toml::Spanned;

use crate::suite::scenario::ScenarioError;
use crate::suite::tables::{self, Tables};
use crate::suite::verdict::{Engine, Findings, Verdict};

/// The name of the file with the list, among the committed reports.
pub const FILE: &str = "unseen.toml";

/// The id of the scenario, the id of the invariant, and the name of the design.
type BreachId = (String, String, String);

/// The breaches that check finds and so many seeds of sim do not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// The number of seeds, from seed 0, for each scenario and design.
    pub seeds: u64,
    breaches: BTreeSet<BreachId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    seeds: u64,
    #[serde(default)]
    unseen: Vec<Spanned<Line>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    scenario: String,
    invariant: String,
    designs: Vec<String>,
}

impl Unseen {
    /// What a run with so many seeds did not show in sim.
    pub fn of(found: &Findings, seeds: u64) -> Unseen {
        Unseen { seeds, breaches: not_seen(found, Engine::Sim) }
    }

    /// Reads the list; `file` is the file name for errors, `scenarios` are the ids that it may name.
    ///
    /// # Errors
    /// File, line, key and what would be valid.
    pub fn parse(file: &str, text: &str, scenarios: &[&str]) -> Result<Unseen, ScenarioError> {
        let tables = Tables { file, text };
        let parsed: File = tables.parse()?;
        for line in &parsed.unseen {
            check_names(line.get_ref(), scenarios).map_err(|why| tables.wrong(line.span().start, "unseen", why))?;
        }
        let unseen = parsed.unseen.into_iter().map(Spanned::into_inner);
        let breaches = unseen.flat_map(|Line { scenario, invariant, designs }| {
            designs.into_iter().map(move |design| (scenario.clone(), invariant.clone(), design))
        });
        Ok(Unseen { seeds: parsed.seeds, breaches: breaches.collect() })
    }

    /// The list as a file: one line has the designs of one scenario and invariant.
    pub fn text(&self) -> String {
        let mut lines: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for (scenario, invariant, design) in &self.breaches {
            lines.entry((scenario, invariant)).or_default().push(format!("\"{design}\""));
        }
        let mut out = format!(
            "# Breaches that check finds under a risk's own designs and these seeds of sim do not show; every other one is seen,\n\
             # or `trial run` fails. Real servers show all of them. Written by `trial run --update-reports`.\n\n\
             seeds = {}\nunseen = [\n",
            self.seeds
        );
        for ((scenario, invariant), designs) in lines {
            let designs = designs.join(", ");
            out.push_str(&format!(
                "    {{ scenario = \"{scenario}\", invariant = \"{invariant}\", designs = [{designs}] }},\n"
            ));
        }
        out + "]\n"
    }

    /// Attributes to sim, scenario by scenario, each breach that is not listed and was not seen, and each that is
    /// listed and was seen. Compares nothing if the number of seeds is not that of the list.
    pub fn hold_against(&self, found: &mut Findings, seeds: u64) {
        if seeds != self.seeds {
            return;
        }
        let now = not_seen(found, Engine::Sim);
        for lost in now.difference(&self.breaches) {
            let why = format!("{} is broken, and none of {seeds} seeds of sim shows it", lost.1);
            put_down(found, Engine::Sim, lost, why);
        }
        // sim need not see what check does not break, or did not fully explore.
        let shown = breaches(found, Engine::Sim, Verdict::Broken);
        for seen in self.breaches.intersection(&shown) {
            let why = format!("sim shows that {} is broken, which {FILE} lists as not seen", seen.1);
            put_down(found, Engine::Sim, seen, why);
        }
    }
}

/// Rejects misspelt names: they would excuse nothing, and nothing would report them.
fn check_names(line: &Line, scenarios: &[&str]) -> Result<(), String> {
    tables::known_scenario(&line.scenario, scenarios).map_err(|why| format!("`scenario`: {why}"))?;
    invariant::known(&line.invariant).map_err(|why| format!("`invariant`: {why}"))?;
    for written in &line.designs {
        let design = written.parse::<Design>().map_err(|why| format!("`designs`: {why}"))?.to_string();
        if design != *written {
            return Err(format!("`designs`: `{written}` is called `{design}` in reports"));
        }
    }
    Ok(())
}

/// Attributes to real each breach that check finds and that real servers did not show, though its counterexample is
/// carried out on them. Skips cases whose runs were not all carried out.
pub fn hold_real_against_check(found: &mut Findings) {
    let partly = |lost: &BreachId| {
        let mut missing = found.not_run.iter().filter(|it| it.engine == Engine::Real);
        missing.any(|it| it.case.as_ref().is_none_or(|(scenario, design)| (scenario, design) == (&lost.0, &lost.2)))
    };
    let lost: Vec<BreachId> = not_seen(found, Engine::Real).into_iter().filter(|lost| !partly(lost)).collect();
    for lost in lost {
        let why = format!("{} is broken, and no run on real servers shows it", lost.1);
        put_down(found, Engine::Real, &lost, why);
    }
}

/// The breaches that check finds and that this engine, having finished, did not see.
fn not_seen(found: &Findings, engine: Engine) -> BTreeSet<BreachId> {
    let silent = breaches(found, engine, Verdict::HoldsWithinBound);
    breaches(found, Engine::Check, Verdict::Broken).intersection(&silent).cloned().collect()
}

/// The ids of an engine's findings with this verdict.
fn breaches(found: &Findings, engine: Engine, verdict: Verdict) -> BTreeSet<BreachId> {
    let those = found.findings.iter().filter(|it| it.engine == engine && it.verdict == verdict);
    those.map(|it| (it.scenario.clone(), it.invariant.to_owned(), it.design.clone())).collect()
}

/// Adds the text to what this engine had to see; if it did not fully run the scenario and design, the breach is not
/// attributed.
fn put_down(found: &mut Findings, engine: Engine, (scenario, _, design): &BreachId, why: String) {
    let its = |it: &&mut crate::suite::verdict::Explored| {
        it.engine == engine && it.complete && it.scenario == *scenario && it.design == *design
    };
    if let Some(explored) = found.explored.iter_mut().find(its) {
        explored.unseen.push(why);
    }
}
