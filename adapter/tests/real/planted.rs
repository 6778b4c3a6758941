//! Servers and workers that do something else than the model, which is reported.

use adapter::crew::WorkerCommand;
use adapter::engine::RealError;
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
