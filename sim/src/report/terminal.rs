//! One scenario for a developer's terminal: worst first, the money at the right edge, the command to type last.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use model::invariant::{self, When};
use model::situation;

use crate::report::cell_totals::{severity, word};
use crate::report::labels::Labels;
use crate::report::phrases::{also, looked};
use crate::report::storyboard::storyboard;
use crate::report::text::{WIDTH, grouped, pad, paragraph, width};
use crate::report::unexpected::is_unexpected;
use crate::suite::explain;
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::scenario::{Case, Scenario};
use crate::suite::story::sentence;
use crate::suite::verdict::{Engine, Expected, Finding, Findings, Verdict};

/// The results of every design in a scenario; colour only repeats what a word says.
pub fn terminal(scenario: &Scenario, findings: &Findings, colour: bool) -> String {
    let (paint, index) = (Paint { colour }, FindingsIndex::new(findings));
    let mut labels = Labels::new();
    let section = |case| section(scenario, case, &index, &paint, &mut labels);
    let sections: Vec<String> = scenario.cases.iter().map(section).collect();
    let mut out = sections.join("\n");
    if findings.unlocked.contains(&scenario.id) {
        let accept = format!("trial check {} --accept", explain::quoted(&scenario.id));
        let why = format!("nothing is expected, since there is no lock file; `{accept}` writes what is found");
        out.push_str(&format!("\n{}", paragraph("  NOT KNOWN     ", &why)));
    }
    for not_run in &findings.not_run {
        out.push_str(&paragraph(&format!("  not run  {}: ", not_run.engine.name()), &not_run.why));
    }
    out
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn verdict(&self, verdict: Verdict, text: &str) -> String {
        let colour = match verdict {
            Verdict::Broken => AnsiColor::Red,
            Verdict::Unknown => AnsiColor::Yellow,
            Verdict::Holds | Verdict::HoldsWithinBound => AnsiColor::Green,
        };
        self.with(colour.on_default().bold(), text)
    }
}

fn section(scenario: &Scenario, case: &Case, index: &FindingsIndex<'_>, paint: &Paint, labels: &mut Labels) -> String {
    let design = design(case);
    let findings = index.of(&scenario.id, &design);
    let mut out = heading(scenario, &design, paint);
    if !case.also.is_empty() {
        out.push_str(&paragraph("  the same world here: ", &also(case)));
    }
    out.push('\n');
    out.push_str(&table(&groups(findings), paint));
    out.push_str(&looked_at(scenario, case, index));
    out.push_str(&argued(case, labels));
    let mut unknown: Vec<(Engine, &str, Vec<&str>)> = Vec::new();
    for Finding { engine, why, invariant, .. } in findings.iter().filter(|it| it.verdict == Verdict::Unknown) {
        match unknown.iter_mut().find(|(by, reason, _)| (by, *reason) == (engine, why)) {
            Some((.., invariants)) => invariants.push(invariant),
            None => unknown.push((*engine, why, vec![invariant])),
        }
    }
    for (engine, why, invariants) in unknown {
        let lead = format!("unknown ({}): ", engine.name());
        out.push_str(&format!("\n{}", paragraph(&lead, &format!("{why}: {}", invariants.join(", ")))));
    }
    // Unexpected counterexamples come last on the screen.
    for found in index.counterexamples(&scenario.id, &design).iter().filter(|found| !is_unexpected(found, index)) {
        let why = index.breach(&scenario.id, &design, found.breach.invariant);
        // The storyboard ends with this sentence, so that it need not come first as well.
        if let Some(finding) = why.filter(|finding| finding.why != sentence(&found.breach)) {
            out.push_str(&format!("\n{}", paragraph(&format!("{}: ", found.breach.invariant), &finding.why)));
        }
        out.push('\n');
        out.push_str(&storyboard(found, labels));
    }
    out
}

fn heading(scenario: &Scenario, design: &str, paint: &Paint) -> String {
    let right = format!("{}   {design}", scenario.id);
    let bold = Style::new().bold();
    let room = WIDTH.saturating_sub(width(&right) + 2);
    if width(&scenario.title) <= room {
        return format!("{}  {right}\n", paint.with(bold, &pad(&scenario.title, room)));
    }
    format!("{}{right:>WIDTH$}\n", paint.with(bold, &paragraph("", &scenario.title)))
}

/// The first engine with a finding on an invariant, and the engines that do not contradict it.
struct Group<'a> {
    first: &'a Finding,
    engines: String,
    /// Whether any of them evaluated it non-vacuously.
    non_vacuous: bool,
}

fn groups<'a>(findings: &[&'a Finding]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for &finding in findings {
        // A sample without a breach does not contradict `holds`.
        let severity = severity(finding).max(1);
        let name = finding.engine.name();
        let group = groups.entry((std::cmp::Reverse(severity), invariant::place(finding.invariant)));
        let non_vacuous = finding.non_vacuous > 0;
        let seconded = |group: &mut Group<'_>| {
            group.engines.push_str(&format!(" +{name}"));
            group.non_vacuous |= non_vacuous;
        };
        group.and_modify(seconded).or_insert_with(|| Group { first: finding, engines: name.to_owned(), non_vacuous });
    }
    groups.into_values().collect()
}

fn table(groups: &[Group<'_>], paint: &Paint) -> String {
    let row = |[verdict, id, when, evaluated, non_vacuous, expected, by]: [&str; 7]| {
        let line =
            format!("  {verdict}  {id:<15}  {when:<7}  {evaluated:>12}  {non_vacuous:>12}  {expected:<11}  {by}");
        line.trim_end().to_owned() + "\n"
    };
    let heads = [&pad("verdict", 12), "invariant", "when", "evaluated", "non-vacuous", "", "by"];
    let mut out = row(heads.map(|head: &str| head));
    let silent = |group: &&Group<'_>| {
        let Group { first, non_vacuous, .. } = group;
        first.verdict == Verdict::Holds && first.as_expected && !non_vacuous
    };
    let (could_not, telling): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups.iter().partition(silent);
    for Group { first, engines, .. } in telling {
        let when = invariant::find(first.invariant).map_or("", |invariant| match invariant.when {
            When::AsClaimed => "claimed",
            when => when.words(),
        });
        let verdict = paint.verdict(first.verdict, &pad(word(first.verdict), 12));
        let expected = match (first.verdict, first.as_expected) {
            (Verdict::Unknown, _) => "not known",
            _ if first.expected == Expected::Any => "either way",
            _ if first.expected == Expected::Nothing => "nothing expected",
            (_, true) => "as expected",
            (_, false) => "UNEXPECTED",
        };
        let (evaluated, non_vacuous) = (grouped(first.evaluated), grouped(first.non_vacuous));
        out.push_str(&row([&verdict, first.invariant, when, &evaluated, &non_vacuous, expected, engines]));
    }
    // check has no finding where every evaluation was vacuous; it is listed here.
    let said = |id: &str| groups.iter().any(|group| group.first.invariant == id);
    let never = invariant::ALL.iter().map(|invariant| invariant.id).filter(|id| !said(id) && !groups.is_empty());
    let ids: Vec<&str> = could_not.iter().map(|group| group.first.invariant).chain(never).collect();
    if !ids.is_empty() {
        out.push_str(&paragraph("  vacuous on this path: ", &ids.join(", ")));
    }
    out
}

fn looked_at(scenario: &Scenario, case: &Case, index: &FindingsIndex<'_>) -> String {
    let titles = case.seen.iter().filter_map(|id| situation::find(id)).map(|situation| situation.title);
    let titles: Vec<&str> = titles.collect();
    let mut out = String::new();
    if !titles.is_empty() {
        out.push_str(&paragraph("  must be seen  ", &titles.join("; ")));
    }
    let looked: Vec<String> = index.explored(&scenario.id, &design(case)).iter().map(|it| looked(it)).collect();
    if !looked.is_empty() {
        out.push_str(&paragraph("  looked at     ", &looked.join("; ")));
    }
    for it in index.explored(&scenario.id, &design(case)) {
        for (what, which) in [("not as in the lock file", &it.differs), ("not seen as expected", &it.unseen)] {
            if !which.is_empty() {
                out.push_str(&paragraph("  UNEXPECTED    ", &format!("{what}: {}", which.join(", "))));
            }
        }
    }
    out
}

/// Why either verdict is right, if so, and what a person argues.
fn argued(case: &Case, labels: &mut Labels) -> String {
    let mut why: BTreeMap<(&str, Expected), Vec<&str>> = BTreeMap::new();
    for (id, reason) in &case.reasons {
        let expected = invariant::place(id).map_or(Expected::Any, |place| case.expected[place]);
        why.entry((reason, expected)).or_default().push(id);
    }
    let every = |ids: &[&str]| ids.len() == invariant::ALL.len();
    let lines = why.iter().map(|((reason, expected), ids)| {
        let ids = if every(ids) { "every invariant".to_owned() } else { ids.join(", ") };
        let lead = match expected {
            Expected::Any => "  either way    ",
            Expected::Nothing => "  nothing expected of ",
            Expected::Broken => "  must break    ",
            Expected::Holds => "  must hold     ",
        };
        paragraph(lead, &labels.explained(&format!("{ids}: {reason}")))
    });
    lines.collect()
}
