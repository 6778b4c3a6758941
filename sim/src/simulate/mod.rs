//! The simulation: the flows run as processes on the nodes of a simulated network. Between them and the store models
//! there are latency, partitions and crashes, and a seed decides all of it.
//!
//! A seed is turned into a plan before the run, and the run records its moves, so that a finding is a list of moves and
//! not a seed. [`replay`] runs such a list through the same nodes and the same network.

mod actors;
mod dice;
mod director;
mod draw;
mod error;
mod extent;
mod nodes;
mod plan;
mod process;
mod recorder;
mod shared_world;
mod simulation;
mod sweep;
mod wire;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use model::moves::Move;
use model::run::Run;
use model::setup::Setup;

pub use error::SimulateError;
pub use sweep::{SeedResult, sweep};

use crate::simulate::director::Director;
use crate::simulate::plan::Plan;

/// How long a run may take on the wall clock. A run takes milliseconds; one that takes this long counts as hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// One simulated run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// What happened: a possible sequence of moves, with the books after each.
    pub run: Run,
    /// The seed's plan, in readable lines.
    pub plan: Vec<String>,
    /// What happened when, in simulated microseconds. Every run of the seed gives the same bytes.
    pub log: Vec<String>,
}

/// Runs a setup by the plan of a seed, until all is at rest.
///
/// # Errors
/// The run did not come to rest, hung, panicked or, an internal error, did what the world does not allow.
pub fn run_seed(setup: &Setup, seed: u64) -> Result<Simulated, SimulateError> {
    let setup = Arc::new(setup.clone());
    on_a_fresh_thread(move || {
        let drawn = Plan::draw(&setup, seed);
        let plan = drawn.lines(&setup);
        let (run, log) = simulation::perform(setup, seed, drawn)?;
        Ok(Simulated { run, plan, log })
    })
}

/// Runs exactly these moves through the simulated nodes and network.
///
/// # Errors
/// [`SimulateError::NotReachable`] names the first move that cannot happen at its place.
pub fn replay(setup: &Setup, moves: &[Move]) -> Result<Run, SimulateError> {
    let (setup, director) = (Arc::new(setup.clone()), Director::Scripted(moves.to_vec()));
    let (run, _log) = on_a_fresh_thread(move || simulation::rehearse(setup, director))?;
    Ok(run)
}

/// Runs on a new thread: after an earlier run on the same thread, hash maps inside madsim have another order, and equal
/// seeds would differ.
fn on_a_fresh_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SimulateError> + Send + 'static,
) -> Result<T, SimulateError> {
    let (send, receive) = mpsc::sync_channel(1);
    let work = move || {
        let result = catch_unwind(AssertUnwindSafe(work));
        // An error means that the caller has given up on a run that hung.
        let _ = send.send(result.unwrap_or_else(|panic| Err(SimulateError::Panicked(words_of(&*panic)))));
    };
    let thread = std::thread::Builder::new().name("seed".to_owned()).spawn(work);
    let thread = thread.map_err(|why| SimulateError::NoThread(why.to_string()))?;
    match receive.recv_timeout(PATIENCE) {
        Ok(result) => {
            let _ended = thread.join();
            result
        }
        Err(_late) => Err(SimulateError::Hangs { seconds: PATIENCE.as_secs() }),
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}
