//! The reported failures on real servers, in lockstep with the model. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

use std::time::Instant;

use adapter::crew::WorkerCommand;
use adapter::engine::{Real, RealError};
use adapter::servers::{Keeps, Options, Servers};
use adapter::statements::PREPARABLE;
use model::moves::{Actor, Move};
use model::reply::{Failure, Reply};
use model::row::Request;
use model::setup::{Account, Asked, Faults, Setup};
use model::step::Step;
use model::trace::Run;
use model::world::{Next, World, label_of};
use sqlx::{AssertSqlSafe, ConnectOptions, raw_sql};

const A: Actor = Actor::Gateway(0);
const B: Actor = Actor::Gateway(1);
const C: Actor = Actor::Gateway(2);

fn worker() -> WorkerCommand {
    WorkerCommand { program: env!("CARGO_BIN_EXE_trial-worker").into(), args: Vec::new() }
}

async fn real_with(worker: WorkerCommand) -> Real {
    let servers = Servers::start(&Options::from_environment(Keeps::Nothing)).await.expect("Postgres and Redis");
    Real::new(servers, worker).await.expect("the schema")
}

async fn real() -> Real {
    real_with(worker()).await
}

fn setup(design: &str, requests: &[(&str, &str)]) -> Setup {
    let account = Account {
        name: "acme".into(),
        balance: "100".parse().unwrap(),
        credit: "0".parse().unwrap(),
        daily_quota: 1_000,
        monthly_quota: 1_000,
    };
    let asked = |(trace, amount): &(&str, &str)| Asked {
        trace: (*trace).into(),
        account: "acme".into(),
        amount: amount.parse().unwrap(),
        attempts: 3,
    };
    let requests = requests.iter().map(asked).collect();
    Setup::new(vec![account], requests, 3, Faults::default(), design.parse().unwrap()).unwrap()
}

fn one(design: &str) -> Setup {
    setup(design, &[("t-1", "5.25")])
}

/// A list of moves in the making, with the model to know which step is next.
struct Script<'a> {
    setup: &'a Setup,
    world: World,
    moves: Vec<Move>,
}

impl<'a> Script<'a> {
    fn new(setup: &'a Setup) -> Script<'a> {
        Script { setup, world: World::new(setup), moves: Vec::new() }
    }

    fn act(mut self, mv: Move) -> Self {
        self.world.apply(self.setup, mv).unwrap_or_else(|why| panic!("{mv:?}: {why}"));
        self.moves.push(mv);
        self
    }

    fn send(self, request: u8, gateway: u8) -> Self {
        self.act(Move::Send { request: Request(request), gateway })
    }

    fn at(&self, actor: Actor) -> Option<Step> {
        let next = self.world.next(self.setup, actor).filter(|next| !matches!(next, Next::Wait(_)));
        next.map(label_of)
    }

    /// Does steps until this one is next.
    fn until(mut self, actor: Actor, before: Step) -> Self {
        while let Some(step) = self.at(actor).filter(|step| *step != before) {
            self = self.act(Move::Step { actor, step, wins: None });
        }
        assert_eq!(self.at(actor), Some(before), "after {:?}", self.moves);
        self
    }

    fn step(self, actor: Actor, step: Step) -> Self {
        self.until(actor, step).act(Move::Step { actor, step, wins: None })
    }

    fn finish(self, actor: Actor) -> Self {
        self.step(actor, Step::Reply)
    }

    /// The client sends and is answered.
    fn whole(self, request: u8) -> Self {
        self.send(request, 0).finish(A)
    }

    /// The background job goes over all tenants.
    fn sync(self) -> Self {
        self.step(Actor::Sync, Step::S3)
    }

    fn lost(self, actor: Actor, step: Step, ran: bool) -> Self {
        self.until(actor, step).act(Move::Lost { actor, step, ran })
    }

    fn crash(self, actor: Actor, before: Step) -> Self {
        self.until(actor, before).act(Move::Crash { actor, before })
    }

    async fn run(&self, real: &mut Real) -> Run {
        let run = real.run(self.setup, &self.moves).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(run, Run::replay(self.setup, &self.moves).unwrap());
        run
    }
}

fn broken(run: &Run, setup: &Setup) -> Vec<&'static str> {
    run.judge(setup).tallies.into_iter().filter_map(|tally| tally.breach.map(|breach| breach.invariant)).collect()
}

fn has_reply(run: &Run, reply: Reply) -> bool {
    let woke = |entry: &model::trace::Entry| entry.did.woke.iter().any(|(_, _, r)| *r == reply);
    run.entries.iter().any(|entry| entry.did.reply == Some(reply) || woke(entry))
}

#[tokio::test]
async fn every_statement_can_be_prepared_on_the_schema() {
    let mut real = real().await;
    let mut connection = real.servers().postgres().connect().await.unwrap();
    for (place, sql) in PREPARABLE.iter().enumerate() {
        raw_sql(AssertSqlSafe(format!("PREPARE s{place} AS {sql}"))).execute(&mut connection).await.expect(sql);
    }
    real.stop().await;
}

#[tokio::test]
async fn a_crash_inside_the_transaction_locks_the_client_out() {
    let (mut real, setup) = (real().await, one("as-reported"));
    for before in [Step::T4a, Step::T5, Step::T6] {
        let mut script = Script::new(&setup).send(0, 0).crash(A, before);
        for _ in 0..3 {
            script = script.whole(0);
        }
        let run = script.run(&mut real).await;
        assert!(broken(&run, &setup).contains(&"progress"), "{before}: {:?}", broken(&run, &setup));
    }
    real.stop().await;
}

#[tokio::test]
async fn redis_unreachable_at_t7_leaves_a_stale_hash() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let script = Script::new(&setup).send(0, 0).until(A, Step::T7a);
    let script = script.act(Move::Unreachable { actor: A, step: Step::T7a }).finish(A).whole(0);
    let run = script.run(&mut real).await;
    assert!(broken(&run, &setup).contains(&"converge"));
    assert!(has_reply(&run, Reply::Failed(Failure::RedisUnreachable)));
    real.stop().await;
}

#[tokio::test]
async fn a_lost_reply_is_in_doubt_whether_the_step_ran_or_not() {
    let mut real = real().await;
    for design in ["as-reported", "p0-3-a", "p0-3-a+fixed", "p0-3-b", "p0-3-b+fixed"] {
        let setup = one(design);
        for step in [Step::T1, Step::T3a, Step::T4b, Step::T6] {
            for ran in [false, true] {
                let script = Script::new(&setup).send(0, 0).lost(A, step, ran).finish(A);
                script.run(&mut real).await;
            }
        }
    }
    real.stop().await;
}

#[tokio::test]
async fn two_traces_of_one_tenant_wait_for_its_row() {
    let (mut real, setup) = (real().await, setup("as-reported", &[("t-1", "5.25"), ("t-2", "0.000249")]));
    let script = Script::new(&setup).send(0, 0).send(1, 1).until(A, Step::T5).until(B, Step::T4b);
    let script = script.act(Move::Step { actor: B, step: Step::T4b, wins: None });
    let run = script.finish(A).finish(B).run(&mut real).await;
    assert!(has_reply(&run, Reply::Updated(0)));
    real.stop().await;
}

#[tokio::test]
async fn the_same_trace_twice_waits_and_is_refused() {
    let (mut real, setup) = (real().await, one("p0-3-a"));
    let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
    let script = script.act(Move::Step { actor: B, step: Step::T3b, wins: None });
    let run = script.finish(A).finish(B).run(&mut real).await;
    assert!(has_reply(&run, Reply::Failed(Failure::UniqueViolation)));
    assert!(has_reply(&run, Reply::Failed(Failure::InFailedTransaction)));
    real.stop().await;
}

#[tokio::test]
async fn a_waiter_goes_on_when_the_holder_dies_and_a_dead_waiter_does_nothing() {
    let (mut real, setup) = (real().await, one("p0-3-a+fixed"));
    let waits = || {
        let script = Script::new(&setup).send(0, 0).send(0, 1).until(A, Step::T4a).until(B, Step::T3b);
        script.act(Move::Step { actor: B, step: Step::T3b, wins: None })
    };
    waits().crash(A, Step::T4a).finish(B).run(&mut real).await;
    waits().act(Move::Crash { actor: B, before: Step::T3b }).finish(A).run(&mut real).await;
    real.stop().await;
}

#[tokio::test]
async fn of_several_waiters_the_named_one_wins_or_the_run_is_not_reachable() {
    let (mut real, setup) = (real().await, setup("p0-3-a", &[("t-1", "200")]));
    let mut reached = 0;
    for (winner, loser) in [(B, C), (C, B)] {
        let mut script = Script::new(&setup).send(0, 0).send(0, 1).send(0, 2).until(A, Step::T4a);
        for waiter in [B, C] {
            script = script.until(waiter, Step::T3b).act(Move::Step { actor: waiter, step: Step::T3b, wins: None });
        }
        // A is refused and rolls back: one of both inserts its row, the other goes on waiting for it.
        let script = script.until(A, Step::E1).act(Move::Step { actor: A, step: Step::E1, wins: Some(winner) });
        assert_eq!((script.at(winner), script.at(loser)), (Some(Step::T4a), None));
        let script = script.finish(A).finish(winner).finish(loser);
        match real.run(&setup, &script.moves).await {
            Ok(run) => {
                assert_eq!(run, Run::replay(&setup, &script.moves).unwrap());
                reached += 1;
            }
            Err(RealError::NotReachable { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(reached > 0);
    real.stop().await;
}

#[tokio::test]
async fn the_pending_row_design_and_its_background_sync() {
    let mut real = real().await;
    for design in ["p0-3-b", "p0-3-b+fixed"] {
        let setup = one(design);
        let script = Script::new(&setup).send(0, 0).crash(A, Step::T3f).whole(0).sync();
        script.run(&mut real).await;
        let run = Script::new(&setup).whole(0).sync().run(&mut real).await;
        assert!(broken(&run, &setup).is_empty(), "{design}: {:?}", broken(&run, &setup));
        let script = Script::new(&setup).whole(0).step(Actor::Sync, Step::S1).crash(Actor::Sync, Step::S2).sync();
        script.run(&mut real).await;
    }
    real.stop().await;
}

#[tokio::test]
async fn cancellations_redis_loss_and_expiry() {
    let (mut real, setup) = (real().await, one("as-reported"));
    for before in [Step::T2, Step::T4b, Step::T6, Step::T7a, Step::Reply] {
        let script = Script::new(&setup).send(0, 0).until(A, before).act(Move::Cancel { actor: A, before });
        script.whole(0).run(&mut real).await;
    }
    let script = Script::new(&setup).send(0, 0).until(A, Step::T7a).act(Move::RedisLoss);
    script.finish(A).run(&mut real).await;
    let script = Script::new(&setup).send(0, 0).crash(A, Step::T5).act(Move::Expire);
    let run = script.whole(0).act(Move::Expire).run(&mut real).await;
    assert!(run.entries.last().unwrap().books.tenants[0].hash.is_none());
    real.stop().await;
}

#[tokio::test]
async fn a_server_that_takes_another_amount_is_reported() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let mut connection = real.servers().postgres().connect().await.unwrap();
    let planted = "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN NEW.balance := NEW.balance - 1; RETURN NEW; END $$; \
         CREATE TRIGGER more BEFORE UPDATE ON tenant_quota FOR EACH ROW EXECUTE FUNCTION more()";
    raw_sql(planted).execute(&mut connection).await.unwrap();
    let script = Script::new(&setup).whole(0);
    let t6 = script.moves.iter().position(|mv| matches!(mv, Move::Step { step: Step::T6, .. })).unwrap() + 1;
    match real.run(&setup, &script.moves).await {
        Err(RealError::Disagrees { number, what, model, server }) => {
            assert_eq!((number, what.as_str()), (t6, "tenant 1"));
            assert!(model.contains("94750000") && server.contains("93750000"), "{model} {server}");
        }
        other => panic!("{other:?}"),
    }
    real.stop().await;
}

#[tokio::test]
async fn a_worker_that_charges_another_amount_is_reported() {
    let program = env!("CARGO_BIN_EXE_trial-worker");
    let args = vec!["-c".into(), format!("sed -u s/5.25/7.00/ | exec {program}").into()];
    let mut real = real_with(WorkerCommand { program: "sh".into(), args }).await;
    let setup = one("as-reported");
    match real.run(&setup, &Script::new(&setup).whole(0).moves).await {
        Err(RealError::Disagrees { what, model, server, .. }) => {
            assert_eq!(what, "tenant 1");
            assert!(model.contains("94750000") && server.contains("93000000"), "{model} {server}");
        }
        other => panic!("{other:?}"),
    }
    real.stop().await;
}

/// Walks of the model with everything that may go wrong, each step of which the servers must confirm.
#[tokio::test]
async fn random_walks_agree_with_the_servers() {
    let walks: u64 = std::env::var("TRIAL_WALKS").map_or(40, |walks| walks.parse().unwrap());
    let mut real = real().await;
    let mut not_reachable = 0;
    for seed in 0..walks {
        let setup = troubled(seed);
        let moves = walk(&setup, seed);
        match real.run(&setup, &moves).await {
            Ok(run) => assert_eq!(run, Run::replay(&setup, &moves).unwrap(), "seed {seed}"),
            Err(RealError::NotReachable { number, why }) => {
                println!("seed {seed}, move {number}: {why}");
                not_reachable += 1;
            }
            Err(error) => panic!("seed {seed}, {}: {error}\n{moves:#?}", setup.design),
        }
    }
    println!("{walks} walks, {not_reachable} not reachable");
    assert!(not_reachable * 4 < walks);
    real.stop().await;
}

fn troubled(seed: u64) -> Setup {
    let preset = &model::design::PRESETS[seed as usize % model::design::PRESETS.len()];
    let mut setup = setup(preset.name, &[("t-1", "5.25"), ("t-2", "96"), ("t-3", "0.000249")]);
    setup.faults = Faults {
        crash: 1,
        cancel: 1,
        redis_unreachable: 1,
        lost_reply: 2,
        redis_loss: 1,
        expiry: 1,
        impatience: 2,
        job_run: 1,
    };
    setup
}

/// Chooses by a multiplicative generator, steps more often than trouble.
fn walk(setup: &Setup, seed: u64) -> Vec<Move> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut world, mut moves) = (World::new(setup), Vec::new());
    while moves.len() < 60 {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        let (faults, steps): (Vec<Move>, Vec<Move>) = enabled.into_iter().partition(|mv| mv.is_fault());
        let from = if steps.is_empty() || (draw(12) == 0 && !faults.is_empty()) { faults } else { steps };
        if from.is_empty() {
            break;
        }
        let mv = from[draw(from.len())];
        world.apply(setup, mv).unwrap();
        moves.push(mv);
    }
    moves
}

#[tokio::test]
async fn on_a_given_server_nothing_is_hurt_and_nothing_else_is_touched() {
    let host = Servers::start(&Options::default()).await.expect("Postgres and Redis");
    let socket = host.redis().unwrap().addr().to_string();
    let folder = std::path::Path::new(&socket).parent().unwrap().display().to_string().replace('/', "%2F");
    let given = Options {
        database_url: Some(format!("postgres://trial@{folder}/postgres?sslmode=disable")),
        redis_url: Some(format!("redis+unix://{socket}")),
        ..Options::default()
    };
    let mut connection = redis::Client::open(host.redis().unwrap()).unwrap();
    redis::cmd("SET").arg("theirs").arg(1).exec(&mut connection).unwrap();
    let guest = Servers::start(&given).await.unwrap();
    let (mut real, setup) = (Real::new(guest, worker()).await.unwrap(), one("as-reported"));
    let script = Script::new(&setup).send(0, 0).crash(A, Step::T6).act(Move::RedisLoss).whole(0).act(Move::Expire);
    script.run(&mut real).await;
    let script = Script::new(&setup).send(0, 0).act(Move::Unreachable { actor: A, step: Step::T1 });
    let refused = real.run(&setup, &script.moves).await;
    assert!(matches!(refused, Err(RealError::NotOurs { number: 1 })), "{refused:?}");
    real.stop().await;
    let left: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
    assert_eq!(left, ["theirs"]);
    host.stop().await;
}

/// Prints the speed; what is asserted is only that it is not absurd.
#[tokio::test]
async fn short_runs_are_quick() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let script = Script::new(&setup).send(0, 0).crash(A, Step::T5).whole(0);
    let (count, since) = (100, Instant::now());
    for _ in 0..count {
        script.run(&mut real).await;
    }
    let speed = f64::from(count) / since.elapsed().as_secs_f64();
    println!("{speed:.0} runs a second, {} moves each", script.moves.len());
    assert!(speed > 5.0);
    real.stop().await;
}
