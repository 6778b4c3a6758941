//! Money paid in, as reported and otherwise.

use expect_test::expect;
use model::moves::{Actor, Move};
use model::setup::Asked;

use crate::exhaustive_walk::{acme, billing, recharge, setup, walk};
use crate::rescued::{in_words, send, step};

/// Which of these invariants break in some run, whatever of the faults happens.
fn broken<'a>(requests: &[Asked], gateways: u8, faults: &[&str], design: &str, ids: &[&'a str]) -> Vec<&'a str> {
    let setup = setup(billing(acme("100.00"), requests.to_vec(), gateways), faults, design);
    let found = ids.iter().map(|id| (*id, walk(&setup, id)));
    let judged = found.inspect(|(id, found)| assert!(found.could_have_failed > 0, "{id} cannot fail here"));
    judged.filter(|(_, found)| found.breach.is_some()).map(|(id, _)| id).collect()
}

#[test]
fn a_recharge_in_one_commit_is_committed_with_its_money() {
    let setup = setup(billing(acme("100.00"), vec![recharge("r1")], 1), &["crash"], "recharge=one-commit");
    let a = Actor::Gateway(0);
    let crash = Move::Crash { actor: a, before: step(a, "reply").step().unwrap() };
    let committed = ["R1", "R2", "R3", "R4", "R5"].map(|label| step(a, label));
    let dies = [vec![send(0)], committed.to_vec(), vec![crash]].concat();
    expect![[r#"
        client: sends r1 to gateway-a
        gateway-a: R1 R2 R3 R4 R5 reply
        told Ok(Trace(0))
        key of t1 free
        balance of acme 105.25
        breaks converge cache-bound

        client: sends r1 to gateway-a
        gateway-a: R1 R2 R3 R4 R5 crashes before reply
        client: sends r1 to gateway-a
        gateway-a: R1 R2 R3 R7 R8 reply
        told Ok(Trace(0))
        key of t1 free
        balance of acme 105.25
        breaks converge cache-bound"#]]
    .assert_eq(&[in_words(&setup, &[send(0)]), in_words(&setup, &dies)].join("\n\n"));
}

/// Wherever it dies, and whichever reply is lost.
#[test]
fn a_recharge_in_one_commit_leaves_no_pending_row() {
    let ids = ["conserve", "row-iff-money", "no-pending", "truth", "progress"];
    let of = |design| broken(&[recharge("r1")], 1, &["crash", "lost-reply"], design, &ids);
    assert_eq!((of("as-reported"), of("recharge=one-commit")), (ids.to_vec(), vec![]));
}
