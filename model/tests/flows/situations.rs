//! Every situation that a scenario can ask for arises in some disturbed run of some preset.

use model::design::PRESETS;
use model::schedule::single_disturbances;
use model::setup::{Account, Premises, Setup};
use model::situation;
use model::trace::Run;

use crate::exhaustive_walk::{acme, asked, once};
use crate::{WORLDS, every_fault, whole_path, world};

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
    ]
}

#[test]
fn every_situation_can_arise() {
    let mut seen = vec![false; situation::ALL.len()];
    for preset in PRESETS {
        let limited = worlds().into_iter().map(|world| Setup::new(world, once(&every_fault()), preset.design).unwrap());
        for setup in (0..WORLDS).map(|which| world(preset.design, which, &every_fault())).chain(limited) {
            for scheduled in single_disturbances(&setup) {
                let run = Run::replay(&setup, &scheduled.moves).unwrap();
                for edge in run.edges() {
                    for (seen, situation) in seen.iter_mut().zip(situation::ALL).filter(|(seen, _)| !**seen) {
                        *seen = (situation.arose)(&edge);
                    }
                }
            }
        }
    }
    let unseen = situation::ALL.iter().zip(seen).filter(|(_, seen)| !seen).map(|(situation, _)| situation.id);
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&str>::new());
}
