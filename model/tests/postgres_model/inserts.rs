//! INSERT of a trace that is UNIQUE.

use expect_test::expect;

use crate::story::story;

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
fn a_row_may_be_committed_at_once_and_of_any_kind() {
    story(&expect![[r#"
        a insert t1 refund committed before 94.75 -> ok
        a insert t2 committed      -> ok
        committed: t1 committed refund 5.25 of acme, 94.75 to 100.00; t2 committed 5.25 of acme, 100.00 to 94.75"#]]);
}
