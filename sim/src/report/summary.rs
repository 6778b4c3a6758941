//! The summary in the repository: plain text in a stable order, so that its diff shows a verdict changing. It holds
//! only what is equal on every machine.

use model::invariant;

use crate::report::matrix::{self, word};
use crate::report::row;
use crate::report::terminal::looked;
use crate::report::text::{WIDTH, ascii, counted, pad, paragraph, width};
use crate::scenario::{Case, Scenario};
use crate::verdict::{Engine, Finding, Findings, Verdict};

const LEGEND: &str = "BROKEN (n steps): a counterexample of n moves. holds: everything within the bounds was looked \
                      at. within-bound: nothing found in what was looked at. unknown: see why. ! not as expected. \
                      `-` not asked. Rows without an engine's name are check.";

/// The verdicts of every scenario, what is not as expected first.
pub fn summary(scenarios: &[Scenario], findings: &Findings) -> String {
    let mut out = "Trial Balance: what is known\n\n".to_owned();
    out.push_str(&paragraph("", LEGEND));
    out.push('\n');
    out.push_str(&not_as_expected(findings));
    for not_run in &findings.not_run {
        out.push_str(&paragraph(&format!("not run: {}: ", not_run.engine.name()), &not_run.why));
    }
    for scenario in scenarios {
        out.push('\n');
        out.push_str(&section(scenario, findings));
    }
    ascii(&out)
}

fn not_as_expected(findings: &Findings) -> String {
    let unexpected = matrix::unexpected(findings);
    if unexpected.is_empty() {
        return format!("All {} as expected.\n", counted(findings.findings.len() as u64, "verdict"));
    }
    let mut out = format!("{} not as expected or not known:\n", counted(unexpected.len() as u64, "verdict"));
    for finding in unexpected {
        let Finding { scenario, design, invariant, engine, .. } = finding;
        let what = format!("{scenario}, {design}, {invariant}, {}", engine.name());
        out.push_str(&paragraph(
            &format!("  ! {:<12}  ", word(finding.verdict)),
            &format!("{what}; {}", matrix::instead(finding)),
        ));
    }
    out
}

fn section(scenario: &Scenario, findings: &Findings) -> String {
    let mut out = paragraph(&format!("{}  ", scenario.id), &scenario.title);
    out.push_str(&format!("{}\n", "-".repeat(WIDTH)));
    out.push_str(&tables(scenario, findings));
    for case in &scenario.cases {
        out.push_str(&of_design(scenario, case, findings));
    }
    out
}

/// One row of cells: an invariant as one engine saw it.
struct Cells {
    label: String,
    cells: Vec<String>,
}

fn tables(scenario: &Scenario, findings: &Findings) -> String {
    let mut rows = vec![Cells {
        label: "invariant".to_owned(),
        cells: scenario.cases.iter().map(|case| matrix::design(case).to_owned()).collect(),
    }];
    for invariant in invariant::ALL {
        for engine in Engine::ALL {
            let found = |case: &Case| matrix::one(findings, scenario, case, engine, invariant.id);
            let found: Vec<Option<&Finding>> = scenario.cases.iter().map(found).collect();
            if engine == Engine::Check || found.iter().any(Option::is_some) {
                let own = format!("  {}", engine.name());
                let label = if engine == Engine::Check { invariant.id.to_owned() } else { own };
                rows.push(Cells { label, cells: found.into_iter().map(cell).collect() });
            }
        }
    }
    lay_out(&rows)
}

fn cell(finding: Option<&Finding>) -> String {
    let Some(finding) = finding else { return "-".to_owned() };
    let steps = match (finding.verdict, finding.steps) {
        (Verdict::Broken, Some(steps)) => format!(" ({})", counted(steps as u64, "step")),
        _ => String::new(),
    };
    format!("{}{steps}{}", word(finding.verdict), if finding.as_expected { "" } else { "!" })
}

/// Designs side by side as far as the page goes, the others in a table below.
fn lay_out(rows: &[Cells]) -> String {
    let label = rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
    let columns = rows.first().map_or(0, |row| row.cells.len());
    let room: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| width(&row.cells[column])).max().unwrap_or(0)).collect();
    let mut out = String::new();
    let mut from = 0;
    while from < columns {
        let mut taken = label;
        let fits = room[from..].iter().take_while(|&&room| {
            taken += 2 + room;
            taken <= WIDTH
        });
        let to = from + fits.count().max(1);
        for row in rows {
            let cells: String =
                (from..to).map(|column| format!("  {}", pad(&row.cells[column], room[column]))).collect();
            out.push_str(format!("{}{cells}", pad(&row.label, label)).trim_end());
            out.push('\n');
        }
        out.push('\n');
        from = to;
    }
    out
}

fn of_design(scenario: &Scenario, case: &Case, findings: &Findings) -> String {
    let design = matrix::design(case);
    let mut out = String::new();
    let checked = matrix::explored(findings, &scenario.id, design).find(|explored| explored.engine == Engine::Check);
    if let Some(checked) = checked {
        out.push_str(&paragraph(&format!("{design}: "), &looked(checked)));
    }
    for (finding, engines) in reasons(findings, &scenario.id, design) {
        let lead = format!("  {} {} ({engines}): ", word(finding.verdict), finding.invariant);
        out.push_str(&paragraph(&lead, &finding.why));
        if let Some(capsule) = &finding.capsule {
            out.push_str(&format!("    {}\n", row::replay_of(capsule)));
        }
    }
    out
}

/// What is broken or unknown and why; engines that say the same are named together.
fn reasons<'a>(findings: &'a Findings, scenario: &'a str, design: &'a str) -> Vec<(&'a Finding, String)> {
    let mut reasons: Vec<(&Finding, String)> = Vec::new();
    let said = |finding: &Finding| (finding.invariant, finding.verdict, finding.why.clone(), finding.capsule.clone());
    for finding in matrix::of(findings, scenario, design) {
        let name = finding.engine.name();
        if !matches!(finding.verdict, Verdict::Broken | Verdict::Unknown) {
            continue;
        }
        match reasons.iter_mut().find(|(other, _)| said(other) == said(finding)) {
            Some((_, engines)) => engines.push_str(&format!(", {name}")),
            None => reasons.push((finding, name.to_owned())),
        }
    }
    reasons
}
