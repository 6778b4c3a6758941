//! An API key, its budget, and its usage.

use expect_test::expect;

use crate::story::story;

#[test]
fn a_key_reads_as_it_was_and_a_budget_as_it_is() {
    story(&expect![[r#"
        a key                      -> 1.00 of 50.00
        a budget                   -> 0 of 5000 cents
        a spend 5                  -> 1 rows
        a budget                   -> 5 of 5000 cents
        b key beta                 -> 1.00 of 50.00
        committed: acme spent 5 cents"#]]);
}

#[test]
fn budgets_add_up_after_a_wait() {
    story(&expect![[r#"
        a begin                    -> ok
        a spend 5                  -> 1 rows
        b begin                    -> ok
        b spend 3                  -> waits
        c budget                   -> 0 of 5000 cents
        a commit                   -> ok
            then b goes on         -> 1 rows
        b budget                   -> 8 of 5000 cents
        b commit                   -> ok
        committed: acme spent 8 cents"#]]);
}

#[test]
fn a_budget_taken_back_by_a_rollback_lets_the_next_go_on() {
    story(&expect![[r#"
        a begin                    -> ok
        a spend 5                  -> 1 rows
        b spend 3                  -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        committed: acme spent 3 cents"#]]);
}

#[test]
fn totals_add_up_after_a_wait_however_often_a_trace_is_used() {
    story(&expect![[r#"
        a begin                    -> ok
        a use t1                   -> 1 rows
        b use t1 of 1.00           -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        b use t2 beta              -> 1 rows
        committed: acme used 2 for 6.25; beta used 1 for 5.25"#]]);
}

#[test]
fn usage_by_trace_is_put_on_record_once() {
    story(&expect![[r#"
        a record t1                -> 1 rows
        b record t1                -> 0 rows
        b record t1 beta           -> 0 rows
        b record t2 beta of 1.00   -> 1 rows
        committed: acme used 1 for 5.25; beta used 1 for 1.00"#]]);
}

#[test]
fn usage_of_a_trace_in_flight_waits_and_is_not_recorded_again_if_the_holder_commits() {
    story(&expect![[r#"
        a begin                    -> ok
        a record t1                -> 1 rows
        b begin                    -> ok
        b record t1                -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        b record t2 of 1.00        -> 1 rows
        b commit                   -> ok
        committed: acme used 2 for 6.25"#]]);
}

#[test]
fn usage_of_a_trace_in_flight_is_recorded_if_the_holder_rolls_back() {
    story(&expect![[r#"
        a begin                    -> ok
        a record t1                -> 1 rows
        b record t1 of 2.00        -> waits
        a rollback                 -> ok
            then b goes on         -> 1 rows
        committed: acme used 1 for 2.00"#]]);
}

#[test]
fn usage_recorded_in_a_transaction_is_seen_by_itself_and_goes_with_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a record t1                -> 1 rows
        a record t1                -> 0 rows
        a use t2                   -> 1 rows
        a spend 5                  -> 1 rows
        a rollback                 -> ok
        committed: nothing"#]]);
}

#[test]
fn of_two_that_wait_to_record_a_trace_either_may() {
    story(&expect![[r#"
        a begin                    -> ok
        a record t1                -> 1 rows
        b begin                    -> ok
        b record t1 of 2.00        -> waits
        c begin                    -> ok
        c record t1 of 3.00        -> waits
        a rollback first:c         -> ok
            then c goes on         -> 1 rows
        c commit                   -> ok
            then b goes on         -> 0 rows
        b commit                   -> ok
        committed: acme used 1 for 3.00"#]]);
}

#[test]
fn a_circle_over_budget_usage_and_totals_is_a_deadlock() {
    story(&expect![[r#"
        a begin                    -> ok
        a spend 5                  -> 1 rows
        b begin                    -> ok
        b record t1                -> 1 rows
        c begin                    -> ok
        c use t2                   -> 1 rows
        a record t1                -> waits
        b use t2                   -> waits
        c spend 1                  -> 40P01
            then b goes on         -> 1 rows
        c rollback                 -> ok
        b commit                   -> ok
            then a goes on         -> 0 rows
        a commit                   -> ok
        committed: acme spent 5 cents; acme used 2 for 10.50"#]]);
}

#[test]
fn totals_read_and_written_back_lose_what_another_one_adds_in_between() {
    story(&expect![[r#"
        a use t1                   -> 1 rows
        a totals                   -> 1 for 5.25
        b totals                   -> 1 for 5.25
        b write 2 of 6.25          -> 1 rows
        a write 2 of 10.50         -> 1 rows
        c totals beta              -> 0 for 0.00
        committed: acme used 2 for 10.50"#]]);
}

#[test]
fn totals_written_back_wait_for_the_row_and_overwrite_it() {
    story(&expect![[r#"
        a begin                    -> ok
        a use t1                   -> 1 rows
        a totals                   -> 1 for 5.25
        b totals                   -> 0 for 0.00
        b write 1 of 1.00          -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        b write 1 of 2.00 beta     -> 1 rows
        committed: acme used 1 for 1.00; beta used 1 for 2.00"#]]);
}

#[test]
fn rows_by_trace_are_no_part_of_the_totals() {
    story(&expect![[r#"
        a record t1                -> 1 rows
        a totals                   -> 0 for 0.00
        a write 1 of 1.00          -> 1 rows
        a totals                   -> 1 for 1.00
        committed: acme used 2 for 6.25"#]]);
}

#[test]
fn totals_that_would_no_longer_fit_are_refused() {
    story(&expect![[r#"
        a write 1 of 999999999999.999999 -> 1 rows
        b use t1                   -> 22003
        b totals                   -> 1 for 999999999999.999999
        committed: acme used 1 for 999999999999.999999"#]]);
}
