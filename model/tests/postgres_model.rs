//! The Postgres model as storyboards, each a row of what real servers (15 and 18) were seen to do.
//!
//! A line is a statement of session a, b or c and its answer. `waits` means that it waits for a lock; an indented line
//! tells whose wait ended by what stands above it, and with what answer. Where several could go on, `first:` in the
//! statement says who does. The last line is what is committed in the end. Prices are 5.25, the balance is 100.00.
#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use model::effect::PgOp;
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{LedgerRow, QuotaRow, Tenant, Trace};
use model::store::postgres::{Postgres, Ran};
use model::store::versioned::Session;
use proptest::prelude::*;

const SESSIONS: [&str; 3] = ["a", "b", "c"];
const TENANTS: [&str; 2] = ["acme", "beta"];

/// Plays the statements of a storyboard and compares the whole of it with what the model makes of them.
fn story(expected: &Expect) {
    let quota = QuotaRow { balance: money("100.00"), daily_quota: 10, monthly_quota: 10, ..QuotaRow::default() };
    let mut pg = Postgres::new(&[quota; 2], 2, SESSIONS.len());
    let mut played = Vec::new();
    let lines = expected.data().lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.filter(|line| !line.starts_with("then ") && !line.starts_with("committed: ")) {
        let statement = line.split("->").next().unwrap().trim();
        let (command, mut first) = match statement.split_once(" first:") {
            Some((command, who)) => (command, Some(session(who))),
            None => (statement, None),
        };
        let (who, command) = command.split_once(' ').unwrap();
        let answer = if command == "disconnect" {
            pg.disconnect(session(who));
            "gone".to_owned()
        } else {
            match pg.execute(session(who), op(command)) {
                Ran::Done(reply) => words(reply),
                Ran::Waits => "waits".to_owned(),
            }
        };
        played.push(format!("{statement:<26} -> {answer}"));
        while let Some(next) = first.take().or(pg.ready().first().copied()) {
            assert!(pg.ready().contains(&next), "{statement}: nothing lets {next:?} go on");
            let reply = pg.take_up(next).map_or("waits".to_owned(), words);
            let who = format!("then {} goes on", SESSIONS[usize::from(next.0)]);
            played.push(format!("    {who:<22} -> {reply}"));
        }
    }
    played.push(committed(&pg));
    expected.assert_eq(&played.join("\n"));
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn session(name: &str) -> Session {
    Session(SESSIONS.iter().position(|known| *known == name).unwrap() as u8)
}

fn op(command: &str) -> PgOp {
    let words: Vec<&str> = command.split(' ').collect();
    let tenant = TENANTS.iter().position(|name| words.contains(name)).unwrap_or(0);
    let tenant = Tenant(tenant as u8);
    let trace = Trace(u8::from(words.contains(&"t2")));
    let after = |word: &str, otherwise: &str| {
        let place = words.iter().position(|known| *known == word);
        money(place.map_or(otherwise, |place| words[place + 1]))
    };
    match words[0] {
        "begin" => PgOp::Begin,
        "commit" => PgOp::Commit,
        "rollback" if words.len() > 1 => PgOp::RollbackToSavepoint,
        "rollback" => PgOp::Rollback,
        "savepoint" => PgOp::Savepoint,
        "release" => PgOp::ReleaseSavepoint,
        "quota" => PgOp::SelectQuota(tenant),
        "row" => PgOp::SelectRow { trace, lock: false },
        "lock" => PgOp::SelectRow { trace, lock: true },
        "insert" => {
            PgOp::InsertPending { tenant, trace, amount: after("of", "5.25"), before: after("before", "100.00") }
        }
        "charge" => {
            let version = words.iter().find_map(|word| word.strip_prefix('v')).unwrap();
            PgOp::ChargeQuota { tenant, amount: after("of", "5.25"), if_version: version.parse().unwrap() }
        }
        "mark" => PgOp::MarkCommitted(trace),
        other => panic!("no statement begins with {other}"),
    }
}

fn words(reply: Reply) -> String {
    match reply {
        Reply::Failed(Failure::RolledBack) => "rolled back instead".to_owned(),
        Reply::Failed(failure) => {
            let words = failure.words();
            words.split(['(', ')']).nth(1).unwrap_or(words).to_owned()
        }
        Reply::Quota(row) => quota_words(&row),
        Reply::Row(row) => row.map_or("none".to_owned(), |row| row_words(&row)),
        Reply::Updated(n) => format!("{n} rows"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn quota_words(row: &QuotaRow) -> String {
    format!("{} v{} used {}/{}", row.balance, row.version, row.daily_used, row.monthly_used)
}

fn row_words(row: &LedgerRow) -> String {
    let status = format!("{:?}", row.status).to_lowercase();
    format!("{status} {} of {}, {} to {}", row.amount, TENANTS[row.tenant.index()], row.before, row.after)
}

fn committed(pg: &Postgres) -> String {
    let quotas = TENANTS.iter().enumerate().map(|(i, name)| (name, pg.quota(Tenant(i as u8))));
    let touched = quotas.filter(|(_, row)| row.version > 0).map(|(name, row)| format!("{name} {}", quota_words(&row)));
    let rows = (0..2).filter_map(|i| pg.row(Trace(i)).map(|row| format!("t{} {}", i + 1, row_words(&row))));
    let all: Vec<String> = touched.chain(rows).collect();
    format!("committed: {}", if all.is_empty() { "nothing".to_owned() } else { all.join("; ") })
}

#[test]
fn the_deduct_is_seen_by_itself_and_by_others_only_after_commit() {
    story(&expect![[r#"
        a begin                    -> ok
        a quota                    -> 100.00 v0 used 0/0
        a insert t1                -> ok
        a charge v0                -> 1 rows
        a quota                    -> 94.75 v1 used 1/1
        a mark t1                  -> 1 rows
        a row t1                   -> committed 5.25 of acme, 100.00 to 94.75
        b quota                    -> 100.00 v0 used 0/0
        b row t1                   -> none
        a commit                   -> ok
        b quota                    -> 94.75 v1 used 1/1
        b row t1                   -> committed 5.25 of acme, 100.00 to 94.75
        committed: acme 94.75 v1 used 1/1; t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn outside_a_transaction_each_statement_commits_by_itself() {
    story(&expect![[r#"
        a insert t1                -> ok
        b row t1                   -> pending 5.25 of acme, 100.00 to 94.75
        b charge v0                -> 1 rows
        a quota                    -> 94.75 v1 used 1/1
        b mark t1                  -> 1 rows
        c row t1                   -> committed 5.25 of acme, 100.00 to 94.75
        a rollback                 -> ok
        committed: acme 94.75 v1 used 1/1; t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_rollback_takes_everything_back() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        a charge v0                -> 1 rows
        a mark t1                  -> 1 rows
        a rollback                 -> ok
        a quota                    -> 100.00 v0 used 0/0
        a row t1                   -> none
        committed: nothing"#]]);
}

#[test]
fn each_statement_sees_what_is_committed_when_it_begins() {
    story(&expect![[r#"
        a begin                    -> ok
        a quota                    -> 100.00 v0 used 0/0
        b charge v0                -> 1 rows
        a quota                    -> 94.75 v1 used 1/1
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn an_insert_of_a_trace_in_flight_waits_and_meets_the_row_if_the_holder_commits() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1                -> waits
        a commit                   -> ok
            then b goes on         -> 23505
        b row t1                   -> 25P02
        b rollback                 -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_of_a_trace_in_flight_waits_and_inserts_if_the_holder_rolls_back() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1 of 1.00        -> ok
        b begin                    -> ok
        b insert t1 of 2.00        -> waits
        a rollback                 -> ok
            then b goes on         -> ok
        b commit                   -> ok
        committed: t1 pending 2.00 of acme, 100.00 to 98.00"#]]);
}

#[test]
fn an_insert_waits_in_autocommit_too_and_is_durable_once_it_goes_on() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b insert t1 of 2.00        -> waits
        a rollback                 -> ok
            then b goes on         -> ok
        c row t1                   -> pending 2.00 of acme, 100.00 to 98.00
        committed: t1 pending 2.00 of acme, 100.00 to 98.00"#]]);
}

#[test]
fn of_two_inserts_that_wait_the_first_may_get_the_trace() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1 of 2.00        -> waits
        c begin                    -> ok
        c insert t1 of 3.00        -> waits
        a rollback first:b         -> ok
            then b goes on         -> ok
        b commit                   -> ok
            then c goes on         -> 23505
        c rollback                 -> ok
        committed: t1 pending 2.00 of acme, 100.00 to 98.00"#]]);
}

#[test]
fn of_two_inserts_that_wait_the_second_may_get_the_trace() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1 of 2.00        -> waits
        c begin                    -> ok
        c insert t1 of 3.00        -> waits
        a rollback first:c         -> ok
            then c goes on         -> ok
        c commit                   -> ok
            then b goes on         -> 23505
        b rollback                 -> ok
        committed: t1 pending 3.00 of acme, 100.00 to 97.00"#]]);
}

#[test]
fn of_two_inserts_that_wait_both_meet_the_row_if_the_holder_commits() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b insert t1                -> waits
        c insert t1                -> waits
        a commit                   -> ok
            then b goes on         -> 23505
            then c goes on         -> 23505
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn inserts_of_different_traces_do_not_wait() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t2                -> ok
        b commit                   -> ok
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75; t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_trace_is_unique_across_tenants() {
    story(&expect![[r#"
        a insert t1                -> ok
        b insert t1 beta           -> 23505
        b row t1                   -> pending 5.25 of acme, 100.00 to 94.75
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_of_a_committed_trace_is_refused_at_once() {
    story(&expect![[r#"
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1                -> 23505
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_of_a_committed_row_under_update_waits_and_is_refused_after_the_commit() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a mark t1                  -> 1 rows
        b insert t1                -> waits
        a commit                   -> ok
            then b goes on         -> 23505
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_of_a_committed_row_under_update_waits_and_is_refused_after_a_rollback_as_well() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a mark t1                  -> 1 rows
        b insert t1                -> waits
        a rollback                 -> ok
            then b goes on         -> 23505
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_of_a_committed_row_that_is_only_locked_is_refused_at_once() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        b insert t1                -> 23505
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_uncommitted_row_can_be_neither_seen_nor_marked_nor_locked() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b row t1                   -> none
        b mark t1                  -> 0 rows
        b lock t1                  -> none
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn for_update_waits_for_a_writer_and_sees_what_it_left() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a mark t1                  -> 1 rows
        b begin                    -> ok
        b lock t1                  -> waits
        a commit                   -> ok
            then b goes on         -> committed 5.25 of acme, 100.00 to 94.75
        c mark t1                  -> waits
        b commit                   -> ok
            then c goes on         -> 1 rows
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn for_update_waits_for_a_locker_and_a_plain_select_does_not() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        b begin                    -> ok
        b row t1                   -> pending 5.25 of acme, 100.00 to 94.75
        b lock t1                  -> waits
        a rollback                 -> ok
            then b goes on         -> pending 5.25 of acme, 100.00 to 94.75
        b rollback                 -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn two_marks_of_one_row_queue_up() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a mark t1                  -> 1 rows
        b begin                    -> ok
        b mark t1                  -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        b commit                   -> ok
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_optimistic_update_waits_and_is_evaluated_again_after_the_commit() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        b quota                    -> 94.75 v1 used 1/1
        b charge v1                -> 1 rows
        b commit                   -> ok
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn an_update_that_matched_nothing_after_its_wait_keeps_the_lock_until_its_transaction_ends() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        c begin                    -> ok
        c charge v1                -> waits
        b rollback                 -> ok
            then c goes on         -> 1 rows
        c commit                   -> ok
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn in_autocommit_that_lock_ends_with_the_statement() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b charge v0                -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        c charge v1                -> 1 rows
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn an_optimistic_update_goes_through_after_a_rollback() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        b commit                   -> ok
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn an_update_of_another_version_matches_nothing_at_once_and_locks_nothing() {
    story(&expect![[r#"
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> 0 rows
        c charge v1                -> 1 rows
        b commit                   -> ok
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn an_update_of_another_version_does_not_wait_for_the_holder_either() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v7                -> 0 rows
        b commit                   -> ok
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn an_update_does_not_see_a_version_that_is_not_committed() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b charge v1                -> 0 rows
        a commit                   -> ok
        b charge v1                -> 1 rows
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn of_two_updates_that_wait_either_may_win() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0 of 1.00        -> 1 rows
        b begin                    -> ok
        b charge v0 of 2.00        -> waits
        c begin                    -> ok
        c charge v0 of 3.00        -> waits
        a rollback first:c         -> ok
            then c goes on         -> 1 rows
        c commit                   -> ok
            then b goes on         -> 0 rows
        b commit                   -> ok
        committed: acme 97.00 v1 used 1/1"#]]);
}

#[test]
fn the_next_in_line_waits_on_for_who_kept_the_lock() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> waits
        c begin                    -> ok
        c charge v0                -> waits
        a commit first:b           -> ok
            then b goes on         -> 0 rows
        b commit                   -> ok
            then c goes on         -> 0 rows
        c commit                   -> ok
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn updates_of_two_tenants_do_not_wait() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge beta v0           -> 1 rows
        b commit                   -> ok
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1; beta 94.75 v1 used 1/1"#]]);
}

#[test]
fn an_error_aborts_the_transaction_and_its_commit_is_a_rollback() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        a insert t2                -> ok
        b insert t1                -> ok
        a insert t1                -> 23505
        a quota                    -> 25P02
        a row t1                   -> 25P02
        a begin                    -> 25P02
        a savepoint                -> 25P02
        a commit                   -> rolled back instead
        a quota                    -> 100.00 v0 used 0/0
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_aborted_transaction_lets_its_locks_go_before_it_is_ended() {
    story(&expect![[r#"
        b insert t1                -> ok
        a begin                    -> ok
        a charge v0                -> 1 rows
        c charge v0                -> waits
        a insert t1                -> 23505
            then c goes on         -> 1 rows
        a rollback                 -> ok
        committed: acme 94.75 v1 used 1/1; t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_error_in_autocommit_leaves_no_transaction_behind() {
    story(&expect![[r#"
        a insert t1                -> ok
        a insert t1                -> 23505
        a charge v0                -> 1 rows
        committed: acme 94.75 v1 used 1/1; t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn rolling_back_to_a_savepoint_lets_its_locks_go_and_keeps_the_ones_before() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        a savepoint                -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1                -> waits
        a rollback to              -> ok
            then b goes on         -> ok
        c charge v0                -> waits
        a commit                   -> ok
            then c goes on         -> 0 rows
        b commit                   -> ok
        committed: acme 94.75 v1 used 1/1; t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_transaction_is_usable_again_after_a_rollback_to_its_savepoint() {
    story(&expect![[r#"
        b insert t1                -> ok
        a begin                    -> ok
        a savepoint                -> ok
        a insert t1                -> 23505
        a row t1                   -> 25P02
        a rollback to              -> ok
        a row t1                   -> pending 5.25 of acme, 100.00 to 94.75
        a charge v0                -> 1 rows
        a release                  -> ok
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1; t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_savepoint_stays_after_a_rollback_to_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a savepoint                -> ok
        a charge v0                -> 1 rows
        a rollback to              -> ok
        a charge v0 of 2.00        -> 1 rows
        a rollback to              -> ok
        a release                  -> ok
        a commit                   -> ok
        committed: nothing"#]]);
}

#[test]
fn an_error_undoes_its_savepoint_at_once_and_the_rest_at_the_end() {
    story(&expect![[r#"
        b insert t2                -> ok
        a begin                    -> ok
        a charge v0                -> 1 rows
        a savepoint                -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t1                -> waits
        c begin                    -> ok
        c charge v0                -> waits
        a insert t2                -> 23505
            then b goes on         -> ok
        a commit                   -> rolled back instead
            then c goes on         -> 1 rows
        b rollback                 -> ok
        c rollback                 -> ok
        committed: t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_release_makes_the_work_part_of_the_transaction_and_nothing_durable() {
    story(&expect![[r#"
        a begin                    -> ok
        a savepoint                -> ok
        a insert t1                -> ok
        a charge v0                -> 1 rows
        a release                  -> ok
        b quota                    -> 100.00 v0 used 0/0
        b begin                    -> ok
        b insert t1                -> waits
        a rollback                 -> ok
            then b goes on         -> ok
        b commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_released_savepoint_commits_with_its_transaction() {
    story(&expect![[r#"
        a begin                    -> ok
        a savepoint                -> ok
        a insert t1                -> ok
        a charge v0                -> 1 rows
        a mark t1                  -> 1 rows
        a release                  -> ok
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1; t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_inner_release_is_undone_by_an_outer_rollback_to() {
    story(&expect![[r#"
        a begin                    -> ok
        a savepoint                -> ok
        a insert t1                -> ok
        a savepoint                -> ok
        a charge v0                -> 1 rows
        a release                  -> ok
        a rollback to              -> ok
        b charge v0 of 2.00        -> 1 rows
        a commit                   -> ok
        committed: acme 98.00 v1 used 1/1"#]]);
}

#[test]
fn an_inner_rollback_keeps_what_the_outer_savepoint_did_to_the_same_row() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        a savepoint                -> ok
        a mark t1                  -> 1 rows
        a savepoint                -> ok
        a mark t1                  -> 1 rows
        a rollback to              -> ok
        a row t1                   -> committed 5.25 of acme, 100.00 to 94.75
        a rollback to              -> ok
        a row t1                   -> committed 5.25 of acme, 100.00 to 94.75
        a commit                   -> ok
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_row_locked_again_inside_a_savepoint_stays_locked_after_the_rollback_to_it() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        a savepoint                -> ok
        a mark t1                  -> 1 rows
        a rollback to              -> ok
        b begin                    -> ok
        b lock t1                  -> waits
        a commit                   -> ok
            then b goes on         -> pending 5.25 of acme, 100.00 to 94.75
        b rollback                 -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_lost_connection_rolls_back_and_ends_the_wait_of_others() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b insert t1 of 2.00        -> waits
        a disconnect               -> gone
            then b goes on         -> ok
        b commit                   -> ok
        committed: t1 pending 2.00 of acme, 100.00 to 98.00"#]]);
}

#[test]
fn a_lost_connection_ends_its_own_wait_and_what_it_waited_with_is_not_done() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b charge v0                -> waits
        b disconnect               -> gone
        a rollback                 -> ok
        b quota                    -> 100.00 v0 used 0/0
        committed: nothing"#]]);
}

#[test]
fn a_lost_connection_forgets_that_its_transaction_was_aborted() {
    story(&expect![[r#"
        b insert t1                -> ok
        a begin                    -> ok
        a insert t1                -> 23505
        a disconnect               -> gone
        a quota                    -> 100.00 v0 used 0/0
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_begin_inside_a_transaction_changes_nothing() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        a begin                    -> ok
        a rollback                 -> ok
        committed: nothing"#]]);
}

#[test]
fn a_commit_or_rollback_of_nothing_is_ok() {
    story(&expect![[r#"
        a commit                   -> ok
        a rollback                 -> ok
        committed: nothing"#]]);
}

#[test]
fn who_closes_a_circle_of_waits_is_the_victim_and_the_other_goes_on() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        b begin                    -> ok
        b insert t2                -> ok
        a insert t2                -> waits
        b insert t1                -> 40P01
            then a goes on         -> ok
        b commit                   -> rolled back instead
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75; t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_circle_over_the_quota_and_the_ledger_is_a_deadlock_too() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b insert t1                -> ok
        a insert t1                -> waits
        b charge v0                -> 40P01
            then a goes on         -> ok
        b rollback                 -> ok
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1; t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_circle_of_three_is_a_deadlock() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge beta v0           -> 1 rows
        c begin                    -> ok
        c insert t1                -> ok
        a charge beta v0           -> waits
        b insert t1                -> waits
        c charge v0                -> 40P01
            then b goes on         -> ok
        c rollback                 -> ok
        b rollback                 -> ok
            then a goes on         -> 1 rows
        a rollback                 -> ok
        committed: nothing"#]]);
}

#[test]
fn a_balance_that_does_not_fit_its_column_is_refused_and_aborts() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0 of -999999999900.00 -> 22003
        a quota                    -> 25P02
        a rollback                 -> ok
        a charge v0 of -999999999899.999999 -> 1 rows
        committed: acme 999999999999.999999 v1 used 1/1"#]]);
}

#[test]
fn a_ledger_row_that_does_not_fit_its_columns_is_refused() {
    story(&expect![[r#"
        a insert t1 before -999999999999.00 -> 22003
        a insert t1 of 1000.00 before -999999999999.00 -> 22003
        a begin                    -> ok
        a insert t1 of 1000.00 before -999999999999.00 -> 22003
        a commit                   -> rolled back instead
        committed: nothing"#]]);
}

#[test]
fn a_value_that_does_not_fit_is_refused_at_once_even_where_the_statement_would_wait() {
    story(&expect![[r#"
        c insert t2                -> ok
        a begin                    -> ok
        a charge v0                -> 1 rows
        a insert t1                -> ok
        b charge v0 of -999999999900.00 -> 22003
        b insert t1 of 1000.00 before -999999999999.00 -> 22003
        b insert t2 of 1000.00 before -999999999999.00 -> 22003
        a rollback                 -> ok
        committed: t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn an_insert_that_waited_for_an_update_does_not_wait_on_for_who_only_locks_the_row() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a mark t1                  -> 1 rows
        b insert t1                -> waits
        c begin                    -> ok
        c lock t1                  -> waits
        a commit first:c           -> ok
            then c goes on         -> committed 5.25 of acme, 100.00 to 94.75
            then b goes on         -> 23505
        c commit                   -> ok
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn locking_ones_own_row_keeps_what_one_made_of_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

/// Any statement, all charges and rows being of 5.25.
fn any_statement() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "begin",
        "begin",
        "commit",
        "rollback",
        "rollback to",
        "savepoint",
        "release",
        "insert t1",
        "insert t2",
        "mark t1",
        "mark t2",
        "lock t1",
        "lock t2",
        "charge v0",
        "charge v1",
        "charge v2",
        "charge beta v0",
        "charge beta v1",
        "disconnect",
    ])
}

fn carry_out(pg: &mut Postgres, who: Session, command: &str) -> Vec<(Session, Reply)> {
    let mut answered = Vec::new();
    if command == "disconnect" {
        pg.disconnect(who);
    } else if let Ran::Done(reply) = pg.execute(who, op(command)) {
        answered.push((who, reply));
    }
    while let Some(&next) = pg.ready().first() {
        let reply = pg.take_up(next);
        assert!(reply.is_some(), "who is ready does not wait again");
        answered.extend(reply.map(|reply| (next, reply)));
    }
    answered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_of_a_database_hold(script in prop::collection::vec((0..3u8, any_statement()), 0..60)) {
        let open = money("100.00");
        let quota = QuotaRow { balance: open, daily_quota: 10, monthly_quota: 10, ..QuotaRow::default() };
        let mut pg = Postgres::new(&[quota; 2], 2, 3);
        for (who, command) in script {
            let who = Session(who);
            if pg.waiting(who).is_some() && command != "disconnect" {
                continue;
            }
            let before = pg.clone();
            let answered = carry_out(&mut pg, who, command);
            for tenant in [Tenant(0), Tenant(1)] {
                let QuotaRow { balance, version, daily_used, .. } = pg.quota(tenant);
                prop_assert_eq!(open - balance, Money::from_micros(5_250_000 * i64::from(version)), "torn update");
                prop_assert_eq!(daily_used, version);
                prop_assert!(version >= before.quota(tenant).version, "what is durable is not lost");
            }
            for trace in [Trace(0), Trace(1)] {
                prop_assert!(before.row(trace).is_none() || pg.row(trace).is_some(), "what is durable is not lost");
            }
            let durable = |pg: &Postgres| {
                ([pg.quota(Tenant(0)), pg.quota(Tenant(1))], [pg.row(Trace(0)), pg.row(Trace(1))])
            };
            let may_commit = command == "commit" || answered.iter().any(|(who, _)| !before.in_transaction(*who));
            prop_assert!(may_commit || durable(&before) == durable(&pg), "nothing is durable before COMMIT");
        }
        for who in [0, 1, 2, 0, 1, 2, 0, 1, 2].map(Session) {
            if pg.waiting(who).is_none() {
                carry_out(&mut pg, who, "rollback");
            }
        }
        prop_assert!((0..3).all(|who| pg.waiting(Session(who)).is_none()), "no wait is for ever");
        let fresh = carry_out(&mut pg, Session(0), "charge v0");
        prop_assert_eq!(fresh.len(), 1, "no lock outlives its transaction");
    }
}
