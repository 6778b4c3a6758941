//! `trial audit`: reads the books of a real system at rest, and never writes them.

use adapter::servers::{DATABASE_URL, REDIS_URL, address};
use audit::mapping::Mapping;
use audit::report::Report;
use audit::{Options, Target};
use model::shown::plain;
use sim::suite::input;

use crate::args::AuditArgs;
use crate::document;
use crate::failure::Failure;
use crate::output;

/// Exit code 0 if every check could have failed and none did, 1 if one is broken, 2 if something is not known.
pub fn audit(args: &AuditArgs) -> Result<u8, Failure> {
    let options = Options {
        mapping: mapping(args)?,
        worst: usize::from(args.worst),
        pending_older_than: args.pending_older_than,
        settle: args.settle,
        only: if args.only.is_empty() { Options::default().only } else { args.only.clone() },
    };
    let target = target(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Internal(error.to_string()))?;
    let report = runtime.block_on(audit::audit(&target, &options));
    let report = report.map_err(|error| Failure::Input(error.to_string()))?;
    let exit = report.exit_code();
    if args.json {
        output::line(&document::audit(&report, exit));
    } else {
        output::text(&report.text());
        output::line(&format!("\n{}\nexit code {exit}: {}", pace(&report), words(exit)));
    }
    Ok(exit)
}

fn mapping(args: &AuditArgs) -> Result<Mapping, Failure> {
    let Some(path) = &args.mapping else { return Ok(Mapping::default()) };
    let file = plain(&path.display().to_string());
    let text = input::read(path).map_err(|why| Failure::Input(format!("{file}: {why}")))?;
    Mapping::parse(&file, &text).map_err(|error| Failure::Input(error.to_string()))
}

/// The servers given by options, else those of the environment variables.
fn target(args: &AuditArgs) -> Result<Target, Failure> {
    let [database, redis] =
        [given(&args.database_url, "--database-url", DATABASE_URL), given(&args.redis_url, "--redis-url", REDIS_URL)];
    let Some((by, database)) = database else {
        let why = "no database to look at: name it by --database-url postgres://... or DATABASE_URL";
        return Err(Failure::Input(why.to_owned()));
    };
    // A URL is not repeated in messages: it may hold a password.
    let postgres = address::postgres(&database)
        .map_err(|why| Failure::Input(format!("{by} is not an address of a Postgres: {why}")))?;
    let redis = redis.map(|(by, url)| {
        address::redis(&url).map_err(|why| Failure::Input(format!("{by} is not an address of a Redis: {why}")))
    });
    Ok(Target { postgres, redis: redis.transpose()? })
}

/// An address, with the option or variable that gave it.
fn given(url: &Option<String>, option: &'static str, variable: &'static str) -> Option<(&'static str, String)> {
    let named = url.clone().map(|url| (option, url));
    let given = named.or_else(|| std::env::var(variable).ok().map(|url| (variable, url)));
    given.filter(|(_, url)| !url.is_empty())
}

fn pace(report: &Report) -> String {
    let ledger = report.ledger_milliseconds.max(1);
    let rate = report.ledger_rows * 1_000 / ledger;
    format!("the ledger in {ledger} ms, {rate} rows a second; everything in {} ms", report.milliseconds)
}

fn words(exit: u8) -> &'static str {
    match exit {
        0 => "every check could have failed, and none did",
        1 => "something is broken",
        _ => "no violations, but some checks were inconclusive",
    }
}
