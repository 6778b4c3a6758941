//! Every invariant catches a breach planted for it, and holds in the nearest design without that breach. An invariant
//! without a planted breach fails here.
#![allow(clippy::unwrap_used)]

mod exhaustive_walk;

use exhaustive_walk::{Found, traces, walk, with_deduct, words};
use expect_test::{Expect, expect};
use model::effect::{DAY, Fields, PgOp, RedisOp};
use model::flow::transaction::{charge_quota, check_and_charge, insert_pending, read_quota};
use model::flow::{Charge, Deduct, ledger_lookup::look_up};
use model::invariant::{self, Look};
use model::io::{Flow, Io, caught, fail};
use model::money::Money;
use model::moves::Move;
use model::reply::{Answer, Failure, Reply};
use model::row::{LedgerRow, Limit, QuotaRow, Status};
use model::setup::Setup;
use model::step::Step;
use model::trace::{Breach, Entry, Run};

/// A broken design beside the nearest one that does not break the same invariant.
struct Planted {
    invariant: &'static str,
    /// What is wrong with it.
    what: &'static str,
    /// The world both live in.
    world: fn() -> Setup,
    broken: Deduct,
    sound: Deduct,
    /// The shortest way to the breach and its figures.
    breach: Expect,
}

/// `status` is not here: no statement of the gateway can take a committed row back, so its breaches are books made by
/// hand below.
fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "conserve",
            what: "money is taken and no row is written",
            world: || traces(1, 1, &[], "as-reported"),
            broken: money_without_a_row,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T4a T4b
                balance of acme = 94.75
                opening balance of acme = 100.00
                effective ledger rows of acme = 0.00
                opening balance plus ledger = 100.00"#]],
        },
        Planted {
            invariant: "conserve",
            what: "a row claims money that was never taken",
            world: || traces(1, 1, &[], "as-reported"),
            broken: row_without_money,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T3a T3b T5
                balance of acme = 100.00
                opening balance of acme = 100.00
                effective ledger rows of acme = -5.25
                opening balance plus ledger = 94.75"#]],
        },
        Planted {
            invariant: "once",
            what: "each attempt takes the money before it learns that the row is there",
            world: || traces(1, 1, &["crash"], "as-reported"),
            broken: money_then_row,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T4a T4b crashes before T3b
                client: sends t1 to gateway-a
                gateway-a: T4a T4b
                money taken for t1 = 10.50
                price of t1 = 5.25"#]],
        },
        Planted {
            invariant: "row-iff-money",
            what: "the row is marked in a statement of its own after the money was taken in another",
            world: || traces(1, 1, &[], "as-reported"),
            broken: each_statement_alone,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T3a T3b T4a T4b
                money taken for t1 in this step = 5.25
                rows of t1 made effective in this step = 0.00"#]],
        },
        Planted {
            invariant: "truth",
            what: "the client is told ok whatever COMMIT said",
            world: || traces(1, 1, &["lost-reply"], "as-reported"),
            broken: deaf_to_commit,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 did not run, its reply is lost reply
                told about t1 = ok
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "truth",
            what: "a connection that broke is told as an exhausted balance",
            world: || traces(1, 1, &["lost-reply"], "as-reported"),
            broken: trouble_is_told_as_a_refusal,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 did not run, its reply is lost reply
                told about t1 = refused: balance exhausted
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "truth",
            what: "a key that is held is told as a duplicate although nobody is at it",
            world: || traces(1, 1, &["crash"], "as-reported"),
            broken: held_is_told_as_duplicate,
            sound: key_is_deleted_on_failure,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 crashes before T2
                client: sends t1 to gateway-a
                gateway-a: T1 T1b reply
                told about t1 = duplicate
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "key",
            what: "a refused request leaves its key behind",
            world: || {
                Setup::new(
                    vec![exhaustive_walk::acme("1.00")],
                    vec![exhaustive_walk::asked("t1")],
                    1,
                    exhaustive_walk::once(&[]),
                    design(),
                )
                .unwrap()
            },
            broken: key_is_never_deleted,
            sound: key_is_deleted_on_failure,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T2 T4a E1 reply
                key of t1 = there, for more than a minute
                holder of the key of t1 = gone
                ledger row of t1 = none"#]],
        },
        Planted {
            invariant: "key",
            what: "an attempt that met a held key deletes it",
            world: || traces(1, 2, &["impatience"], "as-reported"),
            broken: strangers_delete_the_key,
            sound: key_is_deleted_on_failure,
            breach: expect![[r#"
                client: sends t1 to gateway-a sends t1 to gateway-b
                gateway-a: T1
                gateway-b: T1 T1b E2
                key of t1 = deleted by an attempt that does not hold it"#]],
        },
        Planted {
            invariant: "progress",
            what: "an attempt that lost a race for the version leaves its key behind",
            world: || traces(2, 2, &[], "as-reported"),
            broken: key_is_never_deleted,
            sound: key_is_deleted_on_failure,
            breach: expect![[r#"
                client: sends t1 to gateway-a sends t2 to gateway-b
                gateway-a: T1 T2 T4a T3b T4b T5
                gateway-b: T1 T2 T4a
                gateway-a: T6 reply
                gateway-b: T3b T4b E1 reply
                client: sends t2 to gateway-a
                gateway-a: T1 T1b reply
                client: sends t2 to gateway-a
                gateway-a: T1 T1b reply
                undisturbed attempts of t2 = 3
                final answers to t2 = 0
                ledger row of t2 = none
                key of t2 = held"#]],
        },
        Planted {
            invariant: "converge",
            what: "the hash is written as the quota was before the charge",
            world: || traces(1, 1, &[], "as-reported"),
            broken: hash_from_before_the_charge,
            sound: hash_after_commit,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T2 T3a T3b T4a T4b T5 T6 T7a reply
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                daily_used of acme in redis = 0
                daily_used of acme in postgres = 1
                monthly_used of acme in redis = 0
                monthly_used of acme in postgres = 1
                version of acme in redis = 0
                version of acme in postgres = 1"#]],
        },
        Planted {
            invariant: "converge",
            what: "the hash is never written",
            world: || traces(1, 1, &[], "as-reported"),
            broken: sound,
            sound: hash_after_commit,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 reply
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                daily_used of acme in redis = 0
                daily_used of acme in postgres = 1
                monthly_used of acme in redis = 0
                monthly_used of acme in postgres = 1
                version of acme in redis = 0
                version of acme in postgres = 1"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "T7 comes before T6",
            world: || traces(1, 1, &[], "as-reported"),
            broken: hash_before_commit,
            sound: hash_after_commit,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T2 T3a T3b T4a T4b T5 T7a
                before the transaction of t1 has ended = the redis hash is written"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "the client is told ok when the savepoint is released",
            world: || traces(1, 1, &[], "as-reported"),
            broken: release_is_taken_for_commit,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T2 T2b T3a T3b T4a T4b T5 T5b reply
                before the transaction of t1 has ended = the client is told ok"#]],
        },
        Planted {
            invariant: "cache-form",
            what: "the whole hash is written but no time to live",
            world: || traces(1, 1, &["redis-loss"], "as-reported"),
            broken: hash_after_commit,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T2 T3a T3b T4a T4b T5 T6
                redis: loses all
                gateway-a: T7a
                time to live of the hash of acme = none
                missing fields of the hash of acme = none"#]],
        },
        Planted {
            invariant: "cache-form",
            what: "only the balance is written, to a hash that may be gone",
            world: || traces(1, 1, &["redis-loss"], "as-reported"),
            broken: only_the_balance,
            sound,
            breach: expect![[r#"
                client: sends t1 to gateway-a
                gateway-a: T2 T3a T3b T4a T4b T5 T6
                redis: loses all
                gateway-a: T7a
                time to live of the hash of acme = none
                missing fields of the hash of acme = credit_limit, daily_quota, daily_used, monthly_quota, monthly_used, version"#]],
        },
    ]
}

#[test]
fn each_planted_breach_is_found_with_its_figures() {
    for case in planted() {
        let setup = with_deduct((case.world)(), case.broken);
        let found = found(&setup, case.invariant);
        let Some((moves, figures)) = &found.breach else { panic!("{}: {} is not seen", case.invariant, case.what) };
        let figures: Vec<String> = figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value)).collect();
        case.breach.assert_eq(&format!("{}\n{}", words(moves, &setup), figures.join("\n")));
        replays_to_the_breach(&setup, moves, case.invariant);
    }
}

#[test]
fn the_nearest_design_without_the_breach_holds_and_not_for_want_of_an_occasion() {
    for case in planted() {
        let found = found(&with_deduct((case.world)(), case.sound), case.invariant);
        assert!(found.breach.is_none(), "{} also breaks without this: {}", case.invariant, case.what);
        assert!(found.could_have_failed > 0, "{} is never put to the test", case.invariant);
    }
}

#[test]
fn every_invariant_has_a_planted_breach() {
    let mut planted: Vec<&str> = planted().iter().map(|case| case.invariant).chain(["status"]).collect();
    let mut all: Vec<&str> = invariant::ALL.iter().map(|invariant| invariant.id).collect();
    planted.sort_unstable();
    planted.dedup();
    all.sort_unstable();
    assert_eq!(planted, all);
}

/// The design is the planted flows' name in reports only.
fn design() -> model::design::Design {
    "as-reported".parse().unwrap()
}

fn found(setup: &Setup, id: &str) -> Found {
    walk(setup)[invariant::place(id).unwrap()].clone()
}

/// A run of the same moves is judged the same.
fn replays_to_the_breach(setup: &Setup, moves: &[Move], id: &str) {
    let judgement = Run::replay(setup, moves).unwrap().judge(setup);
    let breach = judgement.tallies[invariant::place(id).unwrap()].breach.clone().unwrap();
    assert_eq!((breach.invariant, breach.after), (id, moves.len()));
}

// The sound deduct: the ledger decides, row and money are one transaction, nothing is written to redis.

fn sound(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let Some(()) = not_yet_there(io, charge)? else { return Ok(Answer::Ok(charge.trace)) };
    let snapshot = caught(until_commit(io, charge).and_then(|snapshot| {
        io.pg(Step::T6, PgOp::Commit)?;
        Ok(snapshot)
    }))?;
    end(io, charge, snapshot.map(drop))
}

fn not_yet_there(io: &mut Io<'_>, charge: &Charge) -> Flow<Option<()>> {
    Ok(look_up(io, Step::T1, charge)?.filter(LedgerRow::effective).is_none().then_some(()))
}

/// T2 to T5. The snapshots are the quota before and after the charge.
fn until_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<(QuotaRow, QuotaRow)> {
    io.pg(Step::T2, PgOp::Begin)?;
    let before = read_quota(io, Step::T3a, charge.tenant)?;
    insert(io, charge, before.balance)?;
    let after = check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok((before, after))
}

fn insert(io: &mut Io<'_>, charge: &Charge, before: Money) -> Flow<Reply> {
    let Charge { tenant, trace, amount, .. } = *charge;
    io.pg(Step::T3b, PgOp::InsertPending { tenant, trace, amount, before })
}

fn end(io: &mut Io<'_>, charge: &Charge, ended: Result<(), Failure>) -> Flow<Answer> {
    match ended {
        Ok(()) => Ok(Answer::Ok(charge.trace)),
        Err(failure) => {
            let _rolled_back = caught(io.pg(Step::E1, PgOp::Rollback))?;
            fail(failure)
        }
    }
}

// Planted in it.

fn money_without_a_row(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    check_and_charge(io, charge)?;
    Ok(Answer::Ok(charge.trace))
}

fn money_then_row(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let quota = check_and_charge(io, charge)?;
    match caught(insert(io, charge, quota.balance))? {
        Ok(_) | Err(Failure::UniqueViolation) => {}
        Err(other) => return fail(other),
    }
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

fn each_statement_alone(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    insert_pending(io, charge)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

fn deaf_to_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let Some(()) = not_yet_there(io, charge)? else { return Ok(Answer::Ok(charge.trace)) };
    let inside = caught(until_commit(io, charge))?.map(drop);
    if inside.is_ok() {
        let _unheard = caught(io.pg(Step::T6, PgOp::Commit))?;
    }
    end(io, charge, inside)
}

fn with_key(io: &mut Io<'_>, charge: &Charge, delete_on_failure: bool) -> Flow<Answer> {
    if io.redis(Step::T1, RedisOp::SetNx { request: charge.request, ttl: DAY })? == Reply::Held {
        return match look_up(io, Step::T1b, charge)? {
            Some(row) => Ok(Answer::Ok(row.trace)),
            None => fail(Failure::KeyWithoutRow),
        };
    }
    let ended = caught(one_try(io, charge))?;
    if ended.is_err() && delete_on_failure {
        io.redis(Step::E2, RedisOp::Del(charge.request))?;
    }
    end(io, charge, ended)
}

/// T2 to T6 without a second look at the version.
fn one_try(io: &mut Io<'_>, charge: &Charge) -> Flow<()> {
    io.pg(Step::T2, PgOp::Begin)?;
    let quota = read_quota(io, Step::T4a, charge.tenant)?;
    if let Some(limit) = quota.binding_limit(charge.amount) {
        return fail(Failure::Refused(limit));
    }
    insert(io, charge, quota.balance)?;
    if !charge_quota(io, Step::T4b, charge, quota.version)? {
        return fail(Failure::Conflict);
    }
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(())
}

fn key_is_never_deleted(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    with_key(io, charge, false)
}

fn key_is_deleted_on_failure(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    with_key(io, charge, true)
}

fn write_hash(io: &mut Io<'_>, charge: &Charge, row: QuotaRow, fields: Fields) -> Flow<()> {
    io.redis(Step::T7a, RedisOp::HSet { tenant: charge.tenant, row, fields })?;
    Ok(())
}

fn hash_after_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (_, after) = until_commit(io, charge)?;
    io.pg(Step::T6, PgOp::Commit)?;
    write_hash(io, charge, after, Fields::ALL)?;
    Ok(Answer::Ok(charge.trace))
}

fn hash_from_before_the_charge(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (before, _) = until_commit(io, charge)?;
    io.pg(Step::T6, PgOp::Commit)?;
    write_hash(io, charge, before, Fields::ALL)?;
    Ok(Answer::Ok(charge.trace))
}

fn hash_before_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (_, after) = until_commit(io, charge)?;
    write_hash(io, charge, after, Fields::ALL)?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}

fn only_the_balance(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (_, after) = until_commit(io, charge)?;
    io.pg(Step::T6, PgOp::Commit)?;
    write_hash(io, charge, after, Fields::BALANCE)?;
    Ok(Answer::Ok(charge.trace))
}

fn row_without_money(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    insert_pending(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

fn trouble_is_told_as_a_refusal(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match caught(sound(io, charge))? {
        Ok(answer) => Ok(answer),
        Err(_) => Ok(Answer::Refused(Limit::Balance)),
    }
}

fn held_is_told_as_duplicate(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match caught(with_key(io, charge, true))? {
        Err(Failure::KeyWithoutRow) => Ok(Answer::Duplicate),
        Err(other) => fail(other),
        Ok(answer) => Ok(answer),
    }
}

fn strangers_delete_the_key(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let ended = caught(with_key(io, charge, false))?;
    if ended.is_err() {
        io.redis(Step::E2, RedisOp::Del(charge.request))?;
    }
    ended.or_else(fail)
}

fn release_is_taken_for_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    io.pg(Step::T2, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    insert_pending(io, charge)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    Ok(Answer::Ok(charge.trace))
}

// What no flow can do: books made by hand.

/// What a row becomes.
type Change = fn(LedgerRow) -> Option<LedgerRow>;

/// The undisturbed run of one request, and after it one more move by which its row becomes what `change` makes of it.
fn rewritten(change: Change) -> (Run, Setup) {
    let setup = traces(1, 1, &[], "as-reported");
    let moves = model::schedule::single_disturbances(&setup)[0].moves.clone();
    let mut run = Run::replay(&setup, &moves).unwrap();
    let last = run.entries.last().unwrap();
    let mut books = last.books.clone();
    books.rows[0] = books.rows[0].and_then(change);
    let did = last.did.clone();
    run.entries.push(Entry { did, books });
    (run, setup)
}

fn breach_of(run: &Run, setup: &Setup, id: &str) -> Option<Breach> {
    run.judge(setup).tallies[invariant::place(id).unwrap()].breach.clone()
}

#[test]
fn status_catches_a_row_whose_history_changes() {
    let changes: [(&str, Change); 4] = [
        ("goes back", |row| Some(LedgerRow { status: Status::Pending, ..row })),
        ("costs less", |row| Some(LedgerRow { amount: Money::from_micros(1), ..row })),
        ("moves", |row| Some(LedgerRow { trace: model::row::Trace(1), ..row })),
        ("vanishes", |_| None),
    ];
    let mut seen = Vec::new();
    for (what, change) in changes {
        let (run, setup) = rewritten(change);
        let breach = breach_of(&run, &setup, "status").unwrap();
        assert_eq!((breach.invariant, breach.after), ("status", run.entries.len()));
        let figures = breach.figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value));
        seen.push(format!("a committed row that {what}: {}", figures.collect::<Vec<_>>().join(", ")));
    }
    expect![[r#"
        a committed row that goes back: row of t1 before = committed 5.25 of acme, row of t1 after = pending 5.25 of acme
        a committed row that costs less: row of t1 before = committed 5.25 of acme, row of t1 after = committed 0.000001 of acme
        a committed row that moves: row of t1 before = committed 5.25 of acme, row of t1 after = committed 5.25 of acme
        a committed row that vanishes: row of t1 before = committed 5.25 of acme, row of t1 after = none"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn status_holds_where_a_committed_row_stays_or_is_reversed() {
    let lawful: [Change; 2] = [Some, |row| Some(LedgerRow { status: Status::Reversed, ..row })];
    for change in lawful {
        let (run, setup) = rewritten(change);
        assert_eq!(breach_of(&run, &setup, "status"), None);
        let tally = &run.judge(&setup).tallies[invariant::place("status").unwrap()];
        assert!(tally.could_have_failed > 0);
    }
}

#[test]
fn status_lets_a_pending_row_go_anywhere() {
    let pending = |row| Some(LedgerRow { status: Status::Pending, ..row });
    for change in [|_| None, |row| Some(LedgerRow { status: Status::Committed, ..row })] {
        let (mut run, _) = rewritten(pending);
        let mut books = run.entries.last().unwrap().books.clone();
        books.rows[0] = books.rows[0].and_then(change);
        let did = run.entries.last().unwrap().did.clone();
        run.entries.push(Entry { did, books });
        let last = run.edges().last().unwrap();
        assert_eq!(invariant::find("status").unwrap().judge(&last), Look::Held);
    }
}
