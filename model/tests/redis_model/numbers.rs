//! Lua numbers: doubles as the hardware has them, printed as C's `%.17g` prints them.

use model::money::Money;
use model::store::lua_number::Double;
use proptest::prelude::*;

use crate::money;

fn number(text: &str) -> Double {
    text.parse().unwrap()
}

#[test]
fn a_number_prints_as_c_prints_it_with_17_digits() {
    for (text, printed) in [
        ("94.75", "94.75"),
        ("99.95", "99.950000000000003"),
        ("0.1", "0.10000000000000001"),
        ("0.000249", "0.00024899999999999998"),
        ("0.001", "0.001"),
        ("0.0001", "0.0001"),
        ("0.00001", "1.0000000000000001e-05"),
        ("1e-6", "9.9999999999999995e-07"),
        ("0.000003", "3.0000000000000001e-06"),
        ("999999999999.123456", "999999999999.12341"),
        ("999999999999.999999", "1000000000000"),
        // Of two texts that are equally near C takes the even one.
        ("123456789012.015625", "123456789012.01562"),
        ("123456789012.046875", "123456789012.04688"),
        ("100", "100"),
        ("0", "0"),
        ("-0.3", "-0.29999999999999999"),
        ("12345678901234567", "12345678901234568"),
        ("100000000000000000", "1e+17"),
        ("1e100", "1e+100"),
        ("5e-324", "4.9406564584124654e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("1e999", "inf"),
    ] {
        assert_eq!(number(text).to_string(), printed, "{text}");
    }
    for bad in ["", "ten", "inf", "nan", "0x10", "1e", "1e+", "e5", ".", "-", "1-2", "1.2.3", "1 2"] {
        assert!(bad.parse::<Double>().is_err(), "{bad}");
    }
}

#[test]
fn sums_are_rounded_to_the_nearest_double() {
    assert_eq!(number("0.1").plus(number("0.2")).to_string(), "0.30000000000000004");
    assert_eq!(number("0.3").minus(number("0.1")).to_string(), "0.19999999999999998");
    assert_eq!(number("0.3").minus(number("0.1")).minus(number("0.2")).to_string(), "-2.7755575615628914e-17");
    assert!(number("0.3").minus(number("0.2")).less_than(number("0.1")));
    assert!(!number("0.3").less_than(number("0.3")));
}

#[test]
fn a_number_is_money_if_its_text_has_at_most_six_decimals() {
    for (text, exact, rounded, whole) in [
        ("94.75", true, "94.75", "94"),
        ("99.95", false, "99.95", "99"),
        ("-0.3", false, "-0.30", "0"),
        ("-1.5", true, "-1.50", "-1"),
        ("1e-6", false, "0.000001", "0"),
        ("0.0000005", false, "0.000000", "0"),
        ("0.00000050000001", false, "0.000001", "0"),
        ("0.0009765625", false, "0.000977", "0"),
        ("2.7755575615628914e-17", false, "0", "0"),
        ("5e-324", false, "0", "0"),
        ("0", true, "0", "0"),
        ("100", true, "100", "100"),
        ("0.015625", true, "0.015625", "0"),
        // Half-even on the last place that is kept.
        ("0.0078125", false, "0.007812", "0"),
        ("0.0234375", false, "0.023438", "0"),
        ("999999999999.5", true, "999999999999.50", "999999999999"),
    ] {
        let number = number(text);
        assert_eq!((number.stored().0, number.whole()), (money(rounded), money(whole)), "{text}");
        assert_eq!(number.stored().1.is_none(), exact, "{text}");
    }
    let farthest = Money::from_micros(-i64::MAX);
    let far = number("-1e30");
    assert_eq!((far.stored(), far.whole()), ((farthest, Some(far)), farthest), "no money is that far away");
}

fn any_money() -> impl Strategy<Value = Money> {
    let limit = 1_000_000_000_000_000_000i64;
    prop_oneof![-1_000_000..1_000_000i64, -1_000_000_000..1_000_000_000i64, 1 - limit..limit]
        .prop_map(Money::from_micros)
}

fn hardware(money: Money) -> f64 {
    money.to_decimal().to_string().parse().unwrap()
}

/// `%.17g` out of the exact 17 digits that Rust prints.
fn c_text(value: f64) -> String {
    let text = format!("{value:.16e}");
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    let text = match exponent {
        -4..17 => format!("{value:.*}", usize::try_from(16 - exponent).unwrap()),
        _ => mantissa.to_owned(),
    };
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if (-4..17).contains(&exponent) { short.to_owned() } else { format!("{short}e{exponent:+03}") }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn money_is_reckoned_as_the_hardware_does_and_printed_as_c_does(a in any_money(), b in any_money()) {
        let (x, y) = (Double::of(a), Double::of(b));
        prop_assert_eq!(x.0, hardware(a).to_bits());
        prop_assert_eq!(x.plus(y).0, (hardware(a) + hardware(b)).to_bits());
        prop_assert_eq!(x.minus(y).0, (hardware(a) - hardware(b)).to_bits());
        prop_assert_eq!(x.less_than(y), hardware(a) < hardware(b));
        let sum = x.plus(y);
        prop_assert_eq!(sum.to_string(), c_text(hardware(a) + hardware(b)));
        prop_assert_eq!(number(&sum.to_string()), sum, "text and bits stand for each other");
        if let Ok(exact) = sum.to_string().parse::<Money>() {
            prop_assert_eq!(sum.stored(), (exact, None));
        } else {
            prop_assert!(sum.stored().1.is_some() || !sum.stored().0.fits_column());
        }
    }

    #[test]
    fn any_number_prints_as_c_prints_it(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        prop_assert_eq!(Double(bits).to_string(), c_text(value));
    }
}
