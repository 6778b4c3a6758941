//! What `--deny` denies, one line each.

use crate::report::text::paragraph;
use crate::suite::deny::Deny;
use crate::suite::verdict::{Finding, Findings};

/// The most findings listed; the text of all verdicts and the JSON document have the others.
const LINES: usize = 20;

/// Empty if nothing is denied.
pub fn denied(deny: Deny, findings: &Findings) -> String {
    let all = deny.of(findings);
    let mut out = String::new();
    for Finding { scenario, design, invariant, engine, why, capsule, .. } in all.iter().take(LINES) {
        let capsule = capsule.as_ref().map_or(String::new(), |capsule| format!("; {capsule}"));
        let what = format!("{scenario}, {design}, {invariant}, {}; {why}{capsule}", engine.name());
        out.push_str(&paragraph("! denied        ", &what));
    }
    if all.len() > LINES {
        out.push_str(&format!("! and {} more that --deny {deny} denies\n", all.len() - LINES));
    }
    out
}
