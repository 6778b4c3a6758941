//! Sessions that end before their transaction does: lost connections, deadlocks, timeouts, a restart.

use expect_test::expect;

use crate::story::story;

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
fn an_idle_transaction_is_ended_and_its_locks_go() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        a insert t1                -> ok
        b insert t1 of 2.00        -> waits
        a sits idle                -> ended, unknown to it
            then b goes on         -> ok
        a mark t1                  -> 25P03
        a quota                    -> 100.00 v0 used 0/0
        committed: t1 pending 2.00 of acme, 100.00 to 98.00"#]]);
}

#[test]
fn who_was_ended_idle_learns_it_once_from_whatever_it_says_next() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        a sits idle                -> ended, unknown to it
        a rollback                 -> 25P03
        a begin                    -> ok
        a charge v0                -> 1 rows
        a sits idle                -> ended, unknown to it
        a commit                   -> 25P03
        a begin                    -> ok
        a sits idle                -> ended, unknown to it
        a begin                    -> 25P03
        a charge v0                -> 1 rows
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn a_transaction_that_failed_and_sits_idle_is_ended_too() {
    story(&expect![[r#"
        b insert t1                -> ok
        a begin                    -> ok
        a insert t1                -> 23505
        a sits idle                -> ended, unknown to it
        a quota                    -> 25P03
        a quota                    -> 100.00 v0 used 0/0
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn who_waits_or_has_no_transaction_is_not_idle_in_one() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b charge v0                -> waits
        c sits idle                -> left alone
        b disconnect               -> gone
        a commit                   -> ok
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn a_lost_connection_forgets_that_the_server_ended_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a sits idle                -> ended, unknown to it
        a disconnect               -> gone
        a charge v0                -> 1 rows
        committed: acme 94.75 v1 used 1/1"#]]);
}

#[test]
fn a_restart_rolls_back_everything_and_ends_every_wait() {
    story(&expect![[r#"
        c insert t2                -> ok
        a begin                    -> ok
        a charge v0                -> 1 rows
        a insert t1                -> ok
        b begin                    -> ok
        b spend 5                  -> 1 rows
        b charge v0                -> waits
        restart                    -> ended the wait of b
        c quota                    -> 100.00 v0 used 0/0
        b quota                    -> 100.00 v0 used 0/0
        a mark t1                  -> connection to postgres lost
        a charge v0                -> 1 rows
        committed: acme 94.75 v1 used 1/1; t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_restart_without_transactions_goes_unnoticed() {
    story(&expect![[r#"
        a charge v0                -> 1 rows
        restart                    -> ended the wait of nobody
        a charge v1                -> 1 rows
        committed: acme 89.50 v2 used 2/2"#]]);
}

#[test]
fn who_was_ended_idle_before_a_restart_is_told_of_the_idle_time() {
    story(&expect![[r#"
        a begin                    -> ok
        a sits idle                -> ended, unknown to it
        restart                    -> ended the wait of nobody
        a commit                   -> 25P03
        a commit                   -> ok
        committed: nothing"#]]);
}
