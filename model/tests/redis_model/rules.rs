//! What holds of Redis whatever is asked of it.

use model::design::Scripts;
use model::effect::{Arithmetic, Field, Fields, Increment, RedisOp, Script, Seconds};
use model::money::Money;
use model::row::{KeyRow, QuotaRow};
use proptest::prelude::*;

use crate::{ACME, BETA, T1, T2, day, empty, quota};

fn any_fields() -> impl Strategy<Value = Fields> {
    prop::sample::subsequence(Field::ALL.to_vec(), 1..=9).prop_map(|fields| Fields::of(&fields))
}

fn any_script() -> impl Strategy<Value = Script> {
    let any_day = prop::sample::select(vec![day("2026-01-31"), day("2026-02-01")]);
    let amount = (0..200_000_000i64).prop_map(Money::from_micros);
    let arithmetic = prop::sample::select(vec![Arithmetic::Lua, Arithmetic::Exact]);
    prop_oneof![
        any_day.clone().prop_map(Script::CountDaily),
        any_day.clone().prop_map(|day| Script::CountMonthly(day.month())),
        (amount.clone(), any::<bool>(), any_day, arithmetic.clone()).prop_map(|(amount, negative, day, arithmetic)| {
            Script::Deduct { counts: true, negative, amount, day, arithmetic }
        }),
        (amount, arithmetic).prop_map(|(by, arithmetic)| Script::Adjust { by, arithmetic }),
        (0..100i64, 0..9u32, any_fields(), 1..100u32).prop_map(|(balance, version, fields, ttl)| {
            let row = QuotaRow { version, ..quota(balance) };
            Script::WriteIfNewer { row, fields, ttl: Seconds(ttl) }
        }),
    ]
}

fn any_op() -> impl Strategy<Value = RedisOp> {
    let key = prop_oneof![Just(T1), Just(T2)];
    let tenant = prop_oneof![Just(ACME), Just(BETA)];
    let ttl = (1..100u32).prop_map(Seconds);
    prop_oneof![
        (key.clone(), ttl.clone()).prop_map(|(key, ttl)| RedisOp::SetNx { key, ttl }),
        key.prop_map(RedisOp::Del),
        (tenant.clone(), 0..100i64, any_fields()).prop_map(|(tenant, balance, fields)| RedisOp::HSet {
            tenant,
            row: quota(balance),
            fields
        }),
        (tenant.clone(), ttl.clone()).prop_map(|(tenant, ttl)| RedisOp::Expire { tenant, ttl }),
        (tenant.clone(), any_script(), prop::sample::select(Scripts::ALL))
            .prop_map(|(tenant, script, by)| RedisOp::Eval { tenant, script, by }),
        (tenant.clone(), ttl.clone()).prop_map(|(tenant, ttl)| RedisOp::TakeWarmLock { tenant, ttl }),
        (tenant.clone(), ttl.clone()).prop_map(|(tenant, ttl)| RedisOp::SetPrincipal {
            tenant,
            key: KeyRow::default(),
            ttl
        }),
        (tenant.clone(), -9..9i64).prop_map(|(tenant, by)| RedisOp::IncrBudget { tenant, by: Increment::Micros(by) }),
        (tenant, ttl).prop_map(|(tenant, ttl)| RedisOp::ExpireBudget { tenant, ttl }),
    ]
}

/// A command, or nothing where time passes.
fn moves() -> impl Strategy<Value = Vec<Option<RedisOp>>> {
    prop::collection::vec(prop::option::weighted(0.8, any_op()), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_outlives_its_deadline_and_nothing_comes_to_life_unasked(ops in moves()) {
        let mut redis = empty();
        for op in ops {
            let before = redis.clone();
            if let Some(op) = op {
                redis.execute(op);
            } else {
                redis.expire_next();
            }
            prop_assert!(redis.clock() >= before.clock());
            for (key, was) in [(T1, before.key(T1)), (T2, before.key(T2))] {
                prop_assert!(redis.key(key).is_none_or(|ttl| ttl > Seconds(0)));
                let taken = matches!(op, Some(RedisOp::SetNx { key: taken, .. }) if taken == key);
                prop_assert!(redis.key(key).is_none() || was.is_some() || taken);
            }
            for tenant in [ACME, BETA] {
                let deadline = redis.hash(tenant).and_then(|hash| hash.deadline);
                prop_assert!(deadline.is_none_or(|deadline| deadline > redis.clock()));
                prop_assert!(redis.principal(tenant).is_none_or(|(_, ttl)| ttl > Seconds(0)));
                let deadline = redis.budget(tenant).and_then(|(_, deadline)| deadline);
                prop_assert!(deadline.is_none_or(|deadline| deadline > redis.clock()));
            }
        }
    }

    #[test]
    fn a_balance_has_drifted_exactly_where_its_text_is_no_money(ops in moves()) {
        let mut redis = empty();
        for op in ops {
            if let Some(op) = op {
                redis.execute(op);
            } else {
                redis.expire_next();
            }
            for hash in [ACME, BETA].into_iter().filter_map(|tenant| redis.hash(tenant)) {
                if let Some(drifted) = hash.drifted {
                    prop_assert!(drifted.to_string().parse::<Money>().is_err());
                    prop_assert_eq!((hash.row.balance, hash.drifted), drifted.stored());
                }
                prop_assert!(hash.fields.has(Field::Balance) || hash.row.balance == Money::ZERO, "what is not there is at its default");
                prop_assert!(hash.fields.has(Field::Version) || hash.row.version == 0, "what is not there is at its default");
            }
        }
    }
}
