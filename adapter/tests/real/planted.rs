//! Servers and workers that do something else than the model, which is reported.

use adapter::error::RealError;
use adapter::worker_pool::WorkerCommand;
use model::moves::Move;
use model::step::Step;
use sqlx::{ConnectOptions, raw_sql};

use crate::script::{Script, one, real, real_with};

#[tokio::test]
async fn a_server_that_takes_another_amount_is_reported() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let mut connection = real.servers().postgres().connect().await.unwrap();
    let planted = "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN NEW.balance := NEW.balance - 1; RETURN NEW; END $$; \
         CREATE TRIGGER more BEFORE UPDATE ON tenant_quota FOR EACH ROW EXECUTE FUNCTION more()";
    raw_sql(planted).execute(&mut connection).await.unwrap();
    let script = Script::new(&setup).whole(0);
    let t6 = script.moves.iter().position(|mv| matches!(mv, Move::Step { step: Step::T6, .. })).unwrap() + 1;
    match real.run(&setup, &script.moves).await {
        Err(RealError::Disagrees { number, what, model, server }) => {
            assert_eq!((number, what.as_str()), (t6, "tenant 1"));
            assert!(model.contains("94750000") && server.contains("93750000"), "{model} {server}");
        }
        other => panic!("{other:?}"),
    }
    real.stop().await;
}

#[tokio::test]
async fn a_worker_that_charges_another_amount_is_reported() {
    let program = env!("CARGO_BIN_EXE_trial-worker");
    let args = vec!["-c".into(), format!("sed -u s/5.25/7.00/ | exec {program}").into()];
    let mut real = real_with(WorkerCommand { program: "sh".into(), args }).await;
    let setup = one("as-reported");
    match real.run(&setup, &Script::new(&setup).whole(0).moves).await {
        Err(RealError::Disagrees { what, model, server, .. }) => {
            assert_eq!(what, "tenant 1");
            assert!(model.contains("94750000") && server.contains("93000000"), "{model} {server}");
        }
        other => panic!("{other:?}"),
    }
    real.stop().await;
}

/// Both servers hold what the model has: it is heard from the worker alone.
#[tokio::test]
async fn a_worker_that_says_another_thing_than_it_did_is_reported() {
    let program = env!("CARGO_BIN_EXE_trial-worker");
    let setup = one("as-reported");
    let moves = Script::new(&setup).whole(0).moves;
    for (said, instead, difference, model_says, server_says) in [
        (r#""reply":"taken""#, r#""reply":"held""#, "T1 of gateway-a", "Taken", "Held"),
        (r#""about":"T2""#, r#""about":"T6""#, "next step of gateway-a", "T2", "T6"),
        (r#""answer":{"ok":0}"#, r#""answer":"duplicate""#, "the answer of gateway-a", "Ok", "Duplicate"),
    ] {
        let args = vec!["-c".into(), format!("{program} | sed -u 's/{said}/{instead}/'").into()];
        let mut real = real_with(WorkerCommand { program: "sh".into(), args }).await;
        match real.run(&setup, &moves).await {
            Err(RealError::Disagrees { what, model, server, .. }) => {
                assert_eq!(what, difference);
                assert!(model.contains(model_says) && server.contains(server_says), "{model} {server}");
            }
            other => panic!("{said}: {other:?}"),
        }
        real.stop().await;
    }
}
