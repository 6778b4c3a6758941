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

/// Every line with what check finds. Contradicted and unknown lines come first and give their reasons; the reasons of
/// lines that agree are in the file that they are read from.
pub fn reasoned(compared: &[Compared]) -> String {
    let mut out = "Trial Balance: what was reasoned, beside what check finds\n\n".to_owned();
    out.push_str(&paragraph("", &reasoned_in_words(compared)));
    out.push_str(&paragraph(
        "",
        "Each line is argued from the steps of the flow, without looking at what a search finds. Over all scenarios \
         together: \"must break\" needs one that breaks it, \"must hold\" needs that none does and that in some it could fail. The \
         reasons are in scenarios/reasoned.toml; where check does not agree they are repeated here.",
    ));
    let mut labels = Labels::new();
    let mut sorted: Vec<&Compared> = compared.iter().collect();
    sorted.sort_by_key(|it| it.agreement == Agreement::Agrees);
    for it in sorted {
        let place = it.line.scenario.as_ref().map_or(String::new(), |id| format!(" in {id}"));
        let must = format!("{} {}{place}", it.line.must.words(), it.line.invariant);
        out.push_str(&format!("\n{}", paragraph("", &format!("{} {must}", it.line.design))));
        if it.agreement != Agreement::Agrees {
            out.push_str(&paragraph(&format!("{INDENT}because: "), &labels.explained(&it.line.because)));
        }
        out.push_str(&paragraph(&format!("{INDENT}{}: ", it.agreement.word()), &it.found));
    }
    ascii(&out)
}
