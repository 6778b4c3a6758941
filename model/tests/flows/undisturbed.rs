//! What every preset does when nothing disturbs it.

use expect_test::expect;
use model::books::Books;
use model::design::PRESETS;
use model::invariant;
use model::reply::Answer;
use model::row::{Limit, Request, Tenant};
use model::run::Run;
use model::schedule::single_disturbances;
use model::setup::{Faults, Setup};

use crate::exhaustive_walk::{acme, asked, billing, setup as premised, traces, words};
use crate::{together, whole_path};

fn undisturbed(setup: &Setup) -> Run {
    let run = &single_disturbances(setup)[0];
    assert_eq!(run.disturbed_at, None);
    Run::replay(setup, &run.moves).unwrap()
}

fn at_the_end(run: &Run) -> &Books {
    let books = &run.entries.last().unwrap().books;
    assert!(books.at_rest);
    books
}

/// The run of each preset, after the client has sent t1.
fn by_moves(setup: impl Fn(&str) -> Setup) -> String {
    together(PRESETS.iter().map(|preset| {
        let setup = setup(preset.name);
        (preset.name, words(&undisturbed(&setup).moves()[1..], &setup))
    }))
}

#[test]
fn billing_alone_of_every_preset() {
    expect![[r#"
        all others
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply

        as-reported-code
        gateway-a does T1 T1c C1 T2b T3a T3b T4a T4b T5 T5b T7a T7b C2 reply

        p0-3-a
        gateway-a does T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a reply

        p0-3-a+fixed
        gateway-a does T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b reply

        p0-3-b
        gateway-a does T1 T1c T2 T3a T3b T3e T3f T4a T4b T5 T6 reply
        sync does S1 S2 S3

        p0-3-b+fixed
        gateway-a does T1 T2 T3a T3b T3e T3f T3g T4a T4b T5 T6 reply
        sync does S1 S2 S3

        p0-4-a, p0-4-a+fixed
        gateway-a does Q1 Q8 B3 reply
        worker-1 does T1 T2 T3a T3b T4a T4b T5 T6 J2

        p0-4-b
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 H0 reply
        task-1 does H1 H2

        p0-4-b+fixed
        gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 H0 reply
        task-1 does H1

        p0-4-c, p0-4-c+fixed
        gateway-a does T1 T4e T2 T3b T6 reply
        copy-back does G1 G2

        p0-4-d, p0-4-d+fixed
        gateway-a does Q1 Q5 Q6 Q7 T1 T2 T3a T3b T4a T4b T5 T6 T7c reply
    "#]]
    .assert_eq(&by_moves(|design| traces(1, 1, &[], design)));
}

#[test]
fn the_whole_path_of_every_preset() {
    expect![[r#"
        all others
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2

        as-reported-code
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T1c C1 T2b T3a T3b T4a T4b T5 T5b T7a T7b J0 C2 reply
        worker-1 does J1 J2

        p0-2-a, p0-2-b
        gateway-a does A1 A2 A3 A4 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b B1 J0 reply
        worker-1 does J1 J2

        p0-2-a+fixed
        gateway-a does A1 A2 A3 A4 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T5a T6 T7a T7b J0 reply
        worker-1 does J1 J2

        p0-2-b+fixed
        gateway-a does A1 A2 A3 A4 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b B1 B2 J0 reply
        worker-1 does J1 J2

        p0-3-a
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a J0 reply
        worker-1 does J1 J2

        p0-3-a+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b J0 reply
        worker-1 does J1 J2

        p0-3-b
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T1c T2 T3a T3b T3e T3f T4a T4b T5 T6 J0 reply
        sync does S1 S2 S3
        worker-1 does J1 J2

        p0-3-b+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T3e T3f T3g T4a T4b T5 T6 J0 reply
        sync does S1 S2 S3
        worker-1 does J1 J2

        p0-4-a, p0-4-a+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q8 U1 B3 J0 reply
        worker-1 does T1 T2 T3a T3b T4a T4b T5 T6 J2 J1 J2

        p0-4-b
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 H0 J0 reply
        worker-1 does J1 J2
        task-1 does H1 H2

        p0-4-b+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 H0 J0 reply
        worker-1 does J1 J2
        task-1 does H1

        p0-4-c, p0-4-c+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T4e T2 T3b T6 J0 reply
        copy-back does G1 G2
        worker-1 does J1 J2

        p0-4-d, p0-4-d+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7c J0 reply
        worker-1 does J1 J2

        p0-5-a
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5b U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2

        p0-5-b
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5c U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2

        p1-8-a, p1-8-a+fixed
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 J0 T7a T7b reply
        worker-1 does J1 J2

        p1-8-c
        gateway-a does A1 A2 A3 Q1 Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T5c T6 T7a T7b reply

        p1-9-lock
        gateway-a does A1 A2 A3 Q1 Q1b Q2 Q3 Q4 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2

        p1-9-lock+fixed
        gateway-a does A1 A2 A3 Q1 Q1b Q2 Q3 Q5 Q6 Q7 U1 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
        worker-1 does J1 J2
    "#]]
    .assert_eq(&by_moves(|design| premised(whole_path(vec![asked("t1")]), &[], design)));
}

/// Two requests one after the other on the whole path: what is left in both stores, and what breaks although nothing
/// went wrong.
#[test]
fn what_every_preset_breaks_without_any_fault() {
    let lines = PRESETS.iter().map(|preset| {
        let setup = premised(whole_path(vec![asked("t1"), asked("t2")]), &[], preset.name);
        let run = undisturbed(&setup);
        let book = &at_the_end(&run).tenants[0];
        let judgement = run.judge(&setup);
        let broken = invariant::ALL.iter().zip(&judgement.results).filter(|(_, result)| result.breach.is_some());
        let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
        let hash = book.hash.unwrap().row.balance;
        (preset.name, format!("postgres {}, redis {hash}: {}", book.quota.balance, broken.join(" ")))
    });
    expect![[r#"
        all others
        postgres 89.50, redis 89.50: budget cache-form

        as-reported-code
        postgres 89.50, redis 89.50: budget cache-form no-early-effect

        p0-2-a, p0-2-a+fixed, p0-2-b+fixed
        postgres 89.50, redis 89.50: cache-form

        p0-2-b
        postgres 89.50, redis 89.50: budget unit cache-form

        p0-4-a, p0-4-a+fixed
        postgres 89.50, redis 89.50: row-iff-money budget truth cache-form

        p0-4-b, p0-4-b+fixed
        postgres 89.50, redis 89.50: budget monotone cache-form

        p0-4-c
        postgres 89.50, redis 89.50: row-iff-money chain budget count-exact guarded cache-form

        p0-4-c+fixed
        postgres 89.50, redis 89.50: row-iff-money budget cache-form

        p0-4-d
        postgres 89.50, redis 89.50: budget converge cache-form

        p0-5-c
        postgres 89.50, redis 89.50: budget count-exact monotone cache-form

        p1-9-lock+fixed
        postgres 89.50, redis 89.50: budget
    "#]]
    .assert_eq(&together(lines));
}

#[test]
fn undisturbed_every_preset_takes_the_price_of_each_request_once() {
    for preset in PRESETS {
        let setup = traces(2, 1, &[], preset.name);
        let run = undisturbed(&setup);
        let books = at_the_end(&run);
        assert_eq!(books.tenants[0].quota.balance, "89.50".parse().unwrap(), "{}", preset.name);
        for request in setup.all_requests() {
            assert!(books.row_of(request).unwrap().effective(), "{}", preset.name);
            assert_eq!(books.requests[request.index()].moved, books.requests[request.index()].price, "{}", preset.name);
        }
    }
}

#[test]
fn a_request_that_the_balance_does_not_cover_is_refused_by_every_preset_and_leaves_the_money_alone() {
    for preset in PRESETS {
        let setup = Setup::new(billing(acme("5.24"), vec![asked("t1")], 1), Faults::default(), preset.design).unwrap();
        let run = undisturbed(&setup);
        let books = at_the_end(&run);
        assert_eq!(books.requests[0].answered, Some(Answer::Refused(Limit::Balance)), "{}", preset.name);
        assert_eq!(books.tenants[0].quota, setup.opening(Tenant(0)), "{}", preset.name);
        assert!(books.row_of(Request(0)).is_none_or(|row| !row.effective()), "{}", preset.name);
    }
}
