//! Money is exact: what is an amount and what is not, how a cost is rounded, and that sums lose nothing.
#![allow(clippy::unwrap_used)]

use expect_test::expect;
use model::money::{Amount, Money, MoneyError};
use model::pricing::{Direction, cost};
use model::row::Unit;
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

/// The largest amount `numeric(18,6)` holds, in micro-units.
const MOST: i64 = 999_999_999_999_999_999;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn direction(tokens: u32, price: &str) -> Direction {
    Direction { tokens, price_per_1k: decimal(price) }
}

#[test]
fn a_text_is_an_amount_in_micro_units() {
    let table = [
        ("0", 0),
        ("-0.000000", 0),
        ("5", 5_000_000),
        ("5.25", 5_250_000),
        ("-0.3", -300_000),
        ("007.50", 7_500_000),
        ("0.000249", 249),
        ("99.950000", 99_950_000),
        ("1.1000000000", 1_100_000),
        ("999999999999.999999", MOST),
        ("-999999999999.999999", -MOST),
    ];
    for (text, micros) in table {
        assert_eq!(text.parse(), Ok(Money::from_micros(micros)), "{text}");
    }
}

#[test]
fn what_is_no_amount_is_a_typed_error() {
    let not_a_number: fn(String) -> MoneyError = MoneyError::NotANumber;
    let too_precise: fn(String) -> MoneyError = MoneyError::TooPrecise;
    let out_of_range: fn(String) -> MoneyError = MoneyError::OutOfRange;
    let table = [
        ("", not_a_number),
        ("-", not_a_number),
        (".5", not_a_number),
        ("5.", not_a_number),
        ("+5", not_a_number),
        ("--5", not_a_number),
        (" 5", not_a_number),
        ("5 ", not_a_number),
        ("1e3", not_a_number),
        ("1,000", not_a_number),
        ("1.2.3", not_a_number),
        ("NaN", not_a_number),
        ("\u{0665}", not_a_number),
        ("0.0000001", too_precise),
        ("99.9999995", too_precise),
        ("1000000000000", out_of_range),
        ("-1000000000000.000000", out_of_range),
        ("99999999999999999999", out_of_range),
    ];
    for (text, error) in table {
        assert_eq!(text.parse::<Money>(), Err(error(text.to_owned())), "`{text}`");
    }
}

#[test]
fn an_amount_is_never_negative() {
    assert_eq!("0.00".parse::<Amount>().map(Amount::money), Ok(Money::ZERO));
    assert_eq!("5.25".parse::<Amount>().map(Amount::money), Ok(money("5.25")));
    assert_eq!("-0.000001".parse::<Amount>(), Err(MoneyError::Negative("-0.000001".to_owned())));
    assert_eq!("abc".parse::<Amount>(), Err(MoneyError::NotANumber("abc".to_owned())));
}

#[test]
fn errors_say_what_would_be_valid() {
    let say = |text: &str| text.parse::<Amount>().unwrap_err().to_string();
    let said = [say("5,25"), say("0.0000001"), say("1000000000000"), say("-1")].join("\n");
    expect![[r#"
        `5,25` is not an amount of money: write plain decimal digits such as "5.25"
        `0.0000001` has more than six decimals, and money is kept in millionths
        `1000000000000` does not fit numeric(18,6): it must lie between -10^12 and 10^12, both excluded
        `-1.00` is negative: an amount here is zero or more"#]]
    .assert_eq(&said);
}

#[test]
fn an_amount_shows_two_decimals_and_more_where_they_are_not_zero() {
    let shown = ["0", "5", "94.75", "94.750000", "0.000249", "-0.3", "-1.0000010", "999999999999.999999"].map(|text| {
        let shown = money(text).to_string();
        format!("{text} is {shown}")
    });
    expect![[r#"
        0 is 0.00
        5 is 5.00
        94.75 is 94.75
        94.750000 is 94.75
        0.000249 is 0.000249
        -0.3 is -0.30
        -1.0000010 is -1.000001
        999999999999.999999 is 999999999999.999999"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn json_holds_amounts_as_texts_because_a_json_number_is_a_float() {
    assert_eq!(serde_json::to_string(&money("99.95")).unwrap(), "\"99.95\"");
    assert_eq!(serde_json::from_str::<Money>("\"99.95\"").unwrap(), money("99.95"));
    assert!(serde_json::from_str::<Money>("99.95").is_err());
    assert!(serde_json::from_str::<Amount>("\"-1\"").is_err());
}

#[test]
fn a_decimal_is_taken_exactly_or_not_at_all() {
    assert_eq!(Money::from_exact(decimal("0.000249")), Ok(Money::from_micros(249)));
    assert_eq!(Money::from_exact(decimal("5.2500000000")), Ok(money("5.25")));
    let too_precise = decimal("0.0000005");
    assert_eq!(Money::from_exact(too_precise), Err(MoneyError::TooPrecise("0.0000005".to_owned())));
    for beyond in ["1000000000000", "-1000000000000", "79228162514264337593543950335"] {
        assert_eq!(Money::from_exact(decimal(beyond)), Err(MoneyError::OutOfRange(beyond.to_owned())));
        assert_eq!(Money::from_rounded(decimal(beyond)), Err(MoneyError::OutOfRange(beyond.to_owned())));
    }
    let rounds_up_to_the_limit = decimal("999999999999.9999995");
    assert!(matches!(Money::from_rounded(rounds_up_to_the_limit), Err(MoneyError::OutOfRange(_))));
}

#[test]
fn what_is_less_than_a_whole_unit_is_cut_off_and_never_rounded_up() {
    let table = [("5.25", 525), ("0.0099", 0), ("0.010001", 1), ("0.999999", 99), ("-0.0099", 0), ("-0.019999", -1)];
    for (amount, cents) in table {
        assert_eq!(Unit::Cents.whole(money(amount)), cents, "{amount} in cents");
        assert_eq!(Unit::Cents.money(cents), Money::from_micros(cents * 10_000));
    }
    assert_eq!(Unit::Micros.whole(money("0.000001")), 1);
}

#[test]
fn a_cost_is_rounded_half_even_once_per_direction() {
    // Tokens and price per thousand of each direction, and the cost of the whole.
    let table: &[(&[(u32, &str)], &str)] = &[
        (&[], "0"),
        (&[(0, "0.03")], "0"),
        (&[(1000, "5.25")], "5.25"),
        (&[(1, "0.03")], "0.00003"),
        // Binary floats make 248 of 249, 28 of 29 and 114 of 115.
        (&[(249, "0.001")], "0.000249"),
        (&[(83, "0.003")], "0.000249"),
        (&[(290, "1")], "0.29"),
        (&[(1150, "1")], "1.15"),
        // Ties go to the even neighbour.
        (&[(1, "0.0005")], "0"),
        (&[(3, "0.0005")], "0.000002"),
        (&[(5, "0.0005")], "0.000002"),
        (&[(7, "0.0005")], "0.000004"),
        // What lies beside a tie goes to the nearest.
        (&[(1, "0.00050001")], "0.000001"),
        (&[(1, "0.00049999")], "0"),
        // Rounding the sum instead would make 0.000001 of the first and 0.000003 of the second.
        (&[(1, "0.0005"), (1, "0.0005")], "0"),
        (&[(3, "0.0005"), (3, "0.0005")], "0.000004"),
        (&[(1200, "0.0025"), (350, "0.01")], "0.0065"),
        (&[(u32::MAX, "0.00000001")], "0.04295"),
    ];
    for (directions, total) in table {
        let list: Vec<Direction> = directions.iter().map(|&(tokens, price)| direction(tokens, price)).collect();
        assert_eq!(cost(&list), Ok(money(total)), "{directions:?}");
    }
}

#[test]
fn a_cost_that_no_column_holds_is_an_error_and_no_wrapped_number() {
    let dear = direction(u32::MAX, "9999999999.99999999");
    assert!(matches!(cost(&[dear]), Err(MoneyError::OutOfRange(_))));
    let half = direction(1000, "600000000000");
    assert_eq!(cost(&[half]), Ok(money("600000000000")));
    assert!(matches!(cost(&[half, half]), Err(MoneyError::OutOfRange(_))));
    let beyond_decimal = Direction { tokens: 2, price_per_1k: Decimal::MAX };
    assert!(matches!(cost(&[beyond_decimal]), Err(MoneyError::OutOfRange(_))));
}

#[test]
fn a_sum_beyond_an_integer_is_nothing_and_not_a_wrapped_number() {
    let most = Money::from_micros(i64::MAX);
    assert_eq!(most.checked_add(Money::from_micros(1)), None);
    assert_eq!(most.checked_add(Money::ZERO), Some(most));
    assert_eq!(money("999999999999.999999").checked_add(money("0.000001")).map(Money::fits_column), Some(false));
}

fn micros() -> impl Strategy<Value = i64> {
    prop_oneof![-MOST..=MOST, -2_000_000..=2_000_000i64]
}

fn price() -> impl Strategy<Value = Decimal> {
    (0..10_000_000_000i64, 0..=8u32).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

fn directions() -> impl Strategy<Value = Vec<Direction>> {
    prop::collection::vec(
        (0..200_000u32, price()).prop_map(|(tokens, price_per_1k)| Direction { tokens, price_per_1k }),
        0..6,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_reads_back_the_same(micros in micros()) {
        let money = Money::from_micros(micros);
        prop_assert_eq!(money.to_string().parse(), Ok(money));
        prop_assert_eq!(serde_json::from_str::<Money>(&serde_json::to_string(&money).unwrap()).unwrap(), money);
    }

    #[test]
    fn a_decimal_of_six_places_is_the_same_money_back(micros in micros()) {
        let money = Money::from_micros(micros);
        prop_assert_eq!(money.to_decimal().scale(), 6);
        prop_assert_eq!(Money::from_exact(money.to_decimal()), Ok(money));
        prop_assert_eq!(Money::from_rounded(money.to_decimal()), Ok(money));
    }

    #[test]
    fn rounding_is_half_even_and_off_by_half_a_micro_unit_at_most(
        mantissa in -10_000_000_000_000_000i64..10_000_000_000_000_000,
        scale in 0..=12u32,
    ) {
        let exact = Decimal::new(mantissa, scale);
        prop_assume!(exact.abs() < decimal("999999999999"));
        let rounded = Money::from_rounded(exact).unwrap();
        let off = (rounded.to_decimal() - exact).abs();
        prop_assert!(off <= decimal("0.0000005"));
        prop_assert!(off < decimal("0.0000005") || rounded.micros() % 2 == 0, "a tie goes to the even neighbour");
        prop_assert_eq!(Money::from_exact(exact).ok(), off.is_zero().then_some(rounded));
    }

    #[test]
    fn a_cost_does_not_depend_on_the_order_of_its_directions(mut directions in directions(), turn in 0..6usize) {
        let first = cost(&directions).ok();
        if !directions.is_empty() {
            let turn = turn % directions.len();
            directions.rotate_left(turn);
        }
        prop_assert_eq!(cost(&directions).ok(), first);
        directions.reverse();
        prop_assert_eq!(cost(&directions).ok(), first);
    }

    #[test]
    fn a_cost_is_the_sum_of_what_each_direction_costs_rounded(directions in directions()) {
        let rounded = directions.iter().map(|direction| {
            let exact = Decimal::from(direction.tokens) * direction.price_per_1k / Decimal::ONE_THOUSAND;
            exact.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven)
        });
        let total: Decimal = rounded.sum();
        prop_assert_eq!(cost(&directions).ok(), Money::from_exact(total).ok());
    }

    #[test]
    fn n_charges_of_a_price_take_n_times_the_price(price in 0..1_000_000_000i64, n in 0..2_000i64) {
        let price = Money::from_micros(price);
        let open = money("100.00");
        let mut balance = open;
        for _ in 0..n {
            balance = balance - price;
        }
        let taken: Money = (0..n).map(|_| price).sum();
        prop_assert_eq!(taken, Money::from_micros(price.micros() * n));
        prop_assert_eq!(open - balance, taken);
        prop_assert_eq!(balance + taken, open);
    }
}
