//! Runs on real servers, in lockstep with the model. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

mod faults;
mod given;
mod jobs;
mod planted;
mod reported;
mod script;
mod streams;
mod walks;

use adapter::statements::PREPARABLE;
use sqlx::{AssertSqlSafe, ConnectOptions, raw_sql};

use script::real;

#[tokio::test]
async fn every_statement_can_be_prepared_on_the_schema() {
    let mut real = real().await;
    let mut connection = real.servers().postgres().connect().await.unwrap();
    for (place, sql) in PREPARABLE.iter().enumerate() {
        raw_sql(AssertSqlSafe(format!("PREPARE s{place} AS {sql}"))).execute(&mut connection).await.expect(sql);
    }
    real.stop().await;
}
