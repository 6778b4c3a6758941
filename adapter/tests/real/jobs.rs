//! The whole request path, its jobs and its tasks.

use model::effect::{Arithmetic, Effect, RedisOp, Script as Lua};
use model::money::Money;
use model::moves::{Actor, Move};
use model::presets::PRESETS;
use model::reply::Reply;
use model::row::Request;
use model::run::Run;
use model::setup::{Account, Faults, Premises, RequestKind, Requested, Setup};
use model::step::Step;

use crate::script::{A, B, Script, WHOLE, account, charge, has_reply, on_path, real};

/// Three requests on the whole path, whatever it takes; one of them repeated.
#[tokio::test]
async fn every_design_runs_to_rest() {
    let mut real = real().await;
    for preset in PRESETS {
        for (cold, new, amount) in [(false, false, "5.25"), (true, false, "0.1"), (false, true, "0.000249")] {
            let first = Account { budget: Some("6".parse().unwrap()), cold, new, ..account("acme", "99.95") };
            let requests = vec![
                charge("t-1", amount),
                Requested { commit: false, ..charge("t-2", amount) },
                Requested { kind: RequestKind::Recharge, ..charge("t-3", "7.5") },
                Requested { kind: RequestKind::Reverse, amount: None, of: Some("t-1".into()), ..charge("t-4", "1") },
            ];
            let today = Premises::first_day();
            let premises = Premises { accounts: vec![first], requests, gateways: 2, today, path: WHOLE };
            let setup = Setup::new(premises, Faults::default(), preset.design).unwrap();
            Script::new(&setup).whole(0).finally().run(&mut real).await;
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn a_worker_that_dies_delivers_again() {
    let (mut real, setup) = (real().await, on_path("p1-8-a", WHOLE, &[("t-1", "5.25")]));
    let worker = Actor::Worker(Request(0));
    let script = Script::new(&setup).whole(0).until(worker, Step::J1).step(worker, Step::J1);
    let run = script.crash(worker, Step::J2).finally().run(&mut real).await;
    assert_eq!(run.entries.last().unwrap().books.tenants[0].usage.requests, 2);
    real.stop().await;
}

#[tokio::test]
async fn a_task_is_slow_or_dies_before_it_begins() {
    let (mut real, setup) = (real().await, on_path("p0-4-b", WHOLE, &[("t-1", "5.25"), ("t-2", "1")]));
    let [first, second] = [0, 1].map(|place| Actor::Task(Request(place)));
    let both = || Script::new(&setup).whole(0).send(1, 1).finish(B);
    both().until(first, Step::H1).act(Move::Crash { actor: first, before: Step::H1 }).finally().run(&mut real).await;
    // The older snapshot is written last.
    let script = both().step(second, Step::H1).step(second, Step::H2);
    script.step(first, Step::H1).crash(first, Step::H2).finally().run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn midnight_falls_between_two_attempts() {
    let (mut real, setup) = (real().await, on_path("as-reported", WHOLE, &[("t-1", "5.25"), ("t-2", "1")]));
    let script = Script::new(&setup).send(0, 0).until(A, Step::Q5).act(Move::Midnight);
    // The late one takes the count back to its own day.
    script.send(1, 1).step(B, Step::Q5).finish(A).finish(B).finally().run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn lua_numbers_drift_in_the_hash() {
    let (mut real, setup) = (real().await, on_path("p0-4-c", WHOLE, &[("t-1", "0.05")]));
    let run = Script::new(&setup).whole(0).run(&mut real).await;
    let deducts = |entry: &&model::run::Entry| {
        let lua = |lua: Lua| matches!(lua, Lua::Deduct { arithmetic: Arithmetic::Lua, .. });
        entry.did.call.is_some_and(|c| matches!(c.effect, Effect::Redis(RedisOp::Eval { script, .. }) if lua(script)))
    };
    let hash = run.entries.iter().find(deducts).unwrap().books.tenants[0].hash.unwrap();
    assert!(hash.drifted.is_some_and(|drifted| drifted.to_string() == "99.950000000000003"), "{hash:?}");
    assert!(has_reply(&run, Reply::Left("99".parse::<Money>().unwrap())));
    let run: Run = Script::new(&setup).whole(0).finally().run(&mut real).await;
    assert_eq!(run.entries.last().unwrap().books.tenants[0].quota.balance, "99.95".parse().unwrap());
    real.stop().await;
}
