//! A quota row in words: the fields in which it differs from another one, by their names.

use model::effect::Field;
use model::row::QuotaRow;

use super::value;

/// The values of the fields, in the order of their names.
pub fn values(row: &QuotaRow) -> [String; 9] {
    [
        row.balance.to_string(),
        row.credit.to_string(),
        row.daily_quota.to_string(),
        row.daily_used.to_string(),
        row.monthly_quota.to_string(),
        row.monthly_used.to_string(),
        row.version.to_string(),
        row.daily_reset_at.map_or("none".to_owned(), |day| day.to_string()),
        row.monthly_reset_at.map_or("none".to_owned(), |month| month.to_string()),
    ]
}

/// Where a row differs from the one that was given: `balance 99.00 version 1`.
pub fn words(row: &QuotaRow, given: &QuotaRow) -> String {
    let fields =
        Field::ALL.map(Field::name).into_iter().zip(values(row)).zip(values(given)).filter(|((_, is), was)| is != was);
    let fields: Vec<String> = fields.map(|((name, value), _)| format!("{name} {value}")).collect();
    if fields.is_empty() { "no change".to_owned() } else { fields.join(" ") }
}

/// The row that such words mean.
pub fn read(words: &[&str], given: &QuotaRow) -> Result<QuotaRow, String> {
    let mut row = *given;
    if words == ["no", "change"] {
        return Ok(row);
    }
    for pair in words.chunks(2) {
        let &[name, word] = pair else { return Err(format!("`{}`: expected a value after it", pair[0])) };
        let count = || value(word, "a count");
        match name {
            "balance" => row.balance = value(word, "an amount")?,
            "credit_limit" => row.credit = value(word, "an amount")?,
            "daily_quota" => row.daily_quota = count()?,
            "daily_used" => row.daily_used = count()?,
            "monthly_quota" => row.monthly_quota = count()?,
            "monthly_used" => row.monthly_used = count()?,
            "version" => row.version = count()?,
            "daily_reset_at" if word == "none" => row.daily_reset_at = None,
            "daily_reset_at" => row.daily_reset_at = Some(value(word, "a day or none")?),
            "monthly_reset_at" if word == "none" => row.monthly_reset_at = None,
            "monthly_reset_at" => row.monthly_reset_at = Some(value(word, "a month or none")?),
            other => return Err(format!("`{other}`: expected one of {}", Field::ALL.map(Field::name).join(", "))),
        }
    }
    Ok(row)
}
