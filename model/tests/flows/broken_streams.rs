//! Streams that the client or the provider breaks off, and those whose process dies: what is in the books when all is at rest.

use expect_test::expect;
use model::design::Sweeper;
use model::invariant;
use model::moves::{Actor, Move};
use model::step::Step;

use crate::exhaustive_walk::held_by;
use crate::streams::{Instead, books_in_words, of_streams, one, steps_of_the_gateway, told};

/// One line per preset, breaker and part: what is in the books after the client has asked as often as it likes.
fn broken_off(fault: &str, breaks: fn(Actor, Step) -> Move) -> String {
    let mut lines = Vec::new();
    for preset in of_streams() {
        lines.push(preset.name.to_owned());
        let setup = one(held_by("4.00", "t1"), &[fault], preset);
        for (nth, step) in steps_of_the_gateway(&setup).into_iter().enumerate() {
            if (Step::U2..=Step::U5).contains(&step) {
                let run = told(&setup, Some(Instead { nth, fault: breaks }));
                lines.push(format!("  {step}: {}", books_in_words(&run.entries.last().unwrap().books, &setup)));
            }
        }
    }
    lines.join("\n")
}

/// Whoever breaks off, the same is in the books.
#[test]
fn somebody_breaks_off_at_each_part() {
    let said = broken_off("client-abort", |actor, step| Move::ClientAborts { actor, step });
    assert_eq!(broken_off("provider-abort", |actor, step| Move::ProviderAborts { actor, step }), said);
    expect![[r#"
        as-reported
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 2 of 10.00; served 2, ok
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 2 of 10.60; served 2, ok
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 2 of 11.50; served 2, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 2 of 18.00; served 2, ok
        p0-1-a
          U2: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
          U3: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
          U4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
        p0-1-a+fixed
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, ok
          U3: t1 committed deduct 5.00; balance 95.00, 1 counted; usage 1 of 5.00; served 1, ok
          U4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
        p0-1-b
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 2 of 10.00; served 2, ok
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 2 of 10.60; served 2, ok
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 2 of 11.50; served 2, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 2 of 18.00; served 2, ok
        p0-1-b+fixed
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 2, ok
          U3: t1 committed deduct 5.00; balance 95.00, 1 counted; usage 1 of 5.00; served 2, ok
          U4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok
        p0-1-c
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, no final answer
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 1 of 1.60; served 1, no final answer
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 1 of 2.50; served 1, no final answer
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, no final answer
        p0-1-c+sweeper
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, no final answer
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 1 of 1.60; served 1, no final answer
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 1 of 2.50; served 1, no final answer
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, no final answer
        p0-1-c+fixed
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, ok
          U3: t1 committed deduct 5.00; balance 95.00, 1 counted; usage 1 of 5.00; served 1, ok
          U4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
        p0-1-hold-then-settle
          U2: t1 committed deduct 4.00, t1-refund committed refund 3.00, t1-rest committed deduct 5.00; balance 94.00, 2 counted; usage 2 of 10.00; served 2, ok
          U3: t1 committed deduct 4.00, t1-refund committed refund 2.40, t1-rest committed deduct 5.00; balance 93.40, 2 counted; usage 2 of 10.60; served 2, ok
          U4: t1 committed deduct 4.00, t1-refund committed refund 1.50, t1-rest committed deduct 5.00; balance 92.50, 2 counted; usage 2 of 11.50; served 2, ok
          U5: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 2 counted; usage 2 of 18.00; served 2, ok
        p0-1-hold-then-settle+fixed
          U2: t1 committed deduct 4.00, t1-refund committed refund 3.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, ok
          U3: t1 committed deduct 4.00, t1-rest committed deduct 1.00; balance 95.00, 1 counted; usage 1 of 5.00; served 1, ok
          U4: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
          U5: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok
        p0-1-trace-plus-timestamp
          U2: t1@1 committed deduct 1.00, t1@2 committed deduct 9.00; balance 90.00, 2 counted; usage 2 of 10.00; served 2, ok
          U3: t1@1 committed deduct 1.60, t1@2 committed deduct 9.00; balance 89.40, 2 counted; usage 2 of 10.60; served 2, ok
          U4: t1@1 committed deduct 2.50, t1@2 committed deduct 9.00; balance 88.50, 2 counted; usage 2 of 11.50; served 2, ok
          U5: t1@1 committed deduct 9.00, t1@2 committed deduct 9.00; balance 82.00, 2 counted; usage 2 of 18.00; served 2, ok"#]].assert_eq(&said);
}

/// A crash before each step of the first attempt, in the designs that have a sweeper: what it makes of the row that is left,
/// and which invariants break.
#[test]
fn the_sweeper_after_a_crash_before_each_step() {
    let mut lines = Vec::new();
    for preset in of_streams().filter(|preset| preset.design.sweeper != Sweeper::Nobody) {
        lines.push(preset.name.to_owned());
        let setup = one(held_by("4.00", "t1"), &["crash"], preset);
        for (nth, before) in steps_of_the_gateway(&setup).into_iter().enumerate() {
            let run = told(&setup, Some(Instead { nth, fault: |actor, before| Move::Crash { actor, before } }));
            let books = &run.entries.last().unwrap().books;
            assert!(books.rows.iter().flatten().all(|row| !row.unfinished()), "{}", preset.name);
            let judgement = run.judge(&setup);
            let broken = invariant::ALL.iter().zip(&judgement.tallies).filter(|(_, tally)| tally.breach.is_some());
            let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
            let broken = if broken.is_empty() { "nothing".to_owned() } else { broken.join(" ") };
            lines.push(format!("  {before}: {}; breaks {broken}", books_in_words(books, &setup)));
        }
    }
    expect![[r#"
        p0-1-c+sweeper
          T2: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3b: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3e: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 0, no final answer; breaks exact usage progress cache-bound
          U2: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          U3: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          U4: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          U5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T1b: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T3f: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T4a: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T4b: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T6: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T7a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress converge cache-bound
          T7b: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress
          J3: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress
          J4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress
          reply: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, no final answer; breaks progress
        p0-1-c+fixed
          U0: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          U0b: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T2: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3b: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3e: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact progress cache-bound
          U2: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          U3: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          U4: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          U5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T3f: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T3g: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T4a: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T4b: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T5c: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T6: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T7a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks converge cache-bound
          T7b: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          reply: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
        p0-1-hold-then-settle+fixed
          U0: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T1: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T2: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T2b: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3a: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T3b: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T4a: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T4b: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T5: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T5b: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T6: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T7a: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact hold-release progress converge cache-bound
          T7b: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact hold-release progress
          U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact hold-release progress
          U2: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          U3: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          U4: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          U5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M2: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M5: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M3: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M4: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          T5c: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M7: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          M8: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          T7a: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks converge cache-bound
          T7b: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          reply: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing"#]].assert_eq(&lines.join("\n"));
}
