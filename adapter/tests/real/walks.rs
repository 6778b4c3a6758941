//! Random walks of the model with everything that may go wrong, each step of which the servers must confirm.

use std::time::Instant;

use crate::script::{Script, WHOLE, account, charge, listed, one, real};
use adapter::engine::RealError;
use model::flow::Path;
use model::moves::{Actor, Move};
use model::presets::PRESETS;
use model::setup::{Asked, AskedKind, Faults, Premises, Setup};
use model::step::Step;
use model::trace::Run;
use model::world::World;

/// One walk per design; `TRIAL_WALKS` sets another number.
#[tokio::test]
async fn random_walks_agree_with_the_servers() {
    let walks: u64 = std::env::var("TRIAL_WALKS").map_or(PRESETS.len() as u64, |walks| walks.parse().unwrap());
    let mut real = real().await;
    let mut not_reachable = 0;
    for seed in 0..walks {
        let setup = troubled(seed);
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
fn troubled(seed: u64) -> Setup {
    let preset = &PRESETS[seed as usize % PRESETS.len()];
    let round = seed as usize / PRESETS.len();
    let mut acme = account("acme", ["100", "0.3", "99.95"][round % 3]);
    (acme.new, acme.cold) = (round % 4 == 1, round.is_multiple_of(2));
    acme.budget = (round % 3 != 1).then(|| "5.26".parse().unwrap());
    acme.daily_quota = if round % 5 == 2 { 1 } else { 1_000 };
    let amount = ["5.25", "0.1", "0.05"][round % 3];
    let other = Asked { account: "zenith".into(), ..charge("t-1", "1") };
    let requests = match round % 3 {
        0 => vec![charge("t-1", amount), charge("t-2", "96"), other],
        1 => vec![charge("t-1", amount), Asked { kind: AskedKind::Recharge, ..charge("t-2", "7.5") }, reverse("t-1")],
        _ => vec![charge("t-1", amount), Asked { commit: false, ..charge("t-2", "0.000249") }, daily_quota(2)],
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
    };
    let path = if round % 4 == 3 { Path::default() } else { WHOLE };
    let accounts = vec![acme, account("zenith", "10")];
    let premises = Premises { accounts, requests, gateways: 2, today: "2026-01-31".parse().unwrap(), path };
    Setup::new(premises, faults, preset.design).unwrap()
}

fn reverse(of: &str) -> Asked {
    Asked { kind: AskedKind::Reverse, amount: None, of: Some(of.into()), ..charge("t-3", "1") }
}

fn daily_quota(quota: u32) -> Asked {
    Asked { kind: AskedKind::DailyQuota, amount: None, daily_quota: Some(quota), ..charge("t-3", "1") }
}

/// Chooses by a multiplicative generator, steps more often than trouble.
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
