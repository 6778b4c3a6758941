//! One thing that can happen next. A move names its actor and its step, never an index in a list, so that a list of
//! moves stays valid when the code around it changes.

mod named;

use serde::{Deserialize, Serialize};

use crate::row::Request;
use crate::setup::{Fault, each_fault};
use crate::step::Step;
use crate::store::redis::Evicted;

pub use named::{NamedMove, UnknownMove};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A gateway, `gateway-a` being 0.
    Gateway(u8),
    /// The background sync from Postgres to Redis.
    Sync,
    /// The background copy from Redis to Postgres.
    CopyBack,
    /// The job that finishes rows that were left unfinished.
    Sweeper,
    /// The queue's worker, doing the deferred jobs about one request.
    Worker(Request),
    /// The task that a process started after the commit of a request's charge.
    Task(Request),
}

/// Where a fault strikes if it strikes no actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Postgres.
    Postgres,
    /// Redis.
    Redis,
    /// The queue.
    Broker,
    /// Time.
    Clock,
}

/// When a fault strikes an actor, as the table of faults spells it.
#[allow(non_camel_case_types, reason = "each is also the name of the field that holds the step")]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    step,
    before,
}

macro_rules! acts {
    ($($act:ident $name:literal;)*) => {
        /// The act of a move that is written by hand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Act { $($act,)* }

        impl Act {
            const ALL: &[Act] = &[$(Act::$act,)*];

            fn name(self) -> &'static str {
                match self { $(Act::$act => $name,)* }
            }

            fn called(name: &str) -> Option<Act> {
                Act::ALL.iter().copied().find(|act| act.name() == name)
            }
        }
    };
}

acts! {
    Sends "sends";
    Does "does";
    LostRan "reply-lost-ran";
    LostNotRun "reply-lost-not-run";
    RunsLate "runs-late";
    Evicts "evicts";
    RunsAhead "runs-ahead";
    RunsBehind "runs-behind";
}

/// The moves: those that carry more than their actor and step are written by hand, the others come from the table of
/// faults.
macro_rules! moves {
    ($(#[$doc:meta] $field:ident $id:literal $title:literal $fault:ident
        $(=> $name:ident $({ $at:ident })? $(of $place:ident)? $act:literal $mark:literal $description:literal)?
        $(seen $situation:literal $words:literal)?;)*) => {
        /// Something that happens in the world, atomically.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Move {
            /// A client sends its request, for the first time or again, to a gateway.
            Send {
                /// Which request.
                request: Request,
                /// The gateway that receives it.
                gateway: u8,
            },
            /// The actor's next step is carried out and answered, or begins to wait for a lock.
            Step {
                /// Who.
                actor: Actor,
                /// The label of the step.
                step: Step,
                /// Who gets the lock, if the step releases one that several actors wait for.
                wins: Option<Actor>,
            },
            /// The reply to this step is lost.
            Lost {
                /// Who asks.
                actor: Actor,
                /// Which step.
                step: Step,
                /// Whether the step ran.
                ran: bool,
            },
            /// The command that was given up ([`Move::TimesOut`]) runs.
            RunsLate,
            /// Redis evicts a key.
            Evict(Evicted),
            /// The date of a gateway becomes different from that of the others.
            ClockSkew {
                /// Which gateway.
                gateway: u8,
                /// Whether it is a day ahead; otherwise it is a day behind.
                ahead: bool,
            },
            $($(#[$doc] $name $({
                /// Who.
                actor: Actor,
                /// The step, or the one that would have been next.
                $at: Step,
            })?,)?)*
        }

        impl Move {
            /// The name of the move, as capsules spell it.
            fn act(self) -> &'static str {
                let by_hand = match self {
                    Move::Send { .. } => Act::Sends,
                    Move::Step { .. } => Act::Does,
                    Move::Lost { ran: true, .. } => Act::LostRan,
                    Move::Lost { ran: false, .. } => Act::LostNotRun,
                    Move::RunsLate => Act::RunsLate,
                    Move::Evict(_) => Act::Evicts,
                    Move::ClockSkew { ahead: true, .. } => Act::RunsAhead,
                    Move::ClockSkew { ahead: false, .. } => Act::RunsBehind,
                    $($(Move::$name { .. } => return $act,)?)*
                };
                by_hand.name()
            }

            /// The kind of fault that it is. Requests and jobs that come early are not included.
            pub fn fault(self) -> Option<Fault> {
                match self {
                    Move::Send { .. } | Move::Step { .. } => None,
                    Move::Lost { .. } => Some(Fault::LostReply),
                    Move::RunsLate => Some(Fault::Late),
                    Move::Evict(_) => Some(Fault::Eviction),
                    Move::ClockSkew { .. } => Some(Fault::ClockSkew),
                    $($(Move::$name { .. } => Some(Fault::$fault),)?)*
                }
            }

            /// Where it strikes, if it strikes no actor.
            pub fn place(self) -> Option<Place> {
                match self {
                    Move::Send { .. } | Move::Step { .. } | Move::Lost { .. } => None,
                    Move::RunsLate | Move::Evict(_) => Some(Place::Redis),
                    Move::ClockSkew { .. } => Some(Place::Clock),
                    $($(Move::$name { .. } => one(&[$(Place::$place)?]),)?)*
                }
            }

            /// Which actor acts or is struck, and at which step.
            fn at(self) -> Option<(Actor, Step)> {
                match self {
                    Move::Step { actor, step, .. } | Move::Lost { actor, step, .. } => Some((actor, step)),
                    Move::Send { .. } | Move::RunsLate | Move::Evict(_) | Move::ClockSkew { .. } => None,
                    $($(Move::$name $({ actor, $at })? => one(&[$((actor, $at))?]),)?)*
                }
            }

            /// Its sentence in a story, with names in braces to be filled in; empty if the story describes it as a
            /// step.
            pub fn description(self) -> &'static str {
                match self {
                    Move::Send { .. } | Move::Step { .. } | Move::Lost { .. } => "",
                    Move::RunsLate => "redis runs it late: {what}",
                    Move::Evict(_) => "redis evicts {evicted}",
                    Move::ClockSkew { ahead: true, .. } => "the clock of {actor} is a day ahead",
                    Move::ClockSkew { ahead: false, .. } => "the clock of {actor} is a day behind",
                    $($(Move::$name { .. } => $description,)?)*
                }
            }

            /// The word across the lane that it strikes; empty if an arrow shows it.
            pub fn mark(self) -> &'static str {
                match self {
                    Move::Send { .. } | Move::Step { .. } | Move::Lost { .. } => "",
                    Move::RunsLate => "RUNS LATE",
                    Move::Evict(_) => "EVICTED",
                    Move::ClockSkew { .. } => "CLOCK OFF",
                    $($(Move::$name { .. } => $mark,)?)*
                }
            }

            /// The move with this act in the table of faults, or the error in where it strikes.
            fn of_act<E>(act: &str, at: impl FnOnce() -> Result<(Actor, Step), E>) -> Option<Result<Move, E>> {
                match act {
                    $($($act => Some({
                        $(let at = at().map(|(actor, $at)| Move::$name { actor, $at });)?
                        $(let at = Ok((Place::$place, Move::$name).1);)?
                        at
                    }),)?)*
                    _ => None,
                }
            }
        }

        /// The names of all moves.
        fn every_act() -> String {
            let by_hand = Act::ALL.iter().map(|act| act.name());
            by_hand.chain([$($($act,)?)*]).collect::<Vec<_>>().join(", ")
        }

        impl Fault {
            /// The move by which it strikes an actor at or before a step.
            pub fn at(self, actor: Actor, at: Step) -> Option<Move> {
                match self { $(Fault::$fault => one(&[$($(Move::$name { actor, $at: at })?)?]),)* }
            }

            /// The move by which it strikes a place and no actor.
            pub fn alone(self) -> Option<Move> {
                match self { $(Fault::$fault => one(&[$($((Place::$place, Move::$name).1)?)?]),)* }
            }

            /// Whether it strikes an actor between two steps, so that the next one is not requested.
            pub fn strikes_between(self) -> bool {
                match self { $(Fault::$fault => one(&[$($(Moment::$at)?)?]) == Some(Moment::before),)* }
            }
        }
    };
}

each_fault!(moves);

fn one<T: Copy>(of: &[T]) -> Option<T> {
    of.first().copied()
}

impl Actor {
    /// `gateway-a`, `gateway-b`, ..., `sync`, `copy-back`, `sweeper`, `worker-1`, `task-1` for the first request.
    pub fn name(self) -> String {
        match self {
            Actor::Gateway(n) => format!("gateway-{}", char::from(b'a' + n)),
            Actor::Sync => "sync".to_owned(),
            Actor::CopyBack => "copy-back".to_owned(),
            Actor::Sweeper => "sweeper".to_owned(),
            Actor::Worker(Request(place)) => format!("worker-{}", place + 1),
            Actor::Task(Request(place)) => format!("task-{}", place + 1),
        }
    }

    /// Whether it is a gateway.
    pub fn is_gateway(self) -> bool {
        matches!(self, Actor::Gateway(_))
    }
}

impl Move {
    /// Whether it is a fault.
    pub fn is_fault(self) -> bool {
        self.fault().is_some()
    }

    /// Whether it happens to the servers or to the clock by itself, so that no process wrote what it changes. A command
    /// that was given up and runs late does not count: it is a write.
    pub fn is_of_the_servers(self) -> bool {
        self.place().is_some() && self != Move::RunsLate
    }

    /// The step at which an actor acts or is struck.
    pub fn step(self) -> Option<Step> {
        self.at().map(|(_, step)| step)
    }

    /// Who acts or is struck, if it is one actor.
    pub fn actor(self) -> Option<Actor> {
        if let Move::Send { gateway, .. } = self {
            return Some(Actor::Gateway(gateway));
        }
        self.at().map(|(actor, _)| actor)
    }
}
