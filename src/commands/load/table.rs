//! The figures of a load as text.

use std::fmt::Write;

use adapter::load::{Figures, RestResult};
use model::run::Breach;
use sim::report;
use sim::suite::story;

use super::Loaded;

/// One design: the amount of traffic, then one line per invariant.
pub fn design(loaded: &Loaded) -> String {
    let Figures { traffic, requests, attempts, twice, kills, rests, rows, results } = &loaded.figures;
    let seconds = traffic.as_secs_f64();
    let rate = f64::from(u32::try_from(*requests).unwrap_or(u32::MAX)) / seconds.max(0.001);
    let mut text = format!("== {} ({})\n", loaded.design, loaded.part.walks());
    text.push_str(&report::paragraph(
        "",
        &format!(
            "{requests} requests in {seconds:.1} s, {rate:.0} requests/s; {attempts} attempts, {twice} requests sent \
             twice at once, {kills} processes killed; judged at {rests} rests, {rows} ledger rows at the last"
        ),
    ));
    for why in loaded.unknown() {
        text.push_str(&report::paragraph("unknown  ", &why));
    }
    for result in results {
        text.push_str(&line(loaded, result));
    }
    text.push('\n');
    text
}

fn line(loaded: &Loaded, result: &RestResult) -> String {
    let check = if loaded.must_hold(result) { "holds" } else { "-" };
    let verdict = match (&result.first, loaded.must_hold(result)) {
        (None, _) => "held",
        (Some(_), false) => "broken",
        (Some(_), true) => "BROKEN against check",
    };
    let counts = format!("{} of {}", result.breaches, result.non_vacuous);
    let mut text = format!("{:12} check: {check:6} {verdict:21} {counts:>20}\n", result.invariant);
    if let Some(first) = &result.first {
        let breach = Breach { invariant: result.invariant, after: 0, figures: first.figures.clone() };
        let when = first.after.as_secs_f64();
        text.push_str(&report::paragraph("     ", &format!("after {when:.1} s: {}", story::sentence(&breach))));
    }
    text
}

/// One line per design.
pub fn totals(all: &[Loaded]) -> String {
    let mut text = format!(
        "{:24} {:>10} {:>8} {:>8} {:>8} {:>10} {:>10}\n",
        "design", "requests", "per s", "kills", "rows", "breaches", "unexpected"
    );
    for loaded in all {
        let figures = &loaded.figures;
        let rate = u128::from(figures.requests) * 1_000 / figures.traffic.as_millis().max(1);
        let breaches: u64 = figures.results.iter().map(|result| result.breaches).sum();
        let _ = writeln!(
            text,
            "{:24} {:>10} {:>8} {:>8} {:>8} {:>10} {:>10}",
            loaded.design.to_string(),
            figures.requests,
            rate,
            figures.kills,
            figures.rows,
            breaches,
            loaded.unexpected().map(|result| result.breaches).sum::<u64>()
        );
    }
    text
}
