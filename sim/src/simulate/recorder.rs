//! The recorder: the one world behind all nodes, the recorded run, and the log.
//!
//! Each move of the run happens at one instant, at which it is applied to the world and recorded. So the list of moves
//! is a path of the world, whatever the network did in between:
//!
//! | move | happens when |
//! |---|---|
//! | a client sends | it writes to a connection to a gateway that is up and free; only a crash can lose the frame |
//! | a step, refused or lost or not | the store takes the call; its reply may still be on the way when others act |
//! | a step outside both stores, done or failed | the process does it |
//! | the answer | it reaches the client, or its gateway gives it if the client of the stream has gone |
//! | the end of an idle session | its process is about to send a call |
//! | a crash or a cancellation | the last connection of the ended actor to a store has ended, see [`Recorder::ends`] |

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use madsim::time::sleep;
use model::effect::Call;
use model::moves::{Actor, Move};
use model::reply::{Answer, Failure, Reply};
use model::row::Request;
use model::run::Run;
use model::setup::Setup;
use model::step::Step;
use model::world::{Next, Work};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::simulate::SimulateError;
use crate::simulate::director::{Director, Instruction, Place};
use crate::simulate::plan::{Ending, Plan, Victim};
use crate::simulate::shared_world::{Chance, SharedWorld};

/// What a store does with a call.
#[derive(Debug)]
pub(super) enum Served {
    /// Answers.
    Reply(Reply),
    /// Answers when a lock is released.
    Waits(oneshot::Receiver<Reply>),
    /// Refuses the connection.
    Refused,
    /// Closes the connection without an answer.
    Cut,
}

/// Shared by all nodes of one run. No node holds the mutex while it waits.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) setup: Arc<Setup>,
    shared: Mutex<SharedWorld>,
    changed: Notify,
}

impl Recorder {
    /// The recorder of a run that has not begun, and a channel that reports each crashed actor once its death is
    /// recorded.
    pub(super) fn new(setup: Arc<Setup>, director: Director) -> (Arc<Recorder>, mpsc::UnboundedReceiver<Actor>) {
        let (dead, funerals) = mpsc::unbounded_channel();
        let shared = Mutex::new(SharedWorld::new(Arc::clone(&setup), director, dead));
        (Arc::new(Recorder { setup, shared, changed: Notify::new() }), funerals)
    }

    fn look<T>(&self, at: impl FnOnce(&mut SharedWorld) -> T) -> T {
        at(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the shared world and wakes those who wait for a change.
    fn act<T>(&self, act: impl FnOnce(&mut SharedWorld) -> T) -> T {
        let result = self.look(act);
        self.changed.notify_waiters();
        result
    }

    /// Checks after every change, until there is a result.
    async fn until<T>(&self, mut ready: impl FnMut(&mut SharedWorld) -> Option<T>) -> T {
        loop {
            if let Some(result) = self.look(&mut ready) {
                return result;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until something has changed.
    pub(super) async fn change(&self) {
        self.changed.notified().await;
    }

    /// Waits until the run is over.
    pub(super) async fn over(&self) {
        self.until(|shared| shared.over().then_some(())).await;
    }

    /// The run and the log, or why there is none.
    pub(super) fn result(&self) -> Result<(Run, Vec<String>), SimulateError> {
        self.look(|shared| match shared.error.take() {
            Some(error) => Err(error),
            None => Ok((shared.run.clone(), std::mem::take(&mut shared.log))),
        })
    }

    /// How many moves have happened.
    pub(super) fn moves(&self) -> usize {
        self.look(|shared| shared.done())
    }

    /// Writes a line to the log that is not a move.
    pub(super) fn note(&self, text: &str) {
        self.look(|shared| shared.note(text));
    }

    /// Records that a node of this actor is up.
    pub(super) fn started(&self, actor: Actor) {
        self.act(|shared| {
            let lane = shared.lane(actor);
            lane.up = true;
            lane.life += 1;
            let life = lane.life;
            shared.note(&format!("{} is up, life {life}", actor.name()));
        });
    }

    /// Waits for the actor's turn. Meanwhile its session may be idle for longer than Postgres allows.
    pub(super) async fn turn(&self, actor: Actor) -> Instruction {
        let turn = self.until(|shared| shared.turn(actor)).await;
        if !turn.pause.is_zero() {
            sleep(turn.pause).await;
        }
        if let Some(mv) = self.look(|shared| shared.idles_out(actor)) {
            self.act(|shared| shared.record(mv));
        }
        turn.instruction
    }

    /// Waits until the actor, which has sent a call, is ended.
    pub(super) async fn ended_in_flight(&self, actor: Actor, planned: Option<(Ending, Duration)>) -> Ending {
        if let Some((ending, after)) = planned {
            sleep(after).await;
            return ending;
        }
        self.until(|shared| shared.director.ends_now(actor, shared.done())).await
    }

    /// Waits until a job may run, and a while longer; returns what it is to run then.
    pub(super) async fn job_begins(&self, job: Actor) -> Work {
        loop {
            self.until(|shared| shared.occasion(job)).await;
            let pause = self.idle(|plan| plan.lag);
            if !pause.is_zero() {
                sleep(pause).await;
            }
            if let Some(work) = self.look(|shared| shared.begins(job)) {
                return work;
            }
        }
    }

    /// What the attempt at a gateway is to run: its date is the one on which the request was sent.
    pub(super) fn work_of(&self, gateway: u8) -> Option<Work> {
        self.look(|shared| shared.world.attempt(gateway).map(|attempt| attempt.process.work))
    }

    /// Whether the client of the stream at a gateway has gone away.
    pub(super) fn is_deserted(&self, gateway: u8) -> bool {
        self.look(|shared| shared.is_deserted(gateway))
    }

    /// Waits until the client of the stream at a gateway goes away.
    pub(super) async fn deserted(&self, gateway: u8) {
        self.until(|shared| shared.is_deserted(gateway).then_some(())).await;
    }

    /// Waits for the next environment fault, and lets it happen.
    pub(super) async fn environment(&self) {
        let mv = self.until(SharedWorld::environment).await;
        self.act(|shared| shared.record(mv));
    }

    /// Waits for a command that its client gave up, and lets Redis carry it out some time later.
    pub(super) async fn straggler(&self) {
        self.until(|shared| shared.straggles().then_some(())).await;
        let pause = self.idle(|plan| plan.lateness);
        sleep(pause).await;
        self.act(|shared| {
            if shared.straggles() {
                shared.record(Move::RunsLate);
            }
        });
    }

    /// A pause of at most what the plan allows.
    pub(super) fn idle(&self, longest: impl FnOnce(&Plan) -> Duration) -> Duration {
        self.look(|shared| shared.director.idle(longest))
    }

    /// What the client of a request can do now.
    pub(super) fn chance(&self, request: Request, impatient: bool) -> Chance {
        self.look(|shared| shared.chance(request, impatient))
    }

    /// The client sends, if it still can: it must write to the connection before anything else happens. Returns the
    /// pause after which it becomes impatient.
    pub(super) fn sends(&self, request: Request, impatient: bool, chance: Chance) -> Option<Option<Duration>> {
        let Chance::Send { gateway, .. } = chance else { return None };
        self.act(|shared| {
            if shared.chance(request, impatient) != chance {
                return None;
            }
            shared.sends += 1;
            shared.lane(Actor::Gateway(gateway)).place = Place { victim: Victim::Attempt(shared.sends), step: 0 };
            shared.record(Move::Send { request, gateway });
            Some(shared.director.impatience(shared.sends))
        })
    }

    /// An answer has reached its client, or is given although nobody listens.
    pub(super) fn answered(&self, actor: Actor, answer: Answer) {
        self.act(|shared| {
            if shared.agrees(actor, Next::Answer(answer)) {
                let mv = shared.choose(actor, Step::Reply);
                shared.record(mv);
            }
        });
    }

    /// A store takes a call from its connection.
    pub(super) fn carry_out(&self, actor: Actor, call: Call) -> Served {
        self.act(|shared| {
            if !shared.agrees(actor, Next::Ask(call)) {
                return Served::Cut;
            }
            let mv = shared.choose(actor, call.step);
            match shared.record(mv) {
                Some(Reply::Failed(Failure::PgLost | Failure::RedisLost)) => Served::Cut,
                Some(Reply::Failed(Failure::RedisUnreachable)) => Served::Refused,
                Some(reply) => Served::Reply(reply),
                None if matches!(mv, Move::Step { .. }) => {
                    let (wake, woken) = oneshot::channel();
                    shared.lane(actor).waiting = Some(wake);
                    Served::Waits(woken)
                }
                None => Served::Cut,
            }
        })
    }

    /// An actor carries out a call outside both stores.
    pub(super) fn do_locally(&self, actor: Actor, call: Call) -> Option<Reply> {
        self.act(|shared| {
            if !shared.agrees(actor, Next::Ask(call)) {
                return None;
            }
            let mv = shared.choose(actor, call.step);
            shared.record(mv)
        })
    }

    /// An actor has opened a connection to a store.
    pub(super) fn link_opened(&self, actor: Actor) {
        self.look(|shared| shared.lane(actor).links += 1);
    }

    /// A store has seen the end of a connection, or has closed it itself.
    pub(super) fn link_ended(&self, actor: Actor) {
        self.act(|shared| {
            let lane = shared.lane(actor);
            lane.links -= 1;
            if lane.links == 0 && lane.dying.is_some() {
                shared.bury(actor);
            }
        });
    }

    /// An actor is ended from outside: it closes its connections right after this and never uses them again.
    ///
    /// The world learns of it only when the stores have seen the end of every connection:
    /// 1. `gateway-a` sends T1 and dies; the frame is on the wire.
    /// 2. Postgres sees its connection end.
    /// 3. Redis takes T1: the key is set, for an attempt that no process runs any more.
    /// 4. Redis sees its connection end. Only then the attempt is over: had 2 ended it, 3 would have no actor.
    pub(super) fn ends(&self, actor: Actor, ending: Ending) {
        self.act(|shared| {
            let lane = shared.lane(actor);
            lane.dying = Some(ending);
            lane.up &= ending == Ending::Cancel;
            let (name, life, links) = (actor.name(), lane.life, lane.links);
            shared.note(&match ending {
                Ending::Crash => format!("{name} is killed, life {life}"),
                Ending::Cancel => format!("{name} drops its attempt"),
            });
            if links == 0 {
                shared.bury(actor);
            }
        });
    }
}
