//! Random walks of the model with everything that may go wrong, each step of which the servers must confirm.

use std::time::Instant;

use crate::script::{Script, WHOLE, account, charge, listed, one, real, stream};
use adapter::error::RealError;
use model::design::{Design, Stream};
use model::flow::RequestPath;
use model::moves::{Actor, Move};
use model::presets::PRESETS;
use model::run::Run;
use model::setup::{Faults, Premises, RequestKind, Requested, Setup};
use model::step::Step;
use model::world::World;

/// One walk per design; `TRIAL_WALKS` sets another number.
#[tokio::test]
async fn random_walks_agree_with_the_servers() {
    let walks: u64 = std::env::var("TRIAL_WALKS").map_or(PRESETS.len() as u64, |walks| walks.parse().unwrap());
    all_agree(walks, faulty).await;
}

/// The same of streams, under every choice of how they are billed.
#[tokio::test]
async fn random_walks_of_streams_agree_with_the_servers() {
    let walks: u64 = std::env::var("TRIAL_WALKS").map_or(60, |walks| walks.parse().unwrap());
    all_agree(walks, streaming).await;
}

async fn all_agree(walks: u64, setup: fn(u64) -> Setup) {
    let mut real = real().await;
    let mut not_reachable = 0;
    for seed in 0..walks {
        let setup = setup(seed);
        let moves = walk(&setup, seed);
        match real.run(&setup, &moves).await {
            Ok(run) => assert_eq!(run, Run::replay(&setup, &moves).unwrap(), "seed {seed}"),
            Err(RealError::NotReachable { number, why, .. }) => {
                println!("seed {seed}, move {number}: {why}");
                not_reachable += 1;
            }
            Err(error) => panic!("seed {seed}, {}: {error}\n{}", setup.design, listed(&moves)),
        }
    }
    println!("{walks} walks, {not_reachable} not reachable");
    assert!(not_reachable * 3 < walks);
    real.stop().await;
}

/// Two accounts, one of them new, cold or short of something, and requests of every kind.
fn faulty(seed: u64) -> Setup {
    let preset = &PRESETS[seed as usize % PRESETS.len()];
    let round = seed as usize / PRESETS.len();
    let mut acme = account("acme", ["100", "0.3", "99.95"][round % 3]);
    (acme.new, acme.cold) = (round % 4 == 1, round.is_multiple_of(2));
    acme.budget = (round % 3 != 1).then(|| "5.26".parse().unwrap());
    acme.daily_quota = if round % 5 == 2 { 1 } else { 1_000 };
    let amount = ["5.25", "0.1", "0.05"][round % 3];
    let other = Requested { account: "zenith".into(), ..charge("t-1", "1") };
    let requests = match round % 3 {
        0 => vec![charge("t-1", amount), charge("t-2", "96"), other],
        1 => vec![
            charge("t-1", amount),
            Requested { kind: RequestKind::Recharge, ..charge("t-2", "7.5") },
            reverse("t-1"),
        ],
        _ => vec![charge("t-1", amount), Requested { commit: false, ..charge("t-2", "0.000249") }, daily_quota(2)],
    };
    let faults = Faults {
        crash: 1,
        cancel: 1,
        redis_unreachable: 1,
        lost_reply: 2,
        redis_loss: 1,
        expiry: 2,
        impatience: 2,
        job_run: 2,
        upstream_failure: 1,
        midnight: 2,
        eviction: 1,
        redis_full: 1,
        postgres_restart: 1,
        idle_timeout: 1,
        late: 1,
        script_flush: 1,
        lock_timeout: 1,
        redis_time_travel: 1,
        redelivery: 1,
        broker_loss: 1,
        clock_skew: 1,
        ..Faults::default()
    };
    let path = if round % 4 == 3 { RequestPath::default() } else { WHOLE };
    let accounts = vec![acme, account("zenith", "10")];
    let premises = Premises { accounts, requests, gateways: 2, today: "2026-01-31".parse().unwrap(), path };
    Setup::new(premises, faults, preset.design).unwrap()
}

/// What a stream is billed by, and what is chosen beside it where the two do not contradict each other.
fn billed(seed: usize) -> Design {
    let beside = [
        "sweeper=none",
        "idempotency=A+fixed,budget=A+fixed,sweeper=periodic",
        "idempotency=B,usage=C",
        "cache=C,usage=B",
        "idempotency=B+fixed,counting=B,sweeper=periodic",
        "base=as-reported-code,sweeper=periodic",
        "cache=A+fixed",
        "cache=B+fixed,scripts=evalsha,sweeper=periodic",
    ];
    let stream = Stream::ALL[seed % Stream::ALL.len()].text();
    let both = format!("stream={stream},{}", beside[seed / Stream::ALL.len() % beside.len()]);
    both.parse().unwrap_or_else(|_| format!("stream={stream},sweeper=periodic").parse().unwrap())
}

/// A stream that is estimated too low, too high or exactly; beside it another one, a charge, money paid in and given back,
/// or a stream of the same trace for another account. What attempts have traces of their own is short of those.
fn streaming(seed: u64) -> Setup {
    let (seed, choices) = (usize::try_from(seed).unwrap(), Stream::ALL.len());
    let (design, round) = (billed(seed), seed / choices);
    let stamped = design.stream == Stream::Stamped;
    let mut acme = account("acme", ["100", "0.01", "0.0181"][round % 3]);
    (acme.new, acme.cold) = (round % 5 == 1, round.is_multiple_of(4));
    acme.daily_quota = if round % 7 == 3 { 1 } else { 1_000 };
    let estimate = ["0.018", "0.005", "0.5", "0.00345"][round % 4];
    let first = Requested { attempts: if stamped { 1 } else { 3 }, ..stream("s-1", estimate, round % 3 != 2) };
    // Two of one trace cannot both have the suffixes of a hold.
    let same = if matches!(design.stream, Stream::Hold | Stream::HoldFixed) { "s-2" } else { "s-1" };
    let other = Requested { account: "zenith".into(), ..stream(same, "0.5", true) };
    let requests = match round % 5 {
        _ if stamped => vec![first, charge("t-1", "0.003")],
        0 => vec![first, stream("s-2", "0.02", true)],
        1 => vec![first, charge("t-1", "0.003"), Requested { kind: RequestKind::Recharge, ..charge("t-2", "7.5") }],
        2 => vec![first, other],
        3 => vec![first, charge("t-1", "5.25"), reverse("t-1")],
        _ => vec![first],
    };
    let aborted = Faults { client_abort: 1, provider_abort: 1, crash: 1, midnight: 1, job_run: 2, ..Faults::default() };
    let queued = Faults { redelivery: 2, broker_loss: 1, clock_skew: 1, midnight: 1, crash: 1, ..Faults::default() };
    let stores = Faults { lost_reply: 2, job_run: 1, redis_unreachable: 1, postgres_restart: 1, ..Faults::default() };
    let waits =
        Faults { idle_timeout: 1, lock_timeout: 1, impatience: 1, eviction: 1, job_run: 2, ..Faults::default() };
    let lost = Faults { redis_loss: 1, client_abort: 1, expiry: 1, late: 1, redis_full: 1, ..Faults::default() };
    let faults = [aborted, queued, Faults { client_abort: 1, ..stores }, waits, Faults { redelivery: 1, ..lost }];
    let path = if round % 4 == 3 { RequestPath::default() } else { WHOLE };
    let accounts = vec![acme, account("zenith", "10")];
    let premises = Premises { accounts, requests, gateways: 2, today: "2026-01-31".parse().unwrap(), path };
    Setup::new(premises, faults[(seed + round) % faults.len()], design).unwrap()
}

fn reverse(of: &str) -> Requested {
    Requested { kind: RequestKind::Reverse, amount: None, of: Some(of.into()), ..charge("t-3", "1") }
}

fn daily_quota(quota: u32) -> Requested {
    Requested { kind: RequestKind::DailyQuota, amount: None, daily_quota: Some(quota), ..charge("t-3", "1") }
}

/// Chooses by a multiplicative generator, steps more often than faults.
fn walk(setup: &Setup, seed: u64) -> Vec<Move> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut world, mut moves) = (World::new(setup), Vec::new());
    while moves.len() < 90 {
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

/// Prints the speed; what is asserted is only that it is not absurd.
#[tokio::test]
async fn short_runs_are_quick() {
    let (mut real, setup) = (real().await, one("as-reported"));
    let script = Script::new(&setup).send(0, 0).crash(Actor::Gateway(0), Step::T5).whole(0);
    let (count, since) = (100, Instant::now());
    for _ in 0..count {
        script.run(&mut real).await;
    }
    let speed = f64::from(count) / since.elapsed().as_secs_f64();
    println!("{speed:.0} runs a second, {} moves each", script.moves.len());
    assert!(speed > 5.0);
    real.stop().await;
}
