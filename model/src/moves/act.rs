//! The acts: how capsules and traces spell what happens in a move.

use crate::moves::{Actor, Move};
use crate::setup::each_fault;
use crate::step::Step;

macro_rules! acts {
    ($($act:ident $name:literal;)*) => {
        /// The act of a move that is written by hand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Act { $($act,)* }

        impl Act {
            const ALL: &[Act] = &[$(Act::$act,)*];

            fn name(self) -> &'static str {
                match self { $(Act::$act => $name,)* }
            }

            pub(super) fn called(name: &str) -> Option<Act> {
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

macro_rules! acts_of_faults {
    ($(#[$doc:meta] $field:ident $id:literal $title:literal $fault:ident
        $(=> $name:ident $({ $at:ident })? $(of $place:ident)? $act:literal $mark:literal $told:literal)?
        $(seen $situation:literal $words:literal)?;)*) => {
        impl Move {
            /// The name of the move, as capsules spell it.
            pub(super) fn act(self) -> &'static str {
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

            /// The move with this act in the table of faults, or the error in where it strikes.
            pub(super) fn of_act<E>(
                act: &str,
                at: impl FnOnce() -> Result<(Actor, Step), E>,
            ) -> Option<Result<Move, E>> {
                match act {
                    $($($act => Some({
                        $(let at = at().map(|(actor, $at)| Move::$name { actor, $at });)?
                        $(let at = Ok((crate::moves::Place::$place, Move::$name).1);)?
                        at
                    }),)?)*
                    _ => None,
                }
            }
        }

        /// The names of all moves.
        pub(super) fn every_act() -> String {
            let by_hand = Act::ALL.iter().map(|act| act.name());
            by_hand.chain([$($($act,)?)*]).collect::<Vec<_>>().join(", ")
        }
    };
}

each_fault!(acts_of_faults);
