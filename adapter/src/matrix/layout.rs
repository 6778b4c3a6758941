//! The cells of one design and the moves of each, from the model: the moves before the step, the fault, then on until
//! all is at rest.

use std::collections::BTreeMap;

use model::design::Design;
use model::effect::Effect;
use model::flow::RequestPath;
use model::moves::{Actor, Move};
use model::row::Request;
use model::run::Unreachable;
use model::schedule;
use model::setup::{Account, Faults, Premises, RequestKind, Requested, Setup, SetupError, Streamed, Tokens};
use model::step::Step;
use model::world::{Next, World, label_of};

use crate::matrix::cell::{MatrixFault, Side};
use crate::means::Means;

/// The gateway that receives the retry while a worker is stopped.
const BESIDE: u8 = 1;

/// A list of moves and the means of carrying them out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScriptedRun {
    /// The means.
    pub means: Means,
    /// All moves up to the end.
    pub moves: Vec<Move>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The step, at its first place in an undisturbed run.
    pub step: Step,
    /// The actor of the step.
    pub actor: Actor,
    /// The fault that happens at the step.
    pub fault: MatrixFault,
    /// The side of the step.
    pub side: Side,
    /// The index in [`Layout::runs`], or why the fault does not apply there.
    pub run: Result<usize, &'static str>,
}

/// All cells of one design. The place after one step is the place before the next, so cells share runs.
#[derive(Clone, Debug)]
pub struct Layout {
    /// By row, then by fault, then by side.
    pub cells: Vec<Cell>,
    /// The distinct runs; the undisturbed run comes first.
    pub runs: Vec<ScriptedRun>,
}

/// The start of every design in the matrix: two tenants whose API keys have budgets and whose hashes are cold if the
/// path warms them, a request of each, and two gateways. The second request comes once the first is over. It repairs
/// nothing for the first tenant; it shows whether other tenants are served.
///
/// # Errors
/// [`SetupError`], when the design has too many jobs for the model's world.
pub fn setup(design: Design, path: RequestPath) -> Result<Setup, SetupError> {
    let amount = |text: &str| text.parse().unwrap_or_default();
    let account = |name: &str| Account {
        name: name.to_owned(),
        balance: amount("100.00"),
        credit: amount("0"),
        daily_quota: 1_000,
        monthly_quota: 1_000,
        used: 0,
        budget: Some(amount("50.00")),
        new: false,
        cold: path.quota_check,
        zone: None,
    };
    let of = |trace: &str, name: &str, price: &str, output: u32| match path.stream {
        true => streamed(trace, name, output),
        false => Requested::charge(trace, name, amount(price)),
    };
    let requests = vec![of("t1", "acme", "5.25", 525), of("t2", "bolt", "0.000249", 333)];
    let accounts = vec![account("acme"), account("bolt")];
    let premises = Premises { accounts, requests, gateways: 2, today: Premises::first_day(), path };
    Setup::new(premises, Faults::default(), design)
}

/// A stream priced at 10.00 per thousand output tokens, which holds more than its final price.
fn streamed(trace: &str, account: &str, output: u32) -> Requested {
    let tokens = Tokens { input: 0, output, input_price: 1.into(), output_price: 10.into() };
    let stream = Streamed { chunks: 50, sent: 25, counted: output / 2, reports: true };
    let (tokens, stream, estimate) = (Some(tokens), Some(stream), "6.00".parse().ok());
    let plain = Requested::charge(trace, account, Default::default());
    Requested { kind: RequestKind::Stream, amount: None, tokens, stream, estimate, ..plain }
}

impl Layout {
    /// The cells of a setup.
    ///
    /// # Errors
    /// Internal error: a move that the model has just offered cannot happen.
    pub fn new(setup: &Setup) -> Result<Layout, Unreachable> {
        let undisturbed = schedule::until_rest(setup, &[])?;
        let mut worlds = vec![World::new(setup)];
        for (place, &mv) in undisturbed.iter().enumerate() {
            let mut world = worlds[place].clone();
            world.apply(setup, mv).map_err(|why| Unreachable { number: place + 1, why })?;
            worlds.push(world);
        }
        let walk = Walk { setup, undisturbed: &undisturbed, worlds: &worlds };
        let mut places: BTreeMap<ScriptedRun, usize> = BTreeMap::new();
        let mut runs = vec![ScriptedRun { means: Means::Plain, moves: undisturbed.clone() }];
        let mut cells = Vec::new();
        for row in walk.rows() {
            for (fault, side) in MatrixFault::ALL.into_iter().flat_map(|fault| Side::ALL.map(|side| (fault, side))) {
                let run = match walk.run(&row, fault, side)? {
                    Ok(run) => Ok(*places.entry(run.clone()).or_insert_with(|| {
                        runs.push(run);
                        runs.len() - 1
                    })),
                    Err(why) => Err(why),
                };
                cells.push(Cell { step: row.step, actor: row.actor, fault, side, run });
            }
        }
        Ok(Layout { cells, runs })
    }
}

/// A step of the undisturbed run.
struct Row {
    step: Step,
    actor: Actor,
    /// The index of its move.
    at: usize,
}

/// The undisturbed run, with the world before each of its moves and the one after the last.
struct Walk<'a> {
    setup: &'a Setup,
    undisturbed: &'a [Move],
    worlds: &'a [World],
}

type Planned = Result<Result<ScriptedRun, &'static str>, Unreachable>;

impl Walk<'_> {
    /// Each step at its first place.
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (at, &mv) in self.undisturbed.iter().enumerate() {
            if let Move::Step { actor, step, .. } = mv
                && rows.iter().all(|row| row.step != step)
            {
                rows.push(Row { step, actor, at });
            }
        }
        rows
    }

    fn run(&self, row: &Row, fault: MatrixFault, side: Side) -> Planned {
        match fault {
            MatrixFault::Sigkill => self.sigkill(row, side),
            MatrixFault::Cut => self.cut(row, side),
            MatrixFault::InDoubt => match self.effect(row) {
                None => Ok(Err("the client is answered: no store is asked")),
                Some(Effect::Local(_)) => Ok(Err("no store is asked")),
                Some(_) => self.struck(row.at, lost(row, side == Side::After), Means::Plain),
            },
            MatrixFault::Sigstop => self.sigstop(row, side),
            MatrixFault::PostgresKill => self.struck(gap(row, side), Move::PostgresRestart, Means::Plain),
            MatrixFault::RedisKill => self.struck(gap(row, side), Move::RedisLoss, Means::Plain),
            MatrixFault::RedisAof => self.struck(gap(row, side), Move::ScriptFlush, Means::RestartOnLog),
            MatrixFault::ScriptFlush => self.struck(gap(row, side), Move::ScriptFlush, Means::Plain),
        }
    }

    /// The effect that the step asks of a store or another party; `None` for the answer to the client.
    fn effect(&self, row: &Row) -> Option<Effect> {
        match self.worlds[row.at].next(self.setup, row.actor)? {
            Next::Ask(call) => Some(call.effect),
            _ => None,
        }
    }

    /// The undisturbed run up to a place, then this fault, then on until all is at rest.
    fn struck(&self, at: usize, fault: Move, means: Means) -> Planned {
        let moves: Vec<Move> = self.undisturbed[..at].iter().copied().chain([fault]).collect();
        Ok(Ok(ScriptedRun { means, moves: schedule::until_rest(self.setup, &moves)? }))
    }

    fn sigkill(&self, row: &Row, side: Side) -> Planned {
        let at = gap(row, side);
        // A task that waits belongs to a process that may die.
        let waiting =
            matches!(row.actor, Actor::Task(_)).then(|| self.worlds[at].next(self.setup, row.actor)).flatten();
        match self.worlds[at].running(self.setup, row.actor).map(|process| process.next).or(waiting) {
            Some(next) => self.struck(at, Move::Crash { actor: row.actor, before: label_of(next) }, Means::Plain),
            None if side == Side::Before => Ok(Err("its process has not begun")),
            None => Ok(Err("its process has ended")),
        }
    }

    fn cut(&self, row: &Row, side: Side) -> Planned {
        let (actor, step) = (row.actor, row.step);
        match (self.effect(row), side) {
            (None | Some(Effect::Local(_)), _) => Ok(Err("no store is asked")),
            (Some(Effect::Redis(_)), Side::Before) => {
                self.struck(row.at, Move::Unreachable { actor, step }, Means::Plain)
            }
            (Some(Effect::Redis(_)), Side::After) => {
                Ok(Err("each command has a connection of its own, which is closed"))
            }
            (Some(Effect::Pg(_)), Side::Before) => self.struck(row.at, lost(row, false), Means::Plain),
            (Some(Effect::Pg(_)), Side::After) => self.cut_while_idle(row),
        }
    }

    /// Cuts the connection while it is idle. In a transaction the next statement notices it; outside of one a pool
    /// replaces the connection unnoticed.
    fn cut_while_idle(&self, row: &Row) -> Planned {
        let (actor, from) = (row.actor, row.at + 1);
        let Some(process) = self.worlds[from].running(self.setup, actor) else {
            return Ok(Err("its process has ended"));
        };
        let mut probe = self.worlds[from].clone();
        let means = Means::CutIdle { from };
        if probe.apply(self.setup, Move::IdleTimeout { actor, before: label_of(process.next) }).is_err() {
            return Ok(Ok(ScriptedRun { means, moves: self.undisturbed.to_vec() }));
        }
        let asks_postgres = |place: &usize| {
            let next = self.worlds[*place].next(self.setup, actor);
            self.undisturbed[*place].actor() == Some(actor)
                && matches!(next, Some(Next::Ask(call)) if matches!(call.effect, Effect::Pg(_)))
        };
        // The process that follows this one has its own connection.
        let gone = |place: &usize| self.worlds[*place].running(self.setup, actor).is_none();
        let end = (from..self.undisturbed.len()).find(gone).unwrap_or(self.undisturbed.len());
        match (from..end).find(asks_postgres) {
            Some(place) => {
                let step = self.undisturbed[place].step().unwrap_or(Step::Reply);
                self.struck(place, Move::Lost { actor, step, ran: false }, means)
            }
            None => Ok(Err("the connection is not used again")),
        }
    }

    fn sigstop(&self, row: &Row, side: Side) -> Planned {
        let from = gap(row, side);
        let (Actor::Gateway(_), Some(request)) = (row.actor, self.request(row)) else {
            return Ok(Err("a job: nobody does it a second time beside it"));
        };
        if self.worlds[from].running(self.setup, row.actor).is_none() {
            return Ok(Err("its process has ended"));
        }
        let again = Move::Send { request, gateway: BESIDE };
        let moves: Vec<Move> = self.undisturbed[..from].iter().copied().chain([again]).collect();
        let moves = schedule::until_rest(self.setup, &moves)?;
        let goes_on = |mv: &Move| mv.actor() == Some(row.actor);
        let to = moves[from..].iter().position(goes_on).map_or(moves.len(), |place| from + place);
        Ok(Ok(ScriptedRun { means: Means::Stopped { actor: row.actor, from, to }, moves }))
    }

    fn request(&self, row: &Row) -> Option<Request> {
        self.worlds[row.at].running(self.setup, row.actor)?.work.request()
    }
}

/// The index in the moves of a side of a step.
fn gap(row: &Row, side: Side) -> usize {
    match side {
        Side::Before => row.at,
        Side::After => row.at + 1,
    }
}

fn lost(row: &Row, ran: bool) -> Move {
    Move::Lost { actor: row.actor, step: row.step, ran }
}
