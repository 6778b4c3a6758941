//! The flows of every preset: the undisturbed run as text, and what must be so of any run, however disturbed.
#![allow(clippy::unwrap_used)]

mod exhaustive_walk;

use exhaustive_walk::{acme, asked, once, traces, words};
use expect_test::expect;
use model::capsule::{Capsule, Expected, SCHEMA};
use model::design::{Design, PRESETS};
use model::effect::{Effect, PgOp, RedisOp};
use model::flow::Charge;
use model::invariant::Figure;
use model::io::{Ran, Recorded, run};
use model::money::Money;
use model::moves::{Actor, Move, NamedMove};
use model::reply::{Answer, Failure, Reply};
use model::row::{LedgerRow, Limit, QuotaRow, Request, Status, Tenant, Trace};
use model::schedule::single_disturbances;
use model::setup::{Account, Asked, Faults, Setup};
use model::trace::{Entry, Run};
use model::world::{Next, World};
use proptest::prelude::*;

/// More moves than any run of these worlds takes.
const BOUND: usize = 600;

#[test]
fn the_undisturbed_run_of_every_preset() {
    let runs = PRESETS.iter().map(|preset| {
        let setup = traces(1, 1, &[], preset.name);
        let run = &single_disturbances(&setup)[0];
        assert_eq!(run.disturbed_at, None);
        format!("{}\n{}\n", preset.name, words(&run.moves, &setup))
    });
    expect![[r#"
        as-reported
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply

        p0-3-a
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a reply

        p0-3-a+fixed
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a reply

        p0-3-b
        client: sends t1 to gateway-a
        gateway-a: T1 T1c T2 T3a T3b T3e T3f T4a T4b T5 T6 reply
        sync: S1 S2 S3

        p0-3-b+fixed
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b T3e T3f T3g T4a T4b T5 T6 reply
        sync: S1 S2 S3
    "#]]
    .assert_eq(&runs.collect::<Vec<_>>().join("\n"));
}

#[test]
fn undisturbed_every_preset_charges_once_and_breaks_nothing() {
    for preset in PRESETS {
        let setup = traces(2, 1, &[], preset.name);
        let run = Run::replay(&setup, &single_disturbances(&setup)[0].moves).unwrap();
        let books = &run.entries.last().unwrap().books;
        assert!(books.at_rest, "{}", preset.name);
        assert_eq!(books.tenants[0].quota.balance, "89.50".parse().unwrap(), "{}", preset.name);
        assert_eq!(books.tenants[0].hash.unwrap().row, books.tenants[0].quota, "{}", preset.name);
        for row in &books.rows {
            assert_eq!(row.unwrap().status, Status::Committed, "{}", preset.name);
        }
        for tally in run.judge(&setup).tallies {
            assert_eq!(tally.breach, None, "{}", preset.name);
        }
    }
}

#[test]
fn a_request_that_the_balance_does_not_cover_is_refused_by_every_preset_and_leaves_the_money_alone() {
    for preset in PRESETS {
        let setup = Setup::new(vec![acme("5.24")], vec![asked("t1")], 1, Faults::default(), preset.design).unwrap();
        let run = Run::replay(&setup, &single_disturbances(&setup)[0].moves).unwrap();
        let books = &run.entries.last().unwrap().books;
        assert!(books.at_rest, "{}", preset.name);
        assert_eq!(books.requests[0].answered, Some(Answer::Refused(Limit::Balance)), "{}", preset.name);
        assert_eq!(books.tenants[0].quota, setup.opening(Tenant(0)), "{}", preset.name);
        assert!(books.row_of(Request(0)).is_none_or(|row| !row.effective()), "{}", preset.name);
    }
}

#[test]
fn every_single_disturbance_is_carried_on_to_rest_and_replays() {
    for preset in PRESETS {
        let setup = world(preset.design, 0, &every_fault());
        let runs = single_disturbances(&setup);
        assert!(runs.len() > 30, "{}: only {} runs", preset.name, runs.len());
        for scheduled in runs {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let told = || words(&scheduled.moves, &setup);
            assert!(run.entries.last().unwrap().books.at_rest, "{} does not end:\n{}", preset.name, told());
            assert_eq!(run.moves(), scheduled.moves);
            assert!(scheduled.disturbed_at.is_none_or(|place| place < scheduled.moves.len()));
        }
    }
}

#[test]
fn a_move_that_cannot_happen_is_named_with_its_place() {
    let setup = traces(1, 2, &[], "as-reported");
    let send = Move::Send { request: Request(0), gateway: 0 };
    let step = |step: &str| Move::Step { actor: Actor::Gateway(0), step: step.parse().unwrap(), wins: None };
    let lists: [&[Move]; 6] = [
        &[step("T1")],
        &[send, step("T2")],
        &[send, send],
        &[Move::Send { request: Request(0), gateway: 7 }],
        &[send, Move::Crash { actor: Actor::Gateway(0), before: "T6".parse().unwrap() }],
        &[send, step("T1"), Move::Unreachable { actor: Actor::Gateway(0), step: "T2".parse().unwrap() }],
    ];
    let said = lists.map(|moves| Run::replay(&setup, moves).unwrap_err().to_string());
    expect![[r#"
        move 1 is not reachable: gateway-a has nothing in flight
        move 2 is not reachable: gateway-a is at T1, not at T2
        move 2 is not reachable: gateway-a is busy
        move 1 is not reachable: there is no gateway-h here
        move 2 is not reachable: gateway-a is at T1, not at T6
        move 3 is not reachable: T2 is no step of redis"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_named_move_that_means_nothing_says_what_would() {
    let setup = traces(2, 2, &[], "as-reported");
    let names = [
        r#"{"actor":"client","act":"sends","trace":"t9","account":"acme","to":"gateway-a"}"#,
        r#"{"actor":"client","act":"sends","trace":"t1","account":"acme","to":"sync"}"#,
        r#"{"actor":"gateway-c","act":"does","step":"T1"}"#,
        r#"{"actor":"gateway-a","act":"does"}"#,
        r#"{"actor":"gateway-a","act":"sleeps"}"#,
    ];
    let said =
        names.map(|json| serde_json::from_str::<NamedMove>(json).unwrap().resolve(&setup).unwrap_err().to_string());
    expect![[r#"
        trace `t9 of acme`: valid are t1 of acme, t2 of acme
        gateway `sync`: valid are gateway-a, gateway-b
        actor `gateway-c`: valid are gateway-a, gateway-b, sync
        step `nothing`: valid are T1 to T7b, E1, E2, F1 to F5, S1 to S3, reply
        act `sleeps`: valid are sends, does, crashes-before, cancelled-before, unreachable, reply-lost-ran, reply-lost-not-run, loses-all, expires-next"#]].assert_eq(&said.join("\n"));
}

#[test]
fn a_capsule_that_does_not_fit_together_says_why() {
    let setup = traces(1, 1, &[], "as-reported");
    let whole = capsule(&setup, &[Move::Send { request: Request(0), gateway: 0 }]);
    assert!(whole.resolve().is_ok());
    let unknown = Expected { invariant: "luck".to_owned(), figures: Vec::new() };
    let mut lost = whole.clone();
    lost.moves[0].trace = Some("t9".to_owned());
    let broken = [
        Capsule { schema: SCHEMA + 1, ..whole.clone() },
        Capsule { schema: 0, ..whole.clone() },
        Capsule { moves: Vec::new(), ..whole.clone() },
        Capsule { breach: unknown, ..whole.clone() },
        Capsule { gateways: 9, ..whole.clone() },
        lost,
    ];
    let said = broken.map(|capsule| capsule.resolve().unwrap_err().to_string());
    expect![[r#"
        `schema` is 2: this suite reads 1 to 1
        `schema` is 0: this suite reads 1 to 1
        `moves` is empty: a counterexample has at least one move
        `breach.invariant` is `luck`: valid are conserve, once, row-iff-money, truth, key, progress, converge, status, no-early-effect, cache-form
        `gateways` is 9: valid are 1 to 3
        `moves` entry 1: trace `t9 of acme`: valid are t1 of acme"#]].assert_eq(&said.join("\n"));
}

#[test]
fn an_attempt_that_a_fault_disturbed_is_not_counted_against_its_client() {
    for fault in ["crash", "cancel", "lost-reply"] {
        let patient = Asked { attempts: 1, ..asked("t1") };
        let design = "p0-3-b+fixed".parse().unwrap();
        let setup = Setup::new(vec![acme("100.00")], vec![patient], 2, once(&[fault]), design).unwrap();
        for scheduled in single_disturbances(&setup).iter().filter(|run| run.disturbed_at.is_some()) {
            let run = Run::replay(&setup, &scheduled.moves).unwrap();
            let books = &run.entries.last().unwrap().books;
            let told = words(&scheduled.moves, &setup);
            assert!(books.requests[0].answered.is_some(), "the client gave up:\n{told}");
        }
    }
}

#[test]
fn a_crash_lets_go_of_what_its_transaction_held_and_nothing_of_it_stays() {
    let setup = traces(1, 2, &["crash", "impatience"], "p0-3-a+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let step = |actor: Actor, step: &str| Move::Step { actor, step: step.parse().unwrap(), wins: None };
    let send = |gateway| Move::Send { request: Request(0), gateway };
    let mut moves = vec![send(0), send(1)];
    moves.extend(["T1", "T2", "T2b", "T3a", "T3b", "T4a", "T4b", "T5"].map(|label| step(a, label)));
    moves.extend(["T1", "T2", "T2b", "T3a", "T3b"].map(|label| step(b, label)));
    let waits = Run::replay(&setup, &moves).unwrap();
    assert_eq!(waits.entries.last().unwrap().did.reply, None, "gateway-b waits for the row of gateway-a");
    moves.push(Move::Crash { actor: a, before: "T5b".parse().unwrap() });
    let run = Run::replay(&setup, &moves).unwrap();
    let Entry { did, books } = run.entries.last().unwrap();
    assert_eq!(did.woke.as_slice(), [(b, "T3b".parse().unwrap(), Reply::Ok)]);
    assert_eq!((books.tenants[0].quota, books.rows[0]), (setup.opening(Tenant(0)), None));
}

/// Every kind of fault.
fn every_fault() -> Vec<&'static str> {
    Faults::KINDS.iter().map(|(kind, _)| *kind).collect()
}

/// One of three small worlds: two traces of one tenant, one trace id used by two tenants, money for one of two requests.
fn world(design: Design, which: usize, faults: &[&str]) -> Setup {
    let beta = Account { name: "beta".to_owned(), ..acme("100.00") };
    let of_beta = Asked { account: "beta".to_owned(), ..asked("t1") };
    let (accounts, requests) = match which % 3 {
        0 => (vec![acme("100.00")], vec![asked("t1"), asked("t2")]),
        1 => (vec![acme("100.00"), beta], vec![asked("t1"), of_beta]),
        _ => (vec![acme("6.00")], vec![asked("t1"), asked("t2")]),
    };
    Setup::new(accounts, requests, 3, once(faults), design).unwrap()
}

/// Walks at random until nothing is left to do.
fn wander(setup: &Setup, picks: &[u16]) -> (Run, World) {
    let mut world = World::new(setup);
    let mut run = Run { opening: world.books(setup), entries: Vec::new() };
    loop {
        let mut enabled = Vec::new();
        world.moves(setup, &mut enabled);
        if enabled.is_empty() {
            return (run, world);
        }
        assert!(run.entries.len() < BOUND, "no end in sight:\n{}", words(&run.moves(), setup));
        let pick = picks.get(run.entries.len() % picks.len().max(1)).copied().unwrap_or(0);
        let did = world.apply(setup, enabled[usize::from(pick) % enabled.len()]).unwrap();
        run.entries.push(Entry { did, books: world.books(setup) });
        for actor in (0..setup.gateways).map(Actor::Gateway).chain([Actor::Sync]) {
            assert_ne!(world.next(setup, actor), Some(Next::Diverged), "{}", words(&run.moves(), setup));
        }
    }
}

fn capsule(setup: &Setup, moves: &[Move]) -> Capsule {
    Capsule {
        schema: SCHEMA,
        version: "0.1.0".to_owned(),
        scenario: "a-walk".to_owned(),
        design: setup.design,
        found_by: "check".to_owned(),
        seed: Some(7),
        accounts: setup.accounts.clone(),
        requests: setup.requests.clone(),
        gateways: setup.gateways,
        moves: moves.iter().map(|mv| mv.named(setup)).collect(),
        breach: Expected {
            invariant: "once".to_owned(),
            figures: vec![Figure { name: "price of t1".to_owned(), value: "5.25".to_owned() }],
        },
    }
}

fn design() -> impl Strategy<Value = Design> {
    (0..PRESETS.len()).prop_map(|place| PRESETS[place].design)
}

fn picks() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 1..150)
}

/// What the store may answer to this, one of several.
fn answer(effect: Effect, charge: &Charge, pick: u16) -> Reply {
    let quota = QuotaRow {
        balance: Money::from_micros(if pick & 64 == 0 { 100_000_000 } else { 1 }),
        daily_quota: 5,
        monthly_quota: 5,
        version: u32::from(pick >> 8),
        ..QuotaRow::default()
    };
    let status = if pick & 64 == 0 { Status::Pending } else { Status::Committed };
    let tenant = Tenant(if pick & 128 == 0 { charge.tenant.0 } else { 1 });
    let before = Money::from_micros(100_000_000);
    let row =
        LedgerRow { tenant, trace: charge.trace, status, amount: charge.amount, before, after: before - charge.amount };
    let failures = match effect {
        Effect::Pg(_) => [Failure::UniqueViolation, Failure::Deadlock, Failure::PgLost],
        Effect::Redis(_) => [Failure::RedisUnreachable, Failure::RedisLost, Failure::RedisLost],
    };
    if pick % 8 == 7 {
        return Reply::Failed(failures[usize::from(pick >> 3) % 3]);
    }
    let odd = pick % 2 == 1;
    match effect {
        Effect::Redis(RedisOp::SetNx { .. }) if odd => Reply::Held,
        Effect::Redis(RedisOp::SetNx { .. }) => Reply::Taken,
        Effect::Pg(PgOp::SelectQuota(_)) => Reply::Quota(quota),
        Effect::Pg(PgOp::SelectRow { .. }) => Reply::Row(odd.then_some(row)),
        Effect::Pg(PgOp::ChargeQuota { .. } | PgOp::MarkCommitted(_)) => Reply::Updated(u8::from(!odd)),
        Effect::Pg(_) | Effect::Redis(_) => Reply::Ok,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_walk_comes_to_rest_and_replays_to_the_same_books(
        design in design(), which in 0..3usize, picks in picks(),
    ) {
        let setup = world(design, which, &every_fault());
        let (run, world) = wander(&setup, &picks);
        prop_assert!(world.at_rest(), "stuck:\n{}", words(&run.moves(), &setup));
        prop_assert_eq!(&Run::replay(&setup, &run.moves()).unwrap(), &run);
    }

    #[test]
    fn moves_and_capsules_survive_their_names_and_json(design in design(), which in 0..3usize, picks in picks()) {
        let setup = world(design, which, &every_fault());
        let (run, _) = wander(&setup, &picks);
        for mv in run.moves() {
            let json = serde_json::to_string(&mv.named(&setup)).unwrap();
            let named: NamedMove = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(named.resolve(&setup), Ok(mv));
        }
        let capsule = capsule(&setup, &run.moves());
        let read: Capsule = serde_json::from_str(&serde_json::to_string(&capsule).unwrap()).unwrap();
        prop_assert_eq!(&read, &capsule);
        let (setup, moves) = read.resolve().unwrap();
        prop_assert_eq!(&Run::replay(&setup, &moves).unwrap(), &run, "a capsule needs no budgets of faults");
    }

    /// A process can be put away between any two steps: what was recorded is all it needs to come to the same place.
    #[test]
    fn a_flow_run_again_is_the_flow_resumed(design in design(), picks in prop::collection::vec(any::<u16>(), 80)) {
        let amount = Money::from_micros(5_250_000);
        let charge = Charge { request: Request(0), tenant: Tenant(0), trace: Trace(0), amount };
        let deduct = design.flows().deduct;
        let mut recorded = Recorded::default();
        for pick in picks {
            let ran = run(&mut recorded, |io| deduct(io, &charge));
            let mut again: Recorded = serde_json::from_str(&serde_json::to_string(&recorded).unwrap()).unwrap();
            prop_assert_eq!(&again, &recorded);
            prop_assert_eq!(run(&mut again, |io| deduct(io, &charge)), ran);
            prop_assert_eq!(&again, &recorded, "running again changes nothing");
            match ran {
                Ran::Asks(call) => recorded.replies.push((call.step, answer(call.effect, &charge, pick))),
                Ran::Ended(_) | Ran::Failed(_) => return Ok(()),
                Ran::Diverged { recorded, asked } => prop_assert!(false, "{recorded} was recorded, {asked} asked"),
            }
        }
        prop_assert!(false, "the flow does not end");
    }
}

#[test]
fn a_reply_of_another_step_is_an_internal_error_and_never_a_branch() {
    let charge = Charge { request: Request(0), tenant: Tenant(0), trace: Trace(0), amount: Money::from_micros(1) };
    for preset in PRESETS {
        let deduct = preset.design.flows().deduct;
        let mut recorded = Recorded::default();
        recorded.replies.push(("S1".parse().unwrap(), Reply::Ok));
        let ran = run(&mut recorded, |io| deduct(io, &charge));
        assert_eq!(ran, Ran::Diverged { recorded: "S1".parse().unwrap(), asked: "T1".parse().unwrap() });
    }
}
