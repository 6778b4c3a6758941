//! Every kind of fault is worth having: there is a design that it breaks and that holds without it.
#![allow(clippy::unwrap_used)]

mod exhaustive_walk;

use exhaustive_walk::{acme, asked, billing, once, setup, stream, traces, walk, words};
use expect_test::{Expect, expect};
use model::design::Design;
use model::effect::{PgOp, RedisOp, Seconds};
use model::flow::deduct::transaction::{check_and_charge, insert_pending};
use model::flow::{AttemptInput, Io, RequestPath};
use model::io::{FlowResult, ignoring};
use model::reply::{Answer, Reply};
use model::row::{Tenant, TraceId};
use model::setup::{Faults, Premises, Setup};
use model::step::Step;
use model::store::postgres::MAX_TENANTS;

/// A fault and a design that only it breaks.
struct Needed {
    fault: &'static str,
    /// The world without that fault.
    world: fn() -> Setup,
    breaks: &'static str,
    /// The shortest way to the breach.
    how: Expect,
}

fn needed() -> Vec<Needed> {
    vec![
        Needed {
            fault: "crash",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "key",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1
                gateway-a crashes-before T2"#]],
        },
        Needed {
            fault: "cancel",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "key",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1
                gateway-a cancelled-before T2"#]],
        },
        Needed {
            fault: "redis-unreachable",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "truth",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                gateway-a unreachable T7a
                gateway-a does reply"#]],
        },
        Needed {
            fault: "lost-reply",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "progress",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a reply-lost-ran T1
                gateway-a does reply
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b reply
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b reply
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b reply"#]],
        },
        Needed {
            fault: "redis-loss",
            world: || traces(1, 1, &[], "p0-3-a"),
            breaks: "cache-form",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T2b T3a T3b T4a T4b T5 T5b T6
                redis loses-all
                gateway-a does T7a"#]],
        },
        Needed {
            fault: "expiry",
            world: || traces(1, 2, &["impatience"], "as-reported").with_attempt(a_short_lease_and_no_row),
            breaks: "once",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t1 of acme to gateway-b
                gateway-a does T1 T4a T4b
                clock expires-next
                gateway-b does T1 T4a T4b"#]],
        },
        Needed {
            fault: "impatience",
            world: || traces(1, 2, &[], "p0-3-b"),
            breaks: "once",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t1 of acme to gateway-b
                gateway-a does T1 T1c T2 T3a T3b T3e T3f
                gateway-b does T1 T1b F1 F2 F3 F4 F5
                gateway-a does T4a T4b T5 T6"#]],
        },
        Needed {
            fault: "job-run",
            world: || {
                let mut p0_3_b = traces(1, 1, &[], "p0-3-b");
                p0_3_b.flows.sync = Some(sweep_what_is_pending);
                p0_3_b
            },
            breaks: "conserve",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1c T2 T3a T3b T3e
                sync does S1 S2"#]],
        },
        Needed {
            fault: "upstream-failure",
            world: || counted("p0-5-b"),
            breaks: "count-exact",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5c
                gateway-a provider-fails U1
                gateway-a does reply
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5c U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply"#]],
        },
        Needed {
            fault: "midnight",
            world: || counted("p0-5-c+fixed"),
            breaks: "count-exact",
            how: expect![[r#"
                clock midnight
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply"#]],
        },
        Needed {
            fault: "eviction",
            world: || counted("as-reported"),
            breaks: "cache-form",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1
                redis evicts hash of acme
                gateway-a does Q5"#]],
        },
        Needed {
            fault: "redis-full",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "truth",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                gateway-a redis-full T7a
                gateway-a does reply"#]],
        },
        Needed {
            fault: "postgres-restart",
            world: || traces(1, 1, &[], "as-reported").with_attempt(deaf_to_commit),
            breaks: "truth",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5
                postgres restarts
                gateway-a does T6 reply"#]],
        },
        Needed {
            fault: "idle-timeout",
            world: || traces(1, 1, &[], "as-reported").with_attempt(deaf_to_commit),
            breaks: "truth",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5
                gateway-a idle-timeout-before T6
                gateway-a does T6 reply"#]],
        },
        Needed {
            fault: "late",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "key",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a times-out T1
                redis runs-late"#]],
        },
        Needed {
            fault: "script-flush",
            world: || counted("scripts-evalsha"),
            breaks: "progress",
            how: expect![[r#"
                redis flushes-scripts
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 reply
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 reply
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 reply"#]],
        },
        Needed {
            fault: "lock-timeout",
            world: || traces(2, 2, &[], "p0-3-b"),
            breaks: "conserve",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does T1 T1c T2 T3a T3b T3e T3f T4a T4b T5
                gateway-b does T1 T1c T2 T3a T3b T3e T3f T4a T4b
                gateway-b lock-timeout T4b
                gateway-a does T6
                gateway-b does E1 E2 reply
                client sends t2 of acme to gateway-b
                gateway-b does T1 T1c F1 F4"#]],
        },
        Needed {
            fault: "client-abort",
            world: || one_stream("as-reported"),
            breaks: "exact",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2
                gateway-a client-aborts U3
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6"#]],
        },
        Needed {
            fault: "provider-abort",
            world: || one_stream("as-reported"),
            breaks: "exact",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2
                gateway-a provider-aborts U3
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6"#]],
        },
        Needed {
            fault: "broker-loss",
            world: || one_stream("p0-1-b+fixed"),
            breaks: "metered",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U0 U1 U2 U3 U4 U5 B5 reply
                broker broker-loses-all"#]],
        },
        Needed {
            fault: "redelivery",
            world: || {
                let premises = billing(acme("100.00"), vec![asked("t1")], 1);
                setup(
                    Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises },
                    &[],
                    "p1-8-a",
                )
            },
            breaks: "usage",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 J0 T7a T7b reply
                worker-1 does J1
                worker-1 unheard J2
                worker-1 does J1 J2"#]],
        },
        Needed {
            fault: "clock-skew",
            world: || counted("as-reported"),
            breaks: "monotone",
            how: expect![[r#"
                clock runs-behind to gateway-a
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5"#]],
        },
        Needed {
            fault: "redis-time-travel",
            world: || traces(1, 1, &[], "p0-4-c+fixed"),
            breaks: "conserve",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e
                redis goes-back"#]],
        },
        Needed {
            fault: "statement-timeout",
            world: || traces(1, 1, &[], "as-reported-code"),
            breaks: "key",
            how: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1
                gateway-a statement-timeout T1c
                gateway-a does E1 reply"#]],
        },
    ]
}

#[test]
fn each_fault_breaks_a_design_that_holds_without_it() {
    for Needed { fault, world, breaks, how } in needed() {
        let mut setup = world();
        let without = walk(&setup, breaks);
        assert!(without.breach.is_none(), "{breaks} breaks without {fault} as well");
        assert!(without.non_vacuous > 0, "without {fault}, {breaks} is never put to the test");
        setup.faults = and(setup.faults, fault);
        let Some((moves, _)) = walk(&setup, breaks).breach else { panic!("{fault} does not break {breaks}") };
        how.assert_eq(&words(&moves, &setup));
    }
}

#[test]
fn every_fault_has_such_a_design() {
    let needed: Vec<&str> = needed().iter().map(|needed| needed.fault).collect();
    let kinds: Vec<&str> = Faults::KINDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(needed, kinds);
}

fn one_stream(design: &str) -> Setup {
    setup(billing(acme("100.00"), vec![stream("t1")], 1), &[], design)
}

/// One request on the last day of a month, with quota_check and the provider on the path.
fn counted(design: &str) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    let path = RequestPath { quota_check: true, upstream: true, ..RequestPath::default() };
    setup(Premises { today: "2026-01-31".parse().unwrap(), path, ..premises }, &[], design)
}

fn and(faults: Faults, kind: &str) -> Faults {
    let budgets = faults.budgets();
    let others = budgets.iter().filter(|(_, budget)| *budget > 0).map(|(kind, _)| *kind);
    once(&others.chain([kind]).collect::<Vec<_>>())
}

/// A key of seconds is all that stands between two attempts and the money.
fn a_short_lease_and_no_row(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    if io.redis(Step::T1, RedisOp::SetNx { key: charge.key, ttl: Seconds(30) })? == Reply::Held {
        return Ok(Answer::Duplicate);
    }
    check_and_charge(io, charge)?;
    Ok(Answer::Ok(charge.trace))
}

/// A sweeper that takes every PENDING row for one whose money was taken.
fn sweep_what_is_pending(
    io: &mut Io<'_>,
    _tenants: &arrayvec::ArrayVec<Tenant, MAX_TENANTS>,
    _design: Design,
) -> FlowResult<()> {
    let trace = TraceId(0);
    if let Reply::Row(Some(row)) = io.pg(Step::S1, PgOp::SelectRow { trace, lock: false })?
        && !row.effective()
    {
        io.pg(Step::S2, PgOp::MarkCommitted(trace))?;
    }
    Ok(())
}

/// Tells the client ok whatever COMMIT said.
fn deaf_to_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    io.pg(Step::T2, PgOp::Begin)?;
    insert_pending(io, charge)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    ignoring(io.pg(Step::T6, PgOp::Commit))?;
    Ok(Answer::Ok(charge.trace))
}
