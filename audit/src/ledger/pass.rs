//! The pass: three cursors in parallel, one tenant after the other.

use model::shown::shown;
use sqlx::{PgConnection, query};

use crate::check::{Check, CheckResult, figure};
use crate::error::one_line;
use crate::ledger::books::{Books, TenantChecks};
use crate::ledger::cursor::{Cursor, Subject, integer, text};
use crate::ledger::entry::{Entry, Standing};
use crate::ledger::matches::Matches;
use crate::ledger::rows::{ApiKey, Quota};
use crate::ledger::sources::Sources;
use crate::mapping::Mapping;

/// How much a pass has read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looked {
    /// Rows of the ledger.
    pub rows: u64,
    /// Tenants with a quota or a row.
    pub tenants: u64,
    /// API keys.
    pub keys: u64,
}

/// The results of one pass.
#[derive(Debug)]
pub struct Pass<'s> {
    sources: &'s Sources,
    mapping: &'s Mapping,
    conserve: CheckResult,
    chain: CheckResult,
    budget: CheckResult,
    usage: CheckResult,
    count_exact: CheckResult,
    no_pending: CheckResult,
    matches: Matches,
    /// How much was read.
    pub looked: Looked,
}

/// Units of an instant per second.
const MICROS: i64 = 1_000_000;
/// The subject of rows that name no tenant.
const NOBODY: &str = "no tenant";

impl<'s> Pass<'s> {
    /// A pass that has not read anything; each check keeps this many of the worst violations.
    pub fn new(sources: &'s Sources, mapping: &'s Mapping, worst: usize) -> Pass<'s> {
        let result = |check| CheckResult::new(check, worst);
        Pass {
            sources,
            mapping,
            conserve: result(Check::Conserve),
            chain: result(Check::Chain),
            budget: result(Check::Budget),
            usage: result(Check::Usage),
            count_exact: result(Check::CountExact),
            no_pending: result(Check::NoPending),
            matches: Matches::default(),
            looked: Looked::default(),
        }
    }

    /// All results, in the order of reports.
    pub fn results(self) -> [CheckResult; 6] {
        [self.conserve, self.chain, self.budget, self.usage, self.count_exact, self.no_pending]
    }

    /// Something prevents every check of the pass.
    pub fn cannot(&mut self, why: &str) {
        let Pass { conserve, chain, budget, usage, count_exact, no_pending, .. } = self;
        for result in [conserve, chain, budget, usage, count_exact, no_pending] {
            result.cannot(|| why.to_owned());
        }
    }

    /// The tenant of a row that may count is not known, so any tenant may lack this row. `takes`: it may be a charge.
    fn take_back(&mut self, takes: bool, why: &str) {
        let Pass { conserve, chain, budget, usage, count_exact, .. } = self;
        for result in [conserve, chain] {
            result.take_back(why);
        }
        for result in [budget, usage, count_exact].into_iter().filter(|_| takes) {
            result.take_back(why);
        }
    }

    fn cannot_balance(&mut self, why: &str) {
        self.conserve.cannot(|| why.to_owned());
        self.count_exact.cannot(|| why.to_owned());
    }

    fn cannot_spend(&mut self, why: &str) {
        self.budget.cannot(|| why.to_owned());
        self.usage.cannot(|| why.to_owned());
    }

    /// Reads the whole ledger inside the open transaction.
    ///
    /// # Errors
    /// An error of Postgres; what was checked before it is in the results.
    pub async fn run(&mut self, connection: &mut PgConnection, pending_older_than: i64) -> Result<(), sqlx::Error> {
        let sources = self.sources;
        let now = query("SELECT now()").fetch_one(&mut *connection).await?;
        let age = Age { now: integer(&now, 0)?.unwrap_or_default(), bound: pending_older_than };
        let mut quotas = Cursor::open(connection, "trial_quotas", sources.quotas.as_deref()).await?;
        let mut keys = Cursor::open(connection, "trial_keys", sources.keys.as_deref()).await?;
        let mut ledger = Cursor::open(connection, "trial_ledger", sources.ledger.as_deref()).await?;
        while ledger.lost.is_none() {
            let subjects = [quotas.subject()?, keys.subject()?, ledger.subject()?];
            match subjects.into_iter().flatten().min() {
                None => break,
                Some(Subject::Nobody) => {
                    self.nobody(connection, [&mut quotas, &mut keys, &mut ledger], age).await?;
                    break;
                }
                Some(Subject::Of(tenant)) => {
                    let tenant = tenant.to_owned();
                    self.tenant(connection, [&mut quotas, &mut keys, &mut ledger], &tenant, age).await?;
                }
            }
        }
        let lost = |cursor: &Cursor, of: &str| {
            let why = cursor.lost.as_ref()?;
            Some(format!("{of} not read to the end: postgres: {}", one_line(why)))
        };
        if let Some(why) = lost(&ledger, "the ledger was") {
            self.cannot(&why);
        }
        if let Some(why) = lost(&quotas, "the quotas were") {
            self.cannot_balance(&why);
        }
        if let Some(why) = lost(&keys, "the API keys were") {
            self.cannot_spend(&why);
        }
        self.matches.judge(
            &sources.names,
            self.mapping,
            [&mut self.conserve, &mut self.count_exact, &mut self.budget, &mut self.usage],
        );
        Ok(())
    }

    async fn tenant(
        &mut self,
        connection: &mut PgConnection,
        [quotas, keys, ledger]: [&mut Cursor; 3],
        tenant: &str,
        age: Age,
    ) -> Result<(), sqlx::Error> {
        let (names, subject) = (&self.sources.names, Subject::Of(tenant));
        let mut quota: Option<Quota> = None;
        while quotas.is_at(subject)? {
            match (&mut quota, quotas.head()) {
                (Some(quota), _) => quota.several(names, tenant),
                (none, row) => *none = row.map(|row| Quota::read(row, names, tenant)).transpose()?,
            }
            quotas.advance(connection).await?;
        }
        let mut own_keys = Vec::new();
        while keys.is_at(subject)? {
            match keys.head().map(|row| ApiKey::read(row, names, tenant)).transpose()? {
                Some(Ok(key)) => own_keys.push(key),
                Some(Err(why)) => self.cannot_spend(&why),
                None => {}
            }
            keys.advance(connection).await?;
        }
        let mut books = Books::new(names, tenant, quota.as_ref(), self.sources.slack);
        while ledger.is_at(subject)? {
            if let Some(row) = ledger.head() {
                self.enter(tenant, &Entry::read(row, &self.mapping.ledger)?, &mut books, age);
            }
            ledger.advance(connection).await?;
        }
        self.looked.tenants += 1;
        self.looked.keys += own_keys.len() as u64;
        // Missing rows are not a breach if the rest of them could not be read.
        if ledger.lost.is_none() {
            self.matches.tenant(&books, quotas.lost.is_some() || quota.is_some());
            let conserve = quotas.lost.is_none().then_some(&mut self.conserve);
            let Pass { budget, usage, count_exact, .. } = self;
            let mut results = TenantChecks { conserve, budget, usage, count_exact };
            let read = keys.lost.is_none().then_some(own_keys.as_slice());
            let charges = books.close(quota.as_ref(), read, &mut results);
            self.matches.keys(&own_keys, charges);
        }
        Ok(())
    }

    /// Handles the rows that are left after all tenants: rows whose tenant is not known.
    async fn nobody(
        &mut self,
        connection: &mut PgConnection,
        [quotas, keys, ledger]: [&mut Cursor; 3],
        age: Age,
    ) -> Result<(), sqlx::Error> {
        let names = &self.sources.names;
        let null = |cursor: &Cursor, column: &str| -> Result<Option<String>, sqlx::Error> {
            let Some(row) = cursor.head() else { return Ok(None) };
            let name = text(row, 1)?.unwrap_or("without a name");
            Ok(Some(format!("{column} of row {} is null", shown(name))))
        };
        if let Some(why) = null(quotas, &names.quota_tenant)? {
            // The row may belong to a tenant without a quota row.
            self.conserve.take_back(&why);
            self.cannot_balance(&why);
        }
        if let Some(why) = null(keys, &names.key_tenant)? {
            self.cannot_spend(&why);
        }
        while let Some(row) = ledger.head() {
            let entry = Entry::read(row, &self.mapping.ledger)?;
            self.looked.rows += 1;
            self.no_pending.count(true);
            let why = format!("{} of row {} is null", names.tenant, shown(entry.row));
            match entry.standing {
                Standing::Effective => self.take_back(entry.may_take(), &why),
                Standing::Pending => self.pending(NOBODY, &entry, age),
                Standing::Void => {}
                Standing::Unnamed => {
                    self.take_back(entry.may_take(), &why);
                    self.no_pending.cannot(|| entry.no_status(names, NOBODY));
                }
            }
            ledger.advance(connection).await?;
        }
        Ok(())
    }

    fn enter(&mut self, tenant: &str, entry: &Entry<'_>, books: &mut Books<'_>, age: Age) {
        self.looked.rows += 1;
        self.no_pending.count(true);
        match entry.standing {
            Standing::Effective => books.enter(entry, &mut self.chain),
            Standing::Pending => self.pending(tenant, entry, age),
            Standing::Void => {}
            Standing::Unnamed => {
                let why = entry.no_status(&self.sources.names, tenant);
                books.doubt(entry, &why, &mut self.chain);
                self.no_pending.cannot(|| why);
            }
        }
    }

    fn pending(&mut self, tenant: &str, entry: &Entry<'_>, age: Age) {
        let Some(at) = entry.at else {
            let why = || format!("a row is pending: {}", entry.no_time(&self.sources.names, tenant));
            return self.no_pending.cannot(why);
        };
        let lies = age.now.saturating_sub(at);
        if lies > age.bound {
            let seconds = lies / MICROS;
            self.no_pending.broke(u128::from(seconds.unsigned_abs()), &format!("{tenant} row {}", entry.row), || {
                let amount = entry.amount.read.map_or_else(|why| why.to_string(), |amount| amount.to_string());
                vec![figure("pending for seconds", seconds), figure(entry.kind.unwrap_or("amount"), amount)]
            });
        }
    }
}

/// The allowed age of a pending row.
#[derive(Clone, Copy, Debug)]
struct Age {
    now: i64,
    bound: i64,
}
