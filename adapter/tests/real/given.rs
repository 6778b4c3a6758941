//! Servers that are not ours.

use adapter::error::RealError;
use adapter::real::Real;
use adapter::servers::{Options, Servers};
use model::moves::Move;
use model::step::Step;

use crate::script::{A, Script, one, worker};

#[tokio::test]
async fn on_a_given_server_nothing_is_hurt_and_nothing_else_is_touched() {
    let host = Servers::start(&Options::default()).await.expect("Postgres and Redis");
    let socket = host.redis().unwrap().addr().to_string();
    let folder = std::path::Path::new(&socket).parent().unwrap().display().to_string().replace('/', "%2F");
    let given = Options {
        database_url: Some(format!("postgres://trial@{folder}/postgres?sslmode=disable")),
        redis_url: Some(format!("redis+unix://{socket}")),
        ..Options::default()
    };
    let mut connection = redis::Client::open(host.redis().unwrap()).unwrap();
    redis::cmd("SET").arg("theirs").arg(1).exec(&mut connection).unwrap();
    let guest = Servers::start(&given).await.unwrap();
    let (mut real, setup) = (Real::new(guest, worker()).await.unwrap(), one("as-reported"));
    let script = Script::new(&setup).send(0, 0).crash(A, Step::T6).act(Move::RedisLoss).whole(0).act(Move::Expire);
    script.run(&mut real).await;
    let script = Script::new(&setup).send(0, 0).act(Move::Unreachable { actor: A, step: Step::T1 });
    let refused = real.run(&setup, &script.moves).await;
    assert!(matches!(refused, Err(RealError::NotOurs { number: 1 })), "{refused:?}");
    real.stop().await;
    let left: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
    assert_eq!(left, ["theirs"]);
    host.stop().await;
}
