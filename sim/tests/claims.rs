//! Claims and fixes judged from findings made by hand: one case per answer, and what a wrong file is told.

#![allow(clippy::unwrap_used)]

mod asked;

use asked::asked;
use explore::Limits;
use model::invariant::Concern;
use sim::report;
use sim::suite::claims::{self, Answer, Claim, ClaimAnswer, Runs, exit_code, seek};
use sim::suite::fixes::{Worth, compare};
use sim::suite::scenario::{Scenario, ScenarioError};
use sim::suite::verdict::{Engine, Expected, Finding, Findings, Verdict};

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
        evaluated: 10,
        non_vacuous: 5,
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

/// Judged in two scenarios of one risk, nothing being looked for.
fn judge(claims: &[Claim], findings: &Findings) -> Vec<ClaimAnswer> {
    claims::judge(claims, &[scenario(HERE), scenario(THERE)], findings, &Runs::default())
}

fn read(text: &str) -> Result<Vec<Claim>, ScenarioError> {
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
        (&[holds, (THERE, original, "conserve", Holds)], Answer::Refuted, "with 5 non-vacuous evaluations"),
        (
            &[holds, (THERE, original, "once", Holds)],
            Answer::Refuted,
            "and not vacuously in the one other scenario of p0-3",
        ),
        (&[holds, (THERE, original, "once", Broken)], Answer::RefutedHere, "under as-reported it breaks in p0-3-there"),
        (&[holds, (THERE, original, "once", Unknown)], Answer::RefutedHere, "it is not known in p0-3-there"),
        (&[(HERE, original, "once", Unknown)], Answer::Unknown, "unknown of once under as-reported"),
        (&[(THERE, original, "once", Broken)], Answer::Unknown, "check did not look at as-reported in p0-3-here"),
    ];
    let claims = read(CLAIM).unwrap();
    for (findings, answer, why) in table {
        let judged = judge(&claims, &found(findings));
        assert_eq!(judged[0].answer, *answer);
        assert!(judged[0].why.contains(why), "{}", judged[0].why);
        let without_a_run = matches!(answer, Answer::Refuted | Answer::RefutedHere | Answer::Unknown);
        assert_eq!(judged[0].evidence.steps.is_some(), !without_a_run);
        let expected = match answer {
            Answer::Confirmed => 0,
            Answer::Unknown => 2,
            _ => 1,
        };
        assert_eq!(exit_code(&judged), expected, "{answer:?}");
    }
}

/// A client whose first gateway may die, and what the review says of it.
fn crash() -> Scenario {
    let text = r#"
title = "A charge"
risk = "p0-3"
why = "Somebody asks, and the process dies."
gateways = 2
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25", attempts = 2 }]
faults = { crash = 1 }
"#;
    asked(HERE, text, &[("as-reported", &[])])
}

/// The claim that a key is left behind, by way of what is said in `route`; the shortest breach is a crash before T2.
fn of_a_key(route: &str, limits: &Limits) -> ClaimAnswer {
    let text = CLAIM.replace("invariant = \"once\"", &format!("invariant = \"key\"\n{route}"));
    let (claims, scenarios) = (read(&text).unwrap(), [crash()]);
    let findings = found(&[(HERE, "as-reported", "key", Verdict::Broken)]);
    let runs = seek(&claims, &scenarios, &findings, limits).unwrap();
    claims::judge(&claims, &scenarios, &findings, &runs).remove(0)
}

#[test]
fn a_claim_that_says_what_must_occur_is_judged_by_the_shortest_run_in_which_it_does() {
    let labels = |judged: &ClaimAnswer| -> Vec<String> {
        let run = &judged.evidence.run.as_ref().unwrap().run;
        run.entries.iter().filter_map(|entry| entry.did.mv.step()).map(|step| step.to_string()).collect()
    };
    let judged = of_a_key("through = [\"T3b\", \"crash\"]", &Limits::default());
    assert_eq!((judged.answer, judged.evidence.steps), (Answer::Confirmed, Some(6)));
    assert_eq!(labels(&judged)[..4], ["T1", "T2", "T3a", "T3b"], "the row is pending when the process dies");
    assert!(judged.why.contains("holder of the key of t1 = gone"), "{}", judged.why);
    let capsule = &judged.evidence.run.as_ref().unwrap().capsule;
    assert!(capsule.ends_with("p0-3-here.as-reported.key.through-T3b.through-crash.json"), "{capsule}");
    // Where nothing is said any breach will do, and nothing is looked for.
    let any = of_a_key("", &Limits::default());
    assert_eq!((any.answer, any.evidence.steps), (Answer::Confirmed, Some(7)));
    assert!(any.evidence.run.is_none());
}

#[test]
fn the_reports_show_the_run_that_goes_the_claims_way_and_the_command_that_finds_it() {
    let judged = [of_a_key("through = [\"T3b\", \"crash\"]", &Limits::default())];
    let (scenarios, findings) = ([crash()], found(&[(HERE, "as-reported", "key", Verdict::Broken)]));
    let text = report::claims(&scenarios, &judged, &findings);
    let page = report::pages(&scenarios, &judged, &findings).remove("index.html").unwrap();
    let short = report::short_index(&scenarios, &judged, &findings);
    for written in [text, page, short] {
        let words = written.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("as-reported, 6 moves through T3b, crash"), "{words}");
        assert!(words.contains("holder of the key of t1 = gone"), "{words}");
        let command = "trial explain p0-3-here --design as-reported --invariant key --through T3b,crash";
        assert!(words.contains(command), "{words}");
    }
}

#[test]
fn a_claim_is_not_known_where_its_invariant_breaks_and_no_run_has_what_must_occur() {
    for (route, why) in [
        ("through = [\"crash\", \"T3b\"]", "key breaks, but in no run through crash, T3b"),
        ("without = [\"crash\"]", "key breaks, but in no run without crash"),
        ("through = [\"T1\"]\nwithout = [\"T1\"]", "key breaks, but in no run through T1 without T1"),
    ] {
        let judged = of_a_key(route, &Limits::default());
        assert_eq!((judged.answer, judged.why.as_str()), (Answer::Unknown, why));
        assert!(judged.evidence.steps.is_none());
    }
    let cut = of_a_key("through = [\"crash\", \"T3b\"]", &Limits { max_states: Some(3), ..Limits::default() });
    let why = "key breaks; the search for a run through crash, T3b was cut (states)";
    assert_eq!((cut.answer, cut.why.as_str()), (Answer::Unknown, why));
}

#[test]
fn what_could_not_have_failed_refutes_nothing() {
    let elsewhere = judge(&read(CLAIM).unwrap(), &found(&[(HERE, "as-reported", "key", Verdict::Holds)]));
    assert_eq!(
        (elsewhere[0].answer, elsewhere[0].why.as_str()),
        (Answer::Unknown, "once has no non-vacuous evaluation in p0-3-here")
    );
    let mut findings = found(&[(HERE, "as-reported", "once", Verdict::Holds)]);
    findings.findings[0].non_vacuous = 0;
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
fn a_wrong_file_is_reported_where_and_what_would_be_valid() {
    let cases = [
        ("scenario = \"p0-3-here\"", "scenario = \"p0-3-gone\"", 5, "expected one of p0-3-here, p0-3-there"),
        ("invariant = \"once\"\n", "invariant = \"twice\"\n", 6, "expected one of conserve, once"),
        (
            "invariant = \"conserve\"",
            "invariant = \"thrice\"",
            7,
            "`elsewhere.invariant` of `p0-3-1`: unknown invariant `thrice`",
        ),
        ("expect = \"confirmed\"", "expect = \"sure\"", 9, "only-in-the-code"),
        (
            "expect = \"confirmed\"",
            "expect = \"unknown\"",
            9,
            "`expect` of `p0-3-1` is `unknown`: expected one of confirmed",
        ),
        ("says = \"It is taken twice.\"", "says = \" \"", 4, "`says` of `p0-3-1` is blank"),
        ("risk = \"p0-3\"", "risk = \"p0-4\"", 2, "such as p0-4-1"),
        ("because", "design = \"p9\"\nbecause", 8, "unknown design `p9`; expected one of as-reported"),
        (
            "because",
            "through = [\"T3b\", \"T9\"]\nbecause",
            8,
            "`T9` is neither a step nor a fault: expected a fault, one of crash",
        ),
        (
            "because",
            "without = [\"crush\"]\nbecause",
            8,
            "`crush` is neither a step nor a fault: expected a fault, one of crash",
        ),
        ("\"conserve\" }", "\"conserve\", through = [\"T9\"] }", 7, "`elsewhere.through` of `p0-3-1`: `T9` is neither"),
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
    let scenarios = sim::suite::scenario::load_all(&folder, sim::suite::scenario::Locks::Read).unwrap();
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    assert!(!claims::load(&folder, &ids).unwrap().is_empty());
}
