//! Every situation that a scenario can ask for arises in some disturbed run of some preset.

use model::calendar::{Turn, Zone};
use model::design::{Design, PRESETS};
use model::moves::{Actor, Move};
use model::run::Run;
use model::schedule::single_disturbances;
use model::setup::{Account, Premises, Setup};
use model::situation;
use model::step::Step;
use model::world::World;

use crate::exhaustive_walk::{acme, asked, held_by, once, words};
use crate::{every_fault, streams, whole_path, worlds_of_presets};

/// Two requests of which a limit lets one through, on the last day of a month, two gateways, the whole path.
fn limited(account: Account) -> Premises {
    let path = whole_path(vec![asked("t1"), asked("t2")]);
    Premises { accounts: vec![account], gateways: 2, today: "2026-01-31".parse().unwrap(), ..path }
}

fn worlds() -> Vec<Premises> {
    let cold = || Account { cold: true, ..acme("100.00") };
    vec![
        limited(Account { balance: "6.00".parse().unwrap(), ..cold() }),
        limited(Account { daily_quota: 1, ..cold() }),
        limited(Account { monthly_quota: 1, ..cold() }),
        limited(Account { budget: Some("1.00".parse().unwrap()), ..cold() }),
        in_berlin(),
    ]
}

/// Two requests of a tenant in Berlin on the morning when its clocks go forward: UTC+1 at first, UTC+2 in the end.
fn in_berlin() -> Premises {
    let turn = |utc: &str, minute, local: &str, by_offset: &str| Turn {
        utc: utc.parse().unwrap(),
        minute,
        local: local.parse().unwrap(),
        by_offset: by_offset.parse().unwrap(),
    };
    let dates = vec![
        turn("2026-03-29", 0, "2026-03-29", "2026-03-29"),
        turn("2026-03-29", 22 * 60, "2026-03-30", "2026-03-29"),
        turn("2026-03-29", 23 * 60, "2026-03-30", "2026-03-30"),
        turn("2026-03-30", 0, "2026-03-30", "2026-03-30"),
    ];
    let zone = Some(Zone { name: "Europe/Berlin".to_owned(), dates });
    let path = whole_path(vec![asked("t1"), asked("t2")]);
    Premises { accounts: vec![Account { zone, ..acme("100.00") }], today: "2026-03-29".parse().unwrap(), ..path }
}

/// The sweeper runs as soon as it may, beside a stream that is under way.
fn swept_early() -> (Setup, Run) {
    let preset = PRESETS.iter().find(|preset| preset.name == "p0-1-c+fixed").unwrap();
    let setup = streams::one(held_by("4.00", "s1"), &["job-run"], preset);
    let (mut world, mut moves) = (World::new(&setup), Vec::new());
    loop {
        let mut enabled = Vec::new();
        world.moves(&setup, &mut enabled);
        let sweeps = |mv: &&Move| matches!(mv, Move::Step { actor: Actor::Sweeper, .. });
        let Some(&next) = enabled.iter().find(sweeps).or(enabled.first()) else { break };
        world.apply(&setup, next).unwrap();
        moves.push(next);
        assert!(moves.len() < 300, "no end in sight:\n{}", words(&moves, &setup));
    }
    let run = Run::replay(&setup, &moves).unwrap();
    (setup, run)
}

#[test]
fn every_situation_can_arise() {
    let mut seen = vec![false; situation::ALL.len()];
    let budget: Design = "p0-2-a+fixed".parse().unwrap();
    let limited = |world: Premises| Setup::new(world, once(&every_fault()), budget).unwrap();
    let setups = worlds_of_presets(&every_fault()).into_iter().map(|(_, setup)| setup);
    let mut look = |run: &Run| {
        for edge in run.edges() {
            for (seen, situation) in seen.iter_mut().zip(situation::ALL).filter(|(seen, _)| !**seen) {
                *seen = (situation.arose)(&edge);
            }
        }
    };
    for setup in setups.chain(worlds().into_iter().map(limited)) {
        for scheduled in single_disturbances(&setup) {
            look(&Run::replay(&setup, &scheduled.moves).unwrap());
        }
    }
    look(&swept_early().1);
    let unseen = situation::ALL.iter().zip(seen).filter(|(_, seen)| !seen).map(|(situation, _)| situation.id);
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The steps by which a situation knows that a request has found its own row.
#[test]
fn these_steps_look_up_their_own_row() {
    let finding: Vec<&str> = Step::ALL.iter().filter(|step| step.finds_own_row()).map(|step| step.label()).collect();
    assert_eq!(finding, ["T1", "T1b", "T1c", "T3d", "T3g", "R8", "V12"]);
}
