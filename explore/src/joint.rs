//! Runs both engines on one machine and requires that they agree.

use std::sync::Arc;
use std::thread;

use super::error::{ExploreError, panic_message};
use super::exhaust::exhaust;
use super::found::{Exhausted, Shortest, ShortestProperty};
use super::limits::{Counts, Ended, Limits};
use super::machine::Machine;
use super::shortest::shortest;

/// What both engines found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration<Mv> {
    /// Complete only if both engines were; otherwise why our own search ended or, if that was complete, why stateright
    /// did.
    pub ended: Ended,
    /// What the shortest-trace search counted. If complete, stateright counted the same.
    pub counts: Counts,
    /// How many moves the farthest state found is away.
    pub depth: u64,
    /// One entry per property.
    pub properties: Vec<ShortestProperty<Mv>>,
    /// Properties that only stateright found broken, because the other search was cut before it reached the breach:
    /// broken, but without a trace. Lowest first.
    pub broken_without_trace: Vec<usize>,
    /// A shortest trace to a state that is stuck.
    pub stuck: Option<Vec<Mv>>,
    /// The most memory that both held together.
    pub bytes: u64,
}

/// Walks every state of `machine` with both engines, side by side if the limits allow two threads.
pub fn explore<M: Machine + 'static>(machine: &Arc<M>, limits: &Limits) -> Result<Exploration<M::Move>, ExploreError> {
    let (ours, theirs) = if limits.threads > 1 { side_by_side(machine, limits) } else { in_turn(machine, limits) };
    // Ours first: it knows the trace of a panic.
    let (ours, theirs) = (ours?, theirs?);
    compare(&ours, &theirs)?;
    Ok(joined(ours, &theirs))
}

type Both<M> =
    (Result<Shortest<<M as Machine>::Move>, ExploreError>, Result<Exhausted<<M as Machine>::State>, ExploreError>);

fn in_turn<M: Machine + 'static>(machine: &Arc<M>, limits: &Limits) -> Both<M> {
    (shortest(&**machine, limits), exhaust(machine, limits))
}

/// Stateright keeps a parent with each fingerprint and a path with each waiting state, so it gets the larger share of
/// the memory, and all threads but one.
fn side_by_side<M: Machine + 'static>(machine: &Arc<M>, limits: &Limits) -> Both<M> {
    let small = limits.max_bytes.map(|bytes| bytes / 3);
    let large = limits.max_bytes.zip(small).map(|(bytes, small)| bytes - small);
    let for_ours = Limits { threads: 1, max_bytes: small, ..limits.clone() };
    let for_theirs = Limits { threads: limits.threads - 1, max_bytes: large, ..limits.clone() };
    thread::scope(|scope| {
        let ours = thread::Builder::new().name("shortest".to_owned());
        let ours = match ours.spawn_scoped(scope, || shortest(&**machine, &for_ours)) {
            Ok(ours) => ours,
            Err(error) => {
                let error = ExploreError::NoThread(error.to_string());
                return (Err(error.clone()), Err(error));
            }
        };
        let theirs = exhaust(machine, &for_theirs);
        let ours = ours.join().unwrap_or_else(|payload| {
            Err(ExploreError::Panicked { message: panic_message(payload.as_ref()), trace: Vec::new() })
        });
        (ours, theirs)
    })
}

fn compare<Mv, S>(ours: &Shortest<Mv>, theirs: &Exhausted<S>) -> Result<(), ExploreError> {
    let both_complete = ours.ended.is_complete() && theirs.ended.is_complete();
    if both_complete {
        agree("states", theirs.counts.states, ours.counts.states)?;
        agree("edges", theirs.counts.edges, ours.counts.edges)?;
        agree("states at rest", theirs.counts.at_rest, ours.counts.at_rest)?;
        agree("stuck states", theirs.counts.stuck, ours.counts.stuck)?;
    }
    for (property, (our, their)) in ours.properties.iter().zip(&theirs.properties).enumerate() {
        if both_complete {
            agree(&format!("property {property} being broken"), their.is_broken(), our.trace.is_some())?;
        }
        let exhaust = their.broken_after.map(|after| after as usize);
        let shortest = our.trace.as_ref().map(Vec::len);
        if let (Some(exhaust), Some(shortest)) = (exhaust, shortest)
            && exhaust < shortest
        {
            return Err(ExploreError::ShorterElsewhere { property, exhaust, shortest });
        }
    }
    Ok(())
}

fn agree<T: PartialEq + ToString>(what: &str, exhaust: T, shortest: T) -> Result<(), ExploreError> {
    if exhaust == shortest {
        return Ok(());
    }
    Err(ExploreError::Disagreement {
        what: what.to_owned(),
        exhaust: exhaust.to_string(),
        shortest: shortest.to_string(),
    })
}

fn joined<Mv, S>(ours: Shortest<Mv>, theirs: &Exhausted<S>) -> Exploration<Mv> {
    let pairs = ours.properties.iter().zip(&theirs.properties).enumerate();
    let broken_without_trace = pairs
        .filter(|(_, (our, their))| our.trace.is_none() && their.is_broken())
        .map(|(property, _)| property)
        .collect();
    Exploration {
        ended: if ours.ended.is_complete() { theirs.ended } else { ours.ended },
        counts: ours.counts,
        depth: ours.depth,
        properties: ours.properties,
        broken_without_trace,
        stuck: ours.stuck,
        bytes: ours.bytes + theirs.bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::super::found::ExhaustedProperty;
    use super::*;

    #[test]
    fn a_trace_that_stateright_undercuts_is_an_error() {
        let counts = Counts { states: 4, edges: 4, at_rest: 1, stuck: 0 };
        let property = ShortestProperty {
            evaluated: 4,
            non_vacuous: 4,
            broken: 1,
            broken_states: 1,
            trace: Some(vec!["a", "b", "c"]),
        };
        let properties = vec![property];
        let ours = Shortest { ended: Ended::Complete, counts, depth: 3, properties, stuck: None, bytes: 0 };
        for (exhaust, undercut) in [(2, true), (3, false), (4, false)] {
            let properties = vec![ExhaustedProperty { broken_after: Some(exhaust), broken_states: 1 }];
            let theirs = Exhausted::<()> { ended: Ended::Time, counts, properties, stuck: None, bytes: 0 };
            let error = ExploreError::ShorterElsewhere { property: 0, exhaust: exhaust as usize, shortest: 3 };
            assert_eq!(compare(&ours, &theirs), if undercut { Err(error) } else { Ok(()) });
        }
    }
}
