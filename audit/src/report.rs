//! The result of an audit, as text and as data.

use std::fmt::Write;
use std::time::Duration;

use model::shown::{plain, shown};
use serde::Serialize;

use crate::check::{Check, CheckResult, Violation};
use crate::ledger::Looked;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It could have failed, everything was checked, and nothing failed.
    Ok,
    /// Something breaks it.
    Broken,
    /// Not everything could be checked, or nothing existed that could have failed; nothing breaks it.
    Unknown,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The check, named by its invariant.
    pub check: Check,
    /// The verdict.
    pub verdict: Verdict,
    /// The condition that must hold.
    pub sentence: &'static str,
    /// What it checks.
    pub subjects: &'static str,
    /// How many things it checked.
    pub evaluated: u64,
    /// How many of these were non-vacuous.
    pub non_vacuous: u64,
    /// How many did.
    pub broken: u64,
    /// Why not everything is known, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The worst violations, worst first.
    pub worst: Vec<Violation>,
}

/// The whole audit.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The requested checks.
    pub checks: Vec<Finding>,
    /// Rows of the ledger that were read.
    pub ledger_rows: u64,
    /// Tenants with a quota or a row.
    pub tenants: u64,
    /// API keys.
    pub api_keys: u64,
    /// Keys of Redis that the mapping knows.
    pub redis_keys: u64,
    /// How long reading the ledger took.
    pub ledger_milliseconds: u64,
    /// How long everything took.
    pub milliseconds: u64,
}

/// The durations of the parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Took {
    pub(crate) ledger: Duration,
    pub(crate) all: Duration,
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// The width of a line in columns.
const WIDTH: usize = 100;
/// The column where the text about a check begins.
const INDENT: usize = 21;

const NOTHING: &str = "nothing was there that could have failed";

impl Report {
    pub(crate) fn new(mut results: Vec<CheckResult>, looked: Looked, redis_keys: u64, took: Took) -> Report {
        results.sort_by_key(|result| result.check);
        Report {
            checks: results.into_iter().map(Finding::new).collect(),
            ledger_rows: looked.rows,
            tenants: looked.tenants,
            api_keys: looked.keys,
            redis_keys,
            ledger_milliseconds: milliseconds(took.ledger),
            milliseconds: milliseconds(took.all),
        }
    }

    /// 1 if something is broken, else 2 if something is not known, else 0.
    pub fn exit_code(&self) -> u8 {
        let any = |verdict| self.checks.iter().any(|finding| finding.verdict == verdict);
        if any(Verdict::Broken) {
            1
        } else if any(Verdict::Unknown) {
            2
        } else {
            0
        }
    }

    /// The finding of a check, if it was requested.
    pub fn finding(&self, check: Check) -> Option<&Finding> {
        self.checks.iter().find(|finding| finding.check == check)
    }

    /// The report in lines. Durations are left to the caller, so that the same data print the same text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let Report { ledger_rows, tenants, api_keys, redis_keys, .. } = self;
        let _ = writeln!(
            text,
            "{ledger_rows} ledger rows, {tenants} tenants, {api_keys} API keys, {redis_keys} Redis keys\n"
        );
        text + &self.checks.iter().map(Finding::text).collect::<String>()
    }
}

impl Finding {
    fn new(result: CheckResult) -> Finding {
        let all_vacuous = result.non_vacuous == 0 && result.broken == 0;
        let unknown = result.unknown.or_else(|| all_vacuous.then(|| NOTHING.to_owned()));
        let verdict = match (&unknown, result.broken) {
            (None, 0) => Verdict::Ok,
            (Some(_), 0) => Verdict::Unknown,
            _ => Verdict::Broken,
        };
        Finding {
            check: result.check,
            verdict,
            sentence: result.check.sentence(),
            subjects: result.check.subjects(),
            evaluated: result.evaluated,
            non_vacuous: result.non_vacuous,
            broken: result.broken,
            unknown,
            worst: result.worst,
        }
    }

    /// The finding in lines.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let word = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Broken => "BROKEN",
            Verdict::Unknown => "unknown",
        };
        let Finding { subjects, evaluated, non_vacuous, broken, .. } = self;
        let counts = format!("{evaluated} {subjects} evaluated, {non_vacuous} non-vacuous, {broken} broken");
        let _ = writeln!(text, "{:11} {word:8} {counts}", self.check.id());
        if let Some(why) = &self.unknown {
            tell(&mut text, &format!("unknown: {}", plain(why)));
        }
        for breach in &self.worst {
            let figures: Vec<String> =
                breach.figures.iter().map(|it| format!("{} = {}", shown(&it.name), shown(&it.value))).collect();
            tell(&mut text, &format!("{}: {}", shown(&breach.subject), figures.join(", ")));
        }
        let rest = self.broken - self.worst.len() as u64;
        if self.broken > 0 && rest > 0 {
            tell(&mut text, &format!("and {rest} more, none worse"));
        }
        text
    }
}

/// Adds an indented paragraph, its later lines indented more.
fn tell(text: &mut String, words: &str) {
    let mut line = " ".repeat(INDENT - 1);
    let mut first = true;
    for word in words.split(' ') {
        if !first && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = " ".repeat(INDENT + 1);
        }
        line.push(' ');
        line.push_str(word);
        first = false;
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use model::invariant::Figure;

    use super::*;

    /// Names and values are chosen by tenants: they must not forge a line or reach a terminal unescaped.
    #[test]
    fn what_a_tenant_chose_forges_no_line_of_the_report() {
        let figure = Figure { name: "deduct".to_owned(), value: "\u{1b}[2J5.25".to_owned() };
        let subject = "acme row t1\nconserve    ok".to_owned();
        let finding = Finding {
            check: Check::Chain,
            verdict: Verdict::Broken,
            sentence: "",
            subjects: "rows",
            evaluated: 1,
            non_vacuous: 1,
            broken: 1,
            unknown: Some("column \u{202e}x".to_owned()),
            worst: vec![Violation { subject, figures: vec![figure], weight: 1 }],
        };
        let text = finding.text();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("acme row t1\\nconserve    ok: deduct = \\u{1b}[2J5.25"), "{text}");
        assert!(text.contains("unknown: column \\u{202e}x") && !text.contains('\u{1b}'), "{text}");
    }
}
