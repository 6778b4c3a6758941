//! How fast each engine walks the bench protocol: `cargo bench -p explore --bench explore [-- S6 S7]`.

#[path = "../tests/bench_protocol/mod.rs"]
mod bench_protocol;

use std::sync::Arc;
use std::time::Instant;

use bench_protocol::{SIZES, Size};
use explore::{Counts, ExploreError, Limits, exhaust, shortest};

fn main() -> Result<(), ExploreError> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for size in SIZES {
        let is_asked = asked.iter().any(|name| name == size.name);
        if !(is_asked || asked.is_empty() && ["S6", "S7"].contains(&size.name)) {
            continue;
        }
        let size = Arc::new(size);
        let start = Instant::now();
        let ours = shortest(&*size, &Limits::default())?;
        report(&size, "shortest", ours.counts, ours.bytes, start);
        let start = Instant::now();
        let theirs = exhaust(&size, &Limits::default())?;
        report(&size, "stateright", theirs.counts, theirs.bytes, start);
    }
    Ok(())
}

fn report(size: &Size, engine: &str, counts: Counts, bytes: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!((counts.states, counts.edges), (size.known.states, size.known.edges), "{engine} counts wrongly");
    println!(
        "{name} {engine:<10} {states:>10} states {edges:>10} edges {seconds:>7.2} s {rate:>5.2} M states/s {mib:>6} MiB",
        name = size.name,
        states = counts.states,
        edges = counts.edges,
        rate = counts.states as f64 / seconds / 1e6,
        mib = bytes >> 20,
    );
}
