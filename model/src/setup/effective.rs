//! The part of a design that a scenario uses: the parts of the path that run and the choices that any of their steps
//! reads.

use crate::design::{Counting, Design, Idempotency, Stream, WarmUp};
use crate::flow::RequestPath;
use crate::setup::{Account, RequestKind, Requested};

/// The path with the parts that the design requires: quota_check runs if it takes the money (P0-4 A), and if no other
/// part keeps the counts of the hash (P0-4 D). With a stream the provider's call always runs.
pub(super) fn needed(path: RequestPath, design: Design, requests: &[Requested]) -> RequestPath {
    let stream = requests.iter().any(|asked| asked.kind == RequestKind::Stream);
    let upstream = path.upstream || stream;
    RequestPath { quota_check: path.quota_check || design.cache.needs_quota_check(), upstream, stream, ..path }
}

impl Design {
    /// The design as the steps of this path use it: each choice with the condition under which it has an effect;
    /// without that it is as reported.
    pub(super) fn effective_on(self, path: RequestPath, accounts: &[Account], requests: &[Requested]) -> Design {
        let zoned = accounts.iter().any(|account| account.zone.is_some());
        let asks = |kind: RequestKind| requests.iter().any(|asked| asked.kind == kind);
        let (recharges, reverses) = (asks(RequestKind::Recharge), asks(RequestKind::Reverse));
        let stream = effective(path.stream, self.stream);
        let leaves = leaves_rows(self.idempotency, stream)
            || recharges && self.recharge.leaves_rows()
            || reverses && self.reverse.leaves_rows();
        Design {
            base: self.base,
            idempotency: self.idempotency,
            cache: self.cache,
            budget: effective(path.auth, self.budget),
            counting: effective(path.quota_check, self.counting),
            warm_up: effective(path.quota_check, self.warm_up),
            usage: effective(path.usage, self.usage),
            stream,
            sweeper: effective(leaves, self.sweeper),
            scripts: effective(self.runs_scripts(path), self.scripts),
            midnight: effective(zoned, self.midnight),
            recharge: effective(recharges, self.recharge),
            reverse: effective(reverses, self.reverse),
            limit_change: effective(asks(RequestKind::DailyQuota), self.limit_change),
        }
    }

    /// Whether a step of this path runs a Lua script.
    fn runs_scripts(self, path: RequestPath) -> bool {
        let counts_by_script = !matches!(self.counting, Counting::A | Counting::B);
        let warms_by_script = self.warm_up == WarmUp::WarmLockFixed;
        self.cache.runs_a_script() || path.quota_check && (counts_by_script || warms_by_script)
    }
}

/// The choice if something uses it, else that of the original.
fn effective<T: Default>(is_met: bool, choice: T) -> T {
    if is_met { choice } else { T::default() }
}

/// Whether a call can commit a row that still has to be finished.
fn leaves_rows(idempotency: Idempotency, stream: Stream) -> bool {
    matches!(idempotency, Idempotency::B | Idempotency::BFixed)
        || matches!(stream, Stream::C | Stream::CFixed | Stream::Hold | Stream::HoldFixed)
}
