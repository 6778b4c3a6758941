//! Rows of quotas and of API keys as their cursors return them.

use model::money::Money;
use model::shown::shown;
use sqlx::postgres::PgRow;

use crate::ledger::cursor::{bytes, integer, text};
use crate::ledger::entry::{Amount, no_number};
use crate::ledger::sources::Names;
use crate::ledger::window::Window;
use crate::numeric::count;

/// A quota row.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The remaining money, or why it is not known.
    pub balance: Result<Money, String>,
    /// The windows of the day and of the month.
    pub windows: [Window; 2],
}

impl Quota {
    /// Reads a row.
    pub fn read(row: &PgRow, names: &Names, tenant: &str) -> Result<Quota, sqlx::Error> {
        let balance = Amount::of(row, 2)?.or_why(|| format!("{} of {}", names.balance, shown(tenant)));
        let daily = Window::read(row, 3, [&names.daily_used, &names.daily_reset], tenant)?;
        let monthly = Window::read(row, 7, [&names.monthly_used, &names.monthly_reset], tenant)?;
        Ok(Quota { balance, windows: [daily, monthly] })
    }

    /// Notes that its tenant has more than one row.
    pub fn several(&mut self, names: &Names, tenant: &str) {
        let why = format!("several rows have the {} {}", names.quota_tenant, shown(tenant));
        self.balance = Err(why.clone());
        self.windows.iter_mut().for_each(|window| window.doubt = Some(why.clone()));
    }
}

/// A row of an API key, with its recorded spending and usage.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its name in the ledger.
    pub id: String,
    /// The recorded spending, or why it is not known.
    pub used: Result<Money, String>,
    /// Whether there is a record of spending.
    pub budgeted: bool,
    /// Requests and cost in usage, or why they are not known.
    pub usage: Result<(i64, Money), String>,
    /// Whether there is a row of usage.
    pub in_usage: bool,
}

impl ApiKey {
    /// Reads a row; if it has no id, the inner result says why.
    pub fn read(row: &PgRow, names: &Names, tenant: &str) -> Result<Result<ApiKey, String>, sqlx::Error> {
        let Some(id) = text(row, 2)? else {
            let name = text(row, 1)?.unwrap_or("without a name");
            return Ok(Err(format!("{} of row {} of {} is null", names.key_id, shown(name), shown(tenant))));
        };
        let subject = || format!("key {} of {}", shown(id), shown(tenant));
        let (budgeted, nulls) = (integer(row, 4)?.is_some(), integer(row, 5)?.unwrap_or(0));
        let used = match (budgeted, nulls) {
            (false, _) => Err(format!("there is no {} for {}", names.budget_rows, subject())),
            (true, 0) => Amount::of(row, 3)?.or_why(|| format!("{} of {}", names.spent, subject())),
            (true, _) => Err(format!("{} of {} is null", names.spent, subject())),
        };
        Ok(Ok(ApiKey {
            id: id.to_owned(),
            used,
            budgeted,
            usage: ApiKey::usage(row, names, &subject)?,
            in_usage: integer(row, 8)?.is_some(),
        }))
    }

    fn usage(
        row: &PgRow,
        names: &Names,
        subject: &dyn Fn() -> String,
    ) -> Result<Result<(i64, Money), String>, sqlx::Error> {
        let (requests, cost) = (bytes(row, 6)?, Amount::of(row, 7)?);
        let (rows, nulls) = (integer(row, 8)?, integer(row, 9)?.unwrap_or(0));
        if rows.is_none() {
            return Ok(Ok((0, Money::ZERO)));
        }
        if nulls > 0 {
            return Ok(Err(format!("a count or a cost of {} in {} is null", subject(), names.usage)));
        }
        let of = |what: &str| format!("{what} of {} in {}", subject(), names.usage);
        let requests = count(requests).map_err(|why| no_number(&of("the requests"), requests, why));
        Ok(requests.and_then(|requests| Ok((requests, cost.or_why(|| of("the cost"))?))))
    }
}
