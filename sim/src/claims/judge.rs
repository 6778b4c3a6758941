//! Claims answered from findings.

use crate::claims::{AS_REPORTED, Answer, CODE, Claim, Evidence, Judged, Place};
use crate::known::Known;
use crate::verdict::{Engine, Finding, Findings, Verdict};

/// Answers each claim from what check found.
pub fn judge(claims: &[Claim], findings: &Findings) -> Vec<Judged> {
    let known = Known::new(findings);
    claims.iter().map(|claim| answer(claim, &known)).collect()
}

/// 1 if a verdict is not the expected one, 2 if one is not known, else 0.
pub fn exit_code(judged: &[Judged]) -> u8 {
    let unknown = |judged: &Judged| judged.answer == Answer::Unknown;
    if judged.iter().any(|judged| !judged.as_expected && !unknown(judged)) {
        1
    } else {
        u8::from(judged.iter().any(unknown)) * 2
    }
}

fn answer(claim: &Claim, known: &Known<'_>) -> Judged {
    let find = |place: &Place, design: &str| known.one(&place.scenario, design, Engine::Check, &place.invariant);
    let broken = |place: &Place, design: &str| find(place, design).filter(|found| found.verdict == Verdict::Broken);
    let given = |answer: Answer, place: &Place, design: &str, found: Option<&Finding>, why: String| Judged {
        answer,
        as_expected: answer == claim.expect,
        evidence: Evidence {
            place: place.clone(),
            design: design.to_owned(),
            steps: found.and_then(|found| found.steps),
        },
        why,
        claim: claim.clone(),
    };
    let (at, design) = (&claim.at, claim.design.as_str());
    if let Some(found) = broken(at, design) {
        return given(Answer::Confirmed, at, design, Some(found), found.why.clone());
    }
    if let Some(found) = broken(at, CODE).filter(|_| design == AS_REPORTED) {
        return given(Answer::OnlyInTheCode, at, CODE, Some(found), found.why.clone());
    }
    if let Some((place, found)) = claim.elsewhere.as_ref().and_then(|place| Some((place, broken(place, design)?))) {
        return given(Answer::NeedsAnotherFault, place, design, Some(found), found.why.clone());
    }
    let (answer, why) = match find(at, design) {
        Some(found) if found.verdict == Verdict::Holds && found.could_have_failed > 0 => (
            Answer::Refuted,
            format!("{} holds in every state; it could have failed {} times", at.invariant, found.could_have_failed),
        ),
        Some(found) if found.verdict != Verdict::Holds => (Answer::Unknown, found.why.clone()),
        _ if known.of(&at.scenario, design).iter().any(|finding| finding.engine == Engine::Check) => {
            (Answer::Unknown, format!("{} could not have failed in {}", at.invariant, at.scenario))
        }
        _ => (Answer::Unknown, format!("check did not look at {design} in {}", at.scenario)),
    };
    given(answer, at, design, None, why)
}
