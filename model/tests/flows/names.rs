//! What is said of moves and capsules that fit nothing.

use expect_test::expect;
use model::capsule::{Capsule, Expected, SCHEMA};
use model::design::PRESETS;
use model::moves::{Actor, Move, NamedMove};
use model::row::{IdempotencyKey, Request};
use model::run::Run;
use model::setup::Setup;
use model::step::Step;
use model::store::redis::Evicted;

use crate::exhaustive_walk::{stream, traces};
use crate::{capsule, streams};

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
        move 3 is not reachable: T2 is not a step of redis"#]]
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
        r#"{"actor":"redis","act":"evicts"}"#,
    ];
    let said =
        names.map(|json| serde_json::from_str::<NamedMove>(json).unwrap().resolve(&setup).unwrap_err().to_string());
    expect![[r#"
        unknown trace `t9 of acme`; expected one of t1 of acme, t2 of acme
        unknown gateway `sync`; expected one of gateway-a, gateway-b
        unknown actor `gateway-c`; expected one of gateway-a, gateway-b
        it has no step; expected one of the labels of the flows, such as Q5, T1, T4b or reply
        unknown act `sleeps`; expected one of sends, does, reply-lost-ran, reply-lost-not-run, runs-late, evicts, runs-ahead, runs-behind, crashes-before, cancelled-before, unreachable, loses-all, expires-next, provider-fails, midnight, redis-full, restarts, idle-timeout-before, times-out, flushes-scripts, lock-timeout, client-aborts, provider-aborts, broker-loses-all, unheard, goes-back, statement-timeout
        it has no kind of evicted entry; expected one of key, hash, principal, budget"#]].assert_eq(&said.join("\n"));
}

/// Moves of streams, of the queue and of clocks, as capsules spell them.
#[test]
fn a_move_of_a_stream_is_named_and_read_again() {
    let preset = PRESETS.iter().find(|preset| preset.name == "p0-1-b+fixed").unwrap();
    let setup = streams::one(stream("s1"), &[], preset);
    let gateway = Actor::Gateway(0);
    let worker = Actor::Worker(Request(0));
    let step = |label: &str| label.parse().unwrap();
    let moves = [
        Move::ClientAborts { actor: gateway, step: step("U2") },
        Move::ProviderAborts { actor: gateway, step: step("U5") },
        Move::Unheard { actor: worker, step: step("J2") },
        Move::BrokerLoss,
        Move::ClockSkew { gateway: 0, ahead: true },
        Move::ClockSkew { gateway: 0, ahead: false },
        Move::Crash { actor: worker, before: step("J1") },
    ];
    let named = moves.map(|mv| {
        let named = mv.named(&setup);
        assert_eq!(named.resolve(&setup), Ok(mv));
        serde_json::to_string(&named).unwrap()
    });
    expect![[r#"
        {"actor":"gateway-a","act":"client-aborts","step":"U2"}
        {"actor":"gateway-a","act":"provider-aborts","step":"U5"}
        {"actor":"worker-1","act":"unheard","step":"J2"}
        {"actor":"broker","act":"broker-loses-all"}
        {"actor":"clock","act":"runs-ahead","to":"gateway-a"}
        {"actor":"clock","act":"runs-behind","to":"gateway-a"}
        {"actor":"worker-1","act":"crashes-before","step":"J1"}"#]]
    .assert_eq(&named.join("\n"));
}

/// A trace with a suffix has a key of its own, and the sweeper is an actor like another.
#[test]
fn keys_with_a_suffix_and_the_sweeper_are_named_and_read_again() {
    let named = |design: &str, mv: &dyn Fn(&Setup) -> Move| {
        let preset = PRESETS.iter().find(|preset| preset.name == design).unwrap();
        let setup = streams::one(stream("s1"), &[], preset);
        let named = mv(&setup).named(&setup);
        assert_eq!(named.resolve(&setup), Ok(mv(&setup)));
        serde_json::to_string(&named).unwrap()
    };
    let last_key = |setup: &Setup| Move::Evict(Evicted::Key(IdempotencyKey(setup.keys.len() as u8 - 1)));
    let sweeps = |_: &Setup| Move::Step { actor: Actor::Sweeper, step: "W1".parse().unwrap(), wins: None };
    let said = [
        named("p0-1-trace-plus-timestamp", &last_key),
        named("p0-1-hold-then-settle", &last_key),
        named("p0-1-c+sweeper", &sweeps),
    ];
    expect![[r#"
        {"actor":"redis","act":"evicts","trace":"s1@13","account":"acme","what":"key"}
        {"actor":"redis","act":"evicts","trace":"s1-rest","account":"acme","what":"key"}
        {"actor":"sweeper","act":"does","step":"W1"}"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_move_of_a_stream_that_cannot_happen_says_why() {
    let setup = traces(1, 1, &[], "as-reported");
    let (actor, send) = (Actor::Gateway(0), Move::Send { request: Request(0), gateway: 0 });
    let step: Step = "T1".parse().unwrap();
    let skew = Move::ClockSkew { gateway: 0, ahead: true };
    let lists: [&[Move]; 4] = [
        &[send, Move::ClientAborts { actor, step }],
        &[send, Move::ProviderAborts { actor, step }],
        &[send, Move::Unheard { actor, step }],
        &[skew, skew],
    ];
    let said = lists.map(|moves| Run::replay(&setup, moves).unwrap_err().to_string());
    expect![[r#"
        move 2 is not reachable: client-abort does not strike T1
        move 2 is not reachable: provider-abort does not strike T1
        move 2 is not reachable: redelivery does not strike T1
        move 2 is not reachable: the clock of gateway-a cannot change here"#]]
    .assert_eq(&said.join("\n"));
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
        `breach.invariant`: unknown invariant `luck`; expected one of conserve, once, exact, row-iff-money, chain, floor, budget, usage, metered, hold-release, fail-mode, count-limit, count-exact, rollover, monotone, guarded, unit, status, no-pending, reversal, tenant, truth, no-false-refusal, in-doubt, key, progress, recover, converge, cache-form, cache-bound, no-early-effect, isolated
        `gateways` is 9: expected 1 to 3
        `moves` entry 1: unknown trace `t9 of acme`; expected one of t1 of acme"#]].assert_eq(&said.join("\n"));
}
