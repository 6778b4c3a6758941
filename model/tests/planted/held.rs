//! Worlds that hold an invariant only because of one thing that the checker knows besides what the stores say. Each is
//! walked whole.

use model::flow::RequestPath;
use model::setup::{Account, Premises, RequestKind, Requested, Setup};

use crate::exhaustive_walk::{acme, asked, beta, billing, held_by, recharge, setup, stream, walk, words};

/// Few that are let in.
fn quotas(daily_quota: u32, monthly_quota: u32) -> Account {
    Account { daily_quota, monthly_quota, ..acme("100.00") }
}

/// The last day of a month, and quota_check on the path.
fn checked(premises: Premises, faults: &[&str], design: &str) -> Setup {
    let (path, today) = (RequestPath { quota_check: true, ..RequestPath::default() }, "2026-01-31".parse().unwrap());
    setup(Premises { path, today, ..premises }, faults, design)
}

fn two() -> Vec<Requested> {
    vec![asked("t1"), asked("t2")]
}

/// A stream of 9.00, held by this estimate, of a tenant that has 10.00.
fn streamed(estimate: &str, faults: &[&str], design: &str) -> Setup {
    setup(billing(acme("10.00"), vec![held_by(estimate, "t1")], 1), faults, design)
}

/// An invariant, what alone makes it hold, where.
type Case = (&'static str, &'static str, fn() -> Setup);

const HOLD: &[Case] = &[
    ("no-false-refusal", "a charge in the queue that carries no day takes a place in any", || {
        checked(billing(quotas(1, 10), vec![asked("t1"), stream("t2")], 1), &[], "p0-1-b")
    }),
    ("no-false-refusal", "who is let in and not charged has a place in the month", || {
        checked(billing(quotas(10, 1), two(), 2), &[], "as-reported")
    }),
    ("no-false-refusal", "redis decides about the money, and postgres still has it", || {
        checked(billing(acme("6.00"), two(), 1), &[], "p0-4-c+fixed")
    }),
    ("no-false-refusal", "redis decides about the counts, and postgres has none", || {
        checked(billing(quotas(1, 10), two(), 1), &[], "p0-5-c+fixed")
    }),
    ("no-false-refusal", "a stream asks for its estimate, which is more than it costs", || {
        streamed("12.00", &[], "p0-1-c+fixed")
    }),
    ("no-false-refusal", "the day is that of the arrival", || {
        checked(billing(quotas(1, 10), two(), 1), &["midnight"], "p0-4-c")
    }),
    ("rollover", "who is let in or counted uses the new month up", || {
        checked(billing(quotas(10, 1), two(), 2), &["midnight"], "p0-5-a")
    }),
    ("truth", "a hold is no charge, although its row is committed", || {
        streamed("4.00", &["idle-timeout"], "p0-1-hold-then-settle+fixed")
    }),
    ("truth", "a row that is pending is no charge", || streamed("9.50", &["upstream-failure"], "p0-1-c+fixed")),
    ("count-exact", "nor one of nothing", || streamed("9.50", &["upstream-failure"], "p0-1-c+fixed")),
    ("recover", "another fault after the loss, or another attempt beside this one, is a reason to fail", || {
        let faults = ["redis-loss", "redis-unreachable", "impatience"];
        setup(billing(acme("0"), vec![asked("t1")], 2), &faults, "as-reported")
    }),
    ("count-exact", "a row that is another tenant's, pending or money paid in is no charge of this one", || {
        let of_beta = Requested { account: "beta".to_owned(), ..asked("t1") };
        let requests = vec![asked("t1"), of_beta, recharge("r1")];
        setup(Premises::billing_only(vec![acme("100.00"), beta()], requests, 1), &[], "p0-3-b+fixed")
    }),
    ("count-exact", "the row of a shared trace is its writer's", || {
        let again = Requested { name: Some("t1-again".to_owned()), ..asked("t1") };
        setup(billing(acme("100.00"), vec![asked("t1"), again], 1), &[], "as-reported")
    }),
    ("count-exact", "a call counts in the day of its arrival, and a job in that of its beginning", || {
        setup(billing(acme("100.00"), vec![asked("t1"), stream("t2")], 1), &["midnight"], "p0-1-b+fixed")
    }),
    ("count-limit", "an administrator takes no place in the quota", || {
        let to_one = Requested { kind: RequestKind::DailyQuota, daily_quota: Some(1), amount: None, ..asked("l1") };
        checked(billing(quotas(1, 10), vec![to_one, asked("t1"), asked("t2")], 1), &[], "as-reported")
    }),
];

#[test]
fn each_world_holds_and_not_for_want_of_an_occasion() {
    for (id, what, world) in HOLD {
        let setup = world();
        let found = walk(&setup, id);
        if let Some((moves, figures)) = found.breach {
            panic!("{id} breaks, although {what}:\n{}\n{figures:?}", words(&moves, &setup));
        }
        assert!(found.non_vacuous > 0, "{id} is never put to the test: {what}");
    }
}
