//! The figures of a load as one JSON document.

use model::invariant::Figure;
use serde::Serialize;

use super::Loaded;
use crate::args::LoadArgs;
use crate::document::SCHEMA;

#[derive(Serialize)]
struct Document {
    schema: u32,
    command: &'static str,
    seed: u64,
    workers: u16,
    load: Vec<Design>,
    exit: u8,
}

#[derive(Serialize)]
struct Design {
    design: String,
    path: String,
    milliseconds: u64,
    requests: u64,
    attempts: u64,
    sent_twice: u64,
    kills: u64,
    rests: u32,
    rows: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
    invariants: Vec<Invariant>,
}

#[derive(Serialize)]
struct Invariant {
    invariant: &'static str,
    check_says_holds: bool,
    non_vacuous: u64,
    breaches: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<First>,
}

#[derive(Serialize)]
struct First {
    after_milliseconds: u64,
    figures: Vec<Figure>,
}

/// The output of `trial real --load --json`.
pub fn load(all: &[Loaded], args: &LoadArgs, exit: u8) -> String {
    let load = all.iter().map(design).collect();
    let (seed, workers) = (args.seed, args.workers);
    crate::document::text(&Document { schema: SCHEMA, command: "real --load", seed, workers, load, exit })
}

fn design(loaded: &Loaded) -> Design {
    let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let figures = &loaded.figures;
    let invariants = figures.results.iter().map(|result| Invariant {
        invariant: result.invariant,
        check_says_holds: loaded.must_hold(result),
        non_vacuous: result.non_vacuous,
        breaches: result.breaches,
        first: result
            .first
            .as_ref()
            .map(|first| First { after_milliseconds: milliseconds(first.after), figures: first.figures.clone() }),
    });
    Design {
        design: loaded.design.to_string(),
        path: loaded.part.walks(),
        milliseconds: milliseconds(figures.traffic),
        requests: figures.requests,
        attempts: figures.attempts,
        sent_twice: figures.twice,
        kills: figures.kills,
        rests: figures.rests,
        rows: figures.rows,
        unknown: loaded.unknown(),
        invariants: invariants.collect(),
    }
}
