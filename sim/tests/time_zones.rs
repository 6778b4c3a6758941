//! A tenant's time zone: what a scenario may write, what a run goes through, and which midnights hold.

#![allow(clippy::unwrap_used)]

use explore::Limits;
use model::day::Day;
use model::moves::Move;
use model::run::Run;
use model::world::World;
use sim::suite::capsules::{self, Capsules};
use sim::suite::check::check;
use sim::suite::scenario::{Scenario, parse};
use sim::suite::verdict::Verdict;

fn text(today: &str, zone: &str, rest: &str) -> String {
    format!(
        r#"title = "A tenant abroad"
risk = "p0-5"
why = "Whose midnight?"
gateways = 1
today = "{today}"

[[accounts]]
name = "acme"
balance = "100.00"
daily_quota = 1
zone = {zone}
{rest}
[[requests]]
trace = "t1"
account = "acme"
amount = "5.25"
attempts = 1

[[requests]]
trace = "t2"
account = "acme"
amount = "3.00"
attempts = 1

[faults]
midnight = 3
"#
    )
}

fn scenario(today: &str, zone: &str, rest: &str) -> Scenario {
    parse("p0-5-abroad", "x.toml", &text(today, &format!("\"{zone}\""), rest), None).unwrap()
}

/// Ids of the invariants that break, and the capsules.
fn broken(scenario: &Scenario, design: &str) -> (Vec<String>, Capsules) {
    let case = scenario.case_of(design.parse().unwrap()).unwrap();
    let mut capsules = Capsules::new();
    let checked = check(scenario, &case, &Limits::default(), &mut capsules).unwrap();
    let found = checked.findings.iter().filter(|finding| finding.verdict == Verdict::Broken);
    (found.map(|finding| finding.invariant.to_owned()).collect(), capsules)
}

#[test]
fn a_zone_is_an_iana_name() {
    for (zone, says) in [
        ("\"Europe/Berlln\"", "`zone` is `Europe/Berlln`: it must be the IANA name of a time zone, such as"),
        ("\"europe/berlin\"", "`zone` is `europe/berlin`: it must be the IANA name"),
        ("\"+02:00\"", "`zone` is `+02:00`"),
        ("\"\"", "`zone` is ``"),
        ("2", "a time zone is written by its IANA name, such as \"Europe/Berlin\""),
    ] {
        let said = parse("p0-5-abroad", "x.toml", &text("2026-03-29", zone, ""), None).unwrap_err().to_string();
        assert!(said.starts_with("x.toml:11: "), "{zone}: {said}");
        assert!(said.contains(says), "{zone}: {said}");
    }
}

#[test]
fn the_clock_goes_from_one_change_of_a_date_to_the_next() {
    let beta = "\n[[accounts]]\nname = \"beta\"\nbalance = \"1.00\"\nzone = \"Asia/Kolkata\"\n";
    let setup = scenario("2026-03-29", "Europe/Berlin", beta).cases.remove(0).setup;
    let mut world = World::new(&setup);
    let mut passed = Vec::new();
    loop {
        let books = world.books(&setup);
        let dates = books.tenants.iter().map(|tenant| format!("{} {}", tenant.dates.local, tenant.dates.by_offset));
        let minute = setup.calendar.minute(books.turn).unwrap();
        let dates = dates.collect::<Vec<_>>().join(", ");
        passed.push(format!("{} {:02}:{:02}: {dates}", books.today, minute / 60, minute % 60));
        if world.apply(&setup, Move::Midnight).is_err() {
            break;
        }
    }
    assert_eq!(
        passed[..6],
        [
            "2026-03-29 00:00: 2026-03-29 2026-03-29, 2026-03-29 2026-03-29",
            "2026-03-29 18:30: 2026-03-29 2026-03-29, 2026-03-30 2026-03-30",
            "2026-03-29 22:00: 2026-03-30 2026-03-29, 2026-03-30 2026-03-30",
            "2026-03-29 23:00: 2026-03-30 2026-03-30, 2026-03-30 2026-03-30",
            "2026-03-30 00:00: 2026-03-30 2026-03-30, 2026-03-30 2026-03-30",
            "2026-03-30 18:30: 2026-03-30 2026-03-30, 2026-03-31 2026-03-31",
        ]
    );
    assert_eq!(passed.last().unwrap(), "2026-04-01 00:00: 2026-04-01 2026-04-01, 2026-04-01 2026-04-01");
}

#[test]
fn an_offset_stored_in_march_refuses_in_the_new_day() {
    let spring = scenario("2026-03-29", "Europe/Berlin", "");
    let (fixed, _) = broken(&spring, "reset-fixed-offset");
    for id in ["rollover", "no-false-refusal"] {
        assert!(fixed.iter().any(|broken| broken == id), "{id} holds, broken are {fixed:?}");
    }
    for design in ["as-reported", "reset-tenant-zone"] {
        let (sound, _) = broken(&spring, design);
        let of_time = ["rollover", "no-false-refusal", "count-limit", "count-exact", "monotone"];
        assert!(!sound.iter().any(|id| of_time.contains(&id.as_str())), "{design}: {sound:?}");
    }
}

#[test]
fn an_offset_stored_in_october_begins_the_day_too_soon() {
    let autumn = scenario("2026-10-25", "Europe/Berlin", "");
    let (fixed, _) = broken(&autumn, "reset-fixed-offset");
    assert!(fixed.iter().any(|broken| broken == "count-limit"), "{fixed:?}");
    let (sound, _) = broken(&autumn, "reset-tenant-zone");
    assert!(!sound.iter().any(|broken| broken == "count-limit"), "{sound:?}");
}

#[test]
fn a_zone_without_such_a_change_needs_no_more_than_its_offset() {
    let tokyo = scenario("2026-03-29", "Asia/Tokyo", "");
    assert_eq!(broken(&tokyo, "reset-fixed-offset").0, broken(&tokyo, "reset-tenant-zone").0);
}

#[test]
fn whose_midnight_is_no_question_where_nobody_has_a_zone() {
    let plain = text("2026-03-29", "\"Asia/Tokyo\"", "").replace("zone = \"Asia/Tokyo\"\n", "");
    let plain = parse("p0-5-at-home", "x.toml", &plain, None).unwrap();
    let also: Vec<&str> = plain.cases[0].also.iter().map(|preset| preset.name).collect();
    assert!(also.contains(&"reset-tenant-zone") && also.contains(&"reset-fixed-offset"), "{also:?}");
}

#[test]
fn a_new_tenant_west_of_utc_begins_with_the_date_it_has_there() {
    let opening = |design: &str| {
        let case = scenario("2026-03-29", "America/New_York", "").case_of(design.parse().unwrap()).unwrap();
        case.setup.opening(model::row::Tenant(0)).daily_reset_at
    };
    let day = |text: &str| Some(text.parse::<Day>().unwrap());
    assert_eq!(opening("as-reported"), day("2026-03-29"));
    assert_eq!(opening("reset-tenant-zone"), day("2026-03-28"));
}

#[test]
fn a_capsule_carries_the_dates_and_replays_without_a_database_of_zones() {
    let spring = scenario("2026-03-29", "Europe/Berlin", "");
    let case = spring.case_of("reset-fixed-offset".parse().unwrap()).unwrap();
    let mut capsules = Capsules::new();
    check(&spring, &case, &Limits::default(), &mut capsules).unwrap();
    let (_, text) = capsules.files().find(|(path, _)| path.contains(".rollover.")).unwrap();
    let read = capsules::parse("x", &text).unwrap();
    assert_eq!(read.accounts[0].zone.as_ref().unwrap().dates.len(), 10);
    let (setup, moves) = read.resolve().unwrap();
    let judged = Run::replay(&setup, &moves).unwrap().judge(&setup);
    let mut breaches = judged.results.into_iter().filter_map(|result| result.breach);
    let again = breaches.find(|breach| breach.invariant == "rollover").unwrap();
    assert_eq!(again.figures, read.breach.figures);
}
