//! The result of findings: the exit code and its description.

use sim::suite::deny::Deny;
use sim::suite::exit_code;
use sim::suite::verdict::Findings;

/// The exit code of findings: a denied finding fails, even if it is expected.
pub fn exit_code(findings: &Findings, deny: Option<Deny>) -> u8 {
    if count(findings, deny) > 0 { 1 } else { findings.exit_code() }
}

/// How many findings are denied.
pub fn count(findings: &Findings, deny: Option<Deny>) -> usize {
    deny.map_or(0, |deny| deny.of(findings).len())
}

/// A description of the exit code: what was denied, and how many findings have no expectation and so cannot be
/// unexpected.
pub fn words(exit: u8, findings: &Findings, deny: Option<Deny>) -> String {
    let (nothing, all) = (findings.expected_nothing(), findings.findings.len());
    match (exit, deny.filter(|_| count(findings, deny) > 0)) {
        (1, Some(deny)) => {
            let also = if findings.exit_code() == 1 { "something unexpected, and " } else { "" };
            format!("{also}{} of {all} verdicts denied (--deny {deny})", count(findings, Some(deny)))
        }
        (0, _) if nothing > 0 && nothing == all => "nothing expected, so that nothing is unexpected".to_owned(),
        (0, _) if nothing > 0 => {
            format!("nothing unexpected; nothing expected of {nothing} of {all} verdicts")
        }
        _ => exit_code::words(exit).to_owned(),
    }
}
