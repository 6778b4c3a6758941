//! Streams that the client or the provider breaks off, and those whose process dies: what is in the books when all is at rest.

use expect_test::expect;
use model::design::{Preset, Sweeper};
use model::invariant;
use model::moves::{Actor, Move};
use model::run::Run;
use model::step::Step;

use crate::exhaustive_walk::held_by;
use crate::streams::{Instead, books_in_words, of_streams, one, run_with, steps_of_the_gateway};
use crate::together;

/// A line for each outcome of a fault at a step of the gateway, with the steps in a row that it is of.
fn by_step(
    preset: &Preset,
    kind: &str,
    fault: fn(Actor, Step) -> Move,
    wanted: fn(Step) -> bool,
    say: impl Fn(&Run, String) -> String,
) -> String {
    let setup = one(held_by("4.00", "t1"), &[kind], preset);
    let mut lines: Vec<(String, String)> = Vec::new();
    for (nth, step) in steps_of_the_gateway(&setup).into_iter().enumerate().filter(|(_, step)| wanted(*step)) {
        let run = run_with(&setup, Some(Instead { nth, fault }));
        let books = &run.entries.last().unwrap().books;
        assert!(books.rows.iter().flatten().all(|row| !row.unfinished()) || preset.design.sweeper == Sweeper::Nobody);
        let said = say(&run, books_in_words(books, &setup));
        match lines.last_mut() {
            Some((steps, known)) if *known == said => steps.push_str(&format!(" {step}")),
            _ => lines.push((step.to_string(), said)),
        }
    }
    lines.iter().map(|(steps, said)| format!("  {steps}: {said}")).collect::<Vec<_>>().join("\n")
}

/// What is in the books after the client has asked as often as it likes is the same, whoever breaks off.
#[test]
fn the_client_goes_away_or_the_provider_breaks_off_at_each_part() {
    let part = |step| matches!(step, Step::U2 | Step::U3 | Step::U4 | Step::U5);
    let broken_off = |kind: &'static str, fault: fn(Actor, Step) -> Move| {
        together(of_streams().map(|preset| (preset.name, by_step(preset, kind, fault, part, |_, books| books))))
    };
    let by_client = broken_off("client-abort", |actor, step| Move::ClientAborts { actor, step });
    let by_provider = broken_off("provider-abort", |actor, step| Move::ProviderAborts { actor, step });
    assert_eq!(by_client, by_provider);
    expect![[r#"
        as-reported, p0-1-b
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 2 of 10.00; served 2, ok
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 2 of 10.60; served 2, ok
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 2 of 11.50; served 2, ok
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 2 of 18.00; served 2, ok

        p0-1-a
          U2 U3 U4 U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok

        p0-1-a+fixed, p0-1-c+fixed
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, ok
          U3: t1 committed deduct 5.00; balance 95.00, 1 counted; usage 1 of 5.00; served 1, ok
          U4 U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-b+fixed
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 2, ok
          U3: t1 committed deduct 5.00; balance 95.00, 1 counted; usage 1 of 5.00; served 2, ok
          U4 U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 2, ok

        p0-1-c, p0-1-c+sweeper
          U2: t1 committed deduct 1.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, no final answer
          U3: t1 committed deduct 1.60; balance 98.40, 1 counted; usage 1 of 1.60; served 1, no final answer
          U4: t1 committed deduct 2.50; balance 97.50, 1 counted; usage 1 of 2.50; served 1, no final answer
          U5: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, no final answer

        p0-1-hold-then-settle
          U2: t1 committed deduct 4.00, t1-refund committed refund 3.00, t1-rest committed deduct 5.00; balance 94.00, 2 counted; usage 2 of 10.00; served 2, ok
          U3: t1 committed deduct 4.00, t1-refund committed refund 2.40, t1-rest committed deduct 5.00; balance 93.40, 2 counted; usage 2 of 10.60; served 2, ok
          U4: t1 committed deduct 4.00, t1-refund committed refund 1.50, t1-rest committed deduct 5.00; balance 92.50, 2 counted; usage 2 of 11.50; served 2, ok
          U5: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 2 counted; usage 2 of 18.00; served 2, ok

        p0-1-hold-then-settle+fixed
          U2: t1 committed deduct 4.00, t1-refund committed refund 3.00; balance 99.00, 1 counted; usage 1 of 1.00; served 1, ok
          U3: t1 committed deduct 4.00, t1-rest committed deduct 1.00; balance 95.00, 1 counted; usage 1 of 5.00; served 1, ok
          U4 U5: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok

        p0-1-trace-plus-timestamp
          U2: t1@1 committed deduct 1.00, t1@2 committed deduct 9.00; balance 90.00, 2 counted; usage 2 of 10.00; served 2, ok
          U3: t1@1 committed deduct 1.60, t1@2 committed deduct 9.00; balance 89.40, 2 counted; usage 2 of 10.60; served 2, ok
          U4: t1@1 committed deduct 2.50, t1@2 committed deduct 9.00; balance 88.50, 2 counted; usage 2 of 11.50; served 2, ok
          U5: t1@1 committed deduct 9.00, t1@2 committed deduct 9.00; balance 82.00, 2 counted; usage 2 of 18.00; served 2, ok
    "#]].assert_eq(&by_client);
}

/// A crash before each step of the first attempt, in the designs that have a sweeper: what it makes of the row that is left,
/// and which invariants break.
#[test]
fn the_sweeper_after_a_crash_before_each_step() {
    let presets = of_streams().filter(|preset| preset.design.sweeper != Sweeper::Nobody);
    let crash = |actor, before| Move::Crash { actor, before };
    let results = together(presets.map(|preset| {
        let setup = one(held_by("4.00", "t1"), &["crash"], preset);
        let say = |run: &Run, books: String| {
            let judgement = run.judge(&setup);
            let broken = invariant::ALL.iter().zip(&judgement.results).filter(|(_, result)| result.breach.is_some());
            let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
            format!("{books}; breaks {}", if broken.is_empty() { "nothing".to_owned() } else { broken.join(" ") })
        };
        (preset.name, by_step(preset, "crash", crash, |_| true, say))
    }));
    expect![[r#"
        p0-1-c+sweeper
          T2 T3a T3b T3e: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 0, no final answer; breaks exact usage progress cache-bound
          U2 U3 U4 U5 T1b T3f T4a T4b T5 T6: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks exact usage progress cache-bound
          T7a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress converge cache-bound
          T7b J3 J4: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 0 of 0.00; served 1, no final answer; breaks usage progress
          reply: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, no final answer; breaks progress

        p0-1-c+fixed
          U0 U0b T2 T3a T3b T3e: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact progress cache-bound
          U2 U3 U4 U5 T3f T3g T4a T4b T5 T5c T6: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress cache-bound
          T7a: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks converge cache-bound
          T7b reply: t1 committed deduct 9.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing

        p0-1-hold-then-settle+fixed
          U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
          T7a: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact hold-release progress converge cache-bound
          T7b U1: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 0, no final answer; breaks exact hold-release progress
          U2 U3 U4 U5 M1 M2 M5 M3 M4 T5c M7 M8: t1 committed deduct 4.00; balance 96.00, 1 counted; usage 1 of 4.00; served 1, no final answer; breaks progress
          T7a: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks converge cache-bound
          T7b reply: t1 committed deduct 4.00, t1-rest committed deduct 5.00; balance 91.00, 1 counted; usage 1 of 9.00; served 1, ok; breaks nothing
    "#]].assert_eq(&results);
}
