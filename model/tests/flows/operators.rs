//! What no run of money paid in or given back breaks once it is one commit or locks the charge, and what breaks as reported.

use model::setup::Requested;

use crate::exhaustive_walk::{acme, asked, billing, recharge, reverse, setup, walk};

/// Which of these invariants break in some run, whatever of the faults happens.
fn broken<'a>(requests: &[Requested], gateways: u8, faults: &[&str], design: &str, ids: &[&'a str]) -> Vec<&'a str> {
    let setup = setup(billing(acme("100.00"), requests.to_vec(), gateways), faults, design);
    let found = ids.iter().map(|id| (*id, walk(&setup, id)));
    let judged = found.inspect(|(id, found)| assert!(found.non_vacuous > 0, "{id} cannot fail here"));
    judged.filter(|(_, found)| found.breach.is_some()).map(|(id, _)| id).collect()
}

/// Wherever it dies, and whichever reply is lost.
#[test]
fn a_recharge_in_one_commit_leaves_no_pending_row() {
    let ids = ["conserve", "row-iff-money", "no-pending", "truth", "progress"];
    let of = |design| broken(&[recharge("r1")], 1, &["crash", "lost-reply"], design, &ids);
    assert_eq!((of("as-reported"), of("recharge=one-commit")), (ids.to_vec(), vec![]));
}

#[test]
fn two_locked_reverses_of_a_charge_give_it_back_once() {
    let requests = [Requested { attempts: 1, ..asked("t1") }, reverse("v1", "t1"), reverse("v2", "t1")];
    let ids = ["conserve", "row-iff-money", "reversal", "truth"];
    let of = |design| broken(&requests, 2, &[], design, &ids);
    assert_eq!((of("as-reported"), of("reverse=locked")), (ids[..3].to_vec(), vec![]));
}

/// Wherever it dies; whoever asks again is told of the refund. No key can stop the charge.
#[test]
fn a_locked_reverse_leaves_no_pending_row() {
    let requests = [Requested { attempts: 1, ..asked("t1") }, Requested { attempts: 2, ..reverse("v1", "t1") }];
    let ids = ["no-pending", "truth", "progress"];
    let of = |design| broken(&requests, 1, &["crash"], design, &ids);
    assert_eq!((of("idempotency=A+fixed"), of("idempotency=A+fixed,reverse=locked")), (ids.to_vec(), vec![]));
}
