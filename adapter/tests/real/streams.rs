//! Streams: who breaks them off, what their rows and deferred jobs come to, and who finishes what is left.

use model::design::Stream;
use model::moves::{Actor, Move};
use model::reply::{Failure, Reply};
use model::row::{Kind, Request, Status};
use model::setup::{Faults, Premises, Requested, Setup};
use model::step::Step;

use crate::script::{A, B, Script, WHOLE, account, charge, has_reply, real, stream};

/// Streams and charges of one account of 100 on the whole path.
fn streams(design: &str, requests: Vec<Requested>) -> Setup {
    let accounts = vec![account("acme", "100")];
    let premises = Premises { accounts, requests, gateways: 2, today: Premises::first_day(), path: WHOLE };
    Setup::new(premises, Faults::default(), design.parse().unwrap()).unwrap()
}

fn every_billing() -> impl Iterator<Item = String> {
    Stream::ALL.iter().map(|stream| format!("stream={},sweeper=periodic", stream.text()))
}

#[tokio::test]
async fn every_billing_runs_to_rest_whoever_breaks_the_stream_and_where() {
    let mut real = real().await;
    for design in every_billing() {
        for estimate in ["0.005", "0.018", "0.5"] {
            let setup = streams(&design, vec![stream("s-1", estimate, true), charge("t-1", "5.25")]);
            Script::new(&setup).send(0, 0).send(1, 1).finish(B).finish(A).finally().run(&mut real).await;
            for step in [Step::U2, Step::U3, Step::U4, Step::U5] {
                let at = || Script::new(&setup).send(0, 0).until(A, step);
                let run = at().act(Move::ClientAborts { actor: A, step }).finally().run(&mut real).await;
                assert!(has_reply(&run, Reply::Failed(Failure::ClientGone)));
                let run = at().act(Move::ProviderAborts { actor: A, step }).finally().run(&mut real).await;
                assert!(has_reply(&run, Reply::Failed(Failure::ProviderGone)));
            }
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn a_client_that_went_away_hears_no_answer_and_may_ask_again_meanwhile() {
    let mut real = real().await;
    for design in every_billing() {
        let setup = streams(&design, vec![stream("s-1", "0.02", true)]);
        let gone =
            Script::new(&setup).send(0, 0).until(A, Step::U3).act(Move::ClientAborts { actor: A, step: Step::U3 });
        let run = gone.send(0, 1).finish(A).finish(B).finally().run(&mut real).await;
        let answered = run.entries.iter().filter(|entry| entry.did.client_answer.is_some());
        assert!(answered.count() < run.entries.iter().filter(|entry| entry.did.mv.step() == Some(Step::Reply)).count());
    }
    real.stop().await;
}

#[tokio::test]
async fn a_job_is_delivered_again_on_another_day_or_lost_with_the_broker() {
    let mut real = real().await;
    let worker = Actor::Worker(Request(0));
    let unheard = Move::Unheard { actor: worker, step: Step::J2 };
    for design in ["p0-1-b", "p0-1-b+fixed", "stream=B,idempotency=B", "stream=B,idempotency=A+fixed"] {
        let setup = streams(design, vec![stream("s-1", "0.02", true)]);
        let sent = || Script::new(&setup).whole(0);
        sent()
            .act(Move::Midnight)
            .until(worker, Step::J2)
            .act(unheard)
            .act(Move::Midnight)
            .finally()
            .run(&mut real)
            .await;
        sent().act(Move::BrokerLoss).finally().run(&mut real).await;
        // What a worker has taken out it still does.
        sent().until(worker, Step::T5).act(Move::BrokerLoss).finally().run(&mut real).await;
        sent().crash(worker, Step::T5).finally().run(&mut real).await;
    }
    real.stop().await;
}

#[tokio::test]
async fn a_gateway_has_a_date_of_its_own() {
    let mut real = real().await;
    for design in every_billing() {
        let setup = streams(&design, vec![stream("s-1", "0.02", true), charge("t-1", "5.25")]);
        for ahead in [true, false] {
            let skewed = Script::new(&setup).act(Move::ClockSkew { gateway: 0, ahead });
            skewed.whole(0).send(1, 1).finish(B).finally().run(&mut real).await;
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn the_sweeper_finishes_what_a_dead_gateway_has_left() {
    let mut real = real().await;
    for (design, kind) in [
        ("p0-1-c+sweeper", Kind::Deduct),
        ("p0-1-c+fixed", Kind::Deduct),
        ("p0-1-hold-then-settle+fixed", Kind::Hold),
        ("stream=hold-then-settle+fixed,idempotency=B,sweeper=periodic", Kind::Hold),
    ] {
        let once = Requested { returns: false, attempts: 1, ..stream("s-1", "0.02", true) };
        let setup = streams(design, vec![once, charge("t-1", "5.25")]);
        let left = || Script::new(&setup).send(0, 0).crash(A, Step::U3);
        let run = left().whole(1).finally().run(&mut real).await;
        let row_after = |at: usize| run.entries[at].books.rows[0].unwrap();
        let crash = run.entries.iter().position(|entry| entry.did.mv.is_fault()).unwrap();
        assert_eq!(row_after(crash).kind, kind);
        let swept = row_after(run.entries.len() - 1);
        assert_eq!(
            (swept.kind, swept.status, swept.amount),
            (Kind::Deduct, Status::Committed, "0.02".parse().unwrap())
        );
        // It dies itself, and begins afresh.
        for step in [Step::W3, Step::W6, Step::W7] {
            left().whole(1).crash(Actor::Sweeper, step).finally().run(&mut real).await;
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn the_sweeper_and_the_gateway_wait_for_each_other() {
    let (mut real, sweeper) = (real().await, Actor::Sweeper);
    for (design, locks, settles) in
        [("p0-1-c+fixed", Step::T3g, Step::T5), ("p0-1-hold-then-settle+fixed", Step::M2, Step::M7)]
    {
        let setup = streams(design, vec![stream("s-1", "0.02", true)]);
        let script = Script::new(&setup).send(0, 0).until(A, settles).until(sweeper, Step::W3);
        let script = script.act(Move::Step { actor: sweeper, step: Step::W3, wins: None });
        script.finish(A).finally().run(&mut real).await;
        let script = Script::new(&setup).send(0, 0).until(A, locks).until(sweeper, Step::W6);
        let script = script.act(Move::Step { actor: A, step: locks, wins: None });
        script.step(sweeper, Step::W7).finish(A).finally().run(&mut real).await;
    }
    real.stop().await;
}

/// The sweeper has the row and wants the quota, the gateway has the quota and wants the row (P0-1 C takes no lock on the row
/// first).
#[tokio::test]
async fn the_sweeper_and_the_gateway_deadlock() {
    let (mut real, sweeper) = (real().await, Actor::Sweeper);
    let setup = streams("p0-1-c+sweeper", vec![stream("s-1", "0.02", true)]);
    let swept = Script::new(&setup).send(0, 0).until(A, Step::T4b).until(sweeper, Step::W5);
    let gateway_closes = swept.step(A, Step::T4b).act(Move::Step { actor: sweeper, step: Step::W5, wins: None });
    let deadlock = Reply::Failed(Failure::Deadlock);
    let closed = gateway_closes.act(Move::Step { actor: A, step: Step::T5, wins: None });
    assert!(has_reply(&closed.finish(A).finally().run(&mut real).await, deadlock));
    let swept = Script::new(&setup).send(0, 0).until(A, Step::T4b).until(sweeper, Step::W5).step(A, Step::T4b);
    let sweeper_closes = swept.act(Move::Step { actor: A, step: Step::T5, wins: None });
    let closed = sweeper_closes.act(Move::Step { actor: sweeper, step: Step::W5, wins: None });
    assert!(has_reply(&closed.finish(A).finally().run(&mut real).await, deadlock));
    real.stop().await;
}

#[tokio::test]
async fn usage_is_read_and_written_back_over_what_another_one_wrote() {
    let (mut real, setup) =
        (real().await, streams("as-reported", vec![stream("s-1", "1", true), stream("s-2", "1", true)]));
    let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::J4).until(B, Step::J4).finish(A).finish(B);
    let run = script.finally().run(&mut real).await;
    assert_eq!(run.entries.last().unwrap().books.tenants[0].usage.requests, 1);
    real.stop().await;
}
