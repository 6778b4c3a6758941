//! One scenario for a developer's terminal: worst first, the money at the right edge, the command to type last.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use model::{invariant, situation};

use crate::report::matrix::{self, gravity, word};
use crate::report::storyboard::storyboard;
use crate::report::text::{WIDTH, counted, grouped, pad, paragraph, width};
use crate::scenario::{Case, Scenario};
use crate::story::sentence;
use crate::verdict::{Engine, Explored, Finding, Findings, Verdict};

/// Every design of a scenario; colour only repeats what a word says.
pub fn terminal(scenario: &Scenario, findings: &Findings, colour: bool) -> String {
    let paint = Paint { colour };
    let sections: Vec<String> = scenario.cases.iter().map(|case| section(scenario, case, findings, &paint)).collect();
    let mut out = sections.join("\n");
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

fn section(scenario: &Scenario, case: &Case, findings: &Findings, paint: &Paint) -> String {
    let design = matrix::design(case);
    let mut out = heading(scenario, design, paint);
    out.push('\n');
    out.push_str(&table(&groups(findings, &scenario.id, design), paint));
    out.push_str(&looked_at(scenario, case, findings));
    for finding in matrix::of(findings, &scenario.id, design) {
        if finding.verdict == Verdict::Unknown {
            out.push_str(&format!(
                "\n{}",
                paragraph(&format!("{} unknown ({}): ", finding.invariant, finding.engine.name()), &finding.why)
            ));
        }
    }
    for found in matrix::counterexamples(findings, &scenario.id, design) {
        let why = matrix::of(findings, &scenario.id, design)
            .find(|finding| finding.invariant == found.breach.invariant && finding.verdict == Verdict::Broken);
        // What the storyboard says at its end need not be said before it.
        if let Some(finding) = why.filter(|finding| finding.why != sentence(&found.breach)) {
            out.push_str(&format!("\n{}", paragraph(&format!("{}: ", found.breach.invariant), &finding.why)));
        }
        out.push('\n');
        out.push_str(&storyboard(found));
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

/// The first engine to say something of an invariant, and those that do not contradict it.
struct Group<'a> {
    first: &'a Finding,
    engines: String,
}

fn groups<'a>(findings: &'a Findings, scenario: &'a str, design: &'a str) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for finding in matrix::of(findings, scenario, design) {
        // That a sample shows no breach does not contradict that there is none.
        let gravity = gravity(finding).max(1);
        let name = finding.engine.name();
        let group = groups.entry((std::cmp::Reverse(gravity), invariant::place(finding.invariant)));
        let seconded = |group: &mut Group<'_>| group.engines.push_str(&format!(" +{name}"));
        group.and_modify(seconded).or_insert_with(|| Group { first: finding, engines: name.to_owned() });
    }
    groups.into_values().collect()
}

fn table(groups: &[Group<'_>], paint: &Paint) -> String {
    let row = |[verdict, id, when, judged, could, expected, by]: [&str; 7]| {
        let line = format!("  {verdict}  {id:<15}  {when:<7}  {judged:>12}  {could:>12}  {expected:<11}  {by}");
        line.trim_end().to_owned() + "\n"
    };
    let heads = [&pad("verdict", 12), "invariant", "when", "judged", "could fail", "", "by"];
    let mut out = row(heads.map(|head: &str| head));
    for Group { first, engines } in groups {
        let when = invariant::find(first.invariant).map_or("", |invariant| invariant.when.words());
        let verdict = paint.verdict(first.verdict, &pad(word(first.verdict), 12));
        let expected = match (first.verdict, first.as_expected) {
            (Verdict::Unknown, _) => "not known",
            (_, true) => "as expected",
            (_, false) => "UNEXPECTED",
        };
        let (judged, could) = (grouped(first.judged), grouped(first.could_have_failed));
        out.push_str(&row([&verdict, first.invariant, when, &judged, &could, expected, engines]));
    }
    out
}

fn looked_at(scenario: &Scenario, case: &Case, findings: &Findings) -> String {
    let titles = case.seen.iter().filter_map(|id| situation::find(id)).map(|situation| situation.title);
    let titles: Vec<&str> = titles.collect();
    let mut out = String::new();
    if !titles.is_empty() {
        out.push_str(&paragraph("  must be seen  ", &titles.join("; ")));
    }
    let looked: Vec<String> = matrix::explored(findings, &scenario.id, matrix::design(case)).map(looked).collect();
    if !looked.is_empty() {
        out.push_str(&paragraph("  looked at     ", &looked.join("; ")));
    }
    out
}

/// How much one engine looked at, in words.
pub(super) fn looked(explored: &Explored) -> String {
    let runs = if explored.engine == Engine::Sim { "seed" } else { "run" };
    let counts = [(explored.states, "state"), (explored.generated, "edge"), (explored.runs, runs)];
    let mut parts: Vec<String> = counts.iter().filter_map(|(n, what)| n.map(|n| counted(n, what))).collect();
    parts.extend(explored.depth.map(|depth| format!("depth {depth}")));
    if explored.engine == Engine::Check {
        parts.push(if explored.complete { "complete" } else { "not complete" }.to_owned());
    }
    format!("{} {}", explored.engine.name(), parts.join(", "))
}
