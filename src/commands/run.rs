//! `trial run`, the main job: every scenario on every engine at hand, and the report.

use std::collections::BTreeMap;

use sim::capsules::{COMMITTED, Capsules, FOUND};
use sim::claims::{self, Judged};
use sim::report;
use sim::scenario::Scenario;
use sim::verdict::{Engine, Finding, Findings, NotRun};
use sim::without;

use crate::args::RunArgs;
use crate::commands::engines::{self, Bounds, NotAtHand, RealServers};
use crate::commands::refuse_given_servers;
use crate::failure::Failure;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// How much of everything a run does.
struct Tier {
    /// Designs of other risks are checked too.
    every_design: bool,
    /// Seeds per scenario and design.
    seeds: (u64, u64),
    /// Scheduled runs on real servers per scenario and design.
    runs: usize,
}

/// The main job, within minutes.
const QUICK: Tier = Tier { every_design: false, seeds: (0, 60), runs: 12 };
/// What is committed: every design is checked, and the samples are those of the main job.
const COMMIT: Tier = Tier { every_design: true, ..QUICK };
/// All of it.
const FULL: Tier = Tier { every_design: true, seeds: (0, 2_000), runs: usize::MAX };

/// Where a plain run writes, relative to the workspace.
const OUTPUT: &str = "target/trial";

/// Runs all of it. The exit code is that of the findings, or 69 under `CI` when servers are missing.
pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let scenarios = workspace.scenarios()?;
    let claims = workspace.claims(&scenarios)?;
    if args.update_reports {
        refuse_given_servers()?;
    }
    let bounds = Bounds::new(progress::stop_flag()?);
    let mut servers = match RealServers::start() {
        Ok(servers) => Ok(servers),
        Err(NotAtHand::Missing(why)) => Err(why),
        Err(NotAtHand::Failed(failure)) => return Err(failure),
    };
    if let (Err(why), true) = (&servers, args.update_reports) {
        return Err(Failure::NoServer(format!("--update-reports needs all three engines: {why}")));
    }
    let tier = match (args.update_reports, args.full) {
        (true, _) => COMMIT,
        (false, true) => FULL,
        (false, false) => QUICK,
    };
    let scenarios = if tier.every_design { scenarios } else { scenarios.iter().map(Scenario::own).collect() };
    let mut capsules = Capsules::new(if args.update_reports { COMMITTED } else { FOUND });
    let mut found = Findings::default();
    if let Err(why) = &servers {
        found.not_run.push(NotRun { engine: Engine::Real, why: why.clone() });
    }
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in &scenarios {
        for case in &scenario.cases {
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            let mut checked = engines::check(scenario, case, &bounds, &mut capsules)?;
            without::compare(case, &mut checked.counterexamples, &bounds.stop);
            if case.own || args.full {
                found.extend(engines::sweep(scenario, case, tier.seeds, &bounds, &mut capsules, &|_, _, _| {})?);
                if let Ok(servers) = &mut servers {
                    found.extend(servers.scheduled(
                        scenario,
                        case,
                        tier.runs,
                        &checked.counterexamples,
                        &bounds,
                        &mut capsules,
                    )?);
                }
            }
            found.extend(checked);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let missing = servers.is_err();
    if let Ok(servers) = servers {
        servers.stop(false);
    }
    if args.update_reports && bounds.ended().is_some() {
        return Err(Failure::Input("interrupted: the committed reports stay as they are".to_owned()));
    }
    point_at_the_shortest(&mut found);
    let judged = claims::judge(&claims, &found);
    write(&workspace, args, &scenarios, &judged, &found, &capsules)?;
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let exit = match (found.exit_code(), claims::exit_code(&judged)) {
        (1, _) | (_, 1) => 1,
        _ if missing && ci => 69,
        (findings, claims) => findings.max(claims),
    };
    print(args, &scenarios, &judged, &found, exit);
    Ok(exit)
}

/// What sim and real break, check mostly breaks in fewer moves: then that is the counterexample to replay.
fn point_at_the_shortest(found: &mut Findings) {
    let of = |finding: &Finding| (finding.scenario.clone(), finding.design.clone(), finding.invariant);
    let checked = found.findings.iter().filter(|finding| finding.engine == Engine::Check);
    let shortest: BTreeMap<_, _> = checked.map(|finding| (of(finding), finding.capsule.clone())).collect();
    for finding in found.findings.iter_mut().filter(|finding| finding.capsule.is_some()) {
        let shortest = shortest.get(&of(finding)).cloned().flatten();
        finding.capsule = shortest.or(finding.capsule.take());
    }
}

fn write(
    workspace: &Workspace,
    args: &RunArgs,
    scenarios: &[Scenario],
    judged: &[Judged],
    found: &Findings,
    capsules: &Capsules,
) -> Result<(), Failure> {
    workspace.clear(FOUND, "json")?;
    if args.update_reports {
        workspace.clear(COMMITTED, "json")?;
    }
    for (path, text) in capsules.files() {
        workspace.write(path, &text)?;
    }
    let summary = report::summary(scenarios, found);
    let folder = if args.update_reports { "reports" } else { OUTPUT };
    workspace.write(&format!("{folder}/summary.txt"), &summary)?;
    workspace.write(&format!("{folder}/claims.txt"), &report::claims(scenarios, judged, found))?;
    workspace.clear(&format!("{folder}/scenarios"), "html")?;
    for (path, page) in report::pages(scenarios, judged, found) {
        workspace.write(&format!("{folder}/{path}"), &page)?;
    }
    let explored = crate::document::findings("run", found, found.exit_code());
    workspace.write(&format!("{OUTPUT}/run.json"), &explored)?;
    if args.open {
        open(&workspace.path(&format!("{folder}/index.html")));
    }
    Ok(())
}

fn print(args: &RunArgs, scenarios: &[Scenario], judged: &[Judged], found: &Findings, exit: u8) {
    if args.json {
        output::line(&crate::document::findings("run", found, exit));
        return;
    }
    output::text(&report::overview(scenarios, found));
    let as_expected = judged.iter().filter(|judged| judged.as_expected).count();
    output::line(&format!("claims {} of the review judged, {as_expected} as expected", judged.len()));
    for NotRun { engine, why } in &found.not_run {
        output::line(&format!("\nNOT RUN: {}: {why}", engine.name()));
    }
    let folder = if args.update_reports { "reports" } else { OUTPUT };
    output::line(&format!(
        "\nreport: {folder}/index.html  text: {folder}/summary.txt  capsules: {}",
        if args.update_reports { COMMITTED } else { FOUND }
    ));
    output::line(&format!("exit code {exit}: {}", crate::exit_words(exit)));
}

/// Opens a page with the system's own opener; a machine without one is told where the page lies anyway.
fn open(page: &std::path::Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(opener).arg(page).spawn() {
        eprintln!("{opener} cannot be started: {error}; open {} yourself", page.display());
    }
}
