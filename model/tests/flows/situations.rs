//! Every situation that a scenario can ask for arises in some disturbed run of some preset.

use expect_test::expect;
use model::calendar::{Turn, Zone};
use model::design::{Design, PRESETS};
use model::moves::{Actor, Move};
use model::schedule::single_disturbances;
use model::setup::{Account, Premises, Setup};
use model::situation;
use model::trace::Run;
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

/// What a sweeper makes of the row of a stream that lives: the estimate is charged although its process knows better.
#[test]
fn a_sweeper_that_does_not_wait_charges_a_living_stream_its_estimate() {
    let (setup, run) = swept_early();
    let said = format!(
        "{}\n{}",
        words(&run.moves(), &setup),
        streams::books_in_words(&run.entries.last().unwrap().books, &setup)
    );
    expect![[r#"
        client: sends s1 to gateway-a
        gateway-a: U0 U0b T2 T3a T3b T3e
        sweeper: W1 W2 W3 W4 W5 T5c W6 W7 T7a T7b W1
        gateway-a: U1 U2 U3 U4 U5 T3f T3g E1 reply
        sweeper: W1
        s1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, ok"#]]
    .assert_eq(&said);
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
