//! Counting a request: in the charge, or by UPDATE .. WHERE neither count is used up.

use expect_test::expect;
use model::row::QuotaRow;

use crate::story::{opening, story, story_of};

#[test]
fn a_charge_counts_only_where_it_names_the_day() {
    story(&expect![[r#"
        a charge v0 uncounted      -> 1 rows
        a charge v1                -> 1 rows
        committed: acme 89.50 v2 used 1/1"#]]);
}

#[test]
fn a_later_day_restarts_the_daily_count_and_a_later_month_both() {
    story(&expect![[r#"
        a charge v0                -> 1 rows
        a charge v1                -> 1 rows
        a charge v2 on 2026-02-01  -> 1 rows
        a quota                    -> 84.25 v3 used 1/1 on 2026-02-01
        a charge v3 on 2026-02-02  -> 1 rows
        committed: acme 79.00 v4 used 1/2 on 2026-02-02"#]]);
}

#[test]
fn a_late_request_of_an_earlier_day_counts_in_the_window_that_is_open() {
    story(&expect![[r#"
        a charge v0 on 2026-02-01  -> 1 rows
        a charge v1 on 2026-01-31  -> 1 rows
        committed: acme 89.50 v2 used 2/2 on 2026-02-01"#]]);
}

#[test]
fn without_a_date_the_first_request_sets_it_and_is_not_counted() {
    story_of(
        QuotaRow { daily_reset_at: None, monthly_reset_at: None, ..opening() },
        &expect![[r#"
        a quota                    -> 100.00 v0 used 0/0 on no day
        a charge v0                -> 1 rows
        a charge v1                -> 1 rows
        b count beta               -> 1 rows
        b count beta               -> 1 rows
        committed: acme 89.50 v2 used 1/1; beta 100.00 v2 used 1/1"#]],
    );
}

#[test]
fn a_count_goes_up_whatever_the_version_is_until_the_limit() {
    story_of(
        QuotaRow { daily_quota: 2, ..opening() },
        &expect![[r#"
        a count                    -> 1 rows
        b count                    -> 1 rows
        a quota                    -> 100.00 v2 used 2/2
        b count                    -> 0 rows
        a count on 2026-02-01      -> 1 rows
        committed: acme 100.00 v3 used 1/1 on 2026-02-01"#]],
    );
}

#[test]
fn a_monthly_quota_binds_over_the_days_and_ends_with_the_month() {
    story_of(
        QuotaRow { monthly_quota: 2, ..opening() },
        &expect![[r#"
        a count                    -> 1 rows
        a count on 2026-01-30      -> 1 rows
        a count                    -> 0 rows
        a count on 2026-02-01      -> 1 rows
        committed: acme 100.00 v3 used 1/1 on 2026-02-01"#]],
    );
}

#[test]
fn a_count_that_waits_goes_through_if_there_is_room_after_the_commit() {
    story(&expect![[r#"
        a begin                    -> ok
        a count                    -> 1 rows
        b begin                    -> ok
        b count                    -> waits
        a commit                   -> ok
            then b goes on         -> 1 rows
        b commit                   -> ok
        committed: acme 100.00 v2 used 2/2"#]]);
}

#[test]
fn the_last_request_of_a_quota_is_counted_once_though_both_saw_room() {
    story_of(
        QuotaRow { daily_quota: 1, ..opening() },
        &expect![[r#"
        a begin                    -> ok
        a count                    -> 1 rows
        b begin                    -> ok
        b count                    -> waits
        a commit                   -> ok
            then b goes on         -> 0 rows
        c count                    -> 0 rows
        c begin                    -> ok
        c limit 5                  -> waits
        b rollback                 -> ok
            then c goes on         -> 1 rows
        c commit                   -> ok
        committed: acme 100.00 v2 used 1/1"#]],
    );
}

#[test]
fn a_used_up_quota_is_refused_at_once_though_the_holder_may_raise_it() {
    story_of(
        QuotaRow { daily_quota: 1, ..opening() },
        &expect![[r#"
        a count                    -> 1 rows
        a begin                    -> ok
        a limit 5                  -> 1 rows
        b count                    -> 0 rows
        a commit                   -> ok
        b count                    -> 1 rows
        committed: acme 100.00 v3 used 2/2"#]],
    );
}
