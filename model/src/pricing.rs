//! What a call costs: tokens at a price per thousand, rounded once per direction.

use rust_decimal::Decimal;

use crate::money::{Money, MoneyError};

/// Tokens in one direction of a call and their price per thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Tokens counted by the provider.
    pub tokens: u32,
    /// Price of a thousand of them, in units of money.
    pub price_per_1k: Decimal,
}

/// The cost of a call: the sum over its directions of `tokens / 1000 * price_per_1k`, rounded half-even to six places
/// once per direction ("Cost of a call" in the data model), so that no amount with more decimals reaches a store.
pub fn cost(directions: &[Direction]) -> Result<Money, MoneyError> {
    let mut total = Money::ZERO;
    for direction in directions {
        let overflow = || MoneyError::OutOfRange(format!("{} tokens at {}", direction.tokens, direction.price_per_1k));
        let exact = Decimal::from(direction.tokens)
            .checked_mul(direction.price_per_1k)
            .and_then(|thousandfold| thousandfold.checked_div(Decimal::ONE_THOUSAND))
            .ok_or_else(overflow)?;
        total = total.checked_add(Money::from_rounded(exact)?).filter(|sum| sum.fits_column()).ok_or_else(overflow)?;
    }
    Ok(total)
}
