//! What an attempt does when a step of it fails, in the places where a retry would hide that it did otherwise.

use expect_test::expect;
use model::invariant;
use model::moves::{Actor, Move};
use model::row::Request;
use model::schedule::until_rest;
use model::setup::{Asked, Setup};
use model::trace::Run;

use crate::exhaustive_walk::{acme, asked, billing, setup, traces, words};

pub(crate) fn step(actor: Actor, label: &str) -> Move {
    Move::Step { actor, step: label.parse().unwrap(), wins: None }
}

pub(crate) fn send(gateway: u8) -> Move {
    Move::Send { request: Request(0), gateway }
}

/// The run, what the stores have of it in the end, and which invariants it breaks.
pub(crate) fn in_words(setup: &Setup, moves: &[Move]) -> String {
    let run = Run::replay(setup, &until_rest(setup, moves).unwrap()).unwrap();
    let books = &run.entries.last().unwrap().books;
    let judgement = run.judge(setup);
    let broken = invariant::ALL.iter().zip(&judgement.tallies).filter(|(_, tally)| tally.breach.is_some());
    let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
    let told = run.entries.iter().filter_map(|entry| Some(format!("{:?}", entry.did.told?.answer)));
    format!(
        "{}\ntold {}\nkey of t1 {}\nbalance of acme {}\nbreaks {}",
        words(&run.moves(), setup),
        told.collect::<Vec<_>>().join(", "),
        if books.keys[0].ttl.is_some() { "there" } else { "free" },
        books.tenants[0].quota.balance,
        if broken.is_empty() { "nothing".to_owned() } else { broken.join(" ") },
    )
}

/// P0-3 A repaired. Without T3c the lookup would be refused (25P02), and the client would be told an error of what is
/// charged; its next attempt would find the row.
#[test]
fn who_meets_the_row_of_another_attempt_rolls_back_to_the_savepoint_and_is_told_ok_at_once() {
    let setup = traces(1, 2, &["impatience"], "p0-3-a+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let mut moves = vec![send(0), send(1), step(a, "T1"), step(b, "T1")];
    moves.extend(["T2", "T2b", "T3a", "T3b", "T4a", "T4b", "T5", "T5b", "T6"].map(|label| step(a, label)));
    expect![[r#"
        client: sends t1 to gateway-a sends t1 to gateway-b
        gateway-a: T1
        gateway-b: T1
        gateway-a: T2 T2b T3a T3b T4a T4b T5 T5b T6
        gateway-b: T2 T2b T3a T3b T3c T3d E1 reply
        gateway-a: T7a T7b reply
        told Ok(Trace(0)), Ok(Trace(0))
        key of t1 free
        balance of acme 94.75
        breaks nothing"#]]
    .assert_eq(&in_words(&setup, &moves));
}

/// P0-3 B repaired. Without T3c the BEGIN would be refused (25P02), and the row would wait for the next attempt.
#[test]
fn who_meets_the_pending_row_of_another_attempt_rolls_back_and_settles_it() {
    let setup = traces(1, 2, &["impatience"], "p0-3-b+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let mut moves = vec![send(0), send(1), step(a, "T1"), step(b, "T1")];
    moves.extend(["T2", "T3a", "T3b", "T3e"].map(|label| step(a, label)));
    expect![[r#"
        client: sends t1 to gateway-a sends t1 to gateway-b
        gateway-a: T1
        gateway-b: T1
        gateway-a: T2 T3a T3b T3e
        gateway-b: T2 T3a T3b T3c T3f T3g T4a T4b T5 T6 reply
        gateway-a: T3f T3g E1 reply
        sync: S1 S2 S3
        told Ok(Trace(0)), Ok(Trace(0))
        key of t1 free
        balance of acme 94.75
        breaks nothing"#]]
    .assert_eq(&in_words(&setup, &moves));
}

/// E2: the handler of T2 to T6 frees the key, so that a client which pays in can ask again.
#[test]
fn a_refused_attempt_frees_its_key() {
    let setup = setup(billing(acme("1.00"), vec![asked("t1")], 1), &[], "as-reported");
    expect![[r#"
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b T4a E1 E2 reply
        told Refused(Balance)
        key of t1 free
        balance of acme 1.00
        breaks nothing"#]]
    .assert_eq(&in_words(&setup, &[send(0)]));
}

/// As reported and P0-3 B, whose handlers are the same: the key goes, the second attempt charges.
#[test]
fn an_attempt_that_lost_its_connection_frees_its_key_and_the_next_one_charges() {
    let setup = traces(1, 1, &["lost-reply"], "as-reported");
    let a = Actor::Gateway(0);
    let lost = Move::Lost { actor: a, step: "T3b".parse().unwrap(), ran: false };
    expect![[r#"
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b did not run, its reply is lost E1 E2 reply
        client: sends t1 to gateway-a
        gateway-a: T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
        told Error(PgLost), Ok(Trace(0))
        key of t1 there
        balance of acme 94.75
        breaks nothing"#]]
    .assert_eq(&in_words(&setup, &[send(0), step(a, "T1"), step(a, "T2"), step(a, "T3a"), lost]));
}

/// In the code both lookups stand before the `try`: nobody frees the key, and whoever comes back finds it held.
#[test]
fn a_lookup_that_fails_in_the_code_leaves_the_key_and_stops_every_retry() {
    let setup = traces(1, 1, &["lost-reply"], "as-reported-code");
    let a = Actor::Gateway(0);
    let lost = Move::Lost { actor: a, step: "T1c".parse().unwrap(), ran: false };
    expect![[r#"
        client: sends t1 to gateway-a
        gateway-a: T1 T1c did not run, its reply is lost E1 reply
        client: sends t1 to gateway-a
        gateway-a: T1 T1b reply
        client: sends t1 to gateway-a
        gateway-a: T1 T1b reply
        client: sends t1 to gateway-a
        gateway-a: T1 T1b reply
        told Error(PgLost), Error(KeyWithoutRow), Error(KeyWithoutRow), Error(KeyWithoutRow)
        key of t1 there
        balance of acme 100.00
        breaks key progress"#]]
    .assert_eq(&in_words(&setup, &[send(0), step(a, "T1"), lost]));
}

/// One try each, and both are cold: who waited for the other's warm-up may ask again, whether that one is still at work when
/// it gives up or has ended by then. A wait takes no time here, so that three of them may pass before the other has moved.
#[test]
fn an_attempt_that_waited_for_a_living_one_does_not_use_up_its_tries() {
    let mut premises =
        crate::whole_path(["t1", "t2"].map(|trace| Asked { attempts: 1, ..asked(trace) }).into_iter().collect());
    premises.gateways = 2;
    let setup = crate::exhaustive_walk::setup(premises, &[], "p1-9-lock+fixed");
    let (a, b) = (Actor::Gateway(0), Actor::Gateway(1));
    let second = Move::Send { request: Request(1), gateway: 1 };
    let mut moves = vec![send(0), second, step(a, "A1"), step(a, "A2"), step(a, "A3"), step(a, "Q1"), step(a, "Q1b")];
    moves.push(step(b, "A1"));
    moves.extend((0..3).flat_map(|_| ["Q1", "Q1b", "Q1c"].map(|label| step(b, label))));
    let asks = |moves: &[Move]| moves.iter().filter(|mv| matches!(mv, Move::Send { request: Request(1), .. })).count();
    let still_at_work = until_rest(&setup, &moves).unwrap();
    assert_eq!(asks(&still_at_work), 2, "{}", words(&still_at_work, &setup));

    let of_first = |mv: &&Move| matches!(mv, Move::Step { actor, .. } if *actor == a);
    let alone = until_rest(&setup, &moves[..1]).unwrap();
    let replied = alone.iter().position(|mv| *mv == step(a, "reply")).unwrap();
    let rest_of_first = alone[..=replied].iter().filter(of_first).skip(5);
    let ended: Vec<Move> = moves.iter().chain(rest_of_first).copied().collect();
    let ended = until_rest(&setup, &ended).unwrap();
    assert_eq!(asks(&ended), 2, "{}", words(&ended, &setup));
}
