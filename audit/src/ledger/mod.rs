//! One pass over the ledger, tenant by tenant, beside the quotas and the API keys in the same order.

mod cursor;
mod entry;
mod pass;
mod sources;
mod tenant;

pub(crate) use pass::{Looked, Pass};
pub(crate) use sources::Sources;
