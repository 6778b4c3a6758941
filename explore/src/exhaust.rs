//! Walks every state with stateright.
//!
//! By default stateright ends at the first breach of its last property, reports a run that was cut as done, and may
//! report a long trace where a short one exists. So it is given one property that always holds, our own code judges
//! each edge, and our own limits record what was cut.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stateright::{Checker, Model, Property};

use super::error::{ExploreError, panic_message};
use super::found::Exhausted;
use super::limits::Limits;
use super::machine::{MAX_PROPERTIES, Machine};
use super::walk::{Reached, Walk};

/// Lets stateright walk every state, with as many threads as the limits allow.
pub fn exhaust<M: Machine + 'static>(machine: &Arc<M>, limits: &Limits) -> Result<Exhausted<M::State>, ExploreError> {
    let properties = machine.properties();
    if properties > MAX_PROPERTIES {
        return Err(ExploreError::TooManyProperties { properties, max: MAX_PROPERTIES });
    }
    let walk = Arc::new(Walk::new(limits.clone(), properties));
    let model = Walked { machine: Arc::clone(machine), walk: Arc::clone(&walk) };
    // Stateright asks for the initial state on this thread.
    let spawn = || model.checker().threads(limits.threads.max(1)).spawn_bfs();
    let mut checker = catch_unwind(AssertUnwindSafe(spawn)).map_err(|payload| panicked(payload.as_ref()))?;
    let workers = checker.handles();
    let mut pause = Duration::from_micros(50);
    let mut most_bytes = 0;
    loop {
        let bytes = walk.bytes(checker.unique_state_count() as u64, checker.max_depth());
        most_bytes = most_bytes.max(bytes);
        if let Some(ended) = limits.too_many_bytes(bytes) {
            walk.halt(ended);
        }
        if workers.iter().all(thread::JoinHandle::is_finished) {
            for worker in workers {
                worker.join().map_err(|payload| panicked(payload.as_ref()))?;
            }
            return walk.result(checker.unique_state_count() as u64, checker.state_count() as u64, most_bytes);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> ExploreError {
    ExploreError::Panicked { message: panic_message(payload), trace: Vec::new() }
}

/// The machine as a stateright model.
struct Walked<M: Machine> {
    machine: Arc<M>,
    walk: Arc<Walk<M::State>>,
}

impl<M: Machine + 'static> Model for Walked<M> {
    type State = Reached<M::State>;
    type Action = M::Move;

    fn init_states(&self) -> Vec<Self::State> {
        vec![self.walk.reach(&*self.machine, None, self.machine.initial(), 0)]
    }

    /// Called once for each distinct state.
    fn actions(&self, reached: &Self::State, moves: &mut Vec<M::Move>) {
        if !self.walk.may_expand() {
            return;
        }
        self.machine.moves(&reached.state, moves);
        self.walk.expand(&*self.machine, reached, moves.is_empty());
    }

    /// Called once for each edge, because no path is ever rebuilt.
    fn next_state(&self, reached: &Self::State, mv: M::Move) -> Option<Self::State> {
        let next = self.machine.apply(&reached.state, &mv);
        Some(self.walk.reach(&*self.machine, Some((&reached.state, &mv)), next, reached.after + 1))
    }

    /// One that always holds: without a property stateright would end before it expands a state.
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("walks on", |_, _| true)]
    }
}
