//! The output of a run: the verdict is printed first, so that a disk error cannot suppress it.

use sim::report;
use sim::suite::lock::{self, Entry, Lock};
use sim::suite::reasoned::Agreement;
use sim::suite::scenario::Scenario;
use sim::suite::unseen::{self, Unseen};
use sim::suite::verdict::{Engine, Findings, NotRun};

use super::{COMMITTED, FinishedRun};
use crate::commands::gate;
use crate::document;
use crate::folder::{FOUND, Folder};
use crate::output;
use crate::workspace::Workspace;

const INDEX: &str = "index.html";
const VERDICTS: &str = "verdicts.txt";
const DOCUMENT: &str = "run.json";
const SCENARIOS: &str = "scenarios";

/// Prints the findings, writes them and returns the exit code.
pub(super) fn print_and_write(ran: &FinishedRun<'_>, workspace: &Workspace, mut folder: Folder, exit: u8) -> u8 {
    if ran.args.json {
        // The document contains the exit code, which is known only after writing.
        write(ran, workspace, &mut folder);
        let exit = folder.ended(exit);
        output::line(&document(ran, exit));
        return exit;
    }
    verdict(ran);
    write(ran, workspace, &mut folder);
    let exit = folder.ended(exit);
    if folder.is_whole() {
        let committed = if ran.args.update_reports { format!("  committed: {COMMITTED}") } else { String::new() };
        let [report, text, capsules] = [INDEX, VERDICTS, FOUND].map(|name| folder.named(name));
        output::line(&format!("\nreport: {report}  text: {text}  capsules: {capsules}{committed}"));
    }
    let boards = report::unexpected_boards(&ran.found);
    if !boards.is_empty() {
        output::line(&boards);
    }
    output::line(&format!("exit code {exit}: {}", gate::words(exit, &ran.found, ran.args.gate.deny)));
    exit
}

fn document(ran: &FinishedRun<'_>, exit: u8) -> String {
    let deny = ran.args.gate.deny;
    document::findings("run", &ran.found, deny.map(|_| gate::count(&ran.found, deny)), exit)
}

fn verdict(ran: &FinishedRun<'_>) {
    let FinishedRun { args, scenarios, answers, reasoned, found, .. } = ran;
    output::text(&report::overview(scenarios, found));
    let as_expected = answers.iter().filter(|it| it.as_expected).count();
    output::line(&format!("claims {} of the review answered, {as_expected} as expected", answers.len()));
    output::line(&report::reasoned_in_words(reasoned));
    for it in reasoned.iter().filter(|it| it.agreement == Agreement::Contradicts) {
        let (design, must) = (&it.line.design, it.line.must.words());
        output::line(&format!("! reasoned: {design} {must} {}, but {}", it.line.invariant, it.found));
    }
    if let Some(deny) = args.gate.deny {
        output::text(&report::denied(deny, found));
    }
    for NotRun { engine, why, .. } in &found.not_run {
        output::line(&format!("\nNOT RUN: {}: {why}", engine.name()));
    }
}

/// Writes the site, the counterexamples and the verdicts and, if every design was checked, the lock files as this run
/// would have them; then the committed reports, if requested.
fn write(ran: &FinishedRun<'_>, workspace: &Workspace, folder: &mut Folder) {
    let FinishedRun { args, tier, scenarios, answers, reasoned, found, capsules } = ran;
    let turn = folder.turn();
    let name = folder.name();
    if folder.is_changed(DOCUMENT) {
        output::note(&format!(
            "another run wrote to {name} while this one was at work: the report there is now of this one alone; --output DIR \
             keeps two apart"
        ));
    }
    folder.keep(capsules);
    let texts = [
        ("summary.txt", report::summary(scenarios, found)),
        ("claims.txt", report::claims(scenarios, answers, found)),
        ("reasoned.txt", report::reasoned(reasoned)),
    ];
    for (name, text) in &texts {
        folder.write(name, text);
    }
    folder.write(VERDICTS, &report::verdicts(scenarios, found));
    for (path, page) in report::pages(scenarios, answers, found) {
        folder.write(&path, &page);
    }
    for scenario in scenarios.iter().filter(|_| tier.every_design) {
        if let Some(lock) = lock_of(scenario, found) {
            let path = format!("{SCENARIOS}/{}.{}", scenario.id, lock::EXTENSION);
            folder.write(&path, &lock::text(&scenario.id, &lock));
        }
    }
    folder.write(DOCUMENT, &document::findings("run", found, None, found.exit_code()));
    for (relative, kind) in [(FOUND, "json"), (SCENARIOS, "html"), (SCENARIOS, lock::EXTENSION)] {
        folder.clear(relative, kind);
    }
    drop(turn);
    if args.update_reports {
        let index = ("index.html", report::short_index(scenarios, answers, found));
        let unseen = (unseen::FILE, Unseen::of(found, tier.seeds.1 - tier.seeds.0).text());
        for (name, text) in texts.iter().chain([&index, &unseen]) {
            if let Err(failure) = workspace.write(&format!("{COMMITTED}/{name}"), text) {
                folder.lacks(failure.to_string(), true);
            }
        }
    }
    if args.open {
        open(&folder.path(INDEX));
    }
}

/// The lock file as this run would have it, if every world of the scenario was fully checked.
fn lock_of(scenario: &Scenario, found: &Findings) -> Option<Lock> {
    let checked = found.explored.iter().filter(|it| it.engine == Engine::Check && it.scenario == scenario.id);
    let entries = checked.map(|explored| Some((explored.design.clone(), Entry::of(explored, found)?)));
    Some(Lock { entries: entries.collect::<Option<Vec<_>>>()? })
}

/// Opens a page with the system's own opener; on a machine without one, the path of the page is printed anyway.
fn open(page: &std::path::Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(opener).arg(page).spawn() {
        output::note(&format!("{opener} cannot be started: {error}; open {} yourself", page.display()));
    }
}
