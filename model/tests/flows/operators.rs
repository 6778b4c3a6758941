//! Money paid in and given back, as reported and otherwise.

use expect_test::expect;
use model::invariant;
use model::moves::{Actor, Move};
use model::row::Request;
use model::run::Run;
use model::schedule::until_rest;
use model::setup::{Asked, Setup};

use crate::exhaustive_walk::{acme, asked, billing, recharge, reverse, setup, walk, words};

fn step(actor: Actor, label: &str) -> Move {
    Move::Step { actor, step: label.parse().unwrap(), wins: None }
}

fn send(gateway: u8) -> Move {
    Move::Send { request: Request(0), gateway }
}

/// The run, what the stores have of it in the end, and which invariants it breaks.
fn in_words(setup: &Setup, moves: &[Move]) -> String {
    let run = Run::replay(setup, &until_rest(setup, moves).unwrap()).unwrap();
    let books = &run.entries.last().unwrap().books;
    let judgement = run.judge(setup);
    let broken = invariant::ALL.iter().zip(&judgement.results).filter(|(_, result)| result.breach.is_some());
    let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
    let told = run.entries.iter().filter_map(|entry| Some(format!("{:?}", entry.did.client_answer?.answer)));
    format!(
        "{}\ntold {}\nkey of t1 {}\nbalance of acme {}\nbreaks {}",
        words(&run.moves(), setup),
        told.collect::<Vec<_>>().join(", "),
        if books.keys[0].ttl.is_some() { "there" } else { "free" },
        books.tenants[0].quota.balance,
        if broken.is_empty() { "nothing".to_owned() } else { broken.join(" ") },
    )
}

/// Which of these invariants break in some run, whatever of the faults happens.
fn broken<'a>(requests: &[Asked], gateways: u8, faults: &[&str], design: &str, ids: &[&'a str]) -> Vec<&'a str> {
    let setup = setup(billing(acme("100.00"), requests.to_vec(), gateways), faults, design);
    let found = ids.iter().map(|id| (*id, walk(&setup, id)));
    let judged = found.inspect(|(id, found)| assert!(found.could_have_failed > 0, "{id} cannot fail here"));
    judged.filter(|(_, found)| found.breach.is_some()).map(|(id, _)| id).collect()
}

#[test]
fn who_dies_after_the_one_commit_of_a_recharge_and_asks_again_is_told_ok() {
    let setup = setup(billing(acme("100.00"), vec![recharge("r1")], 1), &["crash"], "recharge=one-commit");
    let a = Actor::Gateway(0);
    let committed = ["R1", "R2", "R3", "R4", "R5"].map(|label| step(a, label));
    let crash = Move::Crash { actor: a, before: "reply".parse().unwrap() };
    expect![[r#"
        client sends r1 of acme to gateway-a
        gateway-a does R1 R2 R3 R4 R5
        gateway-a crashes-before reply
        client sends r1 of acme to gateway-a
        gateway-a does R1 R2 R3 R7 R8 reply
        told Ok(TraceId(0))
        key of t1 free
        balance of acme 105.25
        breaks converge cache-bound"#]]
    .assert_eq(&in_words(&setup, &[&[send(0)], &committed[..], &[crash]].concat()));
}

/// Wherever it dies, and whichever reply is lost.
#[test]
fn a_recharge_in_one_commit_leaves_no_pending_row() {
    let ids = ["conserve", "row-iff-money", "no-pending", "truth", "progress"];
    let of = |design| broken(&[recharge("r1")], 1, &["crash", "lost-reply"], design, &ids);
    assert_eq!((of("as-reported"), of("recharge=one-commit")), (ids.to_vec(), vec![]));
}

#[test]
fn the_second_of_two_locked_reverses_waits_and_finds_the_charge_given_back() {
    let requests = vec![Asked { attempts: 1, ..asked("t1") }, reverse("v1", "t1"), reverse("v2", "t1")];
    let setup = setup(billing(acme("100.00"), requests, 2), &[], "reverse=locked");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let send = |request, gateway| Move::Send { request: Request(request), gateway };
    let charged = until_rest(&setup, &[send(0, 0)]).unwrap();
    let replied = charged.iter().position(|mv| *mv == step(a, "reply")).unwrap();
    let at_once = [send(1, 0), send(2, 1), step(a, "V2"), step(b, "V2"), step(a, "V1"), step(b, "V1")];
    expect![[r#"
        client sends t1 of acme to gateway-a
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
        client sends v1 of acme to gateway-a
        client sends v2 of acme to gateway-b
        gateway-a does V2
        gateway-b does V2
        gateway-a does V1
        gateway-b does V1
        gateway-a does V3 V4 V5 V9 V6
        gateway-b does V3 V4 V11 reply
        gateway-a does reply
        told Ok(TraceId(0)), Error(NotReversible), Ok(TraceId(1))
        key of t1 there
        balance of acme 100.00
        breaks converge cache-bound"#]]
    .assert_eq(&in_words(&setup, &[&charged[..=replied], &at_once].concat()));
}

#[test]
fn two_locked_reverses_of_a_charge_give_it_back_once() {
    let requests = [Asked { attempts: 1, ..asked("t1") }, reverse("v1", "t1"), reverse("v2", "t1")];
    let ids = ["conserve", "row-iff-money", "reversal", "truth"];
    let of = |design| broken(&requests, 2, &[], design, &ids);
    assert_eq!((of("as-reported"), of("reverse=locked")), (ids[..3].to_vec(), vec![]));
}

/// Wherever it dies; whoever asks again is told of the refund. No key can stop the charge.
#[test]
fn a_locked_reverse_leaves_no_pending_row() {
    let requests = [Asked { attempts: 1, ..asked("t1") }, Asked { attempts: 2, ..reverse("v1", "t1") }];
    let ids = ["no-pending", "truth", "progress"];
    let of = |design| broken(&requests, 1, &["crash"], design, &ids);
    assert_eq!((of("idempotency=A+fixed"), of("idempotency=A+fixed,reverse=locked")), (ids.to_vec(), vec![]));
}
