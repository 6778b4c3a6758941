//! `trial check --accept`: what check finds becomes what the scenarios expect, to be reviewed as a diff.

use model::invariant;
use model::setup::Setup;
use sim::capsules::{Capsules, FOUND};
use sim::scenario::{Case, Scenario};
use sim::verdict::{Expected, Findings, Verdict};
use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::commands::engines::{self, Bounds};
use crate::failure::Failure;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// What was found of one world.
struct Accepted {
    setup: Setup,
    broken: Vec<&'static str>,
    /// Situations of the scenario that cannot arise in it.
    never: Vec<&'static str>,
}

/// Checks every preset that is a world of its own in the chosen scenarios and writes the broken invariants of each under
/// `expect`. What is expected as `any` stays so, and so do all comments and everything else in the files.
///
/// # Errors
/// A verdict that is not known is not accepted: its file stays as it is.
pub fn accept(workspace: &Workspace, scenarios: &[Scenario], bounds: &Bounds) -> Result<u8, Failure> {
    let mut not_known = 0;
    let bar = progress::bar(scenarios.len());
    for scenario in scenarios {
        bar.set_message(scenario.id.clone());
        let worlds = scenario.every_world().map_err(|error| Failure::Input(error.to_string()))?;
        let mut accepted = Vec::new();
        for case in &worlds {
            let mut capsules = Capsules::new(FOUND);
            let found = engines::check(scenario, case, bounds, &mut capsules)?;
            for cut in found.explored.iter().filter(|explored| !explored.complete) {
                not_known += 1;
                output::line(&format!("{}, {}: not accepted: the search was cut", scenario.id, cut.design));
            }
            let never = found.explored.iter().flat_map(|explored| explored.missing.clone()).collect();
            accepted.push(Accepted { setup: case.setup.clone(), broken: broken(case, &found), never });
        }
        let relative = format!("scenarios/{}.toml", scenario.id);
        let path = workspace.path(&relative);
        let text = std::fs::read_to_string(&path).map_err(|error| Failure::Input(format!("{relative}: {error}")))?;
        workspace.write(
            &relative,
            &rewritten(&text, &accepted).map_err(|why| Failure::Input(format!("{relative}: {why}")))?,
        )?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(if not_known > 0 { 2 } else { 0 })
}

fn broken(case: &Case, found: &Findings) -> Vec<&'static str> {
    let any = |id: &str| invariant::place(id).is_some_and(|place| case.expected[place] == Expected::Any);
    let broken = found.findings.iter().filter(|finding| finding.verdict == Verdict::Broken);
    broken.map(|finding| finding.invariant).filter(|id| !any(id)).collect()
}

fn rewritten(text: &str, accepted: &[Accepted]) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let expect = document.entry("expect").or_insert_with(|| Item::Table(Table::new()));
    let Some(expect) = expect.as_table_mut() else { return Ok(text.to_owned()) };
    expect.set_implicit(true);
    let mut kept: Vec<(String, Item)> = Vec::new();
    for Accepted { setup, broken, never } in accepted {
        let name = setup.design.to_string();
        let mut table = expect.remove(&name).and_then(|item| item.into_table().ok()).unwrap_or_default();
        if broken.is_empty() {
            table.remove("broken");
        } else {
            table["broken"] = value(broken.iter().copied().collect::<Array>());
        }
        if !never.is_empty() {
            table["never"] = value(never.iter().copied().collect::<Array>());
        }
        kept.push((name, Item::Table(table)));
    }
    expect.clear();
    for (name, mut item) in kept {
        if let Some(table) = item.as_table_mut() {
            // Positions of tables that were there before would put them before the new ones.
            table.set_position(None);
        }
        expect.insert(&name, item);
    }
    Ok(document.to_string())
}
