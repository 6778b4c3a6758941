//! A difference in a single value is reported, whichever value it is.

use model::effect::{Fields, Seconds, WARM_LOCK_TTL};
use model::moves::Move;
use model::reply::{Answer, Failure};
use model::row::{KeyRow, Request, TraceId, Unit};
use model::setup::{Account, Faults, Premises, Requested, Setup};
use model::world::World;

use super::*;
use crate::names::Names;
use crate::tables::TenantRows;

/// A model after a charge, and servers that hold the same.
struct Both {
    model: Books,
    expected: Contents,
    tables: Tables,
    contents: Contents,
    clock: Seconds,
}

impl Both {
    fn new() -> Both {
        let account = |name: &str| Account {
            name: name.to_owned(),
            balance: "100".parse().unwrap(),
            credit: "0".parse().unwrap(),
            daily_quota: 1_000,
            monthly_quota: 1_000,
            used: 0,
            budget: None,
            zone: None,
            new: false,
            cold: false,
        };
        let requests = vec![Requested::charge("t-1", "acme", "5.25".parse().unwrap())];
        let premises = Premises::billing_only(vec![account("acme"), account("globex")], requests, 1);
        let setup = Setup::new(premises, Faults::default(), "as-reported".parse().unwrap()).unwrap();
        let mut world = World::new(&setup);
        world.apply(&setup, Move::Send { request: Request(0), gateway: 0 }).unwrap();
        loop {
            let mut enabled = Vec::new();
            world.moves(&setup, &mut enabled);
            let Some(&next) = enabled.first() else { break };
            world.apply(&setup, next).unwrap();
        }
        let (model, mut expected) = (world.books(&setup), Contents::of(world.redis(), &Names::new(&setup, "p:")));
        let of = |ttl: u32| Some(Seconds(ttl));
        // Values that no step of this path writes.
        expected.tenants[0].warm_lock = Some(Some(WARM_LOCK_TTL));
        expected.tenants[0].principal = Some((KeyRow { limit: None, ..model.tenants[0].key }, of(300)));
        expected.tenants[0].budget = Some((5_250_000, of(600)));
        let rows = |book: &model::books::TenantBook| TenantRows {
            quota: book.quota,
            key: book.key,
            budget: book.budget,
            usage: book.usage,
        };
        let tables =
            Tables { tenants: model.tenants.iter().map(rows).collect(), rows: model.rows.iter().copied().collect() };
        let contents = expected.clone();
        let clock = world.redis().clock();
        let model = books(&model, &tables, &contents, clock);
        assert!(model.rows[0].is_some() && model.keys[0].ttl.is_some() && model.tenants[0].hash.is_some());
        Both { model, expected, tables, contents, clock }
    }

    fn difference(&self) -> Option<String> {
        let real = books(&self.model, &self.tables, &self.contents, self.clock);
        let found = differ(&self.model, &real, &self.expected, &self.contents)?;
        assert_ne!(found.model, found.server);
        Some(found.what)
    }
}

type Plant = fn(&mut Both);

const TENANT: &str = "tenant 1";
const ROW: &str = "ledger row 1";
const KEY: &str = "idempotency key 1";
const REDIS: &str = "what redis holds of tenant 1";

fn row(both: &mut Both) -> &mut model::row::LedgerRow {
    both.tables.rows[0].as_mut().unwrap()
}

fn hash(both: &mut Both) -> &mut (Hash, ToLive) {
    both.contents.tenants[0].hash.as_mut().unwrap()
}

/// Each planted difference with its report.
const PLANTED: &[(&str, &str, Plant)] = &[
    ("quota: balance", TENANT, |it| it.tables.tenants[0].quota.balance = Default::default()),
    ("quota: credit", TENANT, |it| it.tables.tenants[0].quota.credit = it.tables.tenants[0].quota.balance),
    ("quota: daily limit", TENANT, |it| it.tables.tenants[0].quota.daily_quota += 1),
    ("quota: counted today", TENANT, |it| it.tables.tenants[0].quota.daily_used += 1),
    ("quota: monthly limit", TENANT, |it| it.tables.tenants[0].quota.monthly_quota += 1),
    ("quota: counted this month", TENANT, |it| it.tables.tenants[0].quota.monthly_used += 1),
    ("quota: version", TENANT, |it| it.tables.tenants[0].quota.version += 1),
    ("quota: day", TENANT, |it| it.tables.tenants[0].quota.daily_reset_at = None),
    ("quota: month", TENANT, |it| it.tables.tenants[0].quota.monthly_reset_at = None),
    ("quota of the other tenant", "tenant 2", |it| it.tables.tenants[1].quota.version += 1),
    ("API key: spent", TENANT, |it| it.tables.tenants[0].key.used = it.tables.tenants[0].quota.balance),
    ("API key: limit", TENANT, |it| it.tables.tenants[0].key.limit = Some(it.tables.tenants[0].quota.balance)),
    ("BUDGET row: used", TENANT, |it| it.tables.tenants[0].budget.used += 1),
    ("BUDGET row: total", TENANT, |it| it.tables.tenants[0].budget.total = Some(7)),
    ("BUDGET row: unit", TENANT, |it| {
        let unit = &mut it.tables.tenants[0].budget.unit;
        *unit = if *unit == Unit::Cents { Unit::Micros } else { Unit::Cents };
    }),
    ("usage: requests", TENANT, |it| it.tables.tenants[0].usage.requests += 1),
    ("usage: cost", TENANT, |it| it.tables.tenants[0].usage.cost = it.tables.tenants[0].quota.balance),
    ("ledger: no row", ROW, |it| it.tables.rows[0] = None),
    ("ledger: tenant", ROW, |it| row(it).tenant = model::row::Tenant(1)),
    ("ledger: trace", ROW, |it| row(it).trace = TraceId(1)),
    ("ledger: type", ROW, |it| row(it).kind = model::row::Kind::Recharge),
    ("ledger: status", ROW, |it| row(it).status = model::row::Status::Pending),
    ("ledger: amount", ROW, |it| row(it).amount = row(it).after),
    ("ledger: balance before", ROW, |it| row(it).before = row(it).after),
    ("ledger: balance after", ROW, |it| row(it).after = row(it).before),
    ("idempotency key: gone", KEY, |it| it.contents.keys[0] = None),
    ("idempotency key: for ever", KEY, |it| it.contents.keys[0] = Some(None)),
    ("idempotency key: time to live", KEY, |it| it.contents.keys[0] = Some(Some(Seconds(20)))),
    ("hash: gone", TENANT, |it| it.contents.tenants[0].hash = None),
    ("hash: a value", TENANT, |it| hash(it).0.row.version += 1),
    ("hash: a field", TENANT, |it| hash(it).0.fields = Fields::default()),
    ("hash: time to live", TENANT, |it| hash(it).1 = Some(Seconds(20))),
    ("warm-up lock: gone", REDIS, |it| it.contents.tenants[0].warm_lock = None),
    ("warm-up lock: for ever", REDIS, |it| it.contents.tenants[0].warm_lock = Some(None)),
    ("principal: gone", TENANT, |it| it.contents.tenants[0].principal = None),
    ("principal: for ever", TENANT, |it| it.contents.tenants[0].principal.as_mut().unwrap().1 = None),
    ("principal: time to live", REDIS, |it| it.contents.tenants[0].principal.as_mut().unwrap().1 = Some(Seconds(20))),
    ("principal: a value", TENANT, |it| {
        it.contents.tenants[0].principal.as_mut().unwrap().0.used = it.tables.tenants[0].quota.balance;
    }),
    ("counter: gone", TENANT, |it| it.contents.tenants[0].budget = None),
    ("counter: value", TENANT, |it| it.contents.tenants[0].budget.as_mut().unwrap().0 += 1),
    ("counter: for ever", TENANT, |it| it.contents.tenants[0].budget.as_mut().unwrap().1 = None),
    ("counter: time to live", REDIS, |it| it.contents.tenants[0].budget.as_mut().unwrap().1 = Some(Seconds(20))),
];

#[test]
fn a_difference_in_one_thing_that_the_servers_hold_is_reported() {
    assert_eq!(Both::new().difference(), None);
    for (planted, difference, plant) in PLANTED {
        let mut both = Both::new();
        plant(&mut both);
        assert_eq!(both.difference().as_deref(), Some(*difference), "{planted}");
    }
}

#[test]
fn a_reply_or_a_step_that_is_not_the_models_is_reported() {
    let failed = |failure| Reply::Failed(failure);
    let did = |did, reply| Line::Did { did, reply };
    let hear = |reply, line| hold_against(Step::T1, reply, line);
    assert_eq!(hear(Reply::Taken, did(Step::T1, Reply::Taken)), Heard::Agrees);
    for (model, real) in [
        (Reply::Taken, Reply::Held),
        (Reply::Updated(1), Reply::Updated(0)),
        (Reply::Row(None), Reply::Quota(Default::default())),
        (Reply::Ok, failed(Failure::Deadlock)),
        (failed(Failure::PgLost), Reply::Ok),
        (failed(Failure::PgLost), failed(Failure::RedisLost)),
    ] {
        assert_eq!(hear(model, did(Step::T1, real)), Heard::Differs(show(&real)), "{model:?}");
    }
    assert_eq!(hear(Reply::Ok, did(Step::T2, Reply::Ok)), Heard::Differs("T2: Ok".to_owned()));
    assert_eq!(hear(DEADLOCK, did(Step::T1, DEADLOCK)), Heard::Agrees);
    assert_eq!(hear(DEADLOCK, did(Step::T1, Reply::Ok)), Heard::OtherVictim);
    for line in [
        Line::About { about: Step::T1 },
        Line::Answered { answer: Answer::Duplicate, open: false },
        Line::Through { through: false },
        Line::Broken { broken: "why".to_owned() },
    ] {
        assert_eq!(hear(Reply::Ok, line.clone()), Heard::Unexpected(line));
    }
}
