//! Every kind of fault is worth having: there is a design that it breaks and that holds without it.
#![allow(clippy::unwrap_used)]

mod exhaustive_walk;

use exhaustive_walk::{Found, once, traces, walk, with_deduct, words};
use expect_test::{Expect, expect};
use model::effect::{PgOp, RedisOp, Seconds};
use model::flow::transaction::check_and_charge;
use model::flow::{Charge, Flows};
use model::invariant;
use model::io::{Flow, Io};
use model::reply::{Answer, Reply};
use model::row::{Tenant, Trace};
use model::setup::{Faults, Setup};
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
                client: sends t1 to gateway-a
                gateway-a: T1 crashes before T2"#]],
        },
        Needed {
            fault: "cancel",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "key",
            how: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 cancelled before T2"#]],
        },
        Needed {
            fault: "redis-unreachable",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "truth",
            how: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 T7a finds redis down reply"#]],
        },
        Needed {
            fault: "lost-reply",
            world: || traces(1, 1, &[], "as-reported"),
            breaks: "progress",
            how: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 ran, its reply is lost reply
                client: sends t1 to gateway-a
                gateway-a: T1 T1b reply
                client: sends t1 to gateway-a
                gateway-a: T1 T1b reply
                client: sends t1 to gateway-a
                gateway-a: T1 T1b reply"#]],
        },
        Needed {
            fault: "redis-loss",
            world: || traces(1, 1, &[], "p0-3-a"),
            breaks: "cache-form",
            how: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T2 T2b T3a T3b T4a T4b T5 T5b T6
                redis: loses all
                gateway-a: T7a"#]],
        },
        Needed {
            fault: "expiry",
            world: || with_deduct(traces(1, 2, &["impatience"], "as-reported"), a_short_lease_and_no_row),
            breaks: "once",
            how: expect![[r#"
                client: sends t1 to gateway-a sends t1 to gateway-b
                gateway-a: T1 T4a T4b
                clock: passes the next deadline
                gateway-b: T1 T4a T4b"#]],
        },
        Needed {
            fault: "impatience",
            world: || traces(1, 2, &[], "p0-3-b"),
            breaks: "once",
            how: expect![[r#"
                client: sends t1 to gateway-a sends t1 to gateway-b
                gateway-a: T1 T1c T2 T3a T3b T3e T3f
                gateway-b: T1 T1b F1 F2 F3 F4 F5
                gateway-a: T4a T4b T5 T6"#]],
        },
        Needed {
            fault: "job-run",
            world: || {
                let p0_3_b = traces(1, 1, &[], "p0-3-b");
                let deduct = p0_3_b.flows.deduct;
                p0_3_b.with_flows(Flows { deduct, sync: Some(sweep_what_is_pending) })
            },
            breaks: "conserve",
            how: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T1c T2 T3a T3b T3e
                sync: S1 S2"#]],
        },
    ]
}

#[test]
fn each_fault_breaks_a_design_that_holds_without_it() {
    for Needed { fault, world, breaks, how } in needed() {
        let mut setup = world();
        let without = found(&setup, breaks);
        assert!(without.breach.is_none(), "{breaks} breaks without {fault} as well");
        assert!(without.could_have_failed > 0, "without {fault}, {breaks} is never put to the test");
        setup.faults = and(setup.faults, fault);
        let Some((moves, _)) = found(&setup, breaks).breach else { panic!("{fault} does not break {breaks}") };
        how.assert_eq(&words(&moves, &setup));
    }
}

#[test]
fn every_fault_has_such_a_design() {
    let needed: Vec<&str> = needed().iter().map(|needed| needed.fault).collect();
    let kinds: Vec<&str> = Faults::KINDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(needed, kinds);
}

fn found(setup: &Setup, id: &str) -> Found {
    walk(setup)[invariant::place(id).unwrap()].clone()
}

fn and(faults: Faults, kind: &str) -> Faults {
    let budgets = faults.budgets();
    let others = budgets.iter().filter(|(_, budget)| *budget > 0).map(|(kind, _)| *kind);
    once(&others.chain([kind]).collect::<Vec<_>>())
}

/// A key of seconds is all that stands between two attempts and the money.
fn a_short_lease_and_no_row(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    if io.redis(Step::T1, RedisOp::SetNx { request: charge.request, ttl: Seconds(30) })? == Reply::Held {
        return Ok(Answer::Duplicate);
    }
    check_and_charge(io, charge)?;
    Ok(Answer::Ok(charge.trace))
}

/// A sweeper that takes every PENDING row for one whose money was taken.
fn sweep_what_is_pending(io: &mut Io<'_>, _tenants: &arrayvec::ArrayVec<Tenant, MAX_TENANTS>) -> Flow<()> {
    let trace = Trace(0);
    if let Reply::Row(Some(row)) = io.pg(Step::S1, PgOp::SelectRow { trace, lock: false })?
        && !row.effective()
    {
        io.pg(Step::S2, PgOp::MarkCommitted(trace))?;
    }
    Ok(())
}
