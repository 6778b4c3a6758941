//! Every fault strikes in simulation, and a design that does not survive it fails there because of it.

#![allow(clippy::unwrap_used)]

mod worlds;

use model::moves::{Actor, Move};
use model::setup::{Premises, Setup};
use sim::simulate::Simulated;
use worlds::{WHOLE, acme, breaches, breaks_by, everything, one, premises, seeds, setup, whole};

#[test]
fn a_task_that_dies_with_its_process_leaves_the_hash_stale() {
    let dies = |mv: &Move| matches!(mv, Move::Crash { actor: Actor::Task(_) | Actor::Gateway(_), .. });
    breaks_by(|faults| setup("p0-4-b", 1, 1, faults), "crash", dies, "converge");
    let setup = setup("p0-4-b", 1, 1, one("crash"));
    let lost = |simulated: &Simulated| {
        let moves = simulated.run.moves();
        let task = |mv: &Move| matches!(mv, Move::Crash { actor: Actor::Task(_), before } if before.label() == "H1");
        moves.iter().any(task) && !breaches(&setup, &[(0, simulated.clone())]).is_empty()
    };
    assert!(seeds(&setup, 150).iter().any(|(_, simulated)| lost(simulated)), "no task died before it had begun");
}

#[test]
fn a_delivery_that_is_not_acknowledged_is_repeated_and_counts_usage_twice() {
    let dies = |mv: &Move| matches!(mv, Move::Crash { actor: Actor::Worker(_), .. });
    let setup = whole("p1-8-a", 1, 1, one("crash"));
    let runs: Vec<_> =
        seeds(&setup, 300).into_iter().filter(|(_, simulated)| simulated.run.moves().iter().any(dies)).collect();
    assert!(breaches(&setup, &runs).contains_key("usage"), "in {} runs", runs.len());
}

#[test]
fn a_provider_that_fails_is_paid_all_the_same() {
    let fails = |mv: &Move| matches!(mv, Move::UpstreamFails { .. });
    breaks_by(|faults| whole("p0-4-a+fixed", 1, 1, faults), "upstream-failure", fails, "conserve");
}

#[test]
fn a_month_that_ends_does_not_restart_the_count_in_redis() {
    let make = |faults| {
        let mut premises = Premises { path: WHOLE, today: "2026-01-31".parse().unwrap(), ..premises(2, 1) };
        premises.accounts = vec![model::setup::Account { monthly_quota: 1, ..acme() }];
        Setup::new(premises, faults, "as-reported".parse().unwrap()).unwrap()
    };
    breaks_by(make, "midnight", |mv| *mv == Move::Midnight, "no-false-refusal");
}

#[test]
fn a_hash_that_is_evicted_comes_back_without_a_time_to_live() {
    breaks_by(|faults| setup("p0-4-d", 1, 1, faults), "eviction", |mv| matches!(mv, Move::Evict(_)), "cache-form");
}

#[test]
fn a_full_redis_leaves_the_hash_stale() {
    let full = |mv: &Move| matches!(mv, Move::RedisFull { .. });
    breaks_by(|faults| setup("as-reported", 1, 1, faults), "redis-full", full, "converge");
}

#[test]
fn a_restart_of_postgres_takes_back_what_the_hash_shows() {
    let restarts = |mv: &Move| *mv == Move::PostgresRestart;
    breaks_by(|faults| setup("as-reported-code", 1, 1, faults), "postgres-restart", restarts, "converge");
}

#[test]
fn a_session_that_idles_out_after_the_money_moved_has_it_move_twice() {
    let ends = |mv: &Move| matches!(mv, Move::IdleTimeout { .. });
    breaks_by(|faults| setup("p0-4-c+fixed", 1, 1, faults), "idle-timeout", ends, "once");
}

#[test]
fn a_command_that_runs_late_takes_the_money_again() {
    breaks_by(|faults| setup("p0-4-a", 1, 1, faults), "late", |mv| *mv == Move::RunsLate, "once");
}

#[test]
fn a_redis_that_decides_and_goes_back_gives_the_money_away() {
    breaks_by(
        |faults| setup("p0-4-c+fixed", 1, 1, faults),
        "redis-time-travel",
        |mv| *mv == Move::RedisTimeTravel,
        "conserve",
    );
}

#[test]
fn a_wait_that_is_cut_short_leaves_a_pending_row_that_is_taken_for_paid() {
    let cut_short = |mv: &Move| matches!(mv, Move::LockTimeout { .. });
    breaks_by(|faults| setup("p0-3-b", 2, 2, faults), "lock-timeout", cut_short, "conserve");
}

#[test]
fn a_statement_that_is_given_up_leaves_a_key_behind() {
    let given_up = |mv: &Move| matches!(mv, Move::StatementTimeout { .. });
    breaks_by(|faults| setup("as-reported-code", 1, 1, faults), "statement-timeout", given_up, "key");
}

#[test]
fn scripts_that_are_flushed_and_sent_by_their_hash_stop_every_request() {
    let flushed = |mv: &Move| *mv == Move::ScriptFlush;
    breaks_by(|faults| whole("scripts-evalsha", 1, 1, faults), "script-flush", flushed, "recover");
    let reloads = whole("scripts-evalsha+reload", 1, 1, one("script-flush"));
    assert!(!breaches(&reloads, &seeds(&reloads, 150)).contains_key("recover"));
}

#[test]
fn every_kind_of_fault_strikes() {
    let setup = whole("idempotency=B,cache=B", 2, 2, everything());
    let runs = seeds(&setup, 600);
    let struck = |is: &dyn Fn(&Move) -> bool| runs.iter().filter(|(_, s)| s.run.moves().iter().any(is)).count();
    let counts = [
        struck(&|mv| matches!(mv, Move::Crash { actor: Actor::Gateway(_), .. })),
        struck(&|mv| matches!(mv, Move::Crash { actor: Actor::Sync, .. })),
        struck(&|mv| matches!(mv, Move::Crash { actor: Actor::Worker(_), .. })),
        struck(&|mv| matches!(mv, Move::Crash { actor: Actor::Task(_), .. })),
        struck(&|mv| matches!(mv, Move::Cancel { .. })),
        struck(&|mv| matches!(mv, Move::Unreachable { .. })),
        struck(&|mv| matches!(mv, Move::RedisFull { .. })),
        struck(&|mv| matches!(mv, Move::TimesOut { .. })),
        struck(&|mv| *mv == Move::RunsLate),
        struck(&|mv| matches!(mv, Move::Lost { ran: true, .. })),
        struck(&|mv| matches!(mv, Move::Lost { ran: false, .. })),
        struck(&|mv| matches!(mv, Move::UpstreamFails { .. })),
        struck(&|mv| matches!(mv, Move::IdleTimeout { .. })),
        struck(&|mv| matches!(mv, Move::LockTimeout { .. })),
        struck(&|mv| matches!(mv, Move::StatementTimeout { .. })),
        struck(&|mv| *mv == Move::PostgresRestart),
        struck(&|mv| *mv == Move::RedisLoss),
        struck(&|mv| *mv == Move::ScriptFlush),
        struck(&|mv| *mv == Move::RedisTimeTravel),
        struck(&|mv| matches!(mv, Move::Evict(_))),
        struck(&|mv| *mv == Move::Expire),
        struck(&|mv| *mv == Move::Midnight),
    ];
    assert!(counts.iter().all(|&n| n > 0), "{counts:?}");
    assert!(runs.iter().any(|(_, s)| s.run.judge(&setup).seen[worlds::situation("asked-again-in-flight")]));
    let untouched = runs.iter().filter(|(_, s)| !s.run.moves().iter().any(|mv| mv.is_fault())).count();
    assert!((1..240).contains(&untouched), "{untouched}");
}
