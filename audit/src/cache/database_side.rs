//! The database rows for a set of Redis keys, read afresh.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection, Row, query};

use crate::cache::fields::Hash;
use crate::cache::kinds::{Kind, Named};
use crate::catalog::{Catalog, Found};
use crate::mapping::Mapping;

/// The statements that read the database; each has its own snapshot.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The hash of a tenant's quota.
    pub quota: Hash,
    /// The hash of an API key.
    pub api_key: Hash,
    /// Selects tenant, trace and status of the rows of the traces `$1`; or why that is not possible.
    rows: Result<String, String>,
}

/// The columns of each row in the order of the fields, by the name of the row.
type Rows = BTreeMap<String, Vec<Option<String>>>;

/// The rows that were found.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSide {
    /// Quota rows.
    pub quotas: Rows,
    /// Rows of API keys.
    pub api_keys: Rows,
    /// Statuses of ledger rows, by trace and tenant.
    pub charges: BTreeMap<(String, String), Vec<String>>,
}

impl Fresh {
    /// Builds the statements from the columns in the catalog.
    pub fn new(catalog: &Catalog, mapping: &Mapping) -> Fresh {
        let column = |key, name| -> Found { catalog.ledger.column(key, name) };
        let at = &mapping.ledger;
        let rows = column("tenant", &at.tenant).and_then(|tenant| {
            let (trace, status) = (column("trace", &at.trace)?, column("status", &at.status)?);
            let columns = [tenant.text(), trace.text(), status.text()].join(", ");
            Ok(format!("SELECT {columns} FROM {} WHERE {}", catalog.ledger.sql, trace.is_any_of(1)))
        });
        let (quota, api_key) = (Hash::quota(&catalog.quota, mapping), Hash::api_key(&catalog.key, mapping));
        Fresh { quota, api_key, rows }
    }

    /// Why idempotency keys cannot be compared with the ledger, if so.
    pub fn no_rows(&self) -> Option<&str> {
        self.rows.as_ref().err().map(String::as_str)
    }

    /// Reads the rows that these keys name.
    ///
    /// # Errors
    /// An error of Postgres.
    pub async fn ask(&self, connection: &mut PgConnection, keys: &[&Named]) -> Result<DatabaseSide, sqlx::Error> {
        let names = |kind: Kind, last: bool| -> Vec<String> {
            let of_kind = keys.iter().filter(|named| named.kind == kind).flat_map(|named| &named.parts);
            let part = of_kind.filter_map(|parts| if last { parts.last() } else { parts.first() });
            part.cloned().collect::<BTreeSet<String>>().into_iter().collect()
        };
        let mut database = DatabaseSide {
            quotas: hash(connection, &self.quota, names(Kind::Quota, false)).await?,
            api_keys: hash(connection, &self.api_key, names(Kind::ApiKey, false)).await?,
            charges: BTreeMap::new(),
        };
        let traces = names(Kind::Idempotency, true);
        if let (Ok(select), false) = (&self.rows, traces.is_empty()) {
            for row in query(AssertSqlSafe(select.as_str())).bind(traces).fetch_all(connection).await? {
                let text = |column| row.try_get::<Option<String>, usize>(column).map(Option::unwrap_or_default);
                database.charges.entry((text(1)?, text(0)?)).or_default().push(text(2)?);
            }
        }
        Ok(database)
    }
}

async fn hash(connection: &mut PgConnection, hash: &Hash, names: Vec<String>) -> Result<Rows, sqlx::Error> {
    let mut found = Rows::new();
    if let (Some(select), false) = (hash.select(), names.is_empty()) {
        for row in query(AssertSqlSafe(select)).bind(names).fetch_all(connection).await? {
            let name: String = row.try_get(0)?;
            let values = (1..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?;
            found.insert(name, values);
        }
    }
    Ok(found)
}
