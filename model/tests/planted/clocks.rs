//! Planted in dates: gateways whose clocks are a day off.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Account, Premises, Requested, Setup};

use crate::Planted;
use crate::exhaustive_walk::{acme, asked, billing, setup};

/// Requests on the last day of a month at one gateway, with quota_check on the path.
fn at_the_end_of_the_month(account: Account, requests: Vec<Requested>, faults: &[&str], design: &str) -> Setup {
    let path = RequestPath { quota_check: true, ..RequestPath::default() };
    let premises = Premises { today: "2026-01-31".parse().unwrap(), path, ..billing(account, requests, 1) };
    setup(premises, faults, design)
}

fn one_request(design: &str) -> Setup {
    at_the_end_of_the_month(acme("100.00"), vec![asked("t1")], &["clock-skew"], design)
}

fn one_a_day(faults: &[&str], design: &str) -> Setup {
    let account = Account { daily_quota: 1, ..acme("100.00") };
    at_the_end_of_the_month(account, vec![asked("t1"), asked("t2")], faults, design)
}

fn one_a_month(faults: &[&str], design: &str) -> Setup {
    let account = Account { monthly_quota: 1, used: 1, ..acme("100.00") };
    at_the_end_of_the_month(account, vec![asked("t1")], faults, design)
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "monotone",
            what: "a gateway that is a day behind takes the count of the hash back to the day before",
            broken: || one_request("as-reported"),
            nearest: || one_request("p0-5-b"),
            breach: expect![[r#"
                clock runs-behind to gateway-a
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5
                daily_reset_at of acme in redis before = 2026-01-31
                daily_reset_at of acme in redis after = 2026-01-30
                daily_used of acme in redis before = 0
                daily_used of acme in redis after = 1"#]],
        },
        Planted {
            invariant: "count-limit",
            what: "a gateway that is a day ahead begins the next day, also in postgres, while this one is used up",
            broken: || one_a_day(&["clock-skew"], "p0-5-b"),
            nearest: || one_a_day(&["midnight"], "p0-5-b"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5c T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                clock runs-ahead to gateway-a
                client sends t2 of acme to gateway-a
                gateway-a does Q1 Q5c
                requests of acme admitted on 2026-01-31 = 2
                daily quota of acme = 1
                requests of acme admitted in 2026-01 = 2
                monthly quota of acme = 10"#]],
        },
        Planted {
            invariant: "rollover",
            what: "a gateway that is still in the month before judges by the count of that",
            broken: || one_a_month(&["midnight", "clock-skew"], "p0-5-b"),
            nearest: || one_a_month(&["midnight"], "p0-5-b"),
            breach: expect![[r#"
                clock runs-behind to gateway-a
                clock midnight
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5c Q2 reply
                t1 is refused by = the monthly quota
                requests of acme counted in 2026-02 = 0
                monthly quota of acme = 1"#]],
        },
    ]
}
