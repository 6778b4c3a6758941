//! Finds one counterexample again: the shortest run of a scenario and a design that breaks an invariant, optionally
//! through certain steps and faults. Only our own search runs, and only until it finds one.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use explore::{Ended, ExploreError, Limits, Machine, Shortest, shortest};
use model::books::{Books, Edge, Occurrence};
use model::invariant::{self, Evaluation};
use model::moves::Move;
use model::run::Run;
use model::setup::Setup;
use model::world::World;

use crate::suite::capsules::FOUND;
use crate::suite::fault_kinds;
use crate::suite::route::Route;
use crate::suite::scenario::{Case, Scenario};
use crate::suite::verdict::Counterexample;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The design.
    pub case: &'a Case,
    /// Index of the invariant in [`invariant::ALL`].
    pub place: usize,
    /// The route that the run must take.
    pub route: &'a Route,
}

/// The result of the search.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The shortest such run; `None` if there is none among the explored states.
    pub found: Option<Counterexample>,
    /// Distinct states explored.
    pub states: u64,
    /// Why the search ended.
    pub ended: Ended,
    /// Whether a search for what happens without a fault was cut short, so that [`Counterexample::without`] lacks it.
    pub without_cut: bool,
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The search failed.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// The run that was found cannot be replayed, or its replay breaks nothing.
    #[error("the run that was found cannot be shown: {0}")]
    Replay(String),
    /// The world contradicts itself.
    #[error("the world offered a move that it could not make")]
    Impossible,
}

/// Searches for the shortest run that answers the question.
///
/// # Errors
/// Only internal ones.
pub fn explain(question: &Question<'_>, limits: &Limits) -> Result<Explanation, ExplainError> {
    let Question { case, place, route, .. } = *question;
    let limits = Limits { first_breach: true, ..limits.clone() };
    let machine = Aimed::new(&case.setup, place, route);
    let explored = machine.search(&limits)?;
    let (states, ended) = (explored.counts.states, explored.ended);
    let Some(moves) = &explored.properties[0].trace else {
        return Ok(Explanation { found: None, states, ended, without_cut: false });
    };
    let (found, without_cut) = shown(question, moves, &limits)?;
    Ok(Explanation { found: Some(found), states, ended, without_cut })
}

fn shown(question: &Question<'_>, moves: &[Move], limits: &Limits) -> Result<(Counterexample, bool), ExplainError> {
    let Question { scenario, case, place, route } = *question;
    let failed = |why: String| ExplainError::Replay(why);
    let run = Run::replay(&case.setup, moves).map_err(|error| failed(error.to_string()))?;
    let breach = run.judge(&case.setup).results[place].breach.clone();
    let breach = breach.ok_or_else(|| failed(format!("it does not break {}", invariant::ALL[place].id)))?;
    let by_way_of = route.in_a_name();
    let design = case.setup.design.to_string();
    let mut found = Counterexample {
        scenario: scenario.id.clone(),
        capsule: format!("{FOUND}/{}.{design}.{}{by_way_of}.json", scenario.id, breach.invariant),
        design,
        setup: case.setup.clone(),
        run,
        breach,
        route: route.clone(),
        without: Vec::new(),
    };
    let mut cut = false;
    // What the route excludes is also excluded without the fault: else the invariant would break for that other reason.
    let kept_from = Route { through: Vec::new(), without: route.without.clone() };
    for (kind, budget) in case.setup.faults.budgets() {
        let strikes = |entry: &model::run::Entry| fault_kinds::kind_of(&entry.did, &entry.books) == Some(kind);
        if budget == 0 || !found.run.entries.iter().any(strikes) {
            continue;
        }
        let mut setup = case.setup.clone();
        setup.faults = fault_kinds::lacking(setup.faults, kind);
        match Aimed::new(&setup, place, &kept_from).search(limits)?.ended {
            Ended::Breach => found.without.push((kind.to_owned(), true)),
            Ended::Complete => found.without.push((kind.to_owned(), false)),
            Ended::Time | Ended::States | Ended::Memory | Ended::Interrupted => cut = true,
        }
    }
    Ok((found, cut))
}

/// The command that finds a counterexample again and shows it.
pub fn command(scenario: &str, design: &str, invariant: &str) -> String {
    command_by(scenario, design, invariant, &Route::default())
}

/// The same for a counterexample along a route.
pub fn command_by(scenario: &str, design: &str, invariant: &str, route: &Route) -> String {
    let (scenario, design, options) = (quoted(scenario), quoted(design), route.options());
    format!("trial explain {scenario} --design {design} --invariant {invariant}{options}")
}

/// The word, quoted for a shell where it needs to be.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A machine that searches for a breach of one invariant along a route.
struct Aimed {
    setup: Setup,
    place: usize,
    route: Route,
    impossible: AtomicBool,
}

/// A world, and how many waypoints of the route have occurred.
#[derive(Clone, Debug)]
struct Way {
    world: World,
    /// How many of the waypoints have occurred.
    met: u8,
    /// The invariant broke before all of them had, so that a replay would end there and nothing later is a
    /// counterexample; or something occurred that must not.
    missed: bool,
    /// What the invariant says of the move that led here; not a part of the state.
    evaluation: explore::EdgeEvaluation,
}

impl PartialEq for Way {
    fn eq(&self, other: &Way) -> bool {
        (self.met, self.missed) == (other.met, other.missed) && self.world == other.world
    }
}

impl Eq for Way {}

impl Hash for Way {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.world.hash(state);
        self.met.hash(state);
        self.missed.hash(state);
    }
}

impl Aimed {
    fn new(setup: &Setup, place: usize, route: &Route) -> Aimed {
        Aimed { setup: setup.clone(), place, route: route.clone(), impossible: AtomicBool::new(false) }
    }

    fn search(&self, limits: &Limits) -> Result<Shortest<Move>, ExplainError> {
        let explored = shortest(self, limits)?;
        if self.impossible.load(Ordering::Relaxed) { Err(ExplainError::Impossible) } else { Ok(explored) }
    }

    /// How many further waypoints this move meets: it can meet several different ones, such as a step and the fault
    /// that strikes it, but each of them once.
    fn met_by(&self, met: u8, did: &Occurrence, after: &Books) -> u8 {
        let next = &self.route.through[usize::from(met)..];
        let met =
            next.iter().enumerate().take_while(|(place, it)| it.is_met(did, after) && !next[..*place].contains(it));
        met.count() as u8
    }

    /// The same with its last move judged.
    fn judged(&self, mut way: Way, before: Option<&World>, did: Option<&Occurrence>) -> Way {
        let books = before.map(|world| world.books(&self.setup));
        let after = way.world.books(&self.setup);
        way.met += did.map_or(0, |did| self.met_by(way.met, did, &after));
        let strays = |did: &Occurrence| self.route.without.iter().any(|waypoint| waypoint.is_met(did, &after));
        way.missed |= did.is_some_and(strays);
        let edge = Edge { before: books.as_ref(), did, after: &after };
        way.evaluation = match invariant::ALL[self.place].judge(&edge) {
            Evaluation::NotEvaluated => explore::EdgeEvaluation::NotEvaluated,
            Evaluation::Vacuous => explore::EdgeEvaluation::Vacuous,
            Evaluation::Held => explore::EdgeEvaluation::Held,
            Evaluation::Broken(_) if way.missed => explore::EdgeEvaluation::Held,
            Evaluation::Broken(_) if usize::from(way.met) < self.route.through.len() => {
                way.missed = true;
                explore::EdgeEvaluation::Held
            }
            Evaluation::Broken(_) => explore::EdgeEvaluation::Broken,
        };
        way
    }
}

impl Machine for Aimed {
    type State = Way;
    type Move = Move;

    fn initial(&self) -> Way {
        let way = Way {
            world: World::new(&self.setup),
            met: 0,
            missed: false,
            evaluation: explore::EdgeEvaluation::NotEvaluated,
        };
        self.judged(way, None, None)
    }

    fn moves(&self, way: &Way, out: &mut Vec<Move>) {
        // After a miss there is nothing to find.
        if !way.missed {
            way.world.moves(&self.setup, out);
        }
    }

    fn apply(&self, way: &Way, mv: &Move) -> Way {
        let mut next = way.clone();
        match next.world.apply(&self.setup, *mv) {
            Ok(did) => self.judged(next, Some(&way.world), Some(&did)),
            Err(_) => {
                self.impossible.store(true, Ordering::Relaxed);
                way.clone()
            }
        }
    }

    fn heap_bytes(&self, way: &Way) -> usize {
        way.world.heap_bytes()
    }

    fn at_rest(&self, way: &Way) -> bool {
        way.missed || way.world.at_rest()
    }

    fn properties(&self) -> usize {
        1
    }

    fn judge(&self, _prev: Option<(&Way, &Move)>, way: &Way, evaluations: &mut [explore::EdgeEvaluation]) {
        evaluations[0] = way.evaluation;
    }
}
