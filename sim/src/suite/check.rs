//! The engine `check`: turns a case into a machine that the explorers walk, and their results into verdicts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use explore::{Ended, Exploration, ExploreError, Limits, Machine};
use model::books::{Edge, Occurrence};
use model::invariant::{self, Evaluation};
use model::moves::Move;
use model::run::Run;
use model::setup::Setup;
use model::situation::{self, Situation};
use model::world::{Impossible, World};

use crate::suite::capsules::{Broken, Capsules};
use crate::suite::lock::{Entry, Pin};
use crate::suite::route::Route;
use crate::suite::scenario::{Case, Scenario};
use crate::suite::story;
use crate::suite::verdict::{Counterexample, Engine, Expected, Explored, Finding, Findings, Verdict, as_expected};

/// Why check has no result.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The two searches disagree, or a trace does not lead where it should.
    #[error("internal error in {scenario}, {design}: {why}")]
    Explore {
        /// Which scenario.
        scenario: String,
        /// Which design.
        design: String,
        /// What went wrong.
        why: ExploreError,
    },
    /// The world offered a move that it then could not make, or has a state without moves that is not at rest.
    #[error("internal error in {scenario}, {design}: {why}")]
    World {
        /// Which scenario.
        scenario: String,
        /// Which design.
        design: String,
        /// What went wrong.
        why: String,
    },
}

/// A world and the move that led to it. Only the world counts for equality.
#[derive(Clone, Debug)]
pub struct Node {
    world: World,
    did: Option<Occurrence>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.world == other.world
    }
}

impl Eq for Node {}

impl std::hash::Hash for Node {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.world.hash(state);
    }
}

/// A setup as a machine.
#[derive(Debug)]
pub struct CaseMachine {
    setup: Setup,
    seen: AtomicU64,
    impossible: OnceLock<Impossible>,
}

impl CaseMachine {
    /// The machine of this setup.
    pub fn new(setup: &Setup) -> CaseMachine {
        CaseMachine { setup: setup.clone(), seen: AtomicU64::new(0), impossible: OnceLock::new() }
    }

    /// Whether the situation at this index of [`situation::ALL`] arose.
    pub fn saw(&self, place: usize) -> bool {
        self.seen.load(Ordering::Relaxed) >> place & 1 == 1
    }
}

impl Machine for CaseMachine {
    type State = Node;
    type Move = Move;

    fn initial(&self) -> Node {
        Node { world: World::new(&self.setup), did: None }
    }

    fn moves(&self, state: &Node, out: &mut Vec<Move>) {
        state.world.moves(&self.setup, out);
    }

    fn apply(&self, state: &Node, mv: &Move) -> Node {
        let mut world = state.world.clone();
        match world.apply(&self.setup, *mv) {
            Ok(did) => Node { world, did: Some(did) },
            Err(why) => {
                self.impossible.get_or_init(|| why);
                state.clone()
            }
        }
    }

    fn heap_bytes(&self, state: &Node) -> usize {
        state.world.heap_bytes()
    }

    fn at_rest(&self, state: &Node) -> bool {
        state.world.at_rest()
    }

    fn properties(&self) -> usize {
        invariant::ALL.len()
    }

    fn judge(&self, prev: Option<(&Node, &Move)>, state: &Node, evaluations: &mut [explore::EdgeEvaluation]) {
        let before = prev.map(|(node, _)| node.world.books(&self.setup));
        let after = state.world.books(&self.setup);
        let edge = Edge { before: before.as_ref(), did: state.did.as_ref(), after: &after };
        for (invariant, evaluation) in invariant::ALL.iter().zip(evaluations) {
            *evaluation = match invariant.judge(&edge) {
                Evaluation::NotEvaluated => explore::EdgeEvaluation::NotEvaluated,
                Evaluation::Vacuous => explore::EdgeEvaluation::Vacuous,
                Evaluation::Held => explore::EdgeEvaluation::Held,
                Evaluation::Broken(_) => explore::EdgeEvaluation::Broken,
            };
        }
        let known = self.seen.load(Ordering::Relaxed);
        let arose = situation::ALL.iter().enumerate().filter(|(place, s)| known >> place & 1 == 0 && (s.arose)(&edge));
        let arose = arose.fold(0, |bits, (place, _)| bits | 1u64 << place);
        if arose != 0 {
            self.seen.fetch_or(arose, Ordering::Relaxed);
        }
    }
}

/// Explores one case and judges every invariant; counterexamples go into `capsules`.
///
/// # Errors
/// Only internal ones: what the limits cut short is `unknown`.
pub fn check(
    scenario: &Scenario,
    case: &Case,
    limits: &Limits,
    capsules: &mut Capsules,
) -> Result<Findings, CheckError> {
    let began = Instant::now();
    let design = case.setup.design.to_string();
    let machine = Arc::new(CaseMachine::new(&case.setup));
    let exploration = explore::explore(&machine, limits).map_err(|why| CheckError::Explore {
        scenario: scenario.id.clone(),
        design: design.clone(),
        why,
    })?;
    let world_error = |why: String| CheckError::World { scenario: scenario.id.clone(), design: design.clone(), why };
    if let Some(why) = machine.impossible.get() {
        return Err(world_error(format!("the world offered a move that it could not make: {why}")));
    }
    if exploration.counts.stuck > 0 {
        return Err(world_error(format!("{} states have no move and are not at rest", exploration.counts.stuck)));
    }
    let missing = did_not_arise(&case.seen, &machine);
    let unseen: Vec<&str> = missing.iter().map(|situation| situation.title).collect();
    let mut found = Findings::default();
    for place in 0..invariant::ALL.len() {
        let shown = counterexample(scenario, case, &exploration, place, capsules).map_err(&world_error)?;
        // An invariant that could not have failed anywhere, since the path does not meet its subject, gets no verdict.
        let empty = exploration.ended.is_complete() && exploration.properties[place].non_vacuous == 0;
        if !empty || case.expected[place] == Expected::Broken {
            found.findings.push(finding(scenario, case, &exploration, place, &unseen, shown.as_ref()));
        }
        found.counterexamples.extend(shown);
    }
    let mut explored = Explored {
        scenario: scenario.id.clone(),
        design,
        engine: Engine::Check,
        states: Some(exploration.counts.states),
        moves: Some(exploration.counts.edges),
        depth: Some(exploration.depth),
        runs: None,
        not_reproduced: 0,
        complete: exploration.ended.is_complete(),
        missing: missing.iter().map(|situation| situation.id).collect(),
        never: did_not_arise(&[scenario.seen.as_slice(), case.argued_seen.as_slice()].concat(), &machine)
            .iter()
            .map(|situation| situation.id)
            .collect(),
        differs: Vec::new(),
        unseen: Vec::new(),
        seconds: began.elapsed().as_secs_f64(),
    };
    if let Some(entry) = Entry::of(&explored, &found) {
        let argued = |id: &str| case.reasons.contains_key(id);
        let counts = case.pinned.iter().flat_map(|pinned| entry.differs_from(pinned, argued));
        explored.differs = case.outdated.iter().cloned().chain(counts).collect();
    }
    found.explored.push(explored);
    Ok(found)
}

/// The situations with these ids that did not arise.
fn did_not_arise(ids: &[String], machine: &CaseMachine) -> Vec<&'static Situation> {
    let missing = situation::ALL.iter().enumerate();
    let missing = missing.filter(|(place, s)| !machine.saw(*place) && ids.iter().any(|id| id == s.id));
    missing.map(|(_, situation)| situation).collect()
}

fn counterexample(
    scenario: &Scenario,
    case: &Case,
    exploration: &Exploration<Move>,
    place: usize,
    capsules: &mut Capsules,
) -> Result<Option<Counterexample>, String> {
    let Some(moves) = &exploration.properties[place].trace else { return Ok(None) };
    let run = Run::replay(&case.setup, moves).map_err(|error| error.to_string())?;
    let judgement = run.judge(&case.setup);
    let breach = judgement.results[place].breach.clone();
    let breach = breach.ok_or_else(|| format!("the trace to {} breaks nothing", invariant::ALL[place].id))?;
    let (engine, setup) = (Engine::Check, &case.setup);
    let broken = Broken { scenario: &scenario.id, setup, engine, seed: None, run: &run, breach: &breach };
    Ok(Some(Counterexample {
        scenario: scenario.id.clone(),
        design: case.setup.design.to_string(),
        capsule: capsules.keep(&broken),
        setup: case.setup.clone(),
        run,
        breach,
        route: Route::default(),
        without: Vec::new(),
    }))
}

fn finding(
    scenario: &Scenario,
    case: &Case,
    exploration: &Exploration<Move>,
    place: usize,
    unseen: &[&str],
    shown: Option<&Counterexample>,
) -> Finding {
    let property = &exploration.properties[place];
    let (verdict, why) = match (shown, exploration.ended) {
        (Some(counterexample), _) => (Verdict::Broken, story::sentence(&counterexample.breach)),
        (None, Ended::Complete) if !unseen.is_empty() => {
            (Verdict::Unknown, format!("an expected situation never arose: {}", unseen.join(", ")))
        }
        (None, Ended::Complete) if property.non_vacuous == 0 => {
            (Verdict::Unknown, "no evaluation was non-vacuous: what it is about never arose".to_owned())
        }
        (None, Ended::Complete) => (Verdict::Holds, "every state within the bounds was looked at".to_owned()),
        (None, cut) => (Verdict::Unknown, cut_short(cut).to_owned()),
    };
    let expected = case.expected[place];
    let other = shown.filter(|_| exploration.ended.is_complete()).and_then(|shown| other_breach(case, place, shown));
    Finding {
        scenario: scenario.id.clone(),
        design: case.setup.design.to_string(),
        engine: Engine::Check,
        invariant: invariant::ALL[place].id,
        verdict,
        expected,
        as_expected: as_expected(verdict, expected) && other.is_none(),
        why: other.map_or(why.clone(), |pinned| format!("{why}; the lock file has it {pinned}")),
        evaluated: property.evaluated,
        non_vacuous: property.non_vacuous,
        steps: shown.map(|counterexample| counterexample.run.entries.len()),
        capsule: shown.map(|counterexample| counterexample.capsule.clone()),
    }
}

/// The shortest breach pinned in the lock file, in words, if a breach is expected and a different one was found.
fn other_breach(case: &Case, place: usize, shown: &Counterexample) -> Option<String> {
    let pin = case.pinned.as_ref()?.broken.get(invariant::ALL[place].id)?;
    let argued = case.reasons.contains_key(invariant::ALL[place].id);
    (!argued && *pin != Pin::of(shown)).then(|| pin.words())
}

fn cut_short(ended: Ended) -> &'static str {
    match ended {
        Ended::Complete => "complete",
        Ended::Time => "time: the search was cut before every state was looked at (--time)",
        Ended::States => "states: there are more than --max-states allows",
        Ended::Memory => "memory: the search was cut before it outgrew its budget",
        Ended::Interrupted => "interrupted before every state was looked at",
        Ended::Breach => "the search ended at the first breach",
    }
}
