//! One pass over the ledger, tenant by tenant, together with the quotas and the API keys in the same order.

mod asks;
mod books;
mod cursor;
mod entry;
mod keys;
mod matches;
mod pass;
mod quotas;
mod rows;
mod sources;
mod window;

pub(crate) use pass::{Looked, Pass};
pub(crate) use sources::Sources;
