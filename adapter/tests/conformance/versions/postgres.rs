//! What is tried on every version of Postgres.

use super::laboratory::{Laboratory, Who};
use super::table::Tried;

use Who::{A, B, C};

const TAKE: &str = "UPDATE tried SET v = v - 60, n = n + 1 WHERE k = 'x' AND n = 7";
const TAKE_COVERED: &str = "UPDATE tried SET v = v - 60, n = n + 1 WHERE k = 'x' AND v >= 60";
const ADD: &str = "UPDATE tried SET v = v + 1, n = n + 1 WHERE k = 'x'";
const ADD_TO_Y: &str = "UPDATE tried SET v = v + 1, n = n + 1 WHERE k = 'y'";
const INSERT_Z: &str = "INSERT INTO tried VALUES ('z', 1, 1)";
const INSERT_X: &str = "INSERT INTO tried VALUES ('x', 1, 1)";
const PASS_X: &str = "INSERT INTO tried VALUES ('x', 1, 1) ON CONFLICT DO NOTHING";
const LOCK: &str = "SELECT FROM tried WHERE k = 'x' FOR UPDATE";
const RR: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM tried";
const SER: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT FROM tried";
/// Rounds after which somebody who never won is taken never to win.
const ROUNDS: u32 = 60;
/// The same where it is known that both may win: one in five was seen, and how many there are depends on the machine.
const MANY_ROUNDS: u32 = 1_000;

/// Its version.
pub async fn version(lab: &mut Laboratory) -> String {
    let version = lab.show("SHOW server_version").await;
    format!("PostgreSQL {}", version.split(' ').next().unwrap_or_default())
}

/// Everything, in the order of the table.
pub async fn tried(lab: &mut Laboratory) -> Tried {
    let mut all = Tried::new();
    inserts(lab, &mut all).await;
    updates(lab, &mut all).await;
    winners(lab, &mut all).await;
    transactions(lab, &mut all).await;
    timeouts(lab, &mut all).await;
    deaths(lab, &mut all).await;
    numbers(lab, &mut all).await;
    all
}

/// `a` does this in a transaction, `b` does that outside one, `a` ends; what `b` answers at first and then.
async fn meet(lab: &mut Laboratory, first: &'static str, second: &'static str, end: &'static str) -> String {
    lab.anew().await;
    lab.ask(A, "BEGIN").await;
    lab.ask(A, first).await;
    let at_first = lab.ask(B, second).await;
    lab.ask(A, end).await;
    if at_first == "waits" { format!("waits, then {}", lab.then(B).await) } else { at_first }
}

async fn inserts(lab: &mut Laboratory, all: &mut Tried) {
    all.push((
        "INSERT of a key whose INSERT is uncommitted; it commits",
        meet(lab, INSERT_Z, INSERT_Z, "COMMIT").await,
    ));
    all.push(("the same; it rolls back", meet(lab, INSERT_Z, INSERT_Z, "ROLLBACK").await));
    all.push((
        "INSERT of the key of a committed row with an uncommitted UPDATE",
        meet(lab, ADD, INSERT_X, "COMMIT").await,
    ));
    all.push(("the same, ON CONFLICT DO NOTHING", meet(lab, ADD, PASS_X, "COMMIT").await));
    all.push(("INSERT of the key of a row locked FOR UPDATE", meet(lab, LOCK, INSERT_X, "COMMIT").await));
}

async fn updates(lab: &mut Laboratory, all: &mut Tried) {
    all.push(("UPDATE where n = 7 of a row being updated; it commits", meet(lab, ADD, TAKE, "COMMIT").await));
    lab.anew().await;
    for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, "BEGIN"), (B, TAKE), (A, "COMMIT")] {
        lab.ask(who, sql).await;
    }
    lab.then(B).await;
    let third = lab.ask(C, LOCK).await;
    lab.ask(B, "ROLLBACK").await;
    all.push((
        "the row after such an UPDATE of 0 rows, for a third session",
        format!("{third}, then {}", lab.then(C).await),
    ));
    all.push(("UPDATE where n = 7 of a row being updated; it rolls back", meet(lab, ADD, TAKE, "ROLLBACK").await));
    let newer = "UPDATE tried SET n = 0 WHERE n = 8";
    all.push(("UPDATE where n = 8 while 8 is uncommitted", meet(lab, ADD, newer, "COMMIT").await));
    let covered = meet(lab, TAKE_COVERED, TAKE_COVERED, "COMMIT").await;
    all.push(("v - 60 where v >= 60, twice from 100", format!("{covered}, left {}", lab.balance().await)));
    all.push(("UPDATE of a row locked FOR UPDATE", meet(lab, LOCK, TAKE, "COMMIT").await));
    all.push(("REPEATABLE READ: UPDATE of what was updated since", isolated(lab, RR, ADD, TAKE).await));
    all.push((
        "REPEATABLE READ: ON CONFLICT DO NOTHING of what was inserted since",
        isolated(lab, RR, INSERT_Z, PASS_Z).await,
    ));
    all.push(("SERIALIZABLE: INSERT of what was inserted since", isolated(lab, SER, INSERT_Z, INSERT_Z).await));
}

const PASS_Z: &str = "INSERT INTO tried VALUES ('z', 1, 1) ON CONFLICT DO NOTHING";

/// `b` has its snapshot, `a` writes by itself, `b` writes.
async fn isolated(lab: &mut Laboratory, begin: &'static str, first: &'static str, second: &'static str) -> String {
    lab.anew().await;
    lab.ask(B, begin).await;
    lab.ask(A, first).await;
    lab.ask(B, second).await
}

/// Who of two waiters goes on first.
async fn winners(lab: &mut Laboratory, all: &mut Tried) {
    for (what, first, end, rounds) in [
        ("two wait for a row that was only locked", LOCK, "COMMIT", ROUNDS),
        ("two wait for a row whose UPDATE rolls back", ADD, "ROLLBACK", ROUNDS),
        ("two wait for a row whose UPDATE commits", ADD, "COMMIT", MANY_ROUNDS),
    ] {
        let mut in_turn = true;
        for _ in 0..rounds {
            lab.anew().await;
            for (who, sql) in [(A, "BEGIN"), (A, first), (B, "BEGIN"), (C, "BEGIN"), (B, ADD), (C, ADD), (A, end)] {
                lab.ask(who, sql).await;
            }
            let (winner, loser) = lab.race(B, C).await;
            in_turn &= winner == B;
            lab.then(winner).await;
            lab.ask(winner, "COMMIT").await;
            lab.then(loser).await;
            if !in_turn {
                break;
            }
        }
        let who = if in_turn { "first come, first served" } else { "either may be first" };
        all.push((what, who.to_owned()));
    }
}

async fn transactions(lab: &mut Laboratory, all: &mut Tried) {
    lab.anew().await;
    let mut answers = Vec::new();
    for sql in ["BEGIN", ADD, INSERT_X, ADD, "COMMIT"] {
        answers.push(lab.ask(A, sql).await);
    }
    let left = lab.balance().await;
    let answer = format!("{}, then {}, COMMIT {}, left {left}", answers[2], answers[3], answers[4]);
    all.push(("after an error in a transaction", answer));
    lab.anew().await;
    for sql in ["BEGIN", "SAVEPOINT s", ADD] {
        lab.ask(A, sql).await;
    }
    let waits = lab.ask(B, ADD).await;
    lab.ask(A, "ROLLBACK TO s").await;
    all.push(("a row locked after a savepoint; ROLLBACK TO it", format!("{waits}, then {}", lab.then(B).await)));
    lab.anew().await;
    for sql in ["BEGIN", "SAVEPOINT s", ADD, "RELEASE s"] {
        lab.ask(A, sql).await;
    }
    let waits = lab.ask(B, ADD).await;
    lab.ask(A, "ROLLBACK").await;
    all.push(("the same; RELEASE of it, then ROLLBACK", format!("{waits}, then {}", lab.then(B).await)));
    lab.anew().await;
    for sql in ["BEGIN", "SAVEPOINT s", "SAVEPOINT t", ADD, "RELEASE t"] {
        lab.ask(A, sql).await;
    }
    let waits = lab.ask(B, ADD).await;
    lab.ask(A, "ROLLBACK TO s").await;
    // Whoever comes now passes, which shows that the row is free.
    let passes = lab.ask(C, ADD).await;
    let still = if lab.blocked(B).await { "still waits" } else { "goes on" };
    lab.ask(A, "COMMIT").await;
    let result = format!("{waits}, {still} while another one passes with {passes}, then {}", lab.then(B).await);
    all.push(("a row locked in a savepoint that was released into another; ROLLBACK TO that", result));
    lab.anew().await;
    for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, "BEGIN"), (B, ADD_TO_Y), (A, ADD_TO_Y)] {
        lab.ask(who, sql).await;
    }
    lab.ask(B, "SET LOCAL deadlock_timeout = '1ms'").await;
    let victim = closes(lab, ADD).await;
    all.push((
        "a deadlock, closed by the one that looks first",
        format!("it gets {victim}, the other {}", lab.then(A).await),
    ));
    lab.anew().await;
    for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, "BEGIN"), (B, ADD_TO_Y)] {
        lab.ask(who, sql).await;
    }
    lab.ask(A, "SET LOCAL deadlock_timeout = '1ms'").await;
    lab.ask(A, ADD_TO_Y).await;
    lab.show("SELECT pg_sleep(0.05)::text").await;
    let closing = lab.ask(B, ADD).await;
    lab.show("SELECT pg_sleep(0.05)::text").await;
    let both = lab.blocked(A).await && lab.blocked(B).await;
    let result = if both { "it is never found" } else { "it is found" };
    all.push(("a deadlock closed after the only one that looks has looked", format!("{closing}, {result}")));
    lab.run("CREATE TEMP SEQUENCE numbers; BEGIN; SELECT nextval('numbers'); ROLLBACK").await;
    let next = lab.show("SELECT nextval('numbers')::text").await;
    all.push(("a sequence after a ROLLBACK of its first number", format!("goes on with {next}")));
}

/// The statement that closes the circle may be seen waiting before it is refused.
async fn closes(lab: &mut Laboratory, sql: &'static str) -> String {
    let at_first = lab.ask(B, sql).await;
    if at_first == "waits" { lab.then(B).await } else { at_first }
}

async fn timeouts(lab: &mut Laboratory, all: &mut Tried) {
    for (what, set) in [
        ("lock_timeout", "BEGIN; SET LOCAL lock_timeout = '20ms'"),
        ("statement_timeout", "BEGIN; SET LOCAL statement_timeout = '20ms'"),
    ] {
        lab.anew().await;
        for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, set)] {
            lab.ask(who, sql).await;
        }
        let answer = closes(lab, ADD).await;
        all.push((what, answer));
    }
    lab.anew().await;
    for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, "BEGIN")] {
        lab.ask(who, sql).await;
    }
    let waits = lab.ask(B, ADD).await;
    lab.kill(A).await;
    all.push(("a row whose holder's session is ended", format!("{waits}, then {}", lab.then(B).await)));
    lab.anew().await;
    lab.ask(A, "BEGIN").await;
    lab.ask(A, ADD).await;
    let waits = lab.ask(B, ADD).await;
    // Nothing is sent any more: the session is alone with its transaction.
    lab.ask(A, "SET LOCAL idle_in_transaction_session_timeout = '1ms'").await;
    lab.gone(A).await;
    let (after, left) = (lab.then(B).await, lab.balance().await);
    all.push(("idle_in_transaction_session_timeout of the holder", format!("{waits}, then {after}, left {left}")));
}

async fn deaths(lab: &mut Laboratory, all: &mut Tried) {
    lab.anew().await;
    for (who, sql) in [(A, "BEGIN"), (A, ADD), (B, ADD)] {
        lab.ask(who, sql).await;
    }
    lab.drop_client(B).await;
    lab.ask(A, "COMMIT").await;
    let result = format!("not carried out, left {}", lab.balance().await);
    all.push(("a client dies while its UPDATE waits (client_connection_check_interval)", result));
}

async fn numbers(lab: &mut Laboratory, all: &mut Tried) {
    for (what, sql) in [
        ("99.9999995 as numeric(18,6)", "SELECT 99.9999995::numeric(18,6)::text"),
        ("-0.0000005 as numeric(18,6)", "SELECT (-0.0000005)::numeric(18,6)::text"),
        ("100 - 0.0000005 as numeric(18,6)", "SELECT (100 - 0.0000005)::numeric(18,6)::text"),
        ("1e12 as numeric(18,6)", "SELECT 1e12::numeric(18,6)::text"),
        ("NaN as numeric(18,6)", "SELECT 'NaN'::numeric(18,6)::text"),
        ("NaN > 1e11", "SELECT ('NaN'::numeric(18,6) > 1e11)::text"),
        ("1.000001 * 1.0000001", "SELECT (1.000001 * 1.0000001)::text"),
    ] {
        let answer = lab.show(sql).await;
        all.push((what, answer));
    }
}
