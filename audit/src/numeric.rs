//! Reads the binary form of Postgres's `numeric` as exact money. (Its layout: `numeric_send` in `numeric.c`; digits are
//! in base 10,000, `weight` is the power of the first one.)

use model::money::Money;

/// Why a value is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMoney {
    /// NaN or an infinity.
    #[error("not a number")]
    NotANumber,
    /// More than six decimals that are not zero.
    #[error("more than six decimals")]
    TooPrecise,
    /// Outside of `numeric(18,6)`.
    #[error("too large for numeric(18,6)")]
    OutOfRange,
    /// NULL.
    #[error("null")]
    Null,
    /// A count with decimals.
    #[error("no whole number")]
    NotWhole,
    /// A count outside of `bigint`.
    #[error("too large for bigint")]
    TooMany,
    /// Bytes that are not a numeric.
    #[error("unreadable")]
    Unreadable,
}

const BASE: i128 = 10_000;
/// A unit has 10^6 micro-units, which is not a power of the base: digits are summed in units of 10^-8.
const FINEST: i32 = -2;
/// The largest weight of a digit of money: 10^16 is out of range.
const LARGEST: i32 = 3;
const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;
/// The largest weight of a value that is written out.
const MANY: i32 = 8;

/// The parts of a value: its digits, the weight of the first one, and its sign.
struct Parts<'b> {
    digits: &'b [u8],
    first: i16,
    sign: u16,
}

impl Parts<'_> {
    fn of(bytes: &[u8]) -> Result<Parts<'_>, NoMoney> {
        let word = |place: usize| -> Result<u16, NoMoney> {
            let pair = bytes.get(place * 2..place * 2 + 2).ok_or(NoMoney::Unreadable)?;
            Ok(u16::from_be_bytes([pair[0], pair[1]]))
        };
        let (count, first, sign) = (word(0)?, word(1)?.cast_signed(), word(2)?);
        let digits = bytes.get(8..8 + usize::from(count) * 2).ok_or(NoMoney::Unreadable)?;
        Ok(Parts { digits, first, sign })
    }

    /// Each digit with its weight.
    fn weighted(&self) -> impl Iterator<Item = (i32, u16)> {
        let digits = self.digits.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        (0..).map(|place| i32::from(self.first) - place).zip(digits)
    }

    /// The value in units of the base to the power `finest`. A finer value is the error `fine`; a value above the
    /// weight `largest` is the error `large`.
    fn sum(&self, finest: i32, largest: i32, fine: NoMoney, large: NoMoney) -> Result<i128, NoMoney> {
        if self.sign != POSITIVE && self.sign != NEGATIVE {
            return Err(NoMoney::NotANumber);
        }
        let mut sum: i128 = 0;
        for (weight, digit) in self.weighted() {
            if digit == 0 {
                continue;
            }
            if weight > largest {
                return Err(large);
            }
            let power = u32::try_from(weight - finest).map_err(|_| fine)?;
            sum += i128::from(digit) * BASE.pow(power);
        }
        Ok(if self.sign == NEGATIVE { -sum } else { sum })
    }
}

/// Reads an amount.
///
/// # Errors
/// [`NoMoney`].
pub fn money(bytes: Option<&[u8]>) -> Result<Money, NoMoney> {
    let parts = Parts::of(bytes.ok_or(NoMoney::Null)?)?;
    let sum = parts.sum(FINEST, LARGEST, NoMoney::TooPrecise, NoMoney::OutOfRange)?;
    if sum % 100 != 0 {
        return Err(NoMoney::TooPrecise);
    }
    let money = Money::from_micros(i64::try_from(sum / 100).map_err(|_| NoMoney::OutOfRange)?);
    if money.fits_column() { Ok(money) } else { Err(NoMoney::OutOfRange) }
}

/// Reads a count.
///
/// # Errors
/// [`NoMoney`].
pub fn count(bytes: Option<&[u8]>) -> Result<i64, NoMoney> {
    let parts = Parts::of(bytes.ok_or(NoMoney::Null)?)?;
    let sum = parts.sum(0, 4, NoMoney::NotWhole, NoMoney::TooMany)?;
    i64::try_from(sum).map_err(|_| NoMoney::TooMany)
}

/// Any value in digits.
pub fn written(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "null".to_owned() };
    let Ok(parts) = Parts::of(bytes) else { return "unreadable".to_owned() };
    let minus = match parts.sign {
        POSITIVE => "",
        NEGATIVE => "-",
        0xD000 => return "Infinity".to_owned(),
        0xF000 => return "-Infinity".to_owned(),
        _ => return "NaN".to_owned(),
    };
    let (first, last) = (i32::from(parts.first), parts.weighted().last().map_or(0, |(weight, _)| weight));
    if first > MANY || last < -MANY {
        return "a number of very many digits".to_owned();
    }
    let digit = |at: i32| parts.weighted().find(|(weight, _)| *weight == at).map_or(0, |(_, digit)| digit);
    let digits = |weights: std::ops::Range<i32>| -> String {
        weights.rev().map(|weight| format!("{:04}", digit(weight))).collect()
    };
    let (whole, fraction) = (digits(0..first.max(0) + 1), digits(last.min(0)..0));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(digits: &[u16], weight: i16, sign: u16) -> Vec<u8> {
        let count = u16::try_from(digits.len()).unwrap();
        let head = [count, weight.cast_unsigned(), sign, 6];
        head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn every_digit_is_kept() {
        let read = |digits: &[u16], weight, sign| money(Some(&sent(digits, weight, sign)));
        assert_eq!(read(&[], 0, 0), Ok(Money::ZERO));
        assert_eq!(read(&[94, 7500], 0, 0), Ok(Money::from_micros(94_750_000)));
        assert_eq!(read(&[2, 4900], -1, 0), Ok(Money::from_micros(249)));
        assert_eq!(read(&[5], 1, NEGATIVE), Ok(Money::from_micros(-50_000_000_000)));
        let most = Money::from_micros(999_999_999_999_999_999);
        assert_eq!(read(&[9999, 9999, 9999, 9999, 9900], 2, 0), Ok(most));
    }

    #[test]
    fn what_is_no_money_is_said_to_be_none() {
        let read = |digits: &[u16], weight, sign| money(Some(&sent(digits, weight, sign)));
        assert_eq!(read(&[], 0, 0xC000), Err(NoMoney::NotANumber));
        assert_eq!(read(&[], 0, 0xD000), Err(NoMoney::NotANumber));
        assert_eq!(read(&[1], -2, 0), Err(NoMoney::TooPrecise));
        assert_eq!(read(&[1], -3, 0), Err(NoMoney::TooPrecise));
        assert_eq!(read(&[1], 3, 0), Err(NoMoney::OutOfRange));
        assert_eq!(read(&[1], 9, 0), Err(NoMoney::OutOfRange));
        assert_eq!(money(None), Err(NoMoney::Null));
        assert_eq!(money(Some(&[0, 1])), Err(NoMoney::Unreadable));
    }

    #[test]
    fn a_count_is_whole_and_fits() {
        let read = |digits: &[u16], weight, sign| count(Some(&sent(digits, weight, sign)));
        assert_eq!(read(&[], 0, 0), Ok(0));
        assert_eq!(read(&[3, 7], 1, NEGATIVE), Ok(-30_007));
        assert_eq!(read(&[922, 3372, 368, 5477, 5807], 4, 0), Ok(i64::MAX));
        assert_eq!(read(&[922, 3372, 368, 5477, 5808], 4, 0), Err(NoMoney::TooMany));
        assert_eq!(read(&[1], 5, 0), Err(NoMoney::TooMany));
        assert_eq!(read(&[1, 5000], 0, 0), Err(NoMoney::NotWhole));
        assert_eq!(read(&[], 0, 0xC000), Err(NoMoney::NotANumber));
    }
}
