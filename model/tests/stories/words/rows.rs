//! A quota row in words: the fields in which it differs from another one, by their names.

use model::row::QuotaRow;

use super::value;

/// The fields by the names that both stores give them, in their order.
pub fn fields(row: &QuotaRow) -> [(&'static str, String); 9] {
    let day = row.daily_reset_at.map_or("none".to_owned(), |day| day.to_string());
    let month = row.monthly_reset_at.map_or("none".to_owned(), |month| month.to_string());
    [
        ("balance", row.balance.to_string()),
        ("credit", row.credit.to_string()),
        ("daily_quota", row.daily_quota.to_string()),
        ("daily_used", row.daily_used.to_string()),
        ("monthly_quota", row.monthly_quota.to_string()),
        ("monthly_used", row.monthly_used.to_string()),
        ("version", row.version.to_string()),
        ("daily_reset_at", day),
        ("monthly_reset_at", month),
    ]
}

/// Where a row differs from the one that was given: `balance 99.00 version 1`.
pub fn words(row: &QuotaRow, given: &QuotaRow) -> String {
    let pairs = fields(row).into_iter().zip(fields(given)).filter(|(is, was)| is != was);
    let pairs: Vec<String> = pairs.map(|((name, value), _)| format!("{name} {value}")).collect();
    if pairs.is_empty() { "as given".to_owned() } else { pairs.join(" ") }
}

/// The row that such words mean.
pub fn read(words: &[&str], given: &QuotaRow) -> Result<QuotaRow, String> {
    let mut row = *given;
    if words == ["as", "given"] {
        return Ok(row);
    }
    for pair in words.chunks(2) {
        let &[name, word] = pair else { return Err(format!("`{}`: expected a value after it", pair[0])) };
        let count = || value(word, "a count");
        match name {
            "balance" => row.balance = value(word, "an amount")?,
            "credit" => row.credit = value(word, "an amount")?,
            "daily_quota" => row.daily_quota = count()?,
            "daily_used" => row.daily_used = count()?,
            "monthly_quota" => row.monthly_quota = count()?,
            "monthly_used" => row.monthly_used = count()?,
            "version" => row.version = count()?,
            "daily_reset_at" if word == "none" => row.daily_reset_at = None,
            "daily_reset_at" => row.daily_reset_at = Some(value(word, "a day or none")?),
            "monthly_reset_at" if word == "none" => row.monthly_reset_at = None,
            "monthly_reset_at" => row.monthly_reset_at = Some(value(word, "a month or none")?),
            other => {
                let names: Vec<&str> = fields(given).iter().map(|(name, _)| *name).collect();
                return Err(format!("`{other}`: expected one of {}", names.join(", ")));
            }
        }
    }
    Ok(row)
}
