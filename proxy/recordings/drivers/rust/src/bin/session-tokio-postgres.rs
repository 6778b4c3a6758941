//! The Postgres scenario with tokio-postgres, which sends requests before it has the answers of earlier ones.

use std::pin::pin;

use futures_util::{SinkExt, StreamExt, future};
use tokio_postgres::{Error, NoTls};

const BALANCE: &str = "SELECT balance FROM account WHERE tenant = $1 FOR UPDATE";
const CHARGE: &str = "INSERT INTO line (trace, tenant, amount) VALUES ($1, $2, $3)";
const DEDUCT: &str = "UPDATE account SET balance = balance - $1 WHERE tenant = $2";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::var("POSTGRES").expect("POSTGRES is the address of the recorder");
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    let connection = tokio::spawn(connection);

    let transaction = client.transaction().await?;
    let balance: i64 = transaction.query_one(BALANCE, &[&"acme"]).await?.get(0);
    assert_eq!(balance, 100);
    let (charge, deduct) = future::try_join(transaction.prepare(CHARGE), transaction.prepare(DEDUCT)).await?;
    future::try_join(
        transaction.execute(&charge, &[&"t1", &"acme", &5_i64]),
        transaction.execute(&deduct, &[&5_i64, &"acme"]),
    )
    .await?;
    transaction.commit().await?;

    let mut transaction = client.transaction().await?;
    let savepoint = transaction.savepoint("charge").await?;
    assert!(savepoint.execute(&charge, &[&"t1", &"acme", &5_i64]).await.is_err());
    savepoint.rollback().await?;
    transaction.rollback().await?;

    // The second of three fails, and the third comes in a batch of its own.
    let (first, second, third) = future::join3(
        client.execute(&charge, &[&"t2", &"acme", &6_i64]),
        client.execute(&charge, &[&"t2", &"acme", &6_i64]),
        client.execute(&deduct, &[&6_i64, &"acme"]),
    )
    .await;
    assert!(first.is_ok() && second.is_err() && third.is_ok());

    let traces = ["t1", "t2", "t3"].as_slice();
    assert_eq!(client.query("SELECT trace FROM line WHERE trace = ANY($1)", &[&traces]).await?.len(), 2);
    let many = client.query("SELECT n, repeat('x', 40) FROM generate_series(1, 12) AS n", &[]).await?;
    assert_eq!(many.len(), 12);

    let transaction = client.transaction().await?;
    let statement = transaction.prepare("SELECT trace FROM line ORDER BY trace").await?;
    let portal = transaction.bind(&statement, &[]).await?;
    assert_eq!(transaction.query_portal(&portal, 1).await?.len(), 1);
    assert_eq!(transaction.query_portal(&portal, 1).await?.len(), 1);
    transaction.commit().await?;

    let mut copy = pin!(client.copy_in("COPY line FROM STDIN").await?);
    copy.send(b"t3\tacme\t7\n".as_slice()).await?;
    copy.finish().await?;
    let mut copy = pin!(client.copy_out("COPY line TO STDOUT").await?);
    while copy.next().await.transpose()?.is_some() {}

    client.batch_execute("LISTEN charges; NOTIFY charges, 't1'").await?;
    client.batch_execute("UPDATE account SET balance = 50; SELECT 1 / 0; DELETE FROM line").await.expect_err("divides");
    drop((charge, deduct, statement, client));
    connection.await.expect("the connection does not panic")
}
