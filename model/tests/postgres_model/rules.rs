//! What holds of a database whatever the sessions do.

use model::money::Money;
use model::reply::Reply;
use model::row::{QuotaRow, Tenant, TraceId};
use model::store::postgres::{Postgres, StatementResult};
use model::store::versioned::SessionId;
use proptest::prelude::*;

use crate::stories::words::statements::read;
use crate::story::{money, opening, server};

/// Any statement, all charges, rows and usage being of 5.25.
fn any_statement() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "begin",
        "begin",
        "commit",
        "rollback",
        "rollback to savepoint",
        "savepoint",
        "release savepoint",
        "insert t-1 of acme",
        "insert t-2 of acme",
        "mark t-1 committed",
        "mark t-2 committed",
        "settle t-1 with 5.25",
        "mark t-2 settled",
        "select what is unfinished",
        "select t-1 for update",
        "select t-2 for update",
        "charge acme 5.25 and count if version = 0",
        "charge acme 5.25 and count if version = 1",
        "charge acme 5.25 and count if version = 2",
        "charge zenith 5.25 and count if version = 0",
        "charge zenith 5.25 and count if version = 1",
        "add 5 to budget of acme",
        "add usage 5.25 of t-1 to totals of acme",
        "insert usage 5.25 of t-1 for acme on conflict do nothing",
        "insert usage 5.25 of t-2 for acme on conflict do nothing",
        "disconnect",
        "sits idle",
        "restart",
    ])
}

const SESSIONS: [SessionId; 3] = [SessionId(0), SessionId(1), SessionId(2)];

fn carry_out(pg: &mut Postgres, who: SessionId, command: &str) -> Vec<(SessionId, Reply)> {
    let mut answered = Vec::new();
    match command {
        "disconnect" => pg.disconnect(who),
        "sits idle" => pg.drop_idle(who),
        "restart" => drop(pg.restart()),
        command => {
            if let StatementResult::Done(reply) = pg.execute(who, read(command, &opening()).unwrap()) {
                answered.push((who, reply));
            }
        }
    }
    while let Some(&next) = pg.ready().first() {
        let reply = pg.take_up(next);
        assert!(reply.is_some(), "who is ready does not wait again");
        answered.extend(reply.map(|reply| (next, reply)));
    }
    answered
}

fn durable(pg: &Postgres) -> impl PartialEq + use<> {
    let tenants = [Tenant(0), Tenant(1)].map(|tenant| (pg.quota(tenant), pg.budget(tenant), pg.usage(tenant)));
    (tenants, [TraceId(0), TraceId(1)].map(|trace| pg.row(trace)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_of_a_database_hold(script in prop::collection::vec((0..3u8, any_statement()), 0..60)) {
        let open = money("100.00");
        let mut pg = server(opening());
        for (who, command) in script {
            let who = SessionId(who);
            if pg.waiting(who).is_some() && !["disconnect", "sits idle", "restart"].contains(&command) {
                continue;
            }
            let before = pg.clone();
            let answered = carry_out(&mut pg, who, command);
            for tenant in [Tenant(0), Tenant(1)] {
                let QuotaRow { balance, version, daily_used, .. } = pg.quota(tenant);
                prop_assert_eq!(open - balance, Money::from_micros(5_250_000 * i64::from(version)), "torn update");
                prop_assert_eq!(daily_used, version);
                prop_assert!(version >= before.quota(tenant).version, "what is durable is not lost");
                let usage = pg.usage(tenant);
                prop_assert_eq!(usage.cost.micros(), 5_250_000 * i64::from(usage.requests), "torn update");
                prop_assert!(usage.requests >= before.usage(tenant).requests, "what is durable is not lost");
                prop_assert!(pg.budget(tenant).used >= before.budget(tenant).used, "what is durable is not lost");
            }
            for trace in [TraceId(0), TraceId(1)] {
                prop_assert!(before.row(trace).is_none() || pg.row(trace).is_some(), "what is durable is not lost");
            }
            let may_commit = command == "commit" || answered.iter().any(|(who, _)| !before.in_transaction(*who));
            prop_assert!(may_commit || durable(&before) == durable(&pg), "nothing is durable before COMMIT");
            if command == "restart" {
                prop_assert!(SESSIONS.iter().all(|&who| pg.waiting(who).is_none()), "no wait survives a restart");
            }
        }
        // A round for each that may wait, and one in which those that the server ended are told so.
        for who in [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2].map(SessionId) {
            if pg.waiting(who).is_none() {
                carry_out(&mut pg, who, "rollback");
            }
        }
        prop_assert!(SESSIONS.iter().all(|&who| pg.waiting(who).is_none()), "no wait is for ever");
        for free in ["charge acme 5.25 and count if version = 0", "add 5 to budget of acme", "add usage 5.25 of t-1 to totals of acme", "insert usage 5.25 of t-1 for acme on conflict do nothing", "mark t-1 committed"] {
            prop_assert_eq!(carry_out(&mut pg, SESSIONS[0], free).len(), 1, "no lock outlives its transaction");
        }
    }
}
