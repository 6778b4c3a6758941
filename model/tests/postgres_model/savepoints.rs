//! Savepoints: what they take back, what they keep, and which locks.

use expect_test::expect;

use crate::story::story;

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
