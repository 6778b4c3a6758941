//! One tenant sends two calls under one trace id: whose row and whose money it is, and what is told of them.

use expect_test::expect;
use model::moves::{Actor, Move};
use model::row::Request;
use model::setup::{Asked, Premises, Setup};
use model::trace::Run;

use crate::exhaustive_walk::{acme, asked, beta, billing, once, recharge, reverse, stream};
use crate::rescued::{in_words, send, step};

/// Another call under the trace id of the first, at 3.00.
fn another() -> Asked {
    Asked { name: Some("t1-again".to_owned()), amount: Some("3.00".parse().unwrap()), ..asked("t1") }
}

fn two_calls(design: &str) -> Setup {
    crate::exhaustive_walk::setup(billing(acme("100.00"), vec![asked("t1"), another()], 2), &[], design)
}

#[test]
fn the_second_call_is_told_ok_of_the_first_ones_row() {
    let setup = two_calls("as-reported");
    expect![[r#"
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
        client: sends t1-again to gateway-a
        gateway-a: T1 T1b reply
        told Ok(Trace(0)), Ok(Trace(0))
        key of t1 there
        balance of acme 94.75
        breaks truth"#]]
    .assert_eq(&in_words(&setup, &[send(0)]));
}

/// The money goes with the row: the first attempt wrote 5.25 and the second call's attempt takes 3.00 for it.
#[test]
fn an_attempt_of_the_second_call_finishes_the_row_of_the_first_with_its_own_price() {
    let setup = two_calls("p0-3-b+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let mut moves = vec![send(0), Move::Send { request: Request(1), gateway: 1 }];
    moves.extend(["T1", "T2", "T3a", "T3b", "T3e"].map(|label| step(a, label)));
    moves.extend(["T1", "T3f", "T3g", "T4a", "T4b", "T5", "T6"].map(|label| step(b, label)));
    expect![[r#"
        client: sends t1 to gateway-a sends t1-again to gateway-b
        gateway-a: T1 T2 T3a T3b T3e
        gateway-b: T1 T3f T3g T4a T4b T5 T6 reply
        gateway-a: T3f T3g E1 reply
        sync: S1 S2 S3
        told Ok(Trace(0)), Ok(Trace(0))
        key of t1 free
        balance of acme 97.00
        breaks conserve exact row-iff-money truth"#]]
    .assert_eq(&in_words(&setup, &moves));
}

/// P0-3 B looks a row up by its trace alone: an attempt of beta finishes acme's PENDING row out of beta's balance. That money
/// is beta's, whoever of acme wrote the row.
#[test]
fn money_of_another_tenant_is_not_put_down_to_who_wrote_the_row() {
    let of_beta = Asked { account: "beta".to_owned(), ..asked("t1") };
    let premises = Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), another(), of_beta], 2);
    let setup = crate::exhaustive_walk::setup(premises, &[], "p0-3-b");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let mut moves = vec![send(0), Move::Send { request: Request(2), gateway: 1 }];
    moves.extend(["T1", "T1c", "T2", "T3a", "T3b", "T3e"].map(|label| step(a, label)));
    moves.extend(["T1", "T1c", "F1", "F2", "F3", "F4", "F5"].map(|label| step(b, label)));
    let run = Run::replay(&setup, &moves).unwrap();
    let books = &run.entries.last().unwrap().books;
    assert!(books.rows[0].is_some_and(|row| row.effective()), "the row of acme is committed");
    assert_eq!(books.writers[0], Some(Request(0)));
    let moved: Vec<String> = books.requests.iter().map(|request| request.moved.to_string()).collect();
    assert_eq!(moved, ["0.00", "0.00", "5.25"]);
}

/// By trace and account a run tells requests apart, so that a second one under the same trace id needs a name.
#[test]
fn what_may_share_a_trace_id() {
    let said = |requests: Vec<Asked>| {
        let premises = Premises::billing_only(vec![acme("100.00"), beta()], requests, 1);
        Setup::new(premises, once(&[]), "as-reported".parse().unwrap())
            .map_or_else(|error| error.to_string(), |setup| format!("{} key", setup.keys.len()))
    };
    let of_beta = |asked: Asked| Asked { account: "beta".to_owned(), ..asked };
    let named = |name: &str, asked: Asked| Asked { name: Some(name.to_owned()), ..asked };
    let lines = [
        ("two charges", said(vec![asked("t1"), another()])),
        ("without a name", said(vec![asked("t1"), asked("t1")])),
        ("with the name of another", said(vec![asked("t1"), asked("t2"), named("t2", asked("t1"))])),
        ("with a name that forges", said(vec![asked("t1"), named("t1\nok", asked("t1"))])),
        ("with no name at all", said(vec![asked("t1"), named("", asked("t1"))])),
        ("with blanks for a name", said(vec![asked("t1"), named("   ", asked("t1"))])),
        ("with 65 characters", said(vec![asked("t1"), named(&"n".repeat(65), asked("t1"))])),
        ("a name for nothing", said(vec![named("first", asked("t1"))])),
        ("a name across tenants", said(vec![asked("t1"), named("other", of_beta(asked("t1")))])),
        ("a recharge", said(vec![asked("t1"), named("other", recharge("t1"))])),
        ("a stream", said(vec![asked("t1"), named("other", stream("t1"))])),
        ("given back", said(vec![asked("t1"), another(), reverse("v1", "t1")])),
        ("within another", said(vec![asked("t1"), another(), Asked { within: Some("t1".to_owned()), ..asked("t3") }])),
    ];
    let lines = lines.map(|(what, said)| format!("{what}: {said}"));
    expect![[r#"
        two charges: 1 key
        without a name: request `t1`: another request of the account has this trace id: one that shares it on purpose needs a `name`
        with the name of another: request `t2`: another request of the account has this name or trace id: expected another `name`
        with a name that forges: the request `t1\nok` has the character U+000A: expected characters that can be seen, and no control signs
        with no name at all: request `t1`: `name` must have 1 to 64 characters, not all of them blank
        with blanks for a name: request `t1`: `name` must have 1 to 64 characters, not all of them blank
        with 65 characters: request `t1`: `name` must have 1 to 64 characters, not all of them blank
        a name for nothing: request `first`: `name` is for a request with the trace id of one before it, of the same account
        a name across tenants: request `other`: `name` is for a request with the trace id of one before it, of the same account
        a recharge: request `other`: only plain charges can share a trace id
        a stream: request `other`: only plain charges can share a trace id
        given back: request `t1-again`: a trace id that requests share cannot be the `of` of a reverse
        within another: request `t1-again`: requests can share a trace id only where no request has `within`"#]].assert_eq(&lines.join("\n"));
}
