//! What of a design a scenario meets: the parts of the path that are walked and the choices that any step of them asks about.

use crate::design::{Budget, Cache, Counting, Design, Idempotency, Midnight, Scripts, Stream, Sweeper, Usage, WarmUp};
use crate::flow::Path;
use crate::setup::{Account, Asked, AskedKind};

/// The path with the parts that the design cannot do without: quota_check is walked where it takes the money (P0-4 A), and
/// where nobody else keeps the counts of the hash (P0-4 D).
/// Of a stream the provider's call is looked at always.
pub(super) fn needed(path: Path, design: Design, requests: &[Asked]) -> Path {
    let stream = requests.iter().any(|asked| asked.kind == AskedKind::Stream);
    let needs_quota_check = matches!(design.cache, Cache::A | Cache::AFixed | Cache::D | Cache::DFixed);
    let upstream = path.upstream || stream;
    Path { quota_check: path.quota_check || needs_quota_check, upstream, stream, ..path }
}

impl Design {
    /// The design as far as a step of this path meets it: for each choice what it needs to mean anything, without which it is as
    /// reported.
    pub(super) fn met_on(self, path: Path, accounts: &[Account], requests: &[Asked]) -> Design {
        let zoned = accounts.iter().any(|account| account.zone.is_some());
        let stream = if path.stream { self.stream } else { Stream::AsReported };
        let leaves = leaves_rows(self.idempotency, stream, requests);
        Design {
            base: self.base,
            idempotency: self.idempotency,
            cache: self.cache,
            budget: if path.auth { self.budget } else { Budget::AsReported },
            counting: if path.quota_check { self.counting } else { Counting::AsReported },
            warm_up: if path.quota_check { self.warm_up } else { WarmUp::AsReported },
            usage: if path.usage { self.usage } else { Usage::AsReported },
            stream,
            sweeper: if leaves { self.sweeper } else { Sweeper::Nobody },
            scripts: if self.runs_scripts(path) { self.scripts } else { Scripts::Eval },
            midnight: if zoned { self.midnight } else { Midnight::Utc },
        }
    }

    /// Whether a step of this path runs a Lua script.
    fn runs_scripts(self, path: Path) -> bool {
        let writes_by_script = !matches!(self.cache, Cache::AsReported | Cache::B | Cache::D);
        let counts_by_script = !matches!(self.counting, Counting::A | Counting::B);
        let warms_by_script = self.warm_up == WarmUp::WarmLockFixed;
        writes_by_script || path.quota_check && (counts_by_script || warms_by_script)
    }
}

/// Whether a row can be committed that somebody has still to finish.
fn leaves_rows(idempotency: Idempotency, stream: Stream, requests: &[Asked]) -> bool {
    let by_charge = matches!(idempotency, Idempotency::B | Idempotency::BFixed);
    let by_stream = matches!(stream, Stream::C | Stream::CFixed | Stream::Hold | Stream::HoldFixed);
    let two_commits = |asked: &Asked| matches!(asked.kind, AskedKind::Recharge | AskedKind::Reverse);
    by_charge || by_stream || requests.iter().any(two_commits)
}
