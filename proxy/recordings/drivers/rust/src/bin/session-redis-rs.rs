//! The Redis scenario with redis-rs.

use futures_util::{StreamExt, future};
use redis::{AsyncCommands, ErrorKind, ExistenceCheck, RedisResult, Script, ServerErrorKind, SetExpiry, SetOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> RedisResult<()> {
    let url = std::env::var("REDIS").expect("REDIS is the address of the recorder");
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;

    let once = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::EX(60));
    let _: Option<String> = connection.set_options("idem:acme:t1", "1", once.clone()).await?;
    let again: Option<String> = connection.set_options("idem:acme:t1", "1", once).await?;
    assert_eq!(again, None);
    let _: String = connection.get("idem:acme:t1").await?;
    let _: () = connection.hset_multiple("quota:acme", &[("balance", 100), ("used", 0)]).await?;
    let _: Vec<(String, i64)> = connection.hgetall("quota:acme").await?;
    let _: bool = connection.expire("quota:acme", 60).await?;
    let _: i64 = connection.incr("counter:acme", 5).await?;

    let mut wrong = connection.clone();
    let error = wrong.incr::<_, _, i64>("quota:acme", 1).await.expect_err("a hash");
    assert_eq!(error.code(), Some("WRONGTYPE"));

    let mut transaction = redis::pipe();
    transaction.atomic().incr("counter:acme", 1).hincr("quota:acme", "used", 1).get("idem:acme:t1");
    let _: (i64, i64, String) = transaction.query_async(&mut connection).await?;
    let mut pipeline = redis::pipe();
    for _ in 0..5 {
        pipeline.incr("counter:acme", 1);
    }
    let _: Vec<i64> = pipeline.query_async(&mut connection).await?;

    // Two tasks share the connection: the second command is written before the first is answered.
    let (mut one, mut two) = (connection.clone(), connection.clone());
    let _: (String, i64) = future::try_join(one.get("idem:acme:t1"), two.hget("quota:acme", "used")).await?;

    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let missing: RedisResult<i64> =
        redis::cmd("EVALSHA").arg(script.get_hash()).arg(0).query_async(&mut connection).await;
    assert_eq!(missing.expect_err("not loaded").kind(), ErrorKind::Server(ServerErrorKind::NoScript));
    let _: i64 = script.key("counter:acme").arg(2).invoke_async(&mut connection).await?;

    let mut subscriber = client.get_async_pubsub().await?;
    subscriber.subscribe("charges").await?;
    let _: i64 = connection.publish("charges", "t1").await?;
    let message = subscriber.on_message().next().await.expect("a message");
    assert_eq!(message.get_payload::<String>()?, "t1");
    subscriber.unsubscribe("charges").await
}
