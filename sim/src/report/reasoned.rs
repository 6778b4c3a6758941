//! The reasoned lines compared with what check finds, as text.

use crate::report::labels::Labels;
use crate::report::text::{ascii, counted, paragraph};
use crate::suite::reasoned::{Agreement, Compared};

/// Indentation of what is said of a line.
const INDENT: &str = "    ";

/// How many lines there are and how many agree, in a sentence.
pub fn reasoned_in_words(compared: &[Compared]) -> String {
    let of = |agreement| compared.iter().filter(|it| it.agreement == agreement).count() as u64;
    let (contradicted, unknown) = (of(Agreement::Contradicts), of(Agreement::Unknown));
    let lines = counted(compared.len() as u64, "verdict");
    let agree = of(Agreement::Agrees);
    format!(
        "{lines} reasoned from the steps: check agrees with {agree}, contradicts {contradicted}, {unknown} not known."
    )
}

/// What check finds of every line. Contradicted and unknown lines come first, each with its reason; the lines that agree
/// follow by design, and their reasons are in the file that they are read from.
pub fn reasoned(compared: &[Compared]) -> String {
    let mut out = "Trial Balance: reasoned verdicts, beside what check finds\n\n".to_owned();
    out.push_str(&paragraph("", &reasoned_in_words(compared)));
    out.push_str(&paragraph(
        "",
        "Each verdict is argued from the steps of the flow, without looking at what a search finds. Over all scenarios \
         together: \"must break\" needs one that breaks it, \"must hold\" needs that none does and that in some it could fail. The \
         reasons are in scenarios/reasoned.toml; where check does not agree they are repeated here.",
    ));
    let mut labels = Labels::new();
    for it in compared.iter().filter(|it| it.agreement != Agreement::Agrees) {
        let (design, place, must) = verdict(it);
        out.push_str(&format!("\n{}", paragraph("", &format!("{design} {must} {}{place}", it.line.invariant))));
        out.push_str(&paragraph(&format!("{INDENT}because: "), &labels.explained(&it.line.because)));
        out.push_str(&paragraph(&format!("{INDENT}{}: ", it.agreement.word()), &it.found));
    }
    let mut agreed: Vec<(Reasoned<'_>, Vec<&str>)> = Vec::new();
    for it in compared.iter().filter(|it| it.agreement == Agreement::Agrees) {
        let alike = agreed.iter_mut().find(|(key, _)| *key == verdict(it));
        match alike {
            Some((_, invariants)) => invariants.push(it.line.invariant),
            None => agreed.push((verdict(it), vec![it.line.invariant])),
        }
    }
    agreed.sort_by_key(|((design, ..), _)| compared.iter().position(|it| it.line.design == *design));
    let mut above = "";
    for ((design, place, must), invariants) in &agreed {
        if above != *design {
            out.push_str(&format!("\n{design}: check agrees\n"));
            above = design;
        }
        out.push_str(&paragraph(&format!("{INDENT}{must}{place}: "), &invariants.join(", ")));
    }
    ascii(&out)
}

/// The design, where its verdict is argued for, and the verdict.
type Reasoned<'a> = (&'a str, String, &'static str);

fn verdict(it: &Compared) -> Reasoned<'_> {
    let place = it.line.scenario.as_ref().map_or(String::new(), |id| format!(" in {id}"));
    (&it.line.design, place, it.line.must.words())
}
