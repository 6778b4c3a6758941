//! A trace id that one tenant uses for two requests: a client that numbers badly, or one that wants a second call for nothing.

use crate::flow::{Asking, Charge};
use crate::row::{Key, Trace};
use crate::setup::{Asked, Setup, SetupError, printable};

/// The idempotency key of the next charge: that of the request whose trace id it has as well, else the next free one.
///
/// # Errors
/// A request that cannot be told from another of its account, or that may not share its trace id.
pub(super) fn key(requests: &[Asked], charges: &[Charge], charge: &Charge) -> Result<Key, SetupError> {
    let place = charges.len();
    let asked = &requests[place];
    let wrong = |why: &str| Err(SetupError::Request { trace: asked.called().to_owned(), why: why.to_owned() });
    if let Some(name) = &asked.name {
        printable("request", name)?;
        if name.is_empty() || name.chars().count() > 64 {
            return wrong("`name` must have 1 to 64 characters");
        }
    }
    let same_account = |other: &&Asked| other.account == asked.account;
    if requests[..place].iter().filter(same_account).any(|other| other.called() == asked.called()) {
        return wrong(
            "another request of the account is called so: one that has its trace id on purpose needs a `name`",
        );
    }
    let shares = |other: &&Charge| (other.tenant, other.trace) == (charge.tenant, charge.trace);
    match (charges.iter().find(shares), &asked.name) {
        (None, None) => Ok(Key(charges.iter().map(|other| other.key.0 + 1).max().unwrap_or(0))),
        (None, Some(_)) => wrong("`name` is for a request with the trace id of one before it, of the same account"),
        (Some(other), _) => {
            let plain = [other.asking, charge.asking].iter().all(|&asking| asking == Asking::Charge);
            let alone = requests.iter().all(|r| r.within.is_none() && r.of.as_ref() != Some(&asked.trace));
            if plain && alone {
                Ok(other.key)
            } else {
                wrong("a trace id can be shared by two plain charges, which no `within` and no `of` names")
            }
        }
    }
}

impl Setup {
    /// The trace ids that two requests of one tenant have: whose row is there is told by who wrote it alone.
    pub fn shared_traces(&self) -> impl Iterator<Item = Trace> {
        let named = self.requests.iter().zip(&self.charges).filter(|(asked, _)| asked.name.is_some());
        named.map(|(_, charge)| charge.trace)
    }
}
