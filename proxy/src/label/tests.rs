//! What keys and commands are called, and what they touch.

use super::redis::{Scripts, describe};
use super::{Footprint, Label, Occurrences, Resource, Values, mask};
use proptest::prelude::*;

fn commands(text: &str) -> Vec<Vec<Vec<u8>>> {
    let words = |command: &str| command.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    text.split("; ").map(words).collect()
}

fn values() -> Values {
    Values::new([("tenant", "acme"), ("trace", "tr-17"), ("long", "acme-eu"), ("plan", "7"), ("none", "")])
}

#[test]
fn what_differs_from_run_to_run_is_masked() {
    for (name, masked) in [
        ("quota:acme", "quota:acme"),
        ("req:550e8400-e29b-41d4-a716-446655440000:x", "req:*:x"),
        ("550e8400-e29b-41d4-a716-4466554400001", "*-e*b-*d*-a*-*"),
        ("lock:deadbeef", "lock:*"),
        ("lock:deadbee", "lock:deadbee"),
        ("s139915f0a1b2c3", "s*"),
        ("ulid:01ARZ3NDEKTSV4RRFFQ69G5FAV", "ulid:*"),
        ("größe7:2024-01-31", "größe*:*-*-*"),
    ] {
        assert_eq!(mask(name), masked, "{name}");
    }
}

#[test]
fn the_values_of_the_client_have_their_names() {
    for (key, masked) in [
        ("idem:acme:tr-17", "idem:{tenant}:{trace}"),
        ("quota:acme-eu", "quota:{long}"),
        ("quota:{acme}:7:17", "quota:{{tenant}}:{plan}:*"),
        ("acmeish", "acmeish"),
        ("{tenant}:acme", "{tenant}:{tenant}"),
    ] {
        assert_eq!(values().mask(key), masked, "{key}");
    }
}

/// What is read and, after a bar, what is written.
fn touched(footprint: &Footprint) -> String {
    let text = |resource: &Resource| match resource {
        Resource::Key(key) => String::from_utf8_lossy(key).into_owned() + " ",
        Resource::Table(name) => name.clone() + " ",
        Resource::Script(digest) => format!("@{} ", &digest[..4]),
    };
    let list = |set: &std::collections::BTreeSet<Resource>| set.iter().map(text).collect::<String>();
    let rest = if footprint.everything { "everything" } else { "" };
    format!("{}| {}{rest}", list(&footprint.reads), list(&footprint.writes)).trim().to_owned()
}

#[test]
fn commands_have_names_and_touch_their_keys() {
    for (sent, label, touches) in [
        ("set idem:acme:tr-17 x NX EX 60", "SET idem:{tenant}:{trace} NX", "| idem:acme:tr-17"),
        ("SET a nx", "SET a", "| a"),
        ("GET k:550", "GET k:*", "k:550 |"),
        ("HSET q:acme balance 90 version 3", "HSET q:{tenant} balance", "| q:acme"),
        ("EXPIRE q:acme 60 nx", "EXPIRE q:{tenant} NX", "| q:acme"),
        ("MGET k:1 k:2 k:3", "MGET k:*", "k:1 k:2 k:3 |"),
        ("MSET a 1 b 2", "MSET a b", "| a b"),
        ("BLPOP a b 0", "BLPOP a b", "| a b"),
        ("SINTERSTORE a b c", "SINTERSTORE a b c", "b c | a"),
        ("DEL a b c d e", "DEL a b c …", "| a b c d e"),
        ("EVALSHA 9F86D0818 1 q:acme 5", "EVALSHA 9f86d081 q:{tenant}", "@9f86 | q:acme"),
        ("EVALSHA_RO 9f86d0818 1 a", "EVALSHA_RO 9f86d081 a", "a @9f86 |"),
        ("EVALSHA 9f86d0818 0", "EVALSHA 9f86d081", "@9f86 | everything"),
        ("EVALSHA 9f86d0818 9 a", "EVALSHA 9f86d081", "@9f86 | everything"),
        ("EVAL return 1 a", "EVAL 63143b6f a", "| a @6314"),
        ("SCRIPT LOAD return", "SCRIPT LOAD 63143b6f", "| @6314"),
        ("FCALL deduct 1 q:acme 5", "FCALL deduct q:{tenant}", "| q:acme"),
        ("PUBLISH done:acme x", "PUBLISH done:{tenant}", "| everything"),
        ("CLIENT SETNAME acme", "CLIENT SETNAME", "|"),
        ("SCRIPT FLUSH", "SCRIPT FLUSH", "| everything"),
        ("EXEC", "EXEC", "| everything"),
        ("MULTI; HSET q b 1; EXPIRE q 60; EXEC", "MULTI; HSET q b; EXPIRE q; EXEC", "| q"),
    ] {
        let (named, footprint) = describe(&commands(sent), &values(), &Scripts::default());
        assert_eq!((named.full.as_str(), touched(&footprint).as_str()), (label, touches), "{sent}");
    }
}

#[test]
fn a_script_is_called_by_the_name_that_it_gives_itself() {
    let mut scripts = Scripts::default();
    for (text, label) in [
        ("-- deduct: takes from the balance\nreturn 1", "EVAL deduct@6e8944cc q"),
        ("#!lua name=refund\nreturn 2", "EVAL refund@32354745 q"),
    ] {
        let eval = ["EVAL", text, "1", "q"].map(|word| word.as_bytes().to_vec());
        scripts.learn(&eval);
        assert_eq!(describe(&[eval.to_vec()], &values(), &scripts).0.full, label);
    }
}

#[test]
fn requests_depend_on_each_other_if_one_writes_what_the_other_touches() {
    let of = |text: &str| describe(&commands(text), &values(), &Scripts::default()).1;
    for (one, other, depends) in [
        ("GET a", "GET a", false),
        ("GET a", "SET a 1", true),
        ("SET a 1", "SET b 1", false),
        ("PING", "FLUSHALL", true),
        ("EVALSHA 9f86d0818 1 a", "EVALSHA 9f86d0818 1 b", false),
        ("EVALSHA 63143b6f8007b98c53ca2149822777b3566f9241 1 a", "SCRIPT LOAD return", true),
    ] {
        assert_eq!(of(one).depends_on(&of(other)), depends, "{one} / {other}");
        assert_eq!(of(other).depends_on(&of(one)), depends, "{other} / {one}");
    }
}

#[test]
fn a_point_counts_within_its_label_and_fits() {
    let mut seen = Occurrences::default();
    let points = ["GET a", "GET b", "GET a"].map(|full| seen.point(Label::new(full.to_owned(), full)).to_string());
    assert_eq!(points, ["GET a", "GET b", "GET a #2"]);
    let short = |text: &str| Label::new(String::new(), text).short;
    assert_eq!(short(&"word ".repeat(40)), "word ".repeat(11) + "…");
    assert_eq!(short(&"ä".repeat(61)), "ä".repeat(58) + "…");
    assert_eq!(short(&"ä".repeat(60)), "ä".repeat(60));
}

proptest! {
    #[test]
    fn masking_is_idempotent(
        text in "[a-f0-9:{}_A-Z-]{0,40}|\\PC{0,20}",
        tenant in "[a-z0-9-]{1,10}",
        trace in "[a-f0-9-]{1,20}",
    ) {
        let values = Values::new([("tenant", tenant.as_str()), ("trace2", trace.as_str())]);
        for text in [text.clone(), format!("{text}:{tenant}:{trace}{text}")] {
            prop_assert_eq!(mask(&mask(&text)), mask(&text));
            prop_assert_eq!(values.mask(&values.mask(&text)), values.mask(&text));
        }
    }

    #[test]
    fn keys_of_two_runs_have_one_name(tenant in "[a-z]{3,7}", trace in "[0-9a-f]{8}", n in any::<u32>()) {
        let values = Values::new([("tenant", tenant.as_str()), ("trace", trace.as_str())]);
        prop_assert_eq!(values.mask(&format!("k:{tenant}:{trace}:x{n}")), "k:{tenant}:{trace}:x*");
    }
}
