//! Addresses of servers as the user wrote them: an address of another kind of server is reported before any connection
//! is tried. An address is never shown: it may hold a password.

use ::redis::IntoConnectionInfo;
use model::shown::shown;
use sqlx::postgres::PgConnectOptions;

use super::{Options, ServersError};

/// Names a Postgres to use instead of a private one.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// Names a Redis to use instead of a private one.
pub const REDIS_URL: &str = "REDIS_URL";

/// The schemes of Postgres addresses.
const POSTGRES: &[&str] = &["postgres", "postgresql"];
/// The schemes of Redis addresses.
const REDIS: &[&str] = &["redis", "valkey", "redis+unix", "valkey+unix", "unix"];
/// The schemes of addresses of a Redis behind TLS.
const TLS: &[&str] = &["rediss", "valkeys"];

/// Reads the address of a Postgres.
///
/// # Errors
/// A message: the scheme and the valid ones, or what else is wrong.
pub fn postgres(url: &str) -> Result<PgConnectOptions, String> {
    begins(url, POSTGRES)?;
    url.parse().map_err(|error: sqlx::Error| error.to_string())
}

/// Reads the address of a Redis.
///
/// # Errors
/// As for [`postgres`]; also an address that needs TLS.
pub fn redis(url: &str) -> Result<::redis::ConnectionInfo, String> {
    if let Some(scheme) = TLS.iter().find(|scheme| begins(url, &[scheme]).is_ok()) {
        let valid = listed(REDIS);
        return Err(format!(
            "`{scheme}://` needs TLS, which is not spoken here: use a tunnel; expected one of {valid}"
        ));
    }
    begins(url, REDIS)?;
    url.into_connection_info().map_err(|error| error.to_string())
}

/// Checks the given addresses before any server is started.
pub(super) fn check(options: &Options) -> Result<(), ServersError> {
    let wrong = |variable| move |why| ServersError::Unreachable { variable, why };
    if let Some(url) = &options.database_url {
        postgres(url).map_err(wrong(DATABASE_URL))?;
    }
    if let Some(url) = &options.redis_url {
        redis(url).map_err(wrong(REDIS_URL))?;
    }
    Ok(())
}

fn begins(url: &str, valid: &[&str]) -> Result<(), String> {
    let expected = listed(valid);
    match url.split_once("://") {
        Some((scheme, _)) if valid.iter().any(|valid| valid.eq_ignore_ascii_case(scheme)) => Ok(()),
        // The text before `://` is not a password unless the password contains `://`; it then has characters that no
        // scheme has.
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) => {
            Err(format!("it begins with `{}://`: expected one of {expected}", shown(scheme)))
        }
        _ => Err(format!("it does not begin as an address does: expected one of {expected}")),
    }
}

fn listed(schemes: &[&str]) -> String {
    schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_kind_of_server_is_reported_with_what_is_valid() {
        for (url, says) in [
            ("mysql://u:secret@h/db", "it begins with `mysql://`: expected one of postgres://, postgresql://"),
            ("redis://h", "it begins with `redis://`: expected one of postgres://, postgresql://"),
            ("host=h user=u", "it does not begin as an address does: expected one of postgres://, postgresql://"),
            ("u:se:cret@h://x", "it does not begin as an address does: expected one of postgres://, postgresql://"),
        ] {
            assert_eq!(postgres(url).map(drop), Err(says.to_owned()));
        }
        assert!(postgres("postgres://h/db").is_ok() && postgres("PostgreSQL://h/db").is_ok());
    }

    #[test]
    fn a_redis_behind_tls_is_told_apart() {
        let rejected = |url: &str| redis(url).map(drop).unwrap_err();
        assert!(rejected("rediss://h").starts_with("`rediss://` needs TLS, which is not spoken here"));
        assert!(rejected("http://h").starts_with("it begins with `http://`: expected one of redis://, valkey://"));
        assert!(rejected("h:6379").starts_with("it does not begin as an address does"));
        assert!(redis("redis://h:6379/0").is_ok() && redis("redis+unix:///run/redis.sock").is_ok());
    }
}
