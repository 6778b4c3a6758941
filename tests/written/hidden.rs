//! What the author of a file chose forges nothing in what is printed and written.

use model::shown::is_hidden;

use crate::{Checkout, CommandOutput, ID};

/// Clears the screen, turns the text around, hides what follows.
const FORGED: &str = "Fine\\u001B[2J\\u001B[8m \\u202E\\u200B";

fn assert_plain(text: &str, what: &str) {
    let hidden = text.chars().find(|&c| is_hidden(c) && c != '\n');
    assert_eq!(hidden, None, "{what}: {}", text.escape_debug());
}

#[test]
fn prose_with_signs_that_cannot_be_seen_is_written_out() {
    let checkout = Checkout::new();
    let toml = format!("scenarios/{ID}.toml");
    let text = std::fs::read_to_string(checkout.path(&toml)).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("title = "), "{first}");
    let forged = rest.replace("because = \"", &format!("because = \"{FORGED}"));
    assert_ne!(forged, rest);
    checkout.put(&toml, &format!("title = \"{FORGED}\"\n{forged}"));
    let claims = std::fs::read_to_string(checkout.path("scenarios/claims.toml")).unwrap();
    checkout.put("scenarios/claims.toml", &claims.replace("says = \"", &format!("says = \"{FORGED}")));
    let explain = ["explain", ID, "--design", "as-reported", "--invariant", "progress"];
    let colour = |ran: &CommandOutput| ran.stdout.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    for args in
        [&["check"] as &[&str], &["check", "--json"], &["list", "scenarios"], &explain, &["run"], &["run", "--json"]]
    {
        let ran = checkout.trial(args);
        assert_eq!(ran.exit, Some(0), "{args:?}: {ran:?}");
        assert_plain(&colour(&ran), &format!("{args:?}"));
    }
    assert!(checkout.trial(&["check"]).stdout.contains("Fine\\u{1b}[2J"), "it is shown, written out");
    for file in ["index.html", "claims.txt", "summary.txt", "verdicts.txt", &format!("scenarios/{ID}.html")] {
        let text = std::fs::read_to_string(checkout.path(&format!("target/trial/{file}"))).unwrap();
        assert_plain(&text, file);
    }
}

/// Turns the screen red and adds a line, as TOML and JSON spell it.
const ADDED: &str = "k\\u001b[31m\\nFORGED: exit code 0";

fn assert_one_plain_error(checkout: &Checkout, args: &[&str]) {
    let ran = checkout.trial(args);
    assert_eq!(ran.exit, Some(64), "{args:?}: {ran:?}");
    let line = ran.stderr.trim_end();
    assert!(line.starts_with("error: ") && line.contains("`k\\u{1b}[31m"), "{args:?}: {ran:?}");
    assert_eq!(line.find(is_hidden), None, "{args:?}: {ran:?}");
    let json = checkout.trial(&[args, &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["error"].as_str(), line.strip_prefix("error: "), "{args:?}");
}

#[test]
fn an_error_is_one_line_whatever_it_quotes() {
    for (file, from) in [
        (format!("{ID}.toml"), "seen = [\""),
        (format!("{ID}.toml"), "risk = \""),
        (format!("{ID}.toml"), "[faults]\n\""),
        (format!("{ID}.lock"), "broken = [\n[\""),
        (format!("{ID}.lock"), "could-not-fail = [\n[\""),
        ("claims.toml".to_owned(), "invariant = \""),
    ] {
        let checkout = Checkout::new();
        let path = format!("scenarios/{file}");
        let mut text = std::fs::read_to_string(checkout.path(&path)).unwrap();
        if from.starts_with("[faults]") {
            // A key without a name, to be renamed.
            text = text.replace("[faults]\n", "[faults]\n\"\" = 1\n");
        }
        assert!(text.contains(from), "{from}: {text}");
        checkout.put(&path, &text.replacen(from, &format!("{from}{ADDED}"), 1));
        assert_one_plain_error(&checkout, &["run"]);
    }
    let checkout = Checkout::new();
    for (from, to) in [
        ("\"as-reported\"", format!("\"{ADDED}\"")),
        ("\"progress\"", format!("\"{ADDED}\"")),
        ("\"schema\": 1", format!("\"{ADDED}\": 1, \"schema\": 1")),
    ] {
        let capsule = include_str!("../old_capsules/p0-3-crash-between-steps.as-reported.progress.json");
        assert!(capsule.contains(from), "{from}");
        checkout.put("c.json", &capsule.replacen(from, &to, 1));
        assert_one_plain_error(&checkout, &["replay", "c.json"]);
    }
}
