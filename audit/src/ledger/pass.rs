//! The pass: three cursors side by side, one tenant after the other.

use sqlx::{PgConnection, query};

use crate::check::{Check, Tally, figure};
use crate::ledger::cursor::{Cursor, integer};
use crate::ledger::entry::{Entry, Standing};
use crate::ledger::sources::Sources;
use crate::ledger::tenant::{Books, Key, Quota, Tallies};
use crate::mapping::Mapping;

/// How much a pass has looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looked {
    /// Rows of the ledger.
    pub rows: u64,
    /// Tenants with a quota or a row.
    pub tenants: u64,
    /// API keys.
    pub keys: u64,
}

/// The tallies of one pass.
#[derive(Debug)]
pub struct Pass {
    pub conserve: Tally,
    pub chain: Tally,
    pub budget: Tally,
    pub usage: Tally,
    pub count_exact: Tally,
    pub no_pending: Tally,
    /// How much was looked at.
    pub looked: Looked,
}

/// The order of cursors that have nothing to read.
const NOTHING: &str = "SELECT NULL::text WHERE false";
/// What an instant counts in.
const MICROS: i64 = 1_000_000;

impl Pass {
    /// Nothing looked at so far; each check keeps so many of the worst.
    pub fn new(worst: usize) -> Pass {
        let tally = |check| Tally::new(check, worst);
        Pass {
            conserve: tally(Check::Conserve),
            chain: tally(Check::Chain),
            budget: tally(Check::Budget),
            usage: tally(Check::Usage),
            count_exact: tally(Check::CountExact),
            no_pending: tally(Check::NoPending),
            looked: Looked::default(),
        }
    }

    /// All tallies, in the order of reports.
    pub fn tallies(self) -> [Tally; 6] {
        [self.conserve, self.chain, self.budget, self.usage, self.count_exact, self.no_pending]
    }

    /// Something befell the whole pass.
    pub fn cannot(&mut self, why: &str) {
        let Pass { conserve, chain, budget, usage, count_exact, no_pending, .. } = self;
        for tally in [conserve, chain, budget, usage, count_exact, no_pending] {
            tally.cannot(|| why.to_owned());
        }
    }

    /// Goes through the whole ledger inside the transaction that is open.
    ///
    /// # Errors
    /// As Postgres; what was looked at until then is in the tallies.
    pub async fn run(
        &mut self,
        connection: &mut PgConnection,
        sources: &Sources,
        mapping: &Mapping,
        pending_older_than: i64,
    ) -> Result<(), sqlx::Error> {
        let now = query("SELECT now()").fetch_one(&mut *connection).await?;
        let now = integer(&now, 0)?.unwrap_or_default();
        let select = |select: &Option<String>| select.clone().unwrap_or_else(|| NOTHING.to_owned());
        let mut quotas = Cursor::open(connection, "trial_quotas", &select(&sources.quotas)).await?;
        let mut keys = Cursor::open(connection, "trial_keys", &select(&sources.keys)).await?;
        let mut ledger = Cursor::open(connection, "trial_ledger", &select(&sources.ledger)).await?;
        let age = Age { now, bound: pending_older_than, known: sources.timed };
        loop {
            let subjects = [quotas.subject()?, keys.subject()?, ledger.subject()?];
            let Some(tenant) = subjects.into_iter().flatten().min().map(str::to_owned) else { break };
            let quota = self.quota(connection, &mut quotas, &tenant).await?;
            let mut own_keys = Vec::new();
            while keys.is_at(&tenant)? {
                own_keys.extend(keys.head().map(Key::read).transpose()?);
                keys.advance(connection).await?;
            }
            let mut books = Books::new(quota.as_ref());
            while ledger.is_at(&tenant)? {
                if let Some(row) = ledger.head() {
                    self.enter(&tenant, &Entry::read(row, &mapping.ledger)?, &mut books, sources.slack, age);
                }
                ledger.advance(connection).await?;
            }
            self.looked.tenants += 1;
            self.looked.keys += own_keys.len() as u64;
            let Pass { conserve, budget, usage, count_exact, .. } = self;
            let mut tallies = Tallies { conserve, budget, usage, count_exact };
            books.close(&tenant, quota.as_ref(), &own_keys, &mut tallies);
        }
        for cursor in [quotas, keys, ledger] {
            cursor.close(connection).await?;
        }
        Ok(())
    }

    async fn quota(
        &mut self,
        connection: &mut PgConnection,
        quotas: &mut Cursor,
        tenant: &str,
    ) -> Result<Option<Quota>, sqlx::Error> {
        let mut found = None;
        while quotas.is_at(tenant)? {
            if found.is_some() {
                let why = || format!("{tenant} has several quota rows");
                self.conserve.cannot(why);
                self.count_exact.cannot(why);
            }
            found = quotas.head().map(Quota::read).transpose()?;
            quotas.advance(connection).await?;
        }
        Ok(found)
    }

    fn enter(&mut self, tenant: &str, entry: &Entry<'_>, books: &mut Books, slack: i64, age: Age) {
        self.looked.rows += 1;
        self.no_pending.look(true);
        match entry.standing {
            Standing::Effective => books.enter(tenant, entry, slack, &mut self.chain),
            Standing::Pending => self.pending(tenant, entry, age),
            Standing::Void => {}
            Standing::Unnamed => {
                let (row, status) = (entry.row, entry.status);
                self.cannot(&format!("row {row} of {tenant} is `{status}`, which the mapping does not name"));
            }
        }
    }

    fn pending(&mut self, tenant: &str, entry: &Entry<'_>, age: Age) {
        let Some(at) = entry.at else {
            let why = if age.known { "has no time" } else { "is of unknown age: not there: ledger.time" };
            return self.no_pending.cannot(|| format!("row {} of {tenant} is pending and {why}", entry.row));
        };
        let lies = age.now.saturating_sub(at);
        if lies > age.bound {
            let seconds = lies / MICROS;
            self.no_pending.broke(u128::from(seconds.unsigned_abs()), &format!("{tenant} row {}", entry.row), || {
                let amount = entry.amount.map_or_else(|why| why.to_string(), |amount| amount.to_string());
                vec![figure("pending for seconds", seconds), figure(entry.kind, amount)]
            });
        }
    }
}

/// How old a pending row may be.
#[derive(Clone, Copy, Debug)]
struct Age {
    now: i64,
    bound: i64,
    known: bool,
}
