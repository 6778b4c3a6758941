//! Values that do not fit their columns (22003).

use expect_test::expect;

use crate::story::story;

#[test]
fn a_balance_that_does_not_fit_its_column_is_refused_and_aborts() {
    story(&expect![[r#"
        a begin                    -> ok
        a charge v0 of -999999999900.00 -> 22003
        a quota                    -> 25P02
        a rollback                 -> ok
        a charge v0 of -999999999899.999999 -> 1 rows
        committed: acme 999999999999.999999 v1 used 1/1"#]]);
}

#[test]
fn a_ledger_row_that_does_not_fit_its_columns_is_refused() {
    story(&expect![[r#"
        a insert t1 before -999999999999.00 -> 22003
        a insert t1 of 1000.00 before -999999999999.00 -> 22003
        a begin                    -> ok
        a insert t1 of 1000.00 before -999999999999.00 -> 22003
        a commit                   -> rolled back instead
        committed: nothing"#]]);
}

#[test]
fn a_value_that_does_not_fit_is_refused_at_once_even_where_the_statement_would_wait() {
    story(&expect![[r#"
        c insert t2                -> ok
        a begin                    -> ok
        a charge v0                -> 1 rows
        a insert t1                -> ok
        b charge v0 of -999999999900.00 -> 22003
        b insert t1 of 1000.00 before -999999999999.00 -> 22003
        b insert t2 of 1000.00 before -999999999999.00 -> 22003
        a rollback                 -> ok
        committed: t2 pending 5.25 of acme, 100.00 to 94.75"#]]);
}

#[test]
fn no_write_makes_a_balance_that_does_not_fit() {
    story(&expect![[r#"
        a add of 999999999900.00   -> 22003
        a set v5 of 999999999999.999999 -> 1 rows
        a add of 0.000001          -> 22003
        a begin                    -> ok
        a charge v5 of -0.000001 uncounted -> 22003
        a commit                   -> rolled back instead
        committed: acme 999999999999.999999 v5 used 0/0"#]]);
}

#[test]
fn a_budget_ends_with_bigint_and_usage_with_its_column() {
    story(&expect![[r#"
        a spend 9223372036854775807 -> 1 rows
        a spend 1                  -> 22003
        a use t1 of 999999999999.999999 -> 1 rows
        a use t1 of 0.000001       -> 22003
        committed: acme spent 9223372036854775807 cents; acme used 1 for 999999999999.999999"#]]);
}
