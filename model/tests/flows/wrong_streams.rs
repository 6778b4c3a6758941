//! What is said of streams, shared transactions and traces with a suffix that no world can hold.

use expect_test::expect;
use model::setup::{RequestKind, Requested, Setup, Streamed};

use crate::exhaustive_walk::{acme, asked, beta, billing, once, recharge, reverse, setup, stream};

/// What is said of these requests, of acme and beta.
fn said(design: &str, faults: &[&str], requests: Vec<Requested>) -> String {
    let mut premises = billing(acme("100.00"), requests, 1);
    premises.accounts.push(beta());
    match Setup::new(premises, once(faults), design.parse().unwrap()) {
        Ok(_) => "nothing is wrong".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn streamed(change: impl Fn(&mut Streamed)) -> Requested {
    let mut asked = stream("s1");
    change(asked.stream.as_mut().unwrap());
    asked
}

fn within(trace: &str, host: &str) -> Requested {
    Requested { within: Some(host.to_owned()), ..asked(trace) }
}

#[test]
fn a_request_that_does_not_fit_says_which_key_and_what_would() {
    let plain = "as-reported";
    let of_beta = |asked: Requested| Requested { account: "beta".to_owned(), ..asked };
    let lines = [
        ("a stream", said(plain, &[], vec![stream("s1")])),
        ("without tokens", said(plain, &[], vec![Requested { tokens: None, ..stream("s1") }])),
        ("with an amount", said(plain, &[], vec![Requested { kind: RequestKind::Stream, ..asked("s1") }])),
        ("without `stream`", said(plain, &[], vec![Requested { stream: None, ..stream("s1") }])),
        ("a charge with `stream`", said(plain, &[], vec![Requested { kind: RequestKind::Charge, ..stream("s1") }])),
        ("no chunk sent midway", said(plain, &[], vec![streamed(|stream| stream.sent = 0)])),
        ("more sent than there are", said(plain, &[], vec![streamed(|stream| stream.sent = 6)])),
        ("more counted than there are", said(plain, &[], vec![streamed(|stream| stream.counted = 81)])),
        ("within another", said(plain, &[], vec![asked("t1"), within("t2", "t1")])),
        ("within nothing", said(plain, &[], vec![asked("t1"), within("t2", "t9")])),
        ("within a later one", said(plain, &[], vec![within("t2", "t1"), asked("t1")])),
        ("within another's", said(plain, &[], vec![asked("t1"), of_beta(within("t2", "t1"))])),
        ("within a stream", said(plain, &[], vec![stream("s1"), within("t2", "s1")])),
        ("within a recharge", said(plain, &[], vec![recharge("r1"), within("t2", "r1")])),
        ("a chain", said(plain, &[], vec![asked("t1"), within("t2", "t1"), within("t3", "t2")])),
        ("two within one", said(plain, &[], vec![asked("t1"), within("t2", "t1"), within("t3", "t1")])),
    ];
    let lines = lines.map(|(what, said)| format!("{what}: {said}"));
    expect![[r#"
        a stream: nothing is wrong
        without tokens: request `s1`: `kind = "stream"` needs `tokens`, by which it is priced
        with an amount: request `s1`: `kind = "stream"` needs `tokens`, by which it is priced
        without `stream`: request `s1`: `kind = "stream"` needs `stream`, with chunks, sent, counted
        a charge with `stream`: request `s1`: `stream` is for `kind = "stream"`
        no chunk sent midway: request `s1`: `stream.sent` must be 1 to `stream.chunks`
        more sent than there are: request `s1`: `stream.sent` must be 1 to `stream.chunks`
        more counted than there are: request `s1`: `stream.counted` must be at most `tokens.output`
        within another: nothing is wrong
        within nothing: request `t2`: `within` must name a request before it, of the same account
        within a later one: request `t2`: `within` must name a request before it, of the same account
        within another's: request `t2`: `within` must name a request before it, of the same account
        within a stream: request `t2`: `within` is for two charges, each of one other: streams and chains of them are not
        within a recharge: request `t2`: `within` is for two charges, each of one other: streams and chains of them are not
        a chain: request `t3`: `within` is for two charges, each of one other: streams and chains of them are not
        two within one: request `t3`: `within` is for two charges, each of one other: streams and chains of them are not"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn a_trace_with_a_suffix_is_unique_like_any_other() {
    let (hold, stamped) = ("p0-1-hold-then-settle", "p0-1-trace-plus-timestamp");
    let of_beta = Requested { account: "beta".to_owned(), ..stream("s1") };
    let lines = [
        ("a client chose it", said(hold, &[], vec![stream("s1"), asked("s1-refund")])),
        ("two tenants chose the same", said(stamped, &[], vec![stream("s1"), of_beta.clone()])),
        ("which no suffix follows", said("p0-1-c", &[], vec![stream("s1"), of_beta])),
    ];
    let lines = lines.map(|(what, said)| format!("{what}: {said}"));
    expect![[r#"
        a client chose it: trace `s1-refund`, one with a suffix, appears twice
        two tenants chose the same: trace `s1@1`, one with a suffix, appears twice
        which no suffix follows: nothing is wrong"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn attempts_with_traces_of_their_own_need_room() {
    let faults = ["crash", "cancel", "lost-reply", "redis-loss", "impatience", "client-abort", "provider-abort"];
    let lines = [vec![stream("s1")], vec![stream("s1"), stream("s2")]]
        .map(|requests| said("p0-1-trace-plus-timestamp", &faults, requests));
    expect![[r#"
        nothing is wrong
        `attempts of a stream, those that faults can give it included,` is 12: expected 1 to 6"#]]
    .assert_eq(&lines.join("\n"));
}

/// Another call under the trace id of the first, at 3.00.
fn another() -> Requested {
    Requested { name: Some("t1-again".to_owned()), amount: Some("3.00".parse().unwrap()), ..asked("t1") }
}

/// By trace and account a run tells requests apart, so that a second one under the same trace id needs a name.
#[test]
fn what_may_share_a_trace_id() {
    let of_beta = |asked: Requested| Requested { account: "beta".to_owned(), ..asked };
    let named = |name: &str, asked: Requested| Requested { name: Some(name.to_owned()), ..asked };
    let lines = [
        ("two charges", said("as-reported", &[], vec![asked("t1"), another()])),
        ("without a name", said("as-reported", &[], vec![asked("t1"), asked("t1")])),
        (
            "with the name of another",
            said("as-reported", &[], vec![asked("t1"), asked("t2"), named("t2", asked("t1"))]),
        ),
        ("with a name that forges", said("as-reported", &[], vec![asked("t1"), named("t1\nok", asked("t1"))])),
        ("with no name at all", said("as-reported", &[], vec![asked("t1"), named("", asked("t1"))])),
        ("with blanks for a name", said("as-reported", &[], vec![asked("t1"), named("   ", asked("t1"))])),
        ("with 65 characters", said("as-reported", &[], vec![asked("t1"), named(&"n".repeat(65), asked("t1"))])),
        ("a name for nothing", said("as-reported", &[], vec![named("first", asked("t1"))])),
        ("a name across tenants", said("as-reported", &[], vec![asked("t1"), named("other", of_beta(asked("t1")))])),
        ("a recharge", said("as-reported", &[], vec![asked("t1"), named("other", recharge("t1"))])),
        ("a stream", said("as-reported", &[], vec![asked("t1"), named("other", stream("t1"))])),
        ("given back", said("as-reported", &[], vec![asked("t1"), another(), reverse("v1", "t1")])),
        (
            "within another",
            said(
                "as-reported",
                &[],
                vec![asked("t1"), another(), Requested { within: Some("t1".to_owned()), ..asked("t3") }],
            ),
        ),
    ];
    let lines = lines.map(|(what, said)| format!("{what}: {said}"));
    expect![[r#"
        two charges: nothing is wrong
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
    let both = setup(billing(acme("100.00"), vec![asked("t1"), another()], 1), &[], "as-reported");
    assert_eq!(both.keys.len(), 1);
}
