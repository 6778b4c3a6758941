//! Scheduled runs: for each step of the undisturbed run every possible single disturbance, each continued until all is
//! at rest. Where an exhaustive search is not possible, as on real servers, these are the runs that everybody expects
//! to see.

use crate::moves::{Actor, Move};
use crate::run::Unreachable;
use crate::setup::Setup;
use crate::world::World;

/// The most moves of a scheduled run; a flow that does not end within them is cut there.
const LONGEST: usize = 400;

/// One run and its disturbance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The moves, to the end.
    pub moves: Vec<Move>,
    /// The index of the disturbance; absent in the undisturbed run.
    pub disturbed_at: Option<usize>,
}

/// The undisturbed run, then for each position in it one run for each fault that the budgets allow there, for each
/// request sent while another is in flight, and for each early start of the background job; if a statement then waits
/// for a lock, one more in which Postgres gives it up, if the budgets allow that. In the undisturbed run one attempt
/// follows the other.
pub fn single_disturbances(setup: &Setup) -> Vec<Scheduled> {
    let undisturbed = carry_on(setup, World::new(setup), Vec::new(), Prefer::Oldest);
    let mut world = World::new(setup);
    let mut runs = vec![Scheduled { moves: undisturbed.clone(), disturbed_at: None }];
    for (place, &mv) in undisturbed.iter().enumerate() {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        for other in enabled.into_iter().filter(|&other| other != mv) {
            let mut after = world.clone();
            if after.apply(setup, other).is_err() {
                continue;
            }
            let moves: Vec<Move> = undisturbed[..place].iter().copied().chain([other]).collect();
            let moves = carry_on(setup, after, moves, Prefer::Newest);
            let cut_short = cut_short(setup, &moves);
            runs.push(Scheduled { moves, disturbed_at: Some(place) });
            runs.extend(cut_short);
        }
        if world.apply(setup, mv).is_err() {
            break;
        }
    }
    runs
}

/// These moves, continued without further disturbance until all is at rest; if several attempts could go on, the one at
/// the last gateway does.
///
/// # Errors
/// Names the first of the moves that cannot happen.
pub fn until_rest(setup: &Setup, moves: &[Move]) -> Result<Vec<Move>, Unreachable> {
    let mut world = World::new(setup);
    for (place, &mv) in moves.iter().enumerate() {
        world.apply(setup, mv).map_err(|why| Unreachable { number: place + 1, why })?;
    }
    Ok(carry_on(setup, world, moves.to_vec(), Prefer::Newest))
}

/// The same moves until a statement first waits for a lock; then that statement is given up.
fn cut_short(setup: &Setup, moves: &[Move]) -> Option<Scheduled> {
    let mut world = World::new(setup);
    for (place, &mv) in moves.iter().enumerate() {
        world.apply(setup, mv).ok()?;
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        if let Some(&gives_up) = enabled.iter().find(|mv| matches!(mv, Move::LockTimeout { .. })) {
            world.apply(setup, gives_up).ok()?;
            let moves = moves[..=place].iter().copied().chain([gives_up]).collect();
            let moves = carry_on(setup, world, moves, Prefer::Newest);
            return Some(Scheduled { moves, disturbed_at: Some(place + 1) });
        }
    }
    None
}

/// Which attempt goes on when several could.
#[derive(Clone, Copy)]
enum Prefer {
    Oldest,
    Newest,
}

/// Goes on without further disturbance: attempts first, then clients, then the jobs, then a command that was given up
/// and runs late.
fn carry_on(setup: &Setup, mut world: World, mut moves: Vec<Move>, prefer: Prefer) -> Vec<Move> {
    while moves.len() < LONGEST {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        let step = |mv: &&Move| matches!(mv, Move::Step { actor: Actor::Gateway(_), .. });
        let attempt = match prefer {
            Prefer::Oldest => enabled.iter().find(step),
            Prefer::Newest => enabled.iter().rfind(step),
        };
        let send = || enabled.iter().find(|mv| matches!(mv, Move::Send { .. }));
        let job = || enabled.iter().find(|mv| matches!(mv, Move::Step { .. }));
        let late = || enabled.iter().find(|mv| matches!(mv, Move::RunsLate));
        let Some(&next) = attempt.or_else(send).or_else(job).or_else(late) else { break };
        if world.apply(setup, next).is_err() {
            break;
        }
        moves.push(next);
    }
    moves
}
