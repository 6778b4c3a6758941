//! A trace id that one tenant uses for two requests: its client numbers badly, or wants a second call for free.

use crate::flow::{Asking, AttemptInput};
use crate::row::{IdempotencyKey, TraceId};
use crate::setup::{Requested, Setup, SetupError, printable};

/// The idempotency key of the next charge: that of the earlier request with the same trace id, else the next free one.
///
/// # Errors
/// A request that cannot be distinguished from another of its account, or that may not share its trace id.
pub(super) fn key(
    requests: &[Requested],
    inputs: &[AttemptInput],
    input: &AttemptInput,
) -> Result<IdempotencyKey, SetupError> {
    let place = inputs.len();
    let asked = &requests[place];
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.called().to_owned(), why: why.to_owned() });
    if let Some(name) = &asked.name {
        printable("request", name)?;
        if name.trim().is_empty() || name.chars().count() > 64 {
            // The error uses the trace id, since the name may be too long to show.
            let why = "`name` must have 1 to 64 characters, not all of them blank".to_owned();
            return Err(SetupError::Request { trace: asked.trace.clone(), why });
        }
    }
    let same_account = |other: &&Requested| other.account == asked.account;
    if requests[..place].iter().filter(same_account).any(|other| other.called() == asked.called()) {
        return wrong(match asked.name {
            Some(_) => "another request of the account has this name or trace id: expected another `name`",
            None => "another request of the account has this trace id: one that shares it on purpose needs a `name`",
        });
    }
    let shares = |other: &&AttemptInput| (other.tenant, other.trace) == (input.tenant, input.trace);
    match (inputs.iter().find(shares), &asked.name) {
        (None, None) => Ok(IdempotencyKey(inputs.iter().map(|other| other.key.0 + 1).max().unwrap_or(0))),
        (None, Some(_)) => wrong("`name` is for a request with the trace id of one before it, of the same account"),
        (Some(other), _) => {
            let plain = [other.asking, input.asking].iter().all(|&asking| asking == Asking::Charge);
            let given_back = requests.iter().filter(same_account).any(|r| r.of.as_ref() == Some(&asked.trace));
            match (plain, given_back, requests.iter().any(|r| r.within.is_some())) {
                (true, false, false) => Ok(other.key),
                (false, ..) => wrong("only plain charges can share a trace id"),
                (_, true, _) => wrong("a trace id that requests share cannot be the `of` of a reverse"),
                (.., true) => wrong("requests can share a trace id only where no request has `within`"),
            }
        }
    }
}

impl Setup {
    /// The trace ids that two requests of one tenant share: only the writer of a row there tells which request it
    /// belongs to.
    pub fn shared_traces(&self) -> impl Iterator<Item = TraceId> {
        let named = self.requests.iter().zip(&self.inputs).filter(|(asked, _)| asked.name.is_some());
        named.map(|(_, input)| input.trace)
    }
}
