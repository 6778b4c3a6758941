//! SELECT FOR UPDATE and UPDATE of ledger rows.

use expect_test::expect;

use crate::story::story;

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
fn locking_ones_own_row_keeps_what_one_made_of_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a insert t1                -> ok
        a lock t1                  -> pending 5.25 of acme, 100.00 to 94.75
        a commit                   -> ok
        committed: t1 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn a_row_can_be_reversed_once_and_again() {
    story(&expect![[r#"
        a insert t1 committed      -> ok
        a begin                    -> ok
        a reverse t1               -> 1 rows
        b reverse t1               -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        b mark t1                  -> 1 rows
        committed: t1 committed 5.25 of acme, 100.00 to 94.75"#]]);
}
