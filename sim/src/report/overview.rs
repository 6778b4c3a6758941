//! A whole run on one screen: designs by risks.

use model::risk::Risk;

use crate::report::cell_totals::{CellTotals, differing, instead, of_risk, risks, unexpected, word};
use crate::report::phrases::not_reproduced;
use crate::report::text::{WIDTH, pad, paragraph, width};
use crate::suite::findings_index::{FindingsIndex, designs};
use crate::suite::scenario::{Scenario, is_fix_of, is_preset};
use crate::suite::verdict::{Engine, Expected, Finding, Findings, Verdict};

/// The most findings listed; the text of all verdicts has the others.
const LISTED: usize = 20;

/// Per design and risk how many invariants break in that risk's scenarios, in any engine; then what did not go as
/// expected, worst first; then how much was explored. Designs that are not presets are only named.
pub fn overview(scenarios: &[Scenario], findings: &Findings) -> String {
    let mut out = matrix(scenarios, &FindingsIndex::new(findings));
    out.push_str(&not_as_expected(findings));
    out.push_str(&looked_at(findings));
    out
}

/// Designs by risks, with a legend of the signs and the names of the risks.
pub(super) fn matrix(scenarios: &[Scenario], index: &FindingsIndex<'_>) -> String {
    let risks = risks(scenarios);
    let heads = risks.iter().map(|risk| risk.id().to_owned());
    let mut rows = vec![[String::new()].into_iter().chain(heads).collect::<Vec<String>>()];
    let (presets, others): (Vec<String>, Vec<String>) =
        designs(scenarios).into_iter().partition(|name| is_preset(name));
    for name in presets {
        let cells = risks.iter().map(|risk| cell(scenarios, *risk, &name, index));
        rows.push([name.clone()].into_iter().chain(cells).collect());
    }
    let mut out = lay_out(&rows);
    out.push_str(
        "\nnumbers: broken invariants over the risk's scenarios   * its own risk   ! not as expected or known\n",
    );
    out.push_str("= the same world as another design there   - not asked\n");
    if rows.iter().flatten().any(|cell| cell.contains(" in ")) {
        out.push_str("in 1 of 2: over 1 of the risk's 2 scenarios only, not to be compared with the others\n");
    }
    out.push('\n');
    for risk in &risks {
        out.push_str(&paragraph(&format!("{:6}", risk.id()), risk.title()));
    }
    if !others.is_empty() {
        out.push_str("\nalso checked, see target/trial/verdicts.txt:\n");
        out.push_str(&paragraph("  ", &others.join(", ")));
    }
    out.push('\n');
    out
}

fn cell(scenarios: &[Scenario], risk: Risk, name: &str, index: &FindingsIndex<'_>) -> String {
    let totals = CellTotals::of(index, of_risk(scenarios, risk), name);
    if totals.is_another() {
        return "=".to_owned();
    }
    let surprise = if totals.surprises == 0 { "" } else { " !" };
    let own = if is_fix_of(name, risk) { "*" } else { "" };
    let words = totals.words();
    let short = match words.as_str() {
        "holds" => "0",
        "within bound" => "bound",
        other => other,
    };
    let words = words.strip_suffix(" broken").unwrap_or(short);
    format!("{words}{}{surprise}{own}", totals.in_part())
}

/// Columns side by side as far as the page is wide, the others in a table below.
fn lay_out(rows: &[Vec<String>]) -> String {
    let room = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let (label, columns) = (room(0).min(WIDTH / 2), rows.first().map_or(0, Vec::len));
    let mut out = String::new();
    let mut from = 1;
    while from < columns {
        let mut taken = label;
        let fits = (from..columns).take_while(|&column| {
            taken += 2 + room(column);
            taken <= WIDTH
        });
        let to = from + fits.count().max(1);
        for row in rows {
            let cells: String = (from..to).map(|column| format!("  {}", pad(&row[column], room(column)))).collect();
            // A name that is too long for its column gets a line above the cells.
            let lead =
                if width(&row[0]) > label { format!("{}\n{}", row[0], pad("", label)) } else { pad(&row[0], label) };
            out.push_str(&format!("{lead}{}\n", cells.trim_end()));
        }
        out.push_str(if to < columns { "\n" } else { "" });
        from = to;
    }
    out
}

fn not_as_expected(findings: &Findings) -> String {
    let unexpected = unexpected(&findings.findings);
    let mut out = differing(findings);
    for finding in unexpected.iter().take(LISTED) {
        let Finding { scenario, design, invariant, engine, .. } = finding;
        let lead = format!("! {:<12}  ", word(finding.verdict));
        let what = format!("{scenario}, {design}, {invariant}, {}; {}", engine.name(), instead(finding));
        out.push_str(&paragraph(&lead, &what));
    }
    if unexpected.len() > LISTED {
        out.push_str(&format!("! and {} more, all of them in target/trial/verdicts.txt\n", unexpected.len() - LISTED));
    }
    out
}

fn looked_at(findings: &Findings) -> String {
    let mut out = String::new();
    for engine in Engine::ALL {
        let parts = || findings.explored.iter().filter(|explored| explored.engine == engine);
        let verdicts = || findings.findings.iter().filter(|finding| finding.engine == engine);
        if parts().next().is_none() {
            continue;
        }
        let amount = match engine {
            Engine::Check => {
                let states: u64 = parts().filter_map(|explored| explored.states).sum();
                let moves: u64 = parts().filter_map(|explored| explored.moves).sum();
                let complete = parts().filter(|explored| explored.complete).count();
                format!("{states} states, {moves} moves, {complete} of {} searches complete", parts().count())
            }
            Engine::Sim | Engine::Real => {
                let runs: u64 = parts().filter_map(|explored| explored.runs).sum();
                let runs = format!("{runs} {}", if engine == Engine::Sim { "seeds" } else { "scheduled runs" });
                let more = not_reproduced(parts().map(|explored| explored.not_reproduced).sum());
                [runs].into_iter().chain(more).collect::<Vec<_>>().join(", ")
            }
        };
        let broken = verdicts().filter(|finding| finding.verdict == Verdict::Broken).count();
        let nothing = verdicts().filter(|finding| finding.expected == Expected::Nothing).count();
        let as_expected = |finding: &&Finding| finding.as_expected && finding.expected != Expected::Nothing;
        let expected = verdicts().filter(as_expected).count();
        let nothing = if nothing == 0 { String::new() } else { format!(", {nothing} with nothing expected") };
        let lead = format!("{:6} ", engine.name());
        let total = verdicts().count();
        out.push_str(&paragraph(
            &lead,
            &format!("{amount}; {total} verdicts, {broken} broken, {expected} as expected{nothing}"),
        ));
    }
    out
}
