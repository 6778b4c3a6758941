//! What the world does to us, one story each.

use model::flow::RequestPath;
use model::moves::Move;
use model::reply::{Failure, Reply};
use model::row::{IdempotencyKey, Tenant};
use model::step::Step;
use model::store::redis::Evicted;

use crate::script::{A, B, Script, WHOLE, has_reply, on_path, one, real, setup};

#[tokio::test]
async fn the_provider_fails() {
    let (mut real, setup) = (real().await, on_path("as-reported", WHOLE, &[("t-1", "5.25")]));
    let script = Script::new(&setup).send(0, 0).until(A, Step::U1);
    let script = script.act(Move::UpstreamFails { actor: A, step: Step::U1 }).finish(A).whole(0).finally();
    assert!(has_reply(&script.run(&mut real).await, Reply::Failed(Failure::UpstreamFailed)));
    real.stop().await;
}

#[tokio::test]
async fn redis_is_full() {
    let (mut real, setup) = (real().await, on_path("as-reported", WHOLE, &[("t-1", "5.25")]));
    for step in [Step::A3, Step::Q5, Step::Q6, Step::T1, Step::T7a] {
        let script = Script::new(&setup).send(0, 0).until(A, step).act(Move::RedisFull { actor: A, step });
        assert!(has_reply(&script.finally().run(&mut real).await, Reply::Failed(Failure::RedisFull)));
    }
    real.stop().await;
}

#[tokio::test]
async fn a_command_runs_after_its_client_gave_up() {
    let (mut real, setup) = (real().await, setup("as-reported", &[("t-1", "5.25"), ("t-2", "1")]));
    let late = |step| Script::new(&setup).send(0, 0).until(A, step).act(Move::TimesOut { actor: A, step });
    late(Step::T1).finish(A).act(Move::RunsLate).whole(0).finally().run(&mut real).await;
    late(Step::T1).act(Move::RunsLate).finish(A).finally().run(&mut real).await;
    // A stale snapshot overwrites a newer one.
    late(Step::T7a).send(1, 1).finish(B).act(Move::RunsLate).finish(A).finally().run(&mut real).await;
    late(Step::T7a).act(Move::RedisLoss).act(Move::RunsLate).finally().run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn redis_evicts_a_key() {
    let (mut real, setup) = (real().await, on_path("p0-2-b+fixed", WHOLE, &[("t-1", "5.25"), ("t-2", "1")]));
    let evicted = [
        Evicted::Key(IdempotencyKey(0)),
        Evicted::Hash(Tenant(0)),
        Evicted::Principal(Tenant(0)),
        Evicted::Budget(Tenant(0)),
    ];
    for which in evicted {
        Script::new(&setup).whole(0).act(Move::Evict(which)).whole(1).finally().run(&mut real).await;
    }
    real.stop().await;
}

#[tokio::test]
async fn postgres_restarts() {
    let mut real = real().await;
    let setup = setup("as-reported", &[("t-1", "5.25"), ("t-2", "0.000249")]);
    for before in [Step::T2, Step::T4a, Step::T6, Step::T7a] {
        let script = Script::new(&setup).send(0, 0).until(A, before).act(Move::PostgresRestart);
        script.finish(A).finally().run(&mut real).await;
    }
    // One in its transaction, one that waits for its row.
    let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::T5).until(B, Step::T4b);
    let script = script.act(Move::Step { actor: B, step: Step::T4b, wins: None }).act(Move::PostgresRestart);
    assert!(has_reply(&script.finish(B).finish(A).finally().run(&mut real).await, Reply::Failed(Failure::PgLost)));
    real.stop().await;
}

#[tokio::test]
async fn a_session_that_sits_idle_is_ended() {
    let mut real = real().await;
    for design in ["as-reported", "p0-3-a+fixed", "p0-3-b+fixed"] {
        let setup = one(design);
        for before in [Step::T3b, Step::T4b, Step::T5, Step::T6] {
            let script = Script::new(&setup).send(0, 0).until(A, before);
            let script = script.act(Move::IdleTimeout { actor: A, before }).finish(A).finally();
            assert!(has_reply(&script.run(&mut real).await, Reply::Failed(Failure::IdleTimeout)));
        }
    }
    // The one that waits for its row goes on.
    let setup = setup("as-reported", &[("t-1", "5.25"), ("t-2", "0.000249")]);
    let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::T5).until(B, Step::T4b);
    let script = script.act(Move::Step { actor: B, step: Step::T4b, wins: None });
    let script = script.act(Move::IdleTimeout { actor: A, before: Step::T5 });
    assert!(has_reply(&script.finally().run(&mut real).await, Reply::Updated(1)));
    real.stop().await;
}

#[tokio::test]
async fn a_failed_transaction_sits_idle_as_well() {
    let (mut real, setup) = (real().await, one("p0-3-a"));
    let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
    let script = script.act(Move::Step { actor: B, step: Step::T3b, wins: None }).finish(A);
    let before = script.at(B).unwrap();
    let script = script.act(Move::IdleTimeout { actor: B, before }).finish(B);
    assert!(has_reply(&script.run(&mut real).await, Reply::Failed(Failure::IdleTimeout)));
    real.stop().await;
}

#[tokio::test]
async fn redis_forgets_its_scripts() {
    let mut real = real().await;
    let counts = RequestPath { quota_check: true, ..RequestPath::default() };
    let requests = [("t-1", "5.25"), ("t-2", "1")];
    let not_found = Reply::Failed(Failure::NoScript);
    // Sent by hash it is not found, neither after SCRIPT FLUSH nor after a restart; sent again whole, it is.
    for lost in [Move::ScriptFlush, Move::RedisLoss] {
        for (design, fails) in [("as-reported", false), ("scripts-evalsha", true), ("scripts-evalsha+reload", false)] {
            let setup = on_path(design, counts, &requests);
            let script = Script::new(&setup).whole(0).act(lost).whole(1).finally();
            assert_eq!(has_reply(&script.run(&mut real).await, not_found), fails, "{design}");
            let script = Script::new(&setup).send(0, 0).until(A, Step::Q6).act(lost).finish(A).finally();
            assert_eq!(has_reply(&script.run(&mut real).await, not_found), fails, "{design}");
        }
    }
    // What is lost or late is the hash, and nobody sends the script after it.
    let setup = on_path("scripts-evalsha+reload", counts, &requests);
    let flushed = || Script::new(&setup).send(0, 0).until(A, Step::Q5).act(Move::ScriptFlush);
    for ran in [true, false] {
        flushed().lost(A, Step::Q5, ran).finally().run(&mut real).await;
    }
    let late = Move::TimesOut { actor: A, step: Step::Q5 };
    flushed().act(late).act(Move::RunsLate).finally().run(&mut real).await;
    // Without memory the script is known all the same.
    let full = flushed().act(Move::RedisFull { actor: A, step: Step::Q5 }).finish(A).send(0, 0).until(A, Step::Q5);
    full.lost(A, Step::Q5, true).finally().run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn every_script_is_sent_by_its_hash() {
    let mut real = real().await;
    for fix in ["cache=A", "cache=A+fixed", "cache=B+fixed", "cache=C", "cache=C+fixed", "cache=D+fixed"] {
        for sent in ["evalsha", "evalsha+reload"] {
            let mut setup = on_path(&format!("{fix},scripts={sent}"), WHOLE, &[("t-1", "5.25"), ("t-2", "1")]);
            Script::new(&setup).whole(0).whole(1).finally().run(&mut real).await;
            setup.faults.script_flush = 1;
            Script::new(&setup).act(Move::ScriptFlush).whole(0).finally().run(&mut real).await;
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn a_statement_takes_too_long() {
    let (mut real, given_up) = (real().await, Reply::Failed(Failure::StatementTimeout));
    // Read, inserted, updated; below a savepoint, and outside a transaction.
    for (design, step) in [
        ("as-reported", Step::T3a),
        ("as-reported", Step::T3b),
        ("as-reported", Step::T4b),
        ("p0-3-a+fixed", Step::T4b),
        ("as-reported-code", Step::T1c),
    ] {
        let setup = setup(design, &[("t-1", "5.25")]);
        let script = Script::new(&setup).send(0, 0).until(A, step).act(Move::StatementTimeout { actor: A, step });
        assert!(has_reply(&script.finish(A).whole(0).finally().run(&mut real).await, given_up), "{design} {step}");
    }
    real.stop().await;
}

/// The second gateway waits with this step, too long.
fn gives_up(script: Script<'_>, step: Step) -> Script<'_> {
    let script = script.act(Move::Step { actor: B, step, wins: None });
    script.act(Move::LockTimeout { actor: B, step }).finish(B).finish(A).finally()
}

#[tokio::test]
async fn a_statement_waits_too_long_for_a_lock() {
    let mut real = real().await;
    let too_long = Reply::Failed(Failure::StatementTimeout);
    // For the quota row, with and without a savepoint, and for the row of the same trace.
    for design in ["as-reported", "as-reported-code", "p0-3-a+fixed", "p0-3-b"] {
        let setup = setup(design, &[("t-1", "5.25"), ("t-2", "1")]);
        let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::T5).until(B, Step::T4b);
        assert!(has_reply(&gives_up(script, Step::T4b).run(&mut real).await, too_long), "{design}");
    }
    let setup = one("p0-3-a");
    let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
    assert!(has_reply(&gives_up(script, Step::T3b).run(&mut real).await, too_long));
    // Outside a transaction the statement alone is undone.
    let setup = on_path("p0-5-b", WHOLE, &[("t-1", "5.25"), ("t-2", "1")]);
    let script = Script::new(&setup).send(0, 0).until(A, Step::T5).send(1, 1).until(B, Step::Q5c);
    assert!(has_reply(&gives_up(script, Step::Q5c).run(&mut real).await, too_long));
    real.stop().await;
}

#[tokio::test]
async fn redis_comes_back_with_older_data() {
    let mut real = real().await;
    for design in ["as-reported", "p0-2-b+fixed", "p0-4-c+fixed", "scripts-evalsha"] {
        let setup = on_path(design, WHOLE, &[("t-1", "5.25"), ("t-2", "1")]);
        for before in [Step::Q5, Step::T1, Step::Reply] {
            let script = Script::new(&setup).send(0, 0).until(A, before).act(Move::RedisTimeTravel);
            script.finish(A).whole(1).finally().run(&mut real).await;
        }
        // What has expired since the snapshot does not come back, and a loss afterwards is a loss.
        let script = Script::new(&setup).whole(0).act(Move::Expire).act(Move::RedisTimeTravel).whole(1);
        script.act(Move::RedisLoss).finally().run(&mut real).await;
    }
    let setup = one("as-reported");
    let script = Script::new(&setup).whole(0).act(Move::Expire).act(Move::RedisTimeTravel);
    script.finally().run(&mut real).await;
    real.stop().await;
}
