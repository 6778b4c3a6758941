//! The select of the quota rows.

use sqlx::PgConnection;

use crate::catalog::{Column, Found, Table};
use crate::ledger::asks::{Asks, or_null};
use crate::mapping::Mapping;
use crate::sql::{self, Time};

/// The columns of the quota table.
pub struct QuotaColumns {
    pub tenant: Found,
    pub balance: Found,
    pub daily_used: Found,
    pub daily_reset: Found,
    pub monthly_used: Found,
    pub monthly_reset: Found,
}

impl QuotaColumns {
    /// Finds the columns that exist and that the server can read.
    pub async fn find(
        connection: &mut PgConnection,
        table: &Table,
        mapping: &Mapping,
        zone: &str,
    ) -> Result<QuotaColumns, sqlx::Error> {
        let (at, mut asks) = (&mapping.quota, Asks { connection, table });
        let month = |column: &Column| Time::new(column, zone).bound("month", "0 days");
        Ok(QuotaColumns {
            tenant: asks.of(table.column("tenant", &at.tenant), sql::sorted).await?,
            balance: asks.of(table.number("balance", &at.balance), sql::number_of).await?,
            daily_used: asks.of(table.number("daily_used", &at.daily_used), sql::number_of).await?,
            daily_reset: asks.of(table.time("daily_reset", &at.daily_reset), month).await?,
            monthly_used: asks.of(table.number("monthly_used", &at.monthly_used), sql::number_of).await?,
            monthly_reset: asks.of(table.time("monthly_reset", &at.monthly_reset), month).await?,
        })
    }

    /// The columns that the counts need.
    pub fn counts(&self) -> [&Found; 4] {
        [&self.daily_used, &self.daily_reset, &self.monthly_used, &self.monthly_reset]
    }

    /// The time zone does not exist, so no day has bounds.
    pub fn no_zone(&mut self, why: &str) {
        for column in [&mut self.daily_reset, &mut self.monthly_reset] {
            if column.is_ok() {
                *column = Err(why.to_owned());
            }
        }
    }

    /// Selects tenant, name of the row, balance; then for the day and for the month: used, first instant, end, and the
    /// text of the date if it has neither.
    pub fn select(&self, table: &Table, zone: &str) -> Option<String> {
        let tenant = sql::sorted(self.tenant.as_ref().ok()?);
        let at = |column: &Found, unit, plus| {
            or_null(column, |column| Time::new(column, zone).bound(unit, plus), "timestamptz")
        };
        let bad = |column: &Found| or_null(column, |column| Time::new(column, zone).bad(), "text");
        let columns = [
            tenant,
            sql::name(None, &[], table.place().as_ref()),
            or_null(&self.balance, sql::number_of, "numeric"),
            or_null(&self.daily_used, sql::number_of, "numeric"),
            at(&self.daily_reset, "day", "0 days"),
            at(&self.daily_reset, "day", "1 day"),
            bad(&self.daily_reset),
            or_null(&self.monthly_used, sql::number_of, "numeric"),
            at(&self.monthly_reset, "month", "0 days"),
            at(&self.monthly_reset, "month", "1 month"),
            bad(&self.monthly_reset),
        ];
        Some(format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), table.sql))
    }
}
