//! Numbers as the server sends them, against its own text of them.

use audit::numeric::{NoMoney, money};
use model::money::Money;
use sqlx::{Row, ValueRef, query};

use crate::fixture::Fixture;

/// Amounts of every size, and around the bounds of `numeric(18,6)`.
const NUMBERS: &str = "SELECT x, x::text FROM ( \
         SELECT round((n * 7919 % 1000003)::numeric ^ (n % 3 + 1) / 10::numeric ^ (n % 9), 6) * (n % 2 * 2 - 1) AS x \
             FROM generate_series(1, 20000) AS n \
         UNION ALL SELECT 10::numeric ^ n FROM generate_series(-8, 13) AS n \
         UNION ALL SELECT 10::numeric ^ n - 0.000001 FROM generate_series(0, 13) AS n \
         UNION ALL SELECT unnest(ARRAY[0, 0.000001, -0.0000001, 'NaN', 'Infinity', '-Infinity', 1e40]::numeric[]) \
     ) AS numbers";

#[tokio::test]
async fn a_number_is_read_as_the_server_writes_it() {
    let mut fixture = Fixture::start().await;
    let rows = query(NUMBERS).fetch_all(&mut fixture.postgres).await.unwrap();
    let (mut exact, mut refused) = (0, 0);
    for row in &rows {
        let text: &str = row.try_get(1).unwrap();
        let raw = row.try_get_raw(0).unwrap();
        assert!(!raw.is_null());
        let read = money(Some(raw.as_bytes().unwrap()));
        match text.parse::<Money>() {
            Ok(expected) => {
                assert_eq!(read, Ok(expected), "{text}");
                exact += 1;
            }
            Err(_) => {
                let why = read.unwrap_err();
                let finite = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
                assert_eq!(why == NoMoney::NotANumber, !finite, "{text}");
                refused += 1;
            }
        }
    }
    assert!(exact > 15_000 && refused > 10, "{exact} exact, {refused} refused");
    fixture.servers.stop().await;
}
