//! The names of a setup's tenants, traces and keys on the servers.

use model::row::{IdempotencyKey, Tenant, TraceId};
use model::setup::Setup;

/// The names of one setup.
#[derive(Clone, Debug, Default)]
pub struct Names {
    tenants: Vec<TenantNames>,
    traces: Vec<String>,
    keys: Vec<String>,
}

/// The names that belong to one tenant. Each tenant has one API key, so its name also serves as the name of the key.
#[derive(Clone, Debug, Default)]
struct TenantNames {
    tenant: String,
    hash: String,
    warm_lock: String,
    principal: String,
    budget: String,
}

impl Names {
    /// The names of a setup; Redis keys begin with `prefix`.
    pub fn new(setup: &Setup, prefix: &str) -> Names {
        let tenants: Vec<&str> = setup.accounts.iter().map(|account| account.name.as_str()).collect();
        let traces: Vec<&str> = setup.traces.iter().map(String::as_str).collect();
        let keys: Vec<(Tenant, TraceId)> =
            setup.keys.iter().map(|&(request, trace)| (setup.input(request).tenant, trace)).collect();
        Names::of(prefix, &tenants, &traces, &keys)
    }

    /// These names, with an idempotency key for each pair of tenant and trace; every Redis key begins with `prefix`.
    pub fn of(prefix: &str, tenants: &[&str], traces: &[&str], keys: &[(Tenant, TraceId)]) -> Names {
        let tenant = |name: &&str| TenantNames {
            tenant: (*name).to_owned(),
            hash: format!("{prefix}quota:{name}"),
            warm_lock: format!("{prefix}quota:{name}:warming"),
            principal: format!("{prefix}principal:{name}"),
            budget: format!("{prefix}apikey:budget:{name}"),
        };
        let key = |(tenant, trace): &(Tenant, TraceId)| {
            format!("{prefix}deduct:{}:{}", tenants[tenant.index()], traces[trace.index()])
        };
        Names {
            tenants: tenants.iter().map(tenant).collect(),
            traces: traces.iter().map(|trace| (*trace).to_owned()).collect(),
            keys: keys.iter().map(key).collect(),
        }
    }

    /// All tenants.
    pub fn tenants(&self) -> impl Iterator<Item = Tenant> + use<> {
        (0..self.tenants.len()).filter_map(|place| u8::try_from(place).ok()).map(Tenant)
    }

    /// The number of traces.
    pub fn traces(&self) -> usize {
        self.traces.len()
    }

    /// All idempotency keys.
    pub fn keys(&self) -> impl Iterator<Item = IdempotencyKey> + use<> {
        (0..self.keys.len()).filter_map(|place| u8::try_from(place).ok()).map(IdempotencyKey)
    }

    /// `tenant_id` of a tenant.
    pub fn tenant(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()].tenant
    }

    /// `trace_id` of every trace, in order.
    pub fn all_traces(&self) -> &[String] {
        &self.traces
    }

    /// `trace_id` of a trace.
    pub fn trace(&self, trace: TraceId) -> &str {
        &self.traces[trace.index()]
    }

    /// An idempotency key, `deduct:{tenant}:{trace}`.
    pub fn key(&self, key: IdempotencyKey) -> &str {
        &self.keys[key.index()]
    }

    /// The quota hash of a tenant, `quota:{tenant}`.
    pub fn hash(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()].hash
    }

    /// The warm-up lock of that hash, `quota:{tenant}:warming`.
    pub fn warm_lock(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()].warm_lock
    }

    /// The cached principal of a tenant's API key, `principal:{key}`.
    pub fn principal(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()].principal
    }

    /// The budget counter of a tenant's API key, `apikey:budget:{key}`.
    pub fn budget(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()].budget
    }

    /// The tenant with this name.
    pub fn tenant_of(&self, name: &str) -> Option<Tenant> {
        let place = self.tenants.iter().position(|names| names.tenant == name)?;
        u8::try_from(place).ok().map(Tenant)
    }

    /// The trace with this name.
    pub fn trace_of(&self, name: &str) -> Option<TraceId> {
        let place = self.traces.iter().position(|trace| trace == name)?;
        u8::try_from(place).ok().map(TraceId)
    }
}
