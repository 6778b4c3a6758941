//! `trial run`, the main job: every scenario on every engine at hand, and the report.

use std::collections::BTreeMap;

use sim::capsules::{Capsules, FOUND};
use sim::claims::{self, Judged};
use sim::lock::{self, Entry, Lock};
use sim::reasoned::{self, Agreement, Compared};
use sim::report;
use sim::scenario::{Locks, Scenario};
use sim::verdict::{Counterexample, Engine, Finding, Findings, NotRun};
use sim::without;

use crate::args::RunArgs;
use crate::commands::engines::{self, Bounds, NotAtHand, RealServers};
use crate::commands::explore::unlocked;
use crate::commands::refuse_given_servers;
use crate::failure::Failure;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// The claims and the reasoned verdicts, beside what was found.
struct Answers<'a> {
    judged: &'a [Judged],
    reasoned: &'a [Compared],
}

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

/// Where a run writes the site and the verdicts of what it looked at, and, where it looked at every design, the lock files as
/// it would have them; relative to the workspace.
const OUTPUT: &str = "target/trial";
/// Where what is committed lies, relative to the workspace.
const COMMITTED: &str = "reports";

/// Runs all of it. The exit code is that of the findings, or 69 under `CI` when servers are missing.
pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let scenarios = workspace.scenarios(Locks::Read)?;
    let claims = workspace.claims(&scenarios)?;
    let reasoned = reasoned::compare(&workspace.reasoned(&scenarios)?, &scenarios);
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
    let mut capsules = Capsules::new();
    let mut found = Findings { unlocked: unlocked(&scenarios), ..Findings::default() };
    if let Err(why) = &servers {
        found.not_run.push(NotRun { engine: Engine::Real, why: why.clone() });
    }
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in &scenarios {
        for case in &scenario.cases {
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            let mut checked = engines::check(scenario, case, &bounds, &mut capsules)?;
            if case.own || args.full {
                without::compare(case, &mut checked.counterexamples, &bounds.stop);
            }
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
    keep_the_shortest(&mut found);
    point_at_the_shortest(&mut found);
    let runs = claims::seek(&claims, &scenarios, &found, &bounds.of_one_search());
    let runs = runs.map_err(|error| Failure::Internal(error.to_string()))?;
    if args.update_reports && bounds.ended().is_some() {
        return Err(Failure::Input("interrupted: the committed reports stay as they are".to_owned()));
    }
    let judged = claims::judge(&claims, &scenarios, &found, &runs);
    judged.iter().filter_map(|judged| judged.evidence.run.as_deref()).for_each(|run| capsules.keep_shown(run));
    let answers = Answers { judged: &judged, reasoned: &reasoned };
    write(&workspace, args, &tier, &scenarios, &answers, &found, &capsules)?;
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let exit = match [found.exit_code(), claims::exit_code(&judged), reasoned::exit_code(&reasoned)] {
        codes if codes.contains(&1) => 1,
        _ if missing && ci => 69,
        codes => codes.into_iter().max().unwrap_or(0),
    };
    print(args, &scenarios, &answers, &found, exit);
    Ok(exit)
}

/// Of one breach the counterexample of check is enough.
fn keep_the_shortest(found: &mut Findings) {
    let of = |it: &Counterexample| (it.scenario.clone(), it.design.clone(), it.breach.invariant);
    let mut shortest: BTreeMap<_, usize> = BTreeMap::new();
    for it in &found.counterexamples {
        let moves = shortest.entry(of(it)).or_insert(usize::MAX);
        *moves = (*moves).min(it.run.entries.len());
    }
    found
        .counterexamples
        .retain(|it| shortest.get(&of(it)) == Some(&it.run.entries.len()) && shortest.remove(&of(it)).is_some());
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
    tier: &Tier,
    scenarios: &[Scenario],
    answers: &Answers<'_>,
    found: &Findings,
    capsules: &Capsules,
) -> Result<(), Failure> {
    let judged = answers.judged;
    workspace.clear(FOUND, "json")?;
    for (path, text) in capsules.files() {
        workspace.write(path, &text)?;
    }
    let texts = [
        ("summary.txt", report::summary(scenarios, found)),
        ("claims.txt", report::claims(scenarios, judged, found)),
        ("reasoned.txt", report::reasoned(answers.reasoned)),
    ];
    for (name, text) in &texts {
        workspace.write(&format!("{OUTPUT}/{name}"), text)?;
    }
    workspace.write(&format!("{OUTPUT}/verdicts.txt"), &report::verdicts(scenarios, found))?;
    workspace.clear(&format!("{OUTPUT}/scenarios"), "html")?;
    workspace.clear(&format!("{OUTPUT}/scenarios"), lock::EXTENSION)?;
    for (path, page) in report::pages(scenarios, judged, found) {
        workspace.write(&format!("{OUTPUT}/{path}"), &page)?;
    }
    if args.update_reports {
        for (name, text) in &texts {
            workspace.write(&format!("{COMMITTED}/{name}"), text)?;
        }
        workspace.write(&format!("{COMMITTED}/index.html"), &report::short_index(scenarios, judged, found))?;
    }
    for scenario in scenarios.iter().filter(|_| tier.every_design) {
        if let Some(lock) = lock_of(scenario, found) {
            let path = format!("{OUTPUT}/scenarios/{}.{}", scenario.id, lock::EXTENSION);
            workspace.write(&path, &lock::text(&scenario.id, &lock))?;
        }
    }
    let explored = crate::document::findings("run", found, found.exit_code());
    workspace.write(&format!("{OUTPUT}/run.json"), &explored)?;
    if args.open {
        open(&workspace.path(&format!("{OUTPUT}/index.html")));
    }
    Ok(())
}

/// The lock file as this run would have it, where every world of the scenario was looked at to the end.
fn lock_of(scenario: &Scenario, found: &Findings) -> Option<Lock> {
    let checked = found.explored.iter().filter(|it| it.engine == Engine::Check && it.scenario == scenario.id);
    let entries = checked.map(|explored| Some((explored.design.clone(), Entry::of(explored, found)?)));
    Some(Lock { entries: entries.collect::<Option<Vec<_>>>()? })
}

fn print(args: &RunArgs, scenarios: &[Scenario], answers: &Answers<'_>, found: &Findings, exit: u8) {
    if args.json {
        output::line(&crate::document::findings("run", found, exit));
        return;
    }
    output::text(&report::overview(scenarios, found));
    let as_expected = answers.judged.iter().filter(|judged| judged.as_expected).count();
    output::line(&format!("claims {} of the review judged, {as_expected} as expected", answers.judged.len()));
    output::line(&report::reasoned_in_words(answers.reasoned));
    for it in answers.reasoned.iter().filter(|it| it.agreement == Agreement::Contradicts) {
        let (design, must) = (&it.line.design, it.line.must.words());
        output::line(&format!("! reasoned: {design} {must} {}, but {}", it.line.invariant, it.found));
    }
    for NotRun { engine, why } in &found.not_run {
        output::line(&format!("\nNOT RUN: {}: {why}", engine.name()));
    }
    output::line(&format!(
        "\nreport: {OUTPUT}/index.html  text: {OUTPUT}/verdicts.txt  capsules: {FOUND}{}",
        if args.update_reports { format!("  committed: {COMMITTED}") } else { String::new() }
    ));
    let boards = report::unexpected_boards(found);
    if !boards.is_empty() {
        output::line(&boards);
    }
    output::line(&format!("exit code {exit}: {}", crate::exit_words(exit)));
}

/// Opens a page with the system's own opener; a machine without one is told where the page lies anyway.
fn open(page: &std::path::Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(opener).arg(page).spawn() {
        eprintln!("{opener} cannot be started: {error}; open {} yourself", page.display());
    }
}
