//! The state behind all nodes: one world, the recorded run, and the log.

use std::sync::Arc;

use madsim::time::TimeHandle;
use model::moves::{Actor, Move};
use model::reply::Reply;
use model::row::Request;
use model::run::{Entry, Run};
use model::setup::Setup;
use model::step::Step;
use model::world::{Next, Work, World, label_of};
use tokio::sync::{mpsc, oneshot};

use crate::simulate::SimulateError;
use crate::simulate::actors::{actors, lane_of};
use crate::simulate::director::{Director, Occasion, Place, Turn, enabled};
use crate::simulate::plan::{Ending, Victim};
use crate::suite::story::{self, Lane as StoryLane};

/// An acting node: a gateway or a job.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) place: Place,
    pub(super) up: bool,
    pub(super) life: u32,
    /// Connections whose end the stores have not seen.
    pub(super) links: u32,
    pub(super) dying: Option<Ending>,
    pub(super) waiting: Option<oneshot::Sender<Reply>>,
    /// Whether it is a job that knows what to run and has not sent its first call.
    pub(super) about_to_begin: bool,
}

/// What the client of a request can do at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chance {
    /// Nothing: it is done.
    Done,
    /// Nothing yet.
    Wait,
    /// Send to this gateway, which is in its n-th life.
    Send { gateway: u8, life: u32 },
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct SharedWorld {
    setup: Arc<Setup>,
    pub(super) world: World,
    pub(super) run: Run,
    pub(super) log: Vec<String>,
    pub(super) error: Option<SimulateError>,
    pub(super) director: Director,
    lanes: Vec<Lane>,
    pub(super) sends: u64,
    job_runs: u64,
    dead: mpsc::UnboundedSender<Actor>,
}

impl SharedWorld {
    /// The state before the first move. Crashed actors, which may be restarted, are sent to `dead`.
    pub(super) fn new(setup: Arc<Setup>, director: Director, dead: mpsc::UnboundedSender<Actor>) -> SharedWorld {
        let world = World::new(&setup);
        let run = Run { opening: world.books(&setup), entries: Vec::new() };
        let place = Place { victim: Victim::Attempt(0), step: 0 };
        let lane = |_| Lane { place, up: false, life: 0, links: 0, dying: None, waiting: None, about_to_begin: false };
        let lanes = actors(&setup).map(lane).collect();
        let log = Vec::new();
        let mut shared =
            SharedWorld { setup, world, run, log, error: None, director, lanes, sends: 0, job_runs: 0, dead };
        shared.look_ahead();
        shared
    }

    /// How many moves have happened.
    pub(super) fn done(&self) -> usize {
        self.run.entries.len()
    }

    /// The lane of an actor.
    pub(super) fn lane(&mut self, actor: Actor) -> &mut Lane {
        &mut self.lanes[lane_of(&self.setup, actor)]
    }

    /// The turn of an actor, if it has one.
    pub(super) fn turn(&mut self, actor: Actor) -> Option<Turn> {
        let (lane, done) = (lane_of(&self.setup, actor), self.done());
        self.director.turn(actor, lane, &mut self.lanes[lane].place, done)
    }

    /// Whether the client of the stream at a gateway has gone away.
    pub(super) fn is_deserted(&self, gateway: u8) -> bool {
        self.world.attempt(gateway).is_some_and(|attempt| attempt.client_gone)
    }

    /// The environment fault that strikes a store, the queue or a clock at this move, if any.
    pub(super) fn environment(&mut self) -> Option<Move> {
        let (done, about_to_begin) = (self.done(), self.lanes.iter().any(|lane| lane.about_to_begin));
        self.director.environment(&self.setup, &self.world, done, about_to_begin)
    }

    /// Whether a command that was given up is on its way and only time separates it from Redis.
    pub(super) fn straggles(&self) -> bool {
        self.setup.faults.late > 0 && self.director.straggles(&self.setup, &self.world)
    }

    /// Whether a job may begin a run. One that is about to begin blocks others of its kind, as one that has begun does
    /// in the world.
    pub(super) fn occasion(&self, job: Actor) -> Option<Occasion> {
        let kind = std::mem::discriminant(&job);
        let mut others = actors(&self.setup)
            .zip(&self.lanes)
            .filter(|(actor, lane)| lane.about_to_begin && std::mem::discriminant(actor) == kind);
        if others.next().is_some() {
            return None;
        }
        self.director.occasion(&self.setup, &self.world, job, self.done())
    }

    /// A job begins a run if it still may; returns what it is to run.
    pub(super) fn begins(&mut self, job: Actor) -> Option<Work> {
        let occasion = self.occasion(job)?;
        let work = self.world.would_run(&self.setup, job)?;
        self.director.begins(occasion);
        self.job_runs += 1;
        let place = Place { victim: Victim::JobRun(self.job_runs), step: 0 };
        let lane = self.lane(job);
        lane.place = place;
        lane.about_to_begin = true;
        Some(work)
    }

    /// Whether Postgres ends the session of an actor that is about to send a call.
    pub(super) fn idles_out(&mut self, actor: Actor) -> Option<Move> {
        let place = self.lane(actor).place;
        self.director.idles_out(&self.setup, &self.world, place, actor)
    }

    /// The move that a store carries out, or a client takes, for an actor.
    pub(super) fn choose(&mut self, actor: Actor, step: Step) -> Move {
        let scripted = match &self.director {
            Director::Scripted(script) => script.get(self.done()).copied(),
            Director::Planned(..) => None,
        };
        let mv = scripted.unwrap_or(Move::Step { actor, step, wins: None });
        let place = self.lane(actor).place;
        self.director.choose(&self.setup, &self.world, place, mv)
    }

    /// Checks that what came over the wire is what the world has the actor do.
    pub(super) fn agrees(&mut self, actor: Actor, found: Next) -> bool {
        let expected = self.world.next(&self.setup, actor);
        let agrees = expected == Some(found);
        if !agrees {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            self.fail(SimulateError::Disagrees { actor: actor.name(), found, expected });
        }
        agrees
    }

    /// Records the end of an actor.
    pub(super) fn bury(&mut self, actor: Actor) {
        let lane = self.lane(actor);
        lane.waiting = None;
        lane.about_to_begin = false;
        let Some(ending) = lane.dying.take() else { return };
        let before = self.world.next(&self.setup, actor).map_or(Step::Reply, label_of);
        let mv = match ending {
            Ending::Crash => Move::Crash { actor, before },
            Ending::Cancel => Move::Cancel { actor, before },
        };
        // A job between two runs has nothing in flight: the world has no move for its death.
        if actor.is_gateway() || self.world.clone().apply(&self.setup, mv).is_ok() {
            self.record(mv);
        }
        if ending == Ending::Crash {
            // An error means that the run is over.
            let _ = self.dead.send(actor);
        }
    }

    /// Applies a move and records it; returns the reply to the acting process.
    pub(super) fn record(&mut self, mv: Move) -> Option<Reply> {
        let did = match self.world.apply(&self.setup, mv) {
            Ok(did) => did,
            Err(why) => {
                let number = self.done() + 1;
                self.fail(match self.director {
                    Director::Planned(..) => SimulateError::Impossible(why),
                    Director::Scripted(_) => SimulateError::NotReachable { number, why },
                });
                return None;
            }
        };
        let reply = did.reply;
        let entry = Entry { books: self.world.books(&self.setup), did };
        let line = story::tell(&self.setup, &entry);
        self.note(&match line.from {
            StoryLane::Process(actor) => format!("{}: {}", actor.name(), line.what),
            _ => line.what,
        });
        if let Some(actor) = mv.actor() {
            self.lane(actor).about_to_begin = false;
        }
        for &(actor, _, reply) in &entry.did.woke {
            if let Some(wake) = self.lane(actor).waiting.take() {
                // An error means that the waiting actor has died, which the end of its connection will show.
                let _ = wake.send(reply);
            }
        }
        self.run.entries.push(entry);
        self.look_ahead();
        reply
    }

    fn fail(&mut self, error: SimulateError) {
        self.error.get_or_insert(error);
    }

    /// Writes a line to the log.
    pub(super) fn note(&mut self, text: &str) {
        let now = TimeHandle::try_current().map_or(0, |time| time.elapsed().as_micros());
        self.log.push(format!("{now:>9} {text}"));
    }

    /// Whether the run is over.
    pub(super) fn over(&self) -> bool {
        let done = match &self.director {
            Director::Planned(..) => self.world.at_rest(),
            Director::Scripted(script) => self.done() == script.len(),
        };
        done || self.error.is_some()
    }

    /// Fails the run if a script's next move is impossible: every node would wait for another one to act.
    fn look_ahead(&mut self) {
        let Director::Scripted(script) = &self.director else { return };
        let done = self.done();
        if let Some(&mv) = script.get(done)
            && let Err(why) = self.world.clone().apply(&self.setup, mv)
        {
            self.error.get_or_insert(SimulateError::NotReachable { number: done + 1, why });
        }
    }

    /// What the client of a request can do at the moment. A client that has left its stream does not wait for the
    /// stream's end.
    pub(super) fn chance(&self, request: Request, impatient: bool) -> Chance {
        match &self.director {
            Director::Scripted(script) => {
                let next = script.get(self.done()).copied();
                self.chance_of(next.filter(|mv| matches!(mv, Move::Send { request: r, .. } if *r == request)))
            }
            Director::Planned(..) => {
                let attempts = || (0..self.setup.gateways).map(|n| self.world.attempt(n));
                let in_flight = attempts().flatten().any(|attempt| attempt.request == request);
                let patient = self.world.listens(request) && !impatient;
                if attempts().all(|attempt| attempt.is_some()) || patient {
                    return Chance::Wait;
                }
                let mut sends = enabled(&self.setup, &self.world);
                sends.retain(|mv| matches!(mv, Move::Send { request: r, .. } if *r == request));
                let send = self.director.route(&sends, self.sends + 1);
                if send.is_none() && !in_flight { Chance::Done } else { self.chance_of(send) }
            }
        }
    }

    fn chance_of(&self, send: Option<Move>) -> Chance {
        let Some(Move::Send { gateway, .. }) = send else { return Chance::Wait };
        let lane = &self.lanes[usize::from(gateway)];
        if lane.up { Chance::Send { gateway, life: lane.life } } else { Chance::Wait }
    }
}
