//! A flow is run again from its start for each reply: that it comes to the same place is what all else rests on.

use model::day::Day;
use model::design::PRESETS;
use model::effect::{DeferredJob, Effect, LocalOp, PgOp, RedisOp, Script};
use model::flow::{AttemptInput, Io, Recorded};
use model::io::{FlowResult, FlowState, MAX_ENTRIES, run};
use model::money::Money;
use model::reply::{Answer, Failure, Reply};
use model::row::{BudgetRow, KeyRow, Kind, LedgerRow, Limit, QuotaRow, Request, Status, Tenant, Unit, UsageRow};
use model::setup::{Requested, Setup};
use model::step::Step;
use proptest::prelude::*;

use crate::exhaustive_walk::{asked, held_by, recharge, reverse};
use crate::{design, limit_change, whole_path};

/// What the store may answer to this, one of several.
fn answer(effect: Effect, charge: &AttemptInput, pick: u16) -> Reply {
    let failures = match effect {
        Effect::Pg(_) => [Failure::UniqueViolation, Failure::Deadlock, Failure::PgLost],
        Effect::Redis(_) => [Failure::RedisUnreachable, Failure::RedisLost, Failure::RedisFull],
        Effect::Local(LocalOp::Receive { .. }) => [Failure::ClientGone, Failure::ProviderGone, Failure::ClientGone],
        Effect::Local(_) => [Failure::UpstreamFailed; 3],
    };
    if pick % 8 == 7 {
        return Reply::Failed(failures[usize::from(pick >> 3) % 3]);
    }
    let odd = pick % 2 == 1;
    match effect {
        Effect::Pg(op) => of_postgres(op, charge, pick, odd),
        Effect::Redis(op) => of_redis(op, pick, odd),
        Effect::Local(_) => Reply::Ok,
    }
}

fn quota(pick: u16) -> QuotaRow {
    QuotaRow {
        balance: Money::from_micros(if pick & 64 == 0 { 100_000_000 } else { 1 }),
        daily_quota: 5,
        daily_used: u32::from(pick >> 7 & 7),
        monthly_quota: 5,
        version: u32::from(pick >> 8),
        ..QuotaRow::default()
    }
}

fn of_postgres(op: PgOp, charge: &AttemptInput, pick: u16, odd: bool) -> Reply {
    let key = KeyRow { limit: odd.then_some(Money::from_micros(1_000)), used: Money::from_micros(i64::from(pick)) };
    match op {
        PgOp::SelectQuota(_) => Reply::Quota(quota(pick)),
        PgOp::SelectRow { trace, .. } => Reply::Row(odd.then(|| {
            let status = if pick & 64 == 0 { Status::Pending } else { Status::Committed };
            let tenant = Tenant(if pick & 128 == 0 { charge.tenant.0 } else { 1 });
            let before = Money::from_micros(100_000_000);
            let (amount, after) = (charge.amount, before - charge.amount);
            let kind = [Kind::Deduct, Kind::Hold][usize::from(pick >> 8 & 1)];
            LedgerRow { tenant, trace, kind, status, amount, before, after }
        })),
        // Rows that somebody has still to finish come to an end.
        PgOp::SelectUnfinished => Reply::Row((pick % 4 == 1).then(|| {
            let [kind, other] =
                [[Kind::Hold, Kind::Deduct], [Kind::Recharge, Kind::Refund]][usize::from(pick >> 8 & 1)];
            let kind = if pick & 64 == 0 { kind } else { other };
            let (tenant, trace, amount) = (charge.tenant, charge.trace, charge.amount);
            LedgerRow { tenant, trace, kind, status: Status::Pending, amount, before: amount, after: amount }
        })),
        PgOp::SelectUsage(_) => Reply::Usage(UsageRow { requests: u32::from(pick), cost: charge.amount }),
        PgOp::SelectKey(_) => Reply::Key(Some(key)),
        PgOp::SelectBudget(_) => {
            Reply::Budget(BudgetRow { total: odd.then_some(100), used: i64::from(pick), unit: Unit::Cents })
        }
        op if op.writes() && !matches!(op, PgOp::InsertRow { .. }) => Reply::Updated(u8::from(!odd)),
        _ => Reply::Ok,
    }
}

fn of_redis(op: RedisOp, pick: u16, odd: bool) -> Reply {
    match op {
        RedisOp::SetNx { .. } | RedisOp::TakeWarmLock { .. } if odd => Reply::Held,
        RedisOp::SetNx { .. } | RedisOp::TakeWarmLock { .. } => Reply::Taken,
        RedisOp::Exists(_) => Reply::Exists(odd),
        RedisOp::ReadHash(_) => Reply::Hash(odd.then(|| quota(pick))),
        RedisOp::Eval { .. } if pick % 32 == 3 => Reply::Denied(Limit::Daily),
        RedisOp::Eval { script: Script::Deduct { .. }, .. } => Reply::Left(Money::from_micros(i64::from(pick))),
        RedisOp::Eval { .. } => Reply::Allowed,
        RedisOp::GetPrincipal(_) => Reply::Key(odd.then(KeyRow::default)),
        RedisOp::GetBudget(_) | RedisOp::IncrBudget { .. } => Reply::Spent(odd.then_some(i64::from(pick))),
        _ => Reply::Ok,
    }
}

/// Runs a flow against these answers, each time twice: once with its record as it is, once with the record put away as
/// JSON and read again. Whether it ended.
fn ends_the_same<T: PartialEq + std::fmt::Debug>(
    charge: &AttemptInput,
    picks: &[u16],
    flow: impl Fn(&mut Io<'_>) -> FlowResult<T>,
) -> Result<bool, TestCaseError> {
    let mut recorded = Recorded::default();
    for &pick in picks {
        let mut again: Recorded = serde_json::from_str(&serde_json::to_string(&recorded).unwrap()).unwrap();
        prop_assert_eq!(&again, &recorded);
        let ran = run(&mut recorded, &flow);
        prop_assert_eq!(&run(&mut again, &flow), &ran);
        prop_assert_eq!(&again, &recorded, "both forget the same");
        prop_assert_eq!(&run(&mut again, &flow), &ran, "what is forgotten was not needed");
        match ran {
            FlowState::Asks(call) => recorded.answer(call.step, answer(call.effect, charge, pick)),
            FlowState::Ended(_) | FlowState::Failed(_) => return Ok(true),
            FlowState::Diverged { recorded, asked } => prop_assert!(false, "{recorded} was recorded, {asked} asked"),
            FlowState::RecordFull => prop_assert!(false, "{recorded:?}"),
        }
    }
    Ok(false)
}

/// The whole path of each kind of request.
fn everything_asked(design: model::design::Design) -> Setup {
    let requests = vec![asked("t1"), recharge("r1"), reverse("v1", "t1"), limit_change()];
    Setup::new(whole_path(requests), model::setup::Faults::default(), design).unwrap()
}

/// The whole path of a stream that is held by its price, of one that costs more and one that costs less than its estimate,
/// and of two requests in one transaction.
fn streams_and_joined(design: model::design::Design, estimate: &str) -> Setup {
    let second = Requested { within: Some("t1".to_owned()), ..asked("t2") };
    let requests = vec![held_by(estimate, "s1"), asked("t1"), second];
    Setup::new(whole_path(requests), model::setup::Faults::default(), design).unwrap()
}

/// More answers than any flow takes.
fn answers() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A process can be put away between any two steps: what was recorded is all it needs to come to the same place.
    #[test]
    fn an_attempt_run_again_is_the_attempt_resumed(design in design(), which in 0..4u8, picks in answers()) {
        let setup = everything_asked(design);
        let charge = setup.input(Request(which));
        let attempt = setup.flows.attempt;
        prop_assert!(ends_the_same(charge, &picks, |io: &mut Io<'_>| attempt(io, charge))?, "it does not end");
    }

    #[test]
    fn a_stream_run_again_is_the_stream_resumed(
        design in design(), which in 0..2u8, estimate in 0..3usize, picks in answers(),
    ) {
        let setup = streams_and_joined(design, ["4.00", "9.00", "12.00"][estimate]);
        let charge = setup.input(Request(which));
        let attempt = setup.flows.attempt;
        prop_assert!(ends_the_same(charge, &picks, |io: &mut Io<'_>| attempt(io, charge))?, "it does not end");
    }

    #[test]
    fn a_sweeper_or_a_worker_run_again_is_the_one_resumed(design in design(), known in any::<bool>(), picks in answers()) {
        let setup = streams_and_joined(design, "4.00");
        let charge = setup.input(Request(0));
        let run_deferred = setup.flows.deferred;
        let deferred = DeferredJob::Charge { request: Request(0), amount: charge.estimate, day: known.then_some(charge.day) };
        prop_assert!(ends_the_same(charge, &picks, |io: &mut Io<'_>| run_deferred(io, charge, deferred))?);
        if let Some(sweep) = setup.flows.sweep {
            prop_assert!(ends_the_same(charge, &picks, |io: &mut Io<'_>| sweep(io, charge, &[charge.day; 2]))?);
        }
    }

    #[test]
    fn a_job_run_again_is_the_job_resumed(design in design(), which in 0..3u8, picks in answers()) {
        let setup = everything_asked(design);
        let charge = AttemptInput { day: Day::default(), ..*setup.input(Request(0)) };
        let request = Request(0);
        let deferred = match which {
            0 => DeferredJob::Usage { request, cost: charge.amount },
            1 => DeferredJob::Settle(request),
            _ => DeferredJob::Snapshot { request, row: quota(picks[0]) },
        };
        let run_deferred = setup.flows.deferred;
        prop_assert!(ends_the_same(&charge, &picks, |io: &mut Io<'_>| run_deferred(io, &charge, deferred))?);
        for job in [setup.flows.sync, setup.flows.copy_back].into_iter().flatten() {
            let tenants = setup.tenants().collect();
            prop_assert!(ends_the_same(&charge, &picks, |io: &mut Io<'_>| job(io, &tenants, design))?);
        }
    }
}

#[test]
fn a_reply_of_another_step_is_an_internal_error_and_never_a_branch() {
    for preset in PRESETS {
        let setup = everything_asked(preset.design);
        let mut recorded = Recorded::default();
        recorded.answer("S1".parse().unwrap(), Reply::Ok);
        let ran: FlowState<Answer> = run(&mut recorded, |io| (setup.flows.attempt)(io, setup.input(Request(0))));
        assert_eq!(ran, FlowState::Diverged { recorded: "S1".parse().unwrap(), asked: "A1".parse().unwrap() });
    }
}

#[test]
fn a_record_that_overflows_is_an_internal_error_before_anything_more_is_asked() {
    let ask = |io: &mut Io<'_>| io.local(Step::Q1c, LocalOp::Wait).map(drop);
    let mut recorded = Recorded::default();
    for _ in 0..MAX_ENTRIES {
        assert!(matches!(run(&mut recorded, |io| (0..100).try_for_each(|_| ask(io))), FlowState::Asks(_)));
        recorded.answer(Step::Q1c, Reply::Ok);
    }
    assert_eq!(run(&mut recorded, |io| (0..100).try_for_each(|_| ask(io))), FlowState::RecordFull);
    assert_eq!(
        run(&mut recorded, |io| (0..MAX_ENTRIES).try_for_each(|_| ask(io))),
        FlowState::Ended(()),
        "it just fits"
    );
    let and_a_phase = |io: &mut Io<'_>| {
        (0..MAX_ENTRIES).try_for_each(|_| ask(io))?;
        io.phase(|_| Ok(()))
    };
    assert_eq!(run(&mut recorded, and_a_phase), FlowState::RecordFull, "what a phase comes to needs room too");
}
