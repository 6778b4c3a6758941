//! Runs each of the three engines on one case, for the commands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use adapter::error::RealError;
use adapter::matrix::ScriptedRun;
use adapter::real::Real;
use adapter::servers::{Keeps, Options, Ours, Servers, ServersError};
use adapter::worker_pool::WorkerCommand;
use explore::Limits;
use model::moves::Move;
use model::run::Run;
use model::schedule;
use model::setup::Setup;
use sim::simulate;
use sim::suite::capsules::Capsules;
use sim::suite::observed::ObservedRuns;
use sim::suite::scenario::{Case, Scenario};
use sim::suite::verdict::{Counterexample, Engine, Findings, NotRun};

use crate::failure::Failure;
use crate::output;

/// The most memory of one exploration, in bytes: it then ends as `unknown (memory)` and never swaps.
pub const EXPLORATION_BYTES: u64 = 6 << 30;

/// The limits of a command.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Set by Ctrl-C.
    pub stop: Arc<AtomicBool>,
    /// The time at which to end.
    pub deadline: Option<Instant>,
    /// The number of threads.
    pub threads: usize,
    /// The most states of one exploration.
    pub max_states: Option<u64>,
}

impl Bounds {
    /// No limits except Ctrl-C; every core.
    pub fn new(stop: Arc<AtomicBool>) -> Bounds {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Bounds { stop, deadline: None, threads, max_states: None }
    }

    /// The limits of a separate search for one counterexample.
    pub fn of_one_search(&self) -> Limits {
        Limits {
            deadline: self.deadline,
            max_bytes: Some(EXPLORATION_BYTES),
            stop: Some(Arc::clone(&self.stop)),
            ..Limits::default()
        }
    }

    /// Why to end, if so.
    pub fn ended(&self) -> Option<&'static str> {
        if self.stop.load(Ordering::Relaxed) {
            Some("interrupted")
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some("time was up (--time)")
        } else {
            None
        }
    }
}

/// Explores one case.
pub fn check(scenario: &Scenario, case: &Case, bounds: &Bounds, capsules: &mut Capsules) -> Result<Findings, Failure> {
    let limits = Limits {
        threads: bounds.threads,
        max_states: bounds.max_states,
        deadline: bounds.deadline,
        max_bytes: Some(EXPLORATION_BYTES),
        stop: Some(Arc::clone(&bounds.stop)),
        first_breach: false,
    };
    Ok(sim::suite::check::check(scenario, case, &limits, capsules)?)
}

/// Runs a range of seeds on one case. A seed that fails is an internal error, reported with the command that reproduces
/// it.
pub fn sweep(
    scenario: &Scenario,
    case: &Case,
    seeds: (u64, u64),
    bounds: &Bounds,
    capsules: &mut Capsules,
    each: &(dyn Fn(u64, &Run, &[&'static str]) + Sync),
) -> Result<Findings, Failure> {
    let began = Instant::now();
    let mut observed = ObservedRuns::new(scenario, case, Engine::Sim);
    if seeds.1 - seeds.0 == 1 {
        observed.demand_nothing();
    }
    let mut from = seeds.0;
    while from < seeds.1 && bounds.ended().is_none() {
        // In portions, to bound time and memory.
        let to = seeds.1.min(from + 256);
        for (seed, outcome) in simulate::sweep(&case.setup, from..to, bounds.threads, &bounds.stop, |_, _| {}) {
            match outcome {
                Ok(simulated) => {
                    let broken = observed.add(&simulated.run, Some(seed));
                    each(seed, &simulated.run, &broken);
                }
                Err(_) if bounds.ended().is_some() => {}
                Err(error) => {
                    let again = format!("trial sim {} --design {} --seed {seed}", scenario.id, case.setup.design);
                    return Err(Failure::Internal(format!("seed {seed}: {error}; again: {again}")));
                }
            }
        }
        from = to;
    }
    Ok(observed.finish(bounds.ended(), began.elapsed().as_secs_f64(), capsules))
}

/// Real servers, with the async runtime that connects to them.
pub struct RealServers {
    runtime: tokio::runtime::Runtime,
    real: Real,
}

/// Why the engine `real` is not available.
#[derive(Debug)]
pub enum NotAtHand {
    /// A server program is missing: the engine is not run.
    Missing(String),
    /// A server that was named cannot be used.
    Failed(Failure),
}

impl From<NotAtHand> for Failure {
    fn from(not_at_hand: NotAtHand) -> Failure {
        match not_at_hand {
            NotAtHand::Missing(why) => Failure::NoServer(why),
            NotAtHand::Failed(failure) => failure,
        }
    }
}

impl RealServers {
    /// Uses the servers of `DATABASE_URL` and `REDIS_URL`, or starts private ones.
    pub fn start() -> Result<RealServers, NotAtHand> {
        let internal = |error: std::io::Error| NotAtHand::Failed(Failure::Internal(error.to_string()));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(internal)?;
        let options = Options::from_environment(Keeps::Nothing);
        let servers = runtime.block_on(Servers::start(&options)).map_err(|error| match error {
            ServersError::Find(missing) => NotAtHand::Missing(missing.to_string()),
            other => NotAtHand::Failed(other.into()),
        })?;
        servers.notices().iter().for_each(|notice| output::note(notice));
        let program = std::env::current_exe().map_err(internal)?;
        let worker = WorkerCommand { program, args: vec!["worker".into()] };
        let real = runtime.block_on(Real::new(servers, worker));
        let real = real.map_err(|error| NotAtHand::Failed(Failure::Internal(error.to_string())))?;
        Ok(RealServers { runtime, real })
    }

    /// Which servers may be damaged.
    pub fn ours(&mut self) -> Ours {
        self.real.servers().ours()
    }

    /// Carries out the scripted run of a cell of the crash matrix.
    pub fn run_as(&mut self, setup: &Setup, run: &ScriptedRun) -> Result<Run, RealError> {
        self.runtime.block_on(self.real.run_by(setup, &run.moves, run.means))
    }

    /// Carries out a list of moves.
    pub fn run(&mut self, setup: &Setup, moves: &[Move]) -> Result<Run, RealError> {
        self.runtime.block_on(self.real.run(setup, moves))
    }

    /// The scheduled runs of one case: every single disturbance of the undisturbed run, or a given number of them,
    /// evenly chosen; then the counterexamples of check, move by move (lifting).
    pub fn scheduled(
        &mut self,
        scenario: &Scenario,
        case: &Case,
        most: usize,
        lifted: &[Counterexample],
        bounds: &Bounds,
        capsules: &mut Capsules,
    ) -> Result<Findings, Failure> {
        let began = Instant::now();
        let mut observed = ObservedRuns::new(scenario, case, Engine::Real);
        let mut refused = 0;
        let runs = schedule::single_disturbances(&case.setup);
        let every = runs.len().div_ceil(most).max(1);
        if every > 1 {
            observed.demand_nothing();
        }
        for scheduled in runs.into_iter().step_by(every) {
            if bounds.ended().is_some() {
                break;
            }
            match self.run(&case.setup, &scheduled.moves) {
                Ok(run) => drop(observed.add(&run, None)),
                // The server chose another winner each time, and the same schedule with that winner is among the runs,
                // or it cannot be made to do this.
                Err(RealError::NotReachable { .. }) => observed.was_not_reproduced(),
                Err(RealError::NotOurs { .. }) => refused += 1,
                Err(error) => {
                    let which = format!("{}, {}", scenario.id, case.setup.design);
                    return Err(Failure::Internal(format!("{which}, on real servers: {error}")));
                }
            }
        }
        let missing = |why| {
            let case = Some((scenario.id.clone(), case.setup.design.to_string()));
            NotRun { engine: Engine::Real, case, why }
        };
        let unreachable = self.lift(case, lifted, &mut observed, &mut refused, bounds)?;
        if refused > 0 {
            observed.demand_nothing();
        }
        let mut found = observed.finish(bounds.ended(), began.elapsed().as_secs_f64(), capsules);
        if refused > 0 {
            let which = format!("{}, {}", scenario.id, case.setup.design);
            let why = format!("{which}: {refused} runs would damage a server that is not ours");
            found.not_run.push(missing(why));
        }
        found.not_run.extend(unreachable.into_iter().map(missing));
        Ok(found)
    }

    /// Replays a counterexample of check on the real servers. It must break the same invariant with the same numbers;
    /// anything else is an internal error. If real servers cannot be made to do it, the move and the reason are
    /// returned.
    fn lift(
        &mut self,
        case: &Case,
        lifted: &[Counterexample],
        observed: &mut ObservedRuns<'_>,
        refused: &mut usize,
        bounds: &Bounds,
    ) -> Result<Vec<String>, Failure> {
        let mut unreachable = Vec::new();
        for shown in lifted.iter().take_while(|_| bounds.ended().is_none()) {
            let which = format!("{}, {}, {}", shown.scenario, shown.design, shown.breach.invariant);
            match self.run(&case.setup, &shown.run.moves()) {
                Ok(run) => {
                    let place = model::invariant::place(shown.breach.invariant);
                    let judged = run.judge(&case.setup);
                    let breach = place.and_then(|place| judged.results.get(place)?.breach.as_ref());
                    if breach != Some(&shown.breach) {
                        let breach = breach.map_or("nothing".to_owned(), sim::suite::story::sentence);
                        let expected = sim::suite::story::sentence(&shown.breach);
                        return Err(Failure::Internal(format!("{which}: check breaks {expected}; reality {breach}")));
                    }
                    observed.add(&run, None);
                }
                Err(RealError::NotOurs { .. }) => *refused += 1,
                Err(RealError::NotReachable { number, why, .. }) => {
                    unreachable.push(format!("lifting {which}: move {number}: {why}"));
                }
                Err(error) => return Err(Failure::Internal(format!("{which}, on real servers: {error}"))),
            }
        }
        Ok(unreachable)
    }

    /// Stops private servers; with `keep`, keeps their data and returns their folder.
    pub fn stop(self, keep: bool) -> Option<String> {
        let RealServers { runtime, real } = self;
        if keep {
            return runtime.block_on(real.stop_and_keep()).map(|folder| folder.display().to_string());
        }
        runtime.block_on(real.stop());
        None
    }
}
