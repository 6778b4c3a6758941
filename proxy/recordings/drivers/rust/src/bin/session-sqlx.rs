//! The Postgres scenario with sqlx.

use sqlx::postgres::{PgConnection, PgListener, PgPoolOptions};
use sqlx::{Connection, Row};

const BALANCE: &str = "SELECT balance FROM account WHERE tenant = $1 FOR UPDATE";
const CHARGE: &str = "INSERT INTO line (trace, tenant, amount) VALUES ($1, $2, $3)";
const DEDUCT: &str = "UPDATE account SET balance = balance - $1 WHERE tenant = $2";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sqlx::Error> {
    let url = std::env::var("POSTGRES").expect("POSTGRES is the address of the recorder");
    let mut connection = PgConnection::connect(&url).await?;

    let mut transaction = connection.begin().await?;
    let balance: i64 = sqlx::query(BALANCE).bind("acme").fetch_one(&mut *transaction).await?.get(0);
    assert_eq!(balance, 100);
    sqlx::query(CHARGE).bind("t1").bind("acme").bind(5_i64).execute(&mut *transaction).await?;
    sqlx::query(DEDUCT).bind(5_i64).bind("acme").execute(&mut *transaction).await?;
    transaction.commit().await?;

    let mut transaction = connection.begin().await?;
    let mut savepoint = transaction.begin().await?;
    let twice = sqlx::query(CHARGE).bind("t1").bind("acme").bind(5_i64).execute(&mut *savepoint).await;
    assert!(twice.is_err());
    savepoint.rollback().await?;
    assert!(sqlx::query("SELECT 1 / 0").execute(&mut *transaction).await.is_err());
    transaction.rollback().await?;

    let traces = ["t1", "t2", "t3"];
    let rows =
        sqlx::query("SELECT trace FROM line WHERE trace = ANY($1)").bind(traces).fetch_all(&mut connection).await?;
    assert_eq!(rows.len(), 1);

    let mut copy = connection.copy_in_raw("COPY line FROM STDIN").await?;
    copy.send(b"t2\tacme\t6\nt3\tacme\t7\n".as_slice()).await?;
    assert_eq!(copy.finish().await?, 2);
    let copy = connection.copy_in_raw("COPY line FROM STDIN").await?;
    copy.abort("given up").await?;

    let several = "UPDATE account SET balance = 50; SELECT balance FROM account; DELETE FROM line WHERE trace = 't3'";
    sqlx::raw_sql(several).execute(&mut connection).await?;
    connection.ping().await?;

    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("charges").await?;
    sqlx::query("SELECT pg_notify('charges', $1)").bind("t1").execute(&mut connection).await?;
    assert_eq!(listener.recv().await?.payload(), "t1");
    connection.close().await
}
