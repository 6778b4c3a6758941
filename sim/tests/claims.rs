//! Claims and fixes judged from findings made by hand: one case per answer, and what a wrong file is told.

#![allow(clippy::unwrap_used)]

mod asked;

use asked::asked;
use model::invariant::Concern;
use sim::claims::{self, Answer, exit_code, judge};
use sim::fixes::{Worth, compare};
use sim::scenario::{Scenario, ScenarioError};
use sim::verdict::{Engine, Expected, Finding, Findings, Verdict};

const HERE: &str = "p0-3-here";
const THERE: &str = "p0-3-there";

fn scenario(id: &str) -> Scenario {
    let text = r#"
title = "A charge"
risk = "p0-3"
why = "Somebody asks."
gateways = 1
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25" }]
"#;
    asked(id, text, &[("as-reported", &[]), ("p0-3-a", &[])])
}

fn finding(scenario: &str, design: &str, invariant: &'static str, verdict: Verdict) -> Finding {
    Finding {
        scenario: scenario.to_owned(),
        design: design.to_owned(),
        engine: Engine::Check,
        invariant,
        verdict,
        expected: Expected::Any,
        as_expected: verdict != Verdict::Unknown,
        judged: 10,
        could_have_failed: 5,
        why: format!("{} of {invariant} under {design}", verdict.words()),
        steps: (verdict == Verdict::Broken).then_some(7),
        capsule: (verdict == Verdict::Broken).then(|| format!("scenarios/found/{scenario}.{design}.{invariant}.json")),
    }
}

/// Scenario, design, invariant, what check says.
type Said = (&'static str, &'static str, &'static str, Verdict);

fn found(all: &[Said]) -> Findings {
    let findings =
        all.iter().map(|(scenario, design, invariant, verdict)| finding(scenario, design, invariant, *verdict));
    Findings { findings: findings.collect(), ..Findings::default() }
}

const CLAIM: &str = r#"[[claim]]
id = "p0-3-1"
risk = "p0-3"
says = "It is taken twice."
scenario = "p0-3-here"
invariant = "once"
elsewhere = { scenario = "p0-3-there", invariant = "conserve" }
because = "Nobody looks."
expect = "confirmed"
"#;

fn read(text: &str) -> Result<Vec<claims::Claim>, ScenarioError> {
    claims::parse("claims.toml", text, &[HERE, THERE])
}

#[test]
fn each_answer_comes_from_what_check_found() {
    use Verdict::{Broken, Holds, Unknown};
    let (original, code) = ("as-reported", "as-reported-code");
    let holds = (HERE, original, "once", Holds);
    let table: &[(&[Said], Answer, &str)] = &[
        (&[(HERE, original, "once", Broken)], Answer::Confirmed, "broken of once under as-reported"),
        (&[(HERE, original, "once", Broken), (HERE, code, "once", Broken)], Answer::Confirmed, "as-reported"),
        (&[holds, (HERE, code, "once", Broken), (THERE, original, "conserve", Broken)], Answer::OnlyInTheCode, "code"),
        (
            &[holds, (HERE, code, "once", Holds), (THERE, original, "conserve", Broken)],
            Answer::NeedsAnotherFault,
            "conserve",
        ),
        (&[holds, (THERE, original, "conserve", Holds)], Answer::Refuted, "it could have failed 5 times"),
        (&[(HERE, original, "once", Unknown)], Answer::Unknown, "unknown of once under as-reported"),
        (&[(THERE, original, "once", Broken)], Answer::Unknown, "check did not look at as-reported in p0-3-here"),
    ];
    let claims = read(CLAIM).unwrap();
    for (findings, answer, why) in table {
        let judged = judge(&claims, &found(findings));
        assert_eq!(judged[0].answer, *answer);
        assert!(judged[0].why.contains(why), "{}", judged[0].why);
        assert_eq!(judged[0].evidence.steps.is_some(), !matches!(answer, Answer::Refuted | Answer::Unknown));
        let expected = match answer {
            Answer::Confirmed => 0,
            Answer::Unknown => 2,
            _ => 1,
        };
        assert_eq!(exit_code(&judged), expected, "{answer:?}");
    }
}

#[test]
fn what_could_not_have_failed_refutes_nothing() {
    let elsewhere = judge(&read(CLAIM).unwrap(), &found(&[(HERE, "as-reported", "key", Verdict::Holds)]));
    assert_eq!(
        (elsewhere[0].answer, elsewhere[0].why.as_str()),
        (Answer::Unknown, "once could not have failed in p0-3-here")
    );
    let mut findings = found(&[(HERE, "as-reported", "once", Verdict::Holds)]);
    findings.findings[0].could_have_failed = 0;
    let judged = judge(&read(CLAIM).unwrap(), &findings);
    assert_eq!(judged[0].answer, Answer::Unknown);
}

#[test]
fn a_sample_answers_no_claim() {
    let mut findings = found(&[(HERE, "as-reported", "once", Verdict::Broken)]);
    findings.findings[0].engine = Engine::Sim;
    assert_eq!(judge(&read(CLAIM).unwrap(), &findings)[0].answer, Answer::Unknown);
}

#[test]
fn a_claim_about_a_fix_is_judged_under_the_fix() {
    let text = CLAIM.replace("because", "design = \"p0-3-a\"\nbecause");
    let claims = read(&text).unwrap();
    let (holds, broken) = (Verdict::Holds, Verdict::Broken);
    let confirmed = found(&[(HERE, "as-reported", "once", holds), (HERE, "p0-3-a", "once", broken)]);
    assert_eq!(judge(&claims, &confirmed)[0].answer, Answer::Confirmed);
    // The code is another reading of the original, not of a fix.
    let refuted = found(&[(HERE, "as-reported-code", "once", broken), (HERE, "p0-3-a", "once", holds)]);
    assert_eq!(judge(&claims, &refuted)[0].answer, Answer::Refuted);
}

#[test]
fn a_wrong_file_is_told_where_and_what_would_be_valid() {
    let cases = [
        ("scenario = \"p0-3-here\"", "scenario = \"p0-3-gone\"", 5, "valid are p0-3-here, p0-3-there"),
        ("invariant = \"once\"\n", "invariant = \"twice\"\n", 6, "valid are conserve, once"),
        ("invariant = \"conserve\"", "invariant = \"thrice\"", 7, "`elsewhere.invariant`: `thrice`"),
        ("expect = \"confirmed\"", "expect = \"sure\"", 9, "only-in-the-code"),
        ("expect = \"confirmed\"", "expect = \"unknown\"", 9, "cannot come out: valid are confirmed"),
        ("says = \"It is taken twice.\"", "says = \" \"", 4, "`says` of `p0-3-1` is blank"),
        ("risk = \"p0-3\"", "risk = \"p0-4\"", 2, "such as p0-4-1"),
        ("because", "design = \"p9\"\nbecause", 8, "`p9` is no design: valid are as-reported"),
        ("because = \"Nobody looks.\"\n", "", 1, "missing field `because`"),
        ("risk", "rick", 3, "unknown field `rick`"),
    ];
    for (right, wrong, at, said) in cases {
        let text = CLAIM.replacen(right, wrong, 1);
        assert_ne!(text, CLAIM);
        let Err(ScenarioError::Wrong { file, line, why }) = read(&text) else { panic!("{wrong} is read") };
        assert_eq!((file.as_str(), line), ("claims.toml", at), "{why}");
        assert!(why.contains(said), "{why}");
    }
    let twice = format!("{CLAIM}\n{CLAIM}");
    let Err(ScenarioError::Wrong { line, why, .. }) = read(&twice) else { panic!("the same claim is read twice") };
    assert_eq!((line, why.as_str()), (12, "the claim `p0-3-1` appears twice"));
}

#[test]
fn a_fix_is_compared_with_the_original() {
    use Verdict::{Broken, Holds, HoldsWithinBound, Unknown};
    let scenarios = [scenario(HERE), scenario(THERE), scenario("p0-4-other")];
    let claims = read(CLAIM).unwrap();
    let compared = |all: &[(&'static str, &'static str, Verdict, Verdict)]| {
        let both = all.iter().flat_map(|(at, invariant, was, is)| {
            [(*at, "as-reported", *invariant, *was), (*at, "p0-3-a", *invariant, *is)]
        });
        let fixes = compare(&scenarios, &claims, &found(&both.collect::<Vec<_>>()));
        fixes.into_iter().find(|fix| fix.preset.name == "p0-3-a").unwrap()
    };
    let cured = compared(&[
        (HERE, "once", Broken, Holds),
        (HERE, "key", Broken, Broken),
        (THERE, "key", Holds, HoldsWithinBound),
    ]);
    assert!(cured.works());
    assert_eq!(cured.conclusion(), "cures what it was proposed for and breaks nothing new");
    assert_eq!((cured.cured.len(), cured.kept.len(), cured.new.len()), (1, 1, 0));

    let worse = compared(&[
        (HERE, "once", Broken, Broken),
        (THERE, "once", Broken, Holds),
        ("p0-4-other", "key", Holds, Broken),
        ("p0-4-other", "conserve", Holds, Broken),
        (HERE, "key", Holds, Broken),
        (HERE, "truth", Unknown, Broken),
    ]);
    assert!(!worse.works());
    assert_eq!(worse.conclusion(), "cures 1 of the 2 it was proposed for, keeps 1, breaks 3 new; 1 not known");
    let worst: Vec<(&str, &str)> = worse.worst().iter().map(|spot| (spot.scenario.as_str(), spot.invariant)).collect();
    assert_eq!(worst, [("p0-4-other", "conserve"), (HERE, "key"), ("p0-4-other", "key")]);

    assert_eq!(worse.worth(), Worth::Harms(Concern::Money));
    let kinds = Concern::ALL.map(|kind| worse.breaches(kind));
    assert_eq!(kinds, [(2, 2), (0, 0), (0, 2)], "once and conserve, nothing told, the key twice");

    let part = compared(&[(HERE, "once", Broken, Holds), (THERE, "once", Broken, Broken)]);
    assert_eq!((cured.worth(), part.worth()), (Worth::Works, Worth::Partly));
    assert_eq!(part.conclusion(), "cures 1 of the 2 it was proposed for, keeps 1, breaks nothing new");
    assert_eq!(compared(&[(HERE, "once", Broken, Broken)]).worth(), Worth::Useless);
    assert_eq!(compared(&[(HERE, "once", Broken, Unknown)]).worth(), Worth::Unknown);
    // Where the fix leaves nothing that could break, it is cured; where the original had nothing, it is new.
    let there = [(HERE, "as-reported", "once", Broken), (HERE, "p0-3-a", "key", Broken)];
    let fixes = compare(&scenarios, &claims, &found(&there));
    let gone = fixes.iter().find(|fix| fix.preset.name == "p0-3-a").unwrap();
    assert_eq!((gone.cured.len(), gone.kept.len(), gone.new.len(), gone.unknown), (1, 0, 1, 0));
    assert_eq!(compared(&[]).conclusion(), "nothing is known of it");
}

#[test]
fn the_committed_claims_name_what_there_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let scenarios = sim::scenario::load_all(&folder, sim::scenario::Locks::Read).unwrap();
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    assert!(!claims::load(&folder, &ids).unwrap().is_empty());
}
