//! Answers claims from findings and, where a claim says what must occur in its run, from the runs that were found for
//! it.

use crate::suite::claims::seek::{Sought, places};
use crate::suite::claims::{Answer, Claim, ClaimAnswer, Evidence, Place, Runs};
use crate::suite::findings_index::{self, FindingsIndex};
use crate::suite::scenario::Scenario;
use crate::suite::story;
use crate::suite::verdict::{Counterexample, Engine, Findings, Verdict};
use explore::Ended;
use model::presets::CODE;

/// Answers each claim from what check found.
pub fn judge(claims: &[Claim], scenarios: &[Scenario], findings: &Findings, runs: &Runs) -> Vec<ClaimAnswer> {
    let judge = Judge { scenarios, index: FindingsIndex::new(findings), runs };
    claims.iter().map(|claim| judge.answer(claim)).collect()
}

/// 1 if an answer is not the expected one, 2 if an answer is unknown, else 0.
pub fn exit_code(answers: &[ClaimAnswer]) -> u8 {
    let unknown = |it: &ClaimAnswer| it.answer == Answer::Unknown;
    if answers.iter().any(|it| !it.as_expected && !unknown(it)) { 1 } else { u8::from(answers.iter().any(unknown)) * 2 }
}

struct Judge<'a> {
    scenarios: &'a [Scenario],
    index: FindingsIndex<'a>,
    runs: &'a Runs,
}

/// Whether a claim comes true in one place.
enum Shown {
    /// Yes, by a run of so many moves: that of the finding, or one of the claim's own.
    So(usize, Option<Box<Counterexample>>, String),
    /// The invariant does not break, as far as is known.
    Not,
    /// It breaks, but in no run along the claim's route.
    Otherwise,
    /// It breaks, but it is not known whether it does in a run along the claim's route; the text says why.
    Unknown(String),
}

impl Judge<'_> {
    fn answer(&self, claim: &Claim) -> ClaimAnswer {
        let given =
            |answer: Answer, place: &Place, design: &str, run: Option<(usize, Option<Box<Counterexample>>)>, why| {
                let (steps, run) = run.map_or((None, None), |(steps, run)| (Some(steps), run));
                let evidence = Evidence { place: place.clone(), design: design.to_owned(), steps, run };
                ClaimAnswer { answer, as_expected: answer == claim.expect, evidence, why, claim: claim.clone() }
            };
        let mut otherwise = None;
        for (place, design) in places(claim) {
            match self.shown(claim, place, design) {
                Shown::So(steps, run, why) => {
                    let answer = match () {
                        () if design == CODE && claim.design != CODE => Answer::OnlyInTheCode,
                        () if *place != claim.at => Answer::NeedsAnotherFault,
                        () => Answer::Confirmed,
                    };
                    return given(answer, place, design, Some((steps, run)), why);
                }
                Shown::Unknown(why) => return given(Answer::Unknown, place, design, None, why),
                Shown::Otherwise => otherwise = otherwise.or(Some((place, design))),
                Shown::Not => {}
            }
        }
        if let Some((place, design)) = otherwise {
            let way = place.route.words();
            let why = format!("{} breaks, but in no run {way}", place.invariant);
            return given(Answer::Unknown, place, design, None, why);
        }
        let (answer, why) = self.unbroken(claim);
        given(answer, &claim.at, &claim.design, None, why)
    }

    fn shown(&self, claim: &Claim, place: &Place, design: &str) -> Shown {
        let found = self.index.one(&place.scenario, design, Engine::Check, &place.invariant);
        let Some(found) = found.filter(|found| found.verdict == Verdict::Broken) else { return Shown::Not };
        if place.route.is_any() {
            return Shown::So(found.steps.unwrap_or_default(), None, found.why.clone());
        }
        let way = place.route.words();
        match self.runs.of(claim, place, design) {
            Some(Sought::Found(run)) => {
                Shown::So(run.run.entries.len(), Some(run.clone()), story::sentence(&run.breach))
            }
            Some(Sought::Nowhere) => Shown::Otherwise,
            Some(Sought::Cut(ended)) => Shown::Unknown(format!(
                "{} breaks; the search for a run {way} was cut ({})",
                place.invariant,
                cut(*ended)
            )),
            None => Shown::Unknown(format!("{} breaks; no run {way} was searched for", place.invariant)),
        }
    }

    /// The answer if the invariant breaks in none of the places that the claim names.
    fn unbroken(&self, claim: &Claim) -> (Answer, String) {
        let Place { scenario, invariant, .. } = &claim.at;
        let design = claim.design.as_str();
        match self.index.one(scenario, design, Engine::Check, invariant) {
            Some(found) if found.verdict == Verdict::Holds && found.non_vacuous > 0 => {
                self.refuted(claim, found.non_vacuous)
            }
            Some(found) if found.verdict != Verdict::Holds => (Answer::Unknown, found.why.clone()),
            _ if self.index.of(scenario, design).iter().any(|finding| finding.engine == Engine::Check) => {
                (Answer::Unknown, format!("{invariant} has no non-vacuous evaluation in {scenario}"))
            }
            _ => (Answer::Unknown, format!("check did not look at {design} in {scenario}")),
        }
    }

    /// A refutation counts for the whole risk only if the invariant holds in all of the risk's scenarios.
    fn refuted(&self, claim: &Claim, times: u64) -> (Answer, String) {
        let Place { scenario: here, invariant, .. } = &claim.at;
        let (mut holds, mut breaks, mut unknown) = (0, Vec::new(), Vec::new());
        for other in self.scenarios.iter().filter(|it| it.risk == claim.risk && it.id != *here) {
            let Some(case) = findings_index::case_of(other, &claim.design) else { continue };
            match self.index.one(&other.id, &findings_index::design(case), Engine::Check, invariant) {
                Some(found) if found.verdict == Verdict::Broken => breaks.push(other.id.as_str()),
                Some(found) if found.verdict != Verdict::Holds => unknown.push(other.id.as_str()),
                Some(found) if found.non_vacuous > 0 => holds += 1,
                _ => {}
            }
        }
        let mut why = format!("{invariant} holds in every state, with {times} non-vacuous evaluations");
        if breaks.is_empty() && unknown.is_empty() {
            let others =
                if holds == 1 { "the one other scenario".to_owned() } else { format!("{holds} other scenarios") };
            if holds > 0 {
                why.push_str(&format!(", and not vacuously in {others} of {}", claim.risk));
            }
            return (Answer::Refuted, why);
        }
        for (scenarios, what) in [(breaks, "it breaks in"), (unknown, "it is not known in")] {
            if !scenarios.is_empty() {
                why.push_str(&format!("; under {} {what} {}", claim.design, scenarios.join(", ")));
            }
        }
        (Answer::RefutedHere, why)
    }
}

fn cut(ended: Ended) -> &'static str {
    match ended {
        Ended::Time => "time",
        Ended::States => "states",
        Ended::Memory => "memory",
        Ended::Complete | Ended::Interrupted | Ended::Breach => "interrupted",
    }
}
