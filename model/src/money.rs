//! Exact money: integers of micro-units, never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize};

/// An exact amount of money in micro-units (six decimals), as `numeric(18,6)` holds it.
///
/// Values made from text or decimals lie strictly between -10^12 and 10^12 units. Adding or subtracting two such values
/// cannot leave an `i64`; longer sums use [`Money::checked_add`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a text or a decimal is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("`{0}` is not an amount of money: write plain decimal digits such as \"5.25\"")]
    NotANumber(String),
    /// More than six decimals: no store could hold it exactly.
    #[error("`{0}` has more than six decimals, and money is kept in millionths")]
    TooPrecise(String),
    /// `numeric(18,6)` ends at 10^12.
    #[error("`{0}` does not fit numeric(18,6): it must lie between -10^12 and 10^12, both excluded")]
    OutOfRange(String),
    /// Negative where only zero or more makes sense.
    #[error("`{0}` is negative: an amount here is zero or more")]
    Negative(String),
}

impl Money {
    /// Zero.
    pub const ZERO: Money = Money(0);
    /// Micro-units in one unit.
    const SCALE: i64 = 1_000_000;
    /// The first absolute value in micro-units that `numeric(18,6)` refuses (22003).
    const LIMIT: i64 = 1_000_000_000_000 * Self::SCALE;

    /// Money from micro-units: `Money::from_micros(5_250_000)` is 5.25.
    pub const fn from_micros(micros: i64) -> Money {
        Money(micros)
    }

    /// The amount in micro-units.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whether `numeric(18,6)` can hold the value.
    pub const fn fits_column(self) -> bool {
        self.0 > -Self::LIMIT && self.0 < Self::LIMIT
    }

    /// The exact money that a decimal represents; errors if it has more than six decimals or does not fit.
    pub fn from_exact(value: Decimal) -> Result<Money, MoneyError> {
        let value = value.normalize();
        if value.scale() > 6 {
            return Err(MoneyError::TooPrecise(value.to_string()));
        }
        Money::scaled(value).ok_or_else(|| MoneyError::OutOfRange(value.to_string()))
    }

    /// A decimal rounded half-even to six places, the rule for the cost of a call; errors if it does not fit.
    pub fn from_rounded(value: Decimal) -> Result<Money, MoneyError> {
        let rounded = value.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven);
        Money::scaled(rounded).ok_or_else(|| MoneyError::OutOfRange(value.to_string()))
    }

    /// The same amount as a decimal of scale six.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6)
    }

    /// The sum, or `None` if it leaves the range of an `i64`.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    fn scaled(value: Decimal) -> Option<Money> {
        let micros = value.checked_mul(Decimal::from(Self::SCALE))?;
        let micros = i64::try_from(micros.normalize().mantissa()).ok().filter(|_| micros.fract().is_zero())?;
        let money = Money(micros);
        money.fits_column().then_some(money)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `-12.345678`: an optional sign, digits, at most six decimals. No exponent, no separators.
    fn from_str(text: &str) -> Result<Money, MoneyError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(MoneyError::NotANumber(text.to_owned()));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 6 {
            return Err(MoneyError::TooPrecise(text.to_owned()));
        }
        let out_of_range = || MoneyError::OutOfRange(text.to_owned());
        let whole: i64 = whole.parse().map_err(|_| out_of_range())?;
        let millionths: i64 = format!("{fraction:0<6}").parse().map_err(|_| out_of_range())?;
        let micros = whole.checked_mul(Self::SCALE).and_then(|w| w.checked_add(millionths)).ok_or_else(out_of_range)?;
        let money = Money(if text.starts_with('-') { -micros } else { micros });
        money.fits_column().then_some(money).ok_or_else(out_of_range)
    }
}

impl fmt::Display for Money {
    /// At least two decimals, more only where they are not zero: `94.75`, `0.000249`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let scale = Self::SCALE.unsigned_abs();
        let fraction = format!("{:06}", micros % scale);
        let kept = fraction.trim_end_matches('0').len().max(2);
        f.pad(&format!("{sign}{}.{}", micros / scale, &fraction[..kept]))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

as_text!(Money);

/// Money that cannot be negative: a price, an opening balance, a credit line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Amount(Money);

impl Amount {
    /// The amount as money.
    pub const fn money(self) -> Money {
        self.0
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;
    fn try_from(money: Money) -> Result<Amount, MoneyError> {
        if money < Money::ZERO { Err(MoneyError::Negative(money.to_string())) } else { Ok(Amount(money)) }
    }
}

impl FromStr for Amount {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Amount, MoneyError> {
        text.parse::<Money>().and_then(Amount::try_from)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
