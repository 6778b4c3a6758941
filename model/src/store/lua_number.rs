//! A Lua number as Redis 7 stores it: an IEEE double, calculated in software, that becomes text by C's `%.17g`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rustc_apfloat::{Float, Round, ieee};
use serde::{Deserialize, Serialize};

use crate::money::Money;

/// The bits of an IEEE double. Its text has 17 significant digits, so that text and bits determine each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Double(pub u64);

/// A text that Lua's `tonumber` would not read as a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number such as 99.950000000000003 or 1e-07")]
pub struct NotANumber(pub String);

/// Digits of `%.17g`.
const DIGITS: usize = 17;
/// More digits than the exact decimal expansion of any double has.
const ALL_DIGITS: usize = 1_100;
/// Decimals of money.
const PLACES: i32 = 6;
/// Micro-units in one unit.
const SCALE: i128 = 1_000_000;
/// Every integer up to this one is a double.
const EXACT: u64 = 1 << 53;

/// What `%.17g` shows: `digits` times ten to the power of `exponent`, without zeros at the end.
struct Shown {
    negative: bool,
    digits: u64,
    exponent: i32,
}

impl Double {
    /// `tonumber` of the money's decimal text.
    pub fn of(money: Money) -> Double {
        if money.micros().unsigned_abs() <= EXACT {
            // Both are exact doubles, so that their quotient is rounded once, as the text would be.
            let units = ieee::Double::from_i128(money.micros().into()).value / ieee::Double::from_i128(SCALE).value;
            return Double::from_ieee(units.value);
        }
        // The text of an integer with an exponent always parses, and is rounded once.
        format!("{}e-{PLACES}", money.micros()).parse().unwrap_or(Double(0))
    }

    /// `self + other`, rounded to the nearest double.
    pub fn plus(self, other: Double) -> Double {
        Double::from_ieee((self.ieee() + other.ieee()).value)
    }

    /// `self - other`, rounded to the nearest double.
    pub fn minus(self, other: Double) -> Double {
        Double::from_ieee((self.ieee() - other.ieee()).value)
    }

    /// `self < other`.
    pub fn less_than(self, other: Double) -> bool {
        self.ieee().partial_cmp(&other.ieee()) == Some(Ordering::Less)
    }

    /// What a hash keeps of it: its text as money, rounded half-even to six decimals, and the number itself where the
    /// text is not money with six decimals. A value out of the range of [`Money`] is rounded to the nearest one in it.
    pub fn stored(self) -> (Money, Option<Double>) {
        let Some(shown) = self.shown() else { return (farthest(self.ieee().is_negative()), Some(self)) };
        let shift = shown.exponent + PLACES;
        let micros = if shift < 0 {
            Some(half_even(shown.digits, shift.unsigned_abs()))
        } else {
            scaled(shown.digits, shift.unsigned_abs())
        };
        let exact = micros.is_some() && (shift >= 0 || shown.digits == 0);
        (shown.money(micros), (!exact).then_some(self))
    }

    /// Whole units, truncated toward zero, as Redis returns a Lua number in a reply.
    pub fn whole(self) -> Money {
        let units = self.ieee().to_i128_r(128, Round::TowardZero, &mut false).value;
        let micros = units.saturating_mul(SCALE).clamp((-i64::MAX).into(), i64::MAX.into());
        Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    fn ieee(self) -> ieee::Double {
        ieee::Double::from_bits(u128::from(self.0))
    }

    fn from_ieee(value: ieee::Double) -> Double {
        // A double has 64 bits.
        Double(value.to_bits() as u64)
    }

    /// The exact decimal expansion, rounded half-even to 17 digits as C does; `None` if it is not a finite number.
    fn shown(self) -> Option<Shown> {
        let value = self.ieee();
        if !value.is_finite() {
            return None;
        }
        // Width 0 asks for `d.dddE±x`.
        let text = format!("{:width$.ALL_DIGITS$}", value.abs(), width = 0);
        let (mantissa, exponent) = text.split_once('E')?;
        let all: String = mantissa.chars().filter(|c| *c != '.').collect();
        let (kept, rest) = all.split_at(all.len().min(DIGITS));
        let mut digits: u64 = kept.parse().ok()?;
        let half = format!("5{:0<width$}", "", width = rest.len().saturating_sub(1));
        let up = match rest.cmp(&half) {
            Ordering::Greater => true,
            Ordering::Equal => digits % 2 == 1,
            Ordering::Less => false,
        };
        digits += u64::from(up);
        let mut exponent = exponent.parse::<i32>().ok()? + 1 - i32::try_from(kept.len()).ok()?;
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        Some(Shown { negative: value.is_negative(), digits, exponent })
    }
}

/// `digits` followed by `zeros` zeros, if it fits an `i64`.
fn scaled(digits: u64, zeros: u32) -> Option<u64> {
    if digits == 0 {
        return Some(0);
    }
    10_u64.checked_pow(zeros)?.checked_mul(digits).filter(|&micros| i64::try_from(micros).is_ok())
}

/// `digits` without the last `excess` of them, rounded half-even.
fn half_even(digits: u64, excess: u32) -> u64 {
    let Some(ten) = 10_u64.checked_pow(excess) else { return 0 };
    let (whole, rest) = (digits / ten, digits % ten);
    whole + u64::from(rest > ten / 2 || (rest == ten / 2 && whole % 2 == 1))
}

/// The amount of that sign farthest from zero.
fn farthest(negative: bool) -> Money {
    Money::from_micros(if negative { -i64::MAX } else { i64::MAX })
}

impl Shown {
    /// This many micro-units with its sign.
    fn money(&self, micros: Option<u64>) -> Money {
        let micros = micros.and_then(|micros| i64::try_from(micros).ok());
        micros.map_or(farthest(self.negative), |n| Money::from_micros(if self.negative { -n } else { n }))
    }
}

impl fmt::Display for Double {
    /// C's `%.17g`: fixed notation for exponents from -4 to 16, no zeros at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ieee().is_negative() { "-" } else { "" };
        let Some(Shown { digits, exponent, .. }) = self.shown() else {
            let word = if self.ieee().is_nan() { "nan" } else { "inf" };
            return f.pad(&format!("{sign}{word}"));
        };
        let digits = digits.to_string();
        let leading = exponent + digits.len() as i32 - 1;
        if digits == "0" {
            return f.pad(&format!("{sign}0"));
        }
        if !(-4..DIGITS as i32).contains(&leading) {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let mark = if leading < 0 { '-' } else { '+' };
            return f.pad(&format!("{sign}{first}{point}{rest}e{mark}{:02}", leading.unsigned_abs()));
        }
        let text = match usize::try_from(-exponent) {
            Ok(0) | Err(_) => format!("{digits}{}", "0".repeat(exponent.unsigned_abs() as usize)),
            Ok(places) if places >= digits.len() => format!("0.{digits:0>places$}"),
            Ok(places) => {
                let (whole, fraction) = digits.split_at(digits.len() - places);
                format!("{whole}.{fraction}")
            }
        };
        f.pad(&format!("{sign}{text}"))
    }
}

impl FromStr for Double {
    type Err = NotANumber;

    /// Reads decimal digits with an optional sign, point and exponent, rounded to the nearest double.
    fn from_str(text: &str) -> Result<Double, NotANumber> {
        let decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
        let bad = || NotANumber(text.to_owned());
        // The parser takes an exponent without digits for 0, `tonumber` refuses it.
        if !text.chars().all(decimal) || text.ends_with(['e', 'E', '+', '-']) {
            return Err(bad());
        }
        text.parse::<ieee::Double>().map(Double::from_ieee).map_err(|_| bad())
    }
}
