//! What no flow can do: books made by hand.

use expect_test::expect;
use model::books::Books;
use model::invariant::{self, Evaluation};
use model::money::Money;
use model::row::{Kind, LedgerRow, Status, TraceId};
use model::run::{Breach, Entry, Run};
use model::setup::Setup;

use crate::exhaustive_walk::traces;

/// The invariants whose breaches are planted here: no statement of the gateway can take a committed row back.
pub const PLANTED: &[&str] = &["status"];

/// What a row becomes.
type Change = fn(LedgerRow) -> Option<LedgerRow>;

/// One more move by which the books become these.
fn followed_by(run: &mut Run, books: Books) {
    let did = run.entries.last().unwrap().did.clone();
    run.entries.push(Entry { did, books });
}

/// The undisturbed run of two requests, and after it one more move by which the first one's row becomes what `change`
/// makes of it.
fn rewritten(change: Change) -> (Run, Setup) {
    let setup = traces(2, 1, &[], "as-reported");
    let moves = model::schedule::single_disturbances(&setup)[0].moves.clone();
    let mut run = Run::replay(&setup, &moves).unwrap();
    let mut books = run.entries.last().unwrap().books.clone();
    books.rows[0] = books.rows[0].and_then(change);
    followed_by(&mut run, books);
    (run, setup)
}

fn breach_of(run: &Run, setup: &Setup, id: &str) -> Option<Breach> {
    run.judge(setup).results[invariant::place(id).unwrap()].breach.clone()
}

fn look_at_the_last_move(run: &Run, id: &str) -> Evaluation {
    invariant::find(id).unwrap().judge(&run.edges().last().unwrap())
}

#[test]
fn status_catches_a_row_whose_history_changes() {
    let changes: [(&str, Change); 6] = [
        ("goes back", |row| Some(LedgerRow { status: Status::Pending, ..row })),
        ("costs less", |row| Some(LedgerRow { amount: Money::from_micros(1), ..row })),
        ("becomes a recharge", |row| Some(LedgerRow { kind: Kind::Recharge, ..row })),
        ("becomes a hold", |row| Some(LedgerRow { kind: Kind::Hold, ..row })),
        ("moves", |row| Some(LedgerRow { trace: TraceId(1), ..row })),
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
        a committed row that goes back: row of t1 before = committed deduct 5.25 of acme, row of t1 after = pending deduct 5.25 of acme
        a committed row that costs less: row of t1 before = committed deduct 5.25 of acme, row of t1 after = committed deduct 0.000001 of acme
        a committed row that becomes a recharge: row of t1 before = committed deduct 5.25 of acme, row of t1 after = committed recharge 5.25 of acme
        a committed row that becomes a hold: row of t1 before = committed deduct 5.25 of acme, row of t1 after = committed hold 5.25 of acme
        a committed row that moves: row of t1 before = committed deduct 5.25 of acme, row of t1 after = committed deduct 5.25 of acme
        a committed row that vanishes: row of t1 before = committed deduct 5.25 of acme, row of t1 after = none"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn status_holds_where_a_committed_row_stays_or_is_reversed() {
    let lawful: [(Change, bool); 2] =
        [(Some, false), (|row| Some(LedgerRow { status: Status::Reversed, ..row }), true)];
    for (change, could_fail) in lawful {
        let (run, setup) = rewritten(change);
        assert_eq!(breach_of(&run, &setup, "status"), None);
        let result = &run.judge(&setup).results[invariant::place("status").unwrap()];
        assert_eq!(result.non_vacuous > 0, could_fail, "only a row that changes can change wrongly");
    }
}

#[test]
fn status_lets_a_hold_become_a_charge_of_the_same_amount_and_nothing_else() {
    let after_hold: [(Change, bool); 4] = [
        (|row| Some(LedgerRow { kind: Kind::Deduct, ..row }), true),
        (|row| Some(LedgerRow { kind: Kind::Deduct, amount: Money::from_micros(1), ..row }), false),
        (|row| Some(LedgerRow { kind: Kind::Refund, ..row }), false),
        (|_| None, false),
    ];
    for (change, lawful) in after_hold {
        let (mut run, _) = rewritten(|row| Some(LedgerRow { kind: Kind::Hold, ..row }));
        let mut books = run.entries.last().unwrap().books.clone();
        books.rows[0] = books.rows[0].and_then(change);
        followed_by(&mut run, books);
        assert_eq!(look_at_the_last_move(&run, "status") == Evaluation::Held, lawful);
    }
}

#[test]
fn status_lets_a_pending_row_go_or_be_committed_and_never_be_reversed() {
    let after_pending: [(Change, bool); 3] = [
        (|_| None, true),
        (|row| Some(LedgerRow { status: Status::Committed, ..row }), true),
        (|row| Some(LedgerRow { status: Status::Reversed, ..row }), false),
    ];
    for (change, lawful) in after_pending {
        let (mut run, _) = rewritten(|row| Some(LedgerRow { status: Status::Pending, ..row }));
        let mut books = run.entries.last().unwrap().books.clone();
        books.rows[0] = books.rows[0].and_then(change);
        followed_by(&mut run, books);
        assert_eq!(look_at_the_last_move(&run, "status") == Evaluation::Held, lawful);
    }
}
