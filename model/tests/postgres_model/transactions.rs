//! BEGIN, COMMIT, ROLLBACK, autocommit, and a transaction after an error.

use expect_test::expect;

use crate::story::story;

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
