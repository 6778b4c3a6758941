//! The tables of `CONFORMANCE.md`, held against every version of the servers on this machine.

mod laboratory;
mod postgres;
mod redis;
mod table;

use adapter::servers::find::{Kind, Places, find};
use adapter::servers::{Options, Servers};
use tokio::runtime::Builder;

use laboratory::Laboratory;

/// The servers that are used, and those that `trial servers install --wheels` has put beside them.
fn servers() -> Vec<Options> {
    let installed = Places { installed: Places::here().installed, ..Places::default() };
    let there = [Kind::Postgres, Kind::Redis].into_iter().all(|kind| find(kind, &installed).is_ok());
    let mut all = vec![Options::default()];
    if there {
        all.push(Options { places: Some(installed), ..Options::default() });
    }
    all
}

#[test]
fn the_tables_are_what_the_servers_do() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for options in servers() {
        runtime.block_on(async {
            let private = Servers::start(&options).await.expect("Postgres and Redis");
            let mut lab = Laboratory::new(&private).await;
            let (version, tried) = (postgres::version(&mut lab).await, postgres::tried(&mut lab).await);
            drop(lab);
            private.stop().await;
            table::hold("postgres", &version, &tried);
            let (version, tried) = redis::tried(&options).await;
            table::hold("redis", &version, &tried);
        });
    }
}
