//! Runs in the making, carried out on real servers and compared with the model's own.

use adapter::real::Real;
use adapter::servers::{Keeps, Options, Servers};
use adapter::worker_pool::WorkerCommand;
use model::flow::RequestPath;
use model::moves::{Actor, Move};
use model::reply::Reply;
use model::row::Request;
use model::run::{Entry, Run};
use model::setup::{Account, Faults, Premises, RequestKind, Requested, Setup, Streamed, Tokens};
use model::step::Step;
use model::world::{Next, World, label_of};

pub const A: Actor = Actor::Gateway(0);
pub const B: Actor = Actor::Gateway(1);
pub const C: Actor = Actor::Gateway(2);

/// Every part of the request path.
pub const WHOLE: RequestPath =
    RequestPath { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

pub fn worker() -> WorkerCommand {
    WorkerCommand { program: env!("CARGO_BIN_EXE_trial-worker").into(), args: Vec::new() }
}

pub async fn real_with(worker: WorkerCommand) -> Real {
    let servers = Servers::start(&Options::from_environment(Keeps::Nothing)).await.expect("Postgres and Redis");
    Real::new(servers, worker).await.expect("the schema")
}

pub async fn real() -> Real {
    real_with(worker()).await
}

pub fn account(name: &str, balance: &str) -> Account {
    Account {
        name: name.into(),
        balance: balance.parse().unwrap(),
        credit: "0".parse().unwrap(),
        daily_quota: 1_000,
        monthly_quota: 1_000,
        used: 0,
        budget: None,
        new: false,
        zone: None,
        cold: false,
    }
}

pub fn charge(trace: &str, amount: &str) -> Requested {
    Requested::charge(trace, "acme", amount.parse().unwrap())
}

/// A stream of 10 chunks, 4 of which have gone out midway. The whole is 0.018, by the gateway's guess 0.00345, midway
/// 0.0075, and the prompt alone 0.003.
pub fn stream(trace: &str, estimate: &str, reports: bool) -> Requested {
    let price = |text: &str| text.parse().unwrap();
    let tokens = Tokens { input: 1_000, output: 1_000, input_price: price("0.003"), output_price: price("0.015") };
    Requested {
        kind: RequestKind::Stream,
        amount: None,
        tokens: Some(tokens),
        stream: Some(Streamed { chunks: 10, sent: 4, counted: 300, reports }),
        estimate: Some(estimate.parse().unwrap()),
        ..charge(trace, "1")
    }
}

/// Charges of one account of 100 on a path.
pub fn on_path(design: &str, path: RequestPath, requests: &[(&str, &str)]) -> Setup {
    let requests = requests.iter().map(|(trace, amount)| charge(trace, amount)).collect();
    let premises =
        Premises { accounts: vec![account("acme", "100")], requests, gateways: 3, today: Premises::first_day(), path };
    Setup::new(premises, Faults::default(), design.parse().unwrap()).unwrap()
}

/// The same with billing alone.
pub fn setup(design: &str, requests: &[(&str, &str)]) -> Setup {
    on_path(design, RequestPath::default(), requests)
}

pub fn one(design: &str) -> Setup {
    setup(design, &[("t-1", "5.25")])
}

/// A list of moves in the making, with the model to know which step is next.
pub struct Script<'a> {
    setup: &'a Setup,
    world: World,
    pub moves: Vec<Move>,
}

impl<'a> Script<'a> {
    pub fn new(setup: &'a Setup) -> Script<'a> {
        Script { setup, world: World::new(setup), moves: Vec::new() }
    }

    pub fn act(mut self, mv: Move) -> Self {
        self.world.apply(self.setup, mv).unwrap_or_else(|why| panic!("{mv:?}: {why}"));
        self.moves.push(mv);
        self
    }

    pub fn send(self, request: u8, gateway: u8) -> Self {
        self.act(Move::Send { request: Request(request), gateway })
    }

    pub fn at(&self, actor: Actor) -> Option<Step> {
        let next = self.world.next(self.setup, actor).filter(|next| !matches!(next, Next::Wait(_)));
        next.map(label_of)
    }

    /// Does steps until this one is next.
    pub fn until(mut self, actor: Actor, before: Step) -> Self {
        while let Some(step) = self.at(actor).filter(|step| *step != before) {
            self = self.act(Move::Step { actor, step, wins: None });
        }
        assert_eq!(self.at(actor), Some(before), "after {:?}", self.moves);
        self
    }

    pub fn step(self, actor: Actor, step: Step) -> Self {
        self.until(actor, step).act(Move::Step { actor, step, wins: None })
    }

    pub fn finish(self, actor: Actor) -> Self {
        self.step(actor, Step::Reply)
    }

    /// The client sends and is answered.
    pub fn whole(self, request: u8) -> Self {
        self.send(request, 0).finish(A)
    }

    /// Goes on without a fault until all is at rest.
    pub fn finally(mut self) -> Self {
        loop {
            let mut enabled = Vec::new();
            self.world.moves(self.setup, &mut enabled);
            let Some(&next) = enabled.iter().find(|mv| !mv.is_fault() || **mv == Move::RunsLate) else { return self };
            self = self.act(next);
        }
    }

    pub fn lost(self, actor: Actor, step: Step, ran: bool) -> Self {
        self.until(actor, step).act(Move::Lost { actor, step, ran })
    }

    pub fn crash(self, actor: Actor, before: Step) -> Self {
        self.until(actor, before).act(Move::Crash { actor, before })
    }

    pub async fn run(&self, real: &mut Real) -> Run {
        let run = real.run(self.setup, &self.moves).await;
        let run = run.unwrap_or_else(|error| panic!("{}: {error}\n{}", self.setup.design, listed(&self.moves)));
        assert_eq!(run, Run::replay(self.setup, &self.moves).unwrap());
        run
    }
}

/// One move a line.
pub fn listed(moves: &[Move]) -> String {
    moves.iter().enumerate().map(|(place, mv)| format!("{:3} {mv:?}\n", place + 1)).collect()
}

/// The invariants that a run breaks.
pub fn broken(run: &Run, setup: &Setup) -> Vec<&'static str> {
    run.judge(setup).results.into_iter().filter_map(|result| result.breach.map(|breach| breach.invariant)).collect()
}

/// Whether somebody got this reply.
pub fn has_reply(run: &Run, reply: Reply) -> bool {
    let woke = |entry: &Entry| entry.did.woke.iter().any(|(_, _, r)| *r == reply);
    run.entries.iter().any(|entry| entry.did.reply == Some(reply) || woke(entry))
}
