//! Traces with a suffix, which rows of a stream can have in addition to the trace that the client chose.

use crate::design::{Design, Stream};
use crate::flow::{Asking, AttemptInput, Suffixes};
use crate::row::{IdempotencyKey, Request, TraceId};
use crate::setup::{Faults, Requested, SetupError, within};
use crate::store::postgres::MAX_TRACES;
use crate::store::redis::MAX_KEYS;

/// The first trace whose name another trace has too: a trace with a suffix must be unique in the ledger like any other.
pub(super) fn twice(traces: &[String]) -> Option<&String> {
    traces.iter().enumerate().find(|(place, trace)| traces[..*place].contains(trace)).map(|(_, trace)| trace)
}

/// Gives each stream the suffixes that the design uses, adds them to the traces, and lists the idempotency keys.
///
/// Reading (trace-plus-timestamp): no two attempts have the same time. There are as many times as there is room for,
/// whatever the faults, so that a run can be replayed without its fault budgets.
///
/// # Errors
/// The client is granted more attempts, including those that faults can give it, than there is room for.
pub(super) fn suffix(
    design: Design,
    requests: &[Requested],
    faults: Faults,
    inputs: &mut [AttemptInput],
    traces: &mut Vec<String>,
) -> Result<Vec<(Request, TraceId)>, SetupError> {
    let streams = inputs.iter().filter(|input| input.asking == Asking::Stream).count().max(1);
    let room = MAX_TRACES.saturating_sub(traces.len()).min(MAX_KEYS.saturating_sub(inputs.len())) / streams;
    let mut keys: Vec<(Request, TraceId)> = Vec::new();
    for input in inputs.iter() {
        if input.key.index() == keys.len() {
            keys.push((input.request, input.trace));
        }
    }
    for (input, asked) in inputs.iter_mut().zip(requests) {
        if input.asking != Asking::Stream {
            continue;
        }
        match design.stream {
            Stream::Hold | Stream::HoldFixed => {
                let refund = add(traces, format!("{}-refund", asked.trace));
                let rest = add(traces, format!("{}-rest", asked.trace));
                let rest_key = add_key(&mut keys, input.request, rest);
                input.suffixes = Suffixes { refund, rest, rest_key, ..Suffixes::default() };
            }
            Stream::Stamped => {
                let granted = asked.attempts.saturating_add(attempts_by_faults(faults));
                within("attempts of a stream, those that faults can give it included,", usize::from(granted), 1, room)?;
                let stamps = room as u8;
                let (stamped, stamped_key) = (TraceId(traces.len() as u8), IdempotencyKey(keys.len() as u8));
                for nth in 1..=stamps {
                    let trace = add(traces, format!("{}@{nth}", asked.trace));
                    add_key(&mut keys, input.request, trace);
                }
                input.suffixes = Suffixes { stamped, stamped_key, stamps, ..Suffixes::default() };
            }
            Stream::AsReported
            | Stream::A
            | Stream::AFixed
            | Stream::B
            | Stream::BFixed
            | Stream::C
            | Stream::CFixed => {}
        }
    }
    Ok(keys)
}

fn add(traces: &mut Vec<String>, name: String) -> TraceId {
    traces.push(name);
    TraceId((traces.len() - 1) as u8)
}

fn add_key(keys: &mut Vec<(Request, TraceId)>, request: Request, trace: TraceId) -> IdempotencyKey {
    keys.push((request, trace));
    IdempotencyKey((keys.len() - 1) as u8)
}

/// Each fault gives a client at most one more attempt; a fault that makes two of its attempts overlap gives it two.
fn attempts_by_faults(faults: Faults) -> u8 {
    let each: u8 = faults.budgets().iter().map(|(_, budget)| budget).sum();
    each + faults.impatience + faults.client_abort
        - faults.job_run
        - faults.midnight
        - faults.clock_skew
        - faults.broker_loss
        - faults.redelivery
}

impl AttemptInput {
    /// Whether a row of this trace belongs to the request.
    pub fn has(&self, trace: TraceId) -> bool {
        let Suffixes { refund, rest, stamped, stamps, .. } = self.suffixes;
        let suffixed = refund != rest && (trace == refund || trace == rest);
        trace == self.trace || suffixed || (stamped.0..stamped.0 + stamps).contains(&trace.0)
    }
}
