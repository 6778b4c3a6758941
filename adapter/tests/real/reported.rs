//! The failures that the review reports.

use adapter::error::RealError;
use model::moves::{Actor, Move};
use model::reply::{Failure, Reply};
use model::run::Run;
use model::step::Step;

use crate::script::{A, B, C, Script, broken, has_reply, one, real, setup};

#[tokio::test]
async fn a_crash_inside_the_transaction_locks_the_client_out() {
    let (mut real, setup) = (real().await, one("as-reported"));
    for before in [Step::T4a, Step::T5, Step::T6] {
        let mut script = Script::new(&setup).send(0, 0).crash(A, before);
        for _ in 0..3 {
            script = script.whole(0);
        }
        let run = script.run(&mut real).await;
        assert!(broken(&run, &setup).contains(&"progress"), "{before}: {:?}", broken(&run, &setup));
    }
    real.stop().await;
}

#[tokio::test]
async fn redis_unreachable_at_t7_leaves_a_stale_hash() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let script = Script::new(&setup).send(0, 0).until(A, Step::T7a);
    let script = script.act(Move::Unreachable { actor: A, step: Step::T7a }).finish(A).whole(0);
    let run = script.run(&mut real).await;
    assert!(broken(&run, &setup).contains(&"converge"));
    assert!(has_reply(&run, Reply::Failed(Failure::RedisUnreachable)));
    real.stop().await;
}

#[tokio::test]
async fn a_lost_reply_is_in_doubt_whether_the_step_ran_or_not() {
    let mut real = real().await;
    for design in ["as-reported", "p0-3-a", "p0-3-a+fixed", "p0-3-b", "p0-3-b+fixed"] {
        let setup = one(design);
        for step in [Step::T1, Step::T3a, Step::T4b, Step::T6] {
            for ran in [false, true] {
                let script = Script::new(&setup).send(0, 0).lost(A, step, ran).finish(A);
                script.run(&mut real).await;
            }
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn two_traces_of_one_tenant_wait_for_its_row() {
    let (mut real, setup) = (real().await, setup("as-reported", &[("t-1", "5.25"), ("t-2", "0.000249")]));
    let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::T5).until(B, Step::T4b);
    let script = script.act(Move::Step { actor: B, step: Step::T4b, wins: None });
    let run = script.finish(A).finish(B).run(&mut real).await;
    assert!(has_reply(&run, Reply::Updated(0)));
    real.stop().await;
}

#[tokio::test]
async fn the_same_trace_twice_waits_and_is_refused() {
    let (mut real, setup) = (real().await, one("p0-3-a"));
    let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
    let script = script.act(Move::Step { actor: B, step: Step::T3b, wins: None });
    let run = script.finish(A).finish(B).run(&mut real).await;
    assert!(has_reply(&run, Reply::Failed(Failure::UniqueViolation)));
    assert!(has_reply(&run, Reply::Failed(Failure::InFailedTransaction)));
    real.stop().await;
}

#[tokio::test]
async fn a_waiter_goes_on_when_the_holder_dies_and_a_dead_waiter_does_nothing() {
    let (mut real, setup) = (real().await, one("p0-3-a+fixed"));
    let waits = || {
        let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
        script.act(Move::Step { actor: B, step: Step::T3b, wins: None })
    };
    waits().crash(A, Step::T4a).finish(B).run(&mut real).await;
    waits().act(Move::Crash { actor: B, before: Step::T3b }).finish(A).run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn of_several_waiters_the_named_one_wins_or_the_run_is_not_reachable() {
    let (mut real, setup) = (real().await, setup("p0-3-a", &[("t-1", "200")]));
    let mut reached = 0;
    for (winner, loser) in [(B, C), (C, B)] {
        let mut script = Script::new(&setup).send(0, 0).send(0, 1).send(0, 2).until(A, Step::T4a);
        for waiter in [B, C] {
            script = script.until(waiter, Step::T3b).act(Move::Step { actor: waiter, step: Step::T3b, wins: None });
        }
        // A is refused and rolls back: one of both inserts its row, the other goes on waiting for it.
        let script = script.until(A, Step::E1).act(Move::Step { actor: A, step: Step::E1, wins: Some(winner) });
        assert_eq!((script.at(winner), script.at(loser)), (Some(Step::T4a), None));
        let script = script.finish(A).finish(winner).finish(loser);
        match real.run(&setup, &script.moves).await {
            Ok(run) => {
                assert_eq!(run, Run::replay(&setup, &script.moves).unwrap());
                reached += 1;
            }
            Err(RealError::NotReachable { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(reached > 0);
    real.stop().await;
}

#[tokio::test]
async fn the_pending_row_design_and_its_background_sync() {
    let mut real = real().await;
    for design in ["p0-3-b", "p0-3-b+fixed"] {
        let setup = one(design);
        let script = Script::new(&setup).send(0, 0).crash(A, Step::T3f).whole(0).finally();
        script.run(&mut real).await;
        let run = Script::new(&setup).whole(0).finally().run(&mut real).await;
        assert!(broken(&run, &setup).is_empty(), "{design}: {:?}", broken(&run, &setup));
        let script = Script::new(&setup).whole(0).step(Actor::Sync, Step::S1).crash(Actor::Sync, Step::S2).finally();
        script.run(&mut real).await;
    }
    real.stop().await;
}

#[tokio::test]
async fn cancellations_redis_loss_and_expiry() {
    let (mut real, setup) = (real().await, one("as-reported"));
    for before in [Step::T2, Step::T4b, Step::T6, Step::T7a, Step::Reply] {
        let script = Script::new(&setup).send(0, 0).until(A, before).act(Move::Cancel { actor: A, before });
        script.whole(0).run(&mut real).await;
    }
    let script = Script::new(&setup).send(0, 0).until(A, Step::T7a).act(Move::RedisLoss);
    script.finish(A).run(&mut real).await;
    let script = Script::new(&setup).send(0, 0).crash(A, Step::T5).act(Move::Expire);
    let run = script.whole(0).act(Move::Expire).run(&mut real).await;
    assert!(run.entries.last().unwrap().books.tenants[0].hash.is_none());
    real.stop().await;
}
