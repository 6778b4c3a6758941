//! Writes of the quota that test no version, or only whether theirs is newer.

use expect_test::expect;

use crate::story::story;

#[test]
fn money_is_added_to_what_is_there_after_the_wait() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b add of 20.00             -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        a add of -4.75             -> 1 rows
        committed: acme 110.00 v3 used 1/1"#]]);
}

#[test]
fn money_is_added_after_a_rollback_too() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b add of 20.00             -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        b commit                   -> ok
        committed: acme 120.00 v1 used 0/0"#]]);
}

#[test]
fn a_charge_that_waited_for_added_money_sees_another_version() {
    story(&expect![[r#"
        a begin                    -> ok
        a add of 20.00             -> 1 rows
        b charge v0                -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        b charge v1                -> 1 rows
        committed: acme 114.75 v2 used 1/1"#]]);
}

#[test]
fn an_absolute_write_undoes_what_it_waited_for() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b set v1 of 99.00          -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        committed: acme 99.00 v1 used 0/0"#]]);
}

#[test]
fn a_guarded_write_of_an_older_or_equal_version_matches_nothing_at_once() {
    story(&expect![[r#"
        a charge v0                -> 1 rows
        b set v1 of 99.00 guarded  -> 0 rows
        b set v0 of 99.00 guarded  -> 0 rows
        b set v0 of 99.00          -> 1 rows
        b set v7 of 98.00 guarded  -> 1 rows
        committed: acme 98.00 v7 used 0/0"#]]);
}

#[test]
fn a_guarded_write_looks_again_after_its_wait_and_keeps_the_lock() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b begin                    -> ok
        b set v1 of 99.00 guarded  -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        c add of 1.00              -> waits
        b commit                   -> ok
            then c goes on         -> 1 rows
        committed: acme 95.75 v2 used 1/1"#]]);
}

#[test]
fn a_guarded_write_goes_through_if_the_holder_rolls_back() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0                -> 1 rows
        b set v1 of 99.00 guarded  -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        committed: acme 99.00 v1 used 0/0"#]]);
}

#[test]
fn a_limit_is_changed_after_the_wait_and_bumps_the_version() {
    story(&expect![[r#"
        a begin                    -> ok
        a count                    -> 1 rows
        b limit 1                  -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        a count                    -> 0 rows
        a charge v2                -> 1 rows
        committed: acme 94.75 v3 used 2/2"#]]);
}
