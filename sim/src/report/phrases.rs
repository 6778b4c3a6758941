//! Sentences that several reports share.

use crate::report::text::{counted, grouped};
use crate::suite::claims::{Answer, ClaimAnswer};
use crate::suite::fixes::Fix;
use crate::suite::scenario::Case;
use crate::suite::verdict::{Engine, Explored, Findings};
/// Says that nothing is unexpected, and of how many verdicts nothing is expected.
pub(super) fn as_expected_in_words(findings: &Findings) -> String {
    match findings.expected_nothing() {
        0 => "all as expected".to_owned(),
        nothing => format!("none unexpected; nothing expected of {}", grouped(nothing as u64)),
    }
}

/// How many claims got which answer.
pub(super) fn claims_in_words(all: &[ClaimAnswer]) -> String {
    if all.is_empty() {
        return "No claim was answered.".to_owned();
    }
    let count = |answer: Answer| all.iter().filter(|it| it.answer == answer).count();
    let words = |answer: Answer, n: usize| match answer {
        Answer::NeedsAnotherFault if n > 1 => "need another fault",
        answer => answer.words(),
    };
    let answers = Answer::ALL.into_iter().map(|answer| (answer, count(answer))).filter(|(_, n)| *n > 0);
    let parts: Vec<String> = answers.map(|(answer, n)| format!("{n} {}", words(answer, n))).collect();
    format!("Of {} in the review: {}.", counted(all.len() as u64, "claim"), parts.join(", "))
}

/// Which fixes cure what they were proposed for and break nothing new.
pub(super) fn fixes_in_words(fixes: &[Fix]) -> String {
    let compared = fixes.iter().filter(|fix| fix.compared > 0).count();
    let works: Vec<&str> = fixes.iter().filter(|fix| fix.works()).map(|fix| fix.preset.name).collect();
    match works.as_slice() {
        _ if compared == 0 => "No fix was compared.".to_owned(),
        [] => {
            format!("Of {compared} fixes compared none cures what it was proposed for without breaking something new.")
        }
        [one] => {
            format!("Of {compared} fixes compared one cures what it was proposed for and breaks nothing new: {one}.")
        }
        works => format!(
            "Of {compared} fixes compared {} cure what they were proposed for and break nothing new: {}.",
            works.len(),
            works.join(", ")
        ),
    }
}

/// How much one engine explored, in words.
pub(super) fn looked(explored: &Explored) -> String {
    let runs = if explored.engine == Engine::Sim { "seed" } else { "run" };
    let counts = [(explored.states, "state"), (explored.moves, "move"), (explored.runs, runs)];
    let mut parts: Vec<String> = counts.iter().filter_map(|(n, what)| n.map(|n| counted(n, what))).collect();
    parts.extend(not_reproduced(explored.not_reproduced));
    parts.extend(explored.depth.map(|depth| format!("depth {depth}")));
    if explored.engine == Engine::Check {
        parts.push(if explored.complete { "complete" } else { "not complete" }.to_owned());
    }
    format!("{} {}", explored.engine.name(), parts.join(", "))
}

/// How many scheduled runs the servers did not reproduce, if any.
pub(super) fn not_reproduced(runs: u64) -> Option<String> {
    (runs > 0).then(|| format!("{} more not reproduced by the servers", grouped(runs)))
}

/// The other designs that make the same world.
pub(super) fn also(case: &Case) -> String {
    case.also.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
}
