//! What can go wrong inside an exploration. Each of these is a fault of the suite or of the machine's own definition,
//! never a verdict about what the machine describes.

use thiserror::Error;

/// Why an exploration has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExploreError {
    /// The machine declares more properties than fit.
    #[error("a machine may have {max} properties, this one has {properties}")]
    TooManyProperties {
        /// How many it has.
        properties: usize,
        /// How many it may have.
        max: usize,
    },
    /// A state offers more moves than fit.
    #[error("a state may offer 65536 moves, this one offers {moves}: {state}")]
    TooManyMoves {
        /// How many it offers.
        moves: usize,
        /// The state.
        state: String,
    },
    /// The machine panicked.
    #[error("the machine panicked: {message}; after {} moves: {}", trace.len(), trace.join(", "))]
    Panicked {
        /// What the panic said.
        message: String,
        /// The moves that lead to the panic, the panicking one last; empty if the engine does not know them.
        trace: Vec<String>,
    },
    /// A replayed trace did not lead to its first result.
    #[error("the machine is not pure: replayed, a trace of {length} moves no longer reaches {reached}")]
    NotRepeatable {
        /// How many moves it has.
        length: usize,
        /// What it reached at first.
        reached: String,
    },
    /// Two complete engines counted differently, so at least one of them missed something.
    #[error("the engines disagree about {what}: stateright says {exhaust}, the shortest-trace search says {shortest}")]
    Disagreement {
        /// What was counted.
        what: String,
        /// What stateright says.
        exhaust: String,
        /// What our own search says.
        shortest: String,
    },
    /// Stateright met no limit and yet ended with unexpanded states.
    #[error("stateright ended by itself after expanding {expanded} of {states} states")]
    Unexpanded {
        /// The distinct states it found.
        states: u64,
        /// Those it expanded.
        expanded: u64,
    },
    /// Stateright reached a breach in fewer moves than the trace that our own search reports as the shortest.
    #[error("property {property} has a trace of {exhaust} moves, shorter than the shortest of {shortest}")]
    ShorterElsewhere {
        /// The broken property.
        property: usize,
        /// The moves stateright needed.
        exhaust: usize,
        /// The moves of our shortest trace.
        shortest: usize,
    },
    /// A thread could not be started.
    #[error("no thread could be started: {0}")]
    NoThread(String),
}

/// What a panic said.
pub(super) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}
