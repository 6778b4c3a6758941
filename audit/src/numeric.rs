//! `numeric` of Postgres as it is sent in binary, as exact money. (Its layout: `numeric_send` in `numeric.c`; digits are in
//! base 10,000, `weight` is the power of the first one.)

use model::money::Money;

/// Why a value is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMoney {
    /// NaN or an infinity.
    #[error("not a number")]
    NotANumber,
    /// More than six decimals that are not zero.
    #[error("more than six decimals")]
    TooPrecise,
    /// Not within `numeric(18,6)`.
    #[error("too large for numeric(18,6)")]
    OutOfRange,
    /// NULL.
    #[error("null")]
    Null,
    /// Bytes that are no numeric.
    #[error("unreadable")]
    Unreadable,
}

const BASE: i128 = 10_000;
/// Micro-units in one unit are 10^6, which is no power of the base: digits are summed in units of 10^-8.
const FINEST: i16 = -2;
/// The weight beyond which no money is: 10^16.
const LARGEST: i16 = 3;
const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;

/// Reads one value.
///
/// # Errors
/// [`NoMoney`].
pub fn money(bytes: Option<&[u8]>) -> Result<Money, NoMoney> {
    let bytes = bytes.ok_or(NoMoney::Null)?;
    let word = |place: usize| -> Result<u16, NoMoney> {
        let pair = bytes.get(place * 2..place * 2 + 2).ok_or(NoMoney::Unreadable)?;
        Ok(u16::from_be_bytes([pair[0], pair[1]]))
    };
    let (count, first, sign) = (word(0)?, word(1)?.cast_signed(), word(2)?);
    if sign != POSITIVE && sign != NEGATIVE {
        return Err(NoMoney::NotANumber);
    }
    let mut sum: i128 = 0;
    for place in 0..count {
        let digit = i128::from(word(4 + usize::from(place))?);
        let weight = first.checked_sub(place.cast_signed()).ok_or(NoMoney::Unreadable)?;
        if digit == 0 {
            continue;
        }
        if weight > LARGEST {
            return Err(NoMoney::OutOfRange);
        }
        let power = u32::try_from(weight - FINEST).map_err(|_| NoMoney::TooPrecise)?;
        sum += digit * BASE.pow(power);
    }
    if sum % 100 != 0 {
        return Err(NoMoney::TooPrecise);
    }
    let micros = i64::try_from(sum / 100).map_err(|_| NoMoney::OutOfRange)?;
    let money = Money::from_micros(if sign == NEGATIVE { -micros } else { micros });
    if money.fits_column() { Ok(money) } else { Err(NoMoney::OutOfRange) }
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
}
