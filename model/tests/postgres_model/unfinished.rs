//! Rows that somebody has still to finish: PENDING ones and holds.

use expect_test::expect;

use crate::story::story;

#[test]
fn the_first_by_trace_is_found_and_not_the_oldest() {
    story(&expect![[r#"
        a insert t2                -> ok
        a insert t1                -> ok
        b unfinished               -> pending 5.25 of acme, 100.00 to 94.75
        b settle t1 of 3.00        -> 1 rows
        b unfinished               -> pending 5.25 of acme, 100.00 to 94.75
        b mark t2                  -> 1 rows
        b unfinished               -> none
        committed: t1 committed 3.00 of acme, 100.00 to 97.00; t2 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_hold_is_unfinished_whatever_its_status_until_it_becomes_a_charge() {
    story(&expect![[r#"
        a insert t1 hold           -> ok
        b unfinished               -> pending hold 5.25 of acme, 100.00 to 94.75
        a mark t1                  -> 1 rows
        b unfinished               -> committed hold 5.25 of acme, 100.00 to 94.75
        a end t1                   -> 1 rows
        b unfinished               -> none
        a settle t2                -> 0 rows
        a end t2                   -> 0 rows
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_row_in_flight_is_seen_by_its_writer_alone_as_it_made_it() {
    story(&expect![[r#"
        c insert t2                -> ok
        a begin                    -> ok
        a insert t1 hold           -> ok
        a unfinished               -> pending hold 5.25 of acme, 100.00 to 94.75
        b unfinished               -> pending 5.25 of acme, 100.00 to 94.75
        a settle t1 of 3.00        -> 1 rows
        a end t1                   -> 1 rows
        a mark t2                  -> 1 rows
        a unfinished               -> none
        b unfinished               -> pending 5.25 of acme, 100.00 to 94.75
        a rollback                 -> ok
        committed: t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn two_that_settle_a_row_wait_for_each_other_and_the_last_one_stands() {
    story(&expect![[r#"
        a insert t1                -> ok
        a begin                    -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        b settle t1 of 3.00        -> waits
        c end t1                   -> waits
        a settle t1 of 4.00        -> 1 rows
        a commit first:b           -> ok
            then b goes on         -> 1 rows
            then c goes on         -> 1 rows
        committed: t1 committed 3.00 of acme, 100.00 to 97.00"#]]);
}

#[test]
fn what_is_settled_inside_a_savepoint_goes_with_it() {
    story(&expect![[r#"
        a insert t1 hold           -> ok
        a begin                    -> ok
        a end t1                   -> 1 rows
        a savepoint                -> ok
        a settle t1 of 3.00        -> 1 rows
        a rollback to              -> ok
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_value_that_does_not_fit_is_refused_before_any_row_is_looked_at() {
    story(&expect![[r#"
        a settle t1 of 1000.00 before -999999999999.00 -> 22003
        a insert t1                -> ok
        b begin                    -> ok
        b lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        a settle t1 of 1000.00 before -999999999999.00 -> 22003
        a begin                    -> ok
        a settle t2 before -999999999999.00 -> 22003
        a unfinished               -> 25P02
        a rollback                 -> ok
        b rollback                 -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}
