//! What is said of moves and capsules that fit nothing.

use expect_test::expect;
use model::capsule::{Capsule, Expected, SCHEMA};
use model::moves::{Actor, Move, NamedMove};
use model::row::Request;
use model::trace::Run;

use crate::capsule;
use crate::exhaustive_walk::traces;

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
        actor `gateway-c`: valid are gateway-a, gateway-b
        step `nothing`: valid are a label such as Q5, T1, T4b or reply
        act `sleeps`: valid are sends, does, crashes-before, cancelled-before, unreachable, reply-lost-ran, reply-lost-not-run, redis-full, times-out, runs-late, provider-fails, idle-timeout-before, lock-timeout, restarts, loses-all, goes-back, flushes-scripts, evicts, expires-next, midnight"#]].assert_eq(&said.join("\n"));
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
        `breach.invariant` is `luck`: valid are conserve, once, exact, row-iff-money, chain, floor, budget, usage, metered, count-limit, count-exact, rollover, monotone, guarded, unit, status, reversal, tenant, truth, no-false-refusal, in-doubt, key, progress, recover, converge, cache-form, cache-bound, no-early-effect
        `gateways` is 9: valid are 1 to 3
        `moves` entry 1: trace `t9 of acme`: valid are t1 of acme"#]].assert_eq(&said.join("\n"));
}
