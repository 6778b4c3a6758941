//! What INCRBYFLOAT and HINCRBYFLOAT reckon with: C's `long double`, and the text `%.17Lf` without zeros at its end. No
//! design uses them, so that this is not a part of the model; the documented numbers are held to it.

use rustc_apfloat::Float;
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
use rustc_apfloat::ieee::Double as LongDouble;
#[cfg(not(any(target_arch = "x86_64", all(target_os = "macos", target_arch = "aarch64"))))]
use rustc_apfloat::ieee::Quad as LongDouble;
#[cfg(target_arch = "x86_64")]
use rustc_apfloat::ieee::X87DoubleExtended as LongDouble;

/// Decimals of the text.
const PLACES: usize = 17;
/// More digits than such a number has.
const ALL_DIGITS: usize = 400;

/// The text of `old + by`.
pub fn increased(old: &str, by: &str) -> String {
    let read = |text: &str| text.parse::<LongDouble>().unwrap_or_else(|why| panic!("{text}: {why:?}"));
    text((read(old) + read(by)).value)
}

/// `%.17Lf`, rounded half-even as C does, without zeros at the end.
fn text(value: LongDouble) -> String {
    // The exact decimal expansion, as `d.dddE±x`.
    let shown = format!("{:width$.ALL_DIGITS$}", value.abs(), width = 0);
    let (mantissa, exponent) = shown.split_once('E').unwrap();
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    // Digits that are kept: those before the point, and 17 behind it.
    let kept = exponent.parse::<i32>().unwrap() + 1 + PLACES as i32;
    let Ok(kept) = usize::try_from(kept) else { return "0".to_owned() };
    let mut all: Vec<u8> = (0..kept).map(|place| digits.get(place).copied().unwrap_or(0)).collect();
    let rest = digits.get(kept..).unwrap_or_default();
    let tie = rest.first() == Some(&5) && rest[1..].iter().all(|digit| *digit == 0);
    let odd = all.last().is_some_and(|digit| digit % 2 == 1);
    if rest.first().is_some_and(|digit| *digit >= 5) && (!tie || odd) {
        add_one(&mut all);
    }
    while all.len() <= PLACES {
        all.insert(0, 0);
    }
    let written: String = all.iter().map(|digit| char::from(b'0' + digit)).collect();
    let (whole, fraction) = written.split_at(written.len() - PLACES);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value.is_negative() && !(whole == "0" && fraction.is_empty()) { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_documented_numbers() {
    let drifted = (0..20_000).fold("100".to_owned(), |balance, _| increased(&balance, "-0.004999"));
    assert_eq!(drifted, "0.01999999999999494");
    assert_eq!(increased("99999999999999", "0.123456"), "99999999999999.1234588623046875");
}
