//! UPDATE .. WHERE version = this: waits, is evaluated again (EvalPlanQual), keeps its lock.

use expect_test::expect;

use crate::story::story;

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
