//! Counterexamples built by hand, and findings around them.

#![allow(clippy::unwrap_used)]

#[path = "../asked/mod.rs"]
mod asked;

pub use asked::asked;
use model::invariant;
use model::moves::{Actor, Move};
use model::row::Request;
use model::run::Run;
use model::setup::Setup;
use model::step::Step;
use model::world::{World, label_of};
use sim::suite::claims::{self, ClaimAnswer, judge};
use sim::suite::route::Route;
use sim::suite::scenario::{Case, Scenario};
use sim::suite::story;
use sim::suite::verdict::{
    Counterexample, Engine, Expected, Explored, Finding, Findings, NotRun, Verdict, as_expected,
};

/// Moves in the making: a world walks along, so that only what is chosen must be written down.
pub struct Hand {
    setup: Setup,
    world: World,
    moves: Vec<Move>,
}

impl Hand {
    pub fn new(setup: &Setup) -> Hand {
        Hand { setup: setup.clone(), world: World::new(setup), moves: Vec::new() }
    }

    pub fn does(mut self, mv: Move) -> Hand {
        self.world.apply(&self.setup, mv).unwrap();
        self.moves.push(mv);
        self
    }

    pub fn send(self, request: u8, gateway: u8) -> Hand {
        self.does(Move::Send { request: Request(request), gateway })
    }

    pub fn step(self, actor: Actor) -> Hand {
        let step = label_of(self.world.next(&self.setup, actor).unwrap());
        self.does(Move::Step { actor, step, wins: None })
    }

    /// The gateway's next step.
    pub fn next(&self, gateway: u8) -> Step {
        label_of(self.world.next(&self.setup, Actor::Gateway(gateway)).unwrap())
    }

    /// Steps until this one is next.
    pub fn until(mut self, gateway: u8, step: Step) -> Hand {
        while self.next(gateway) != step {
            self = self.step(Actor::Gateway(gateway));
        }
        self
    }

    /// Steps until the gateway is free.
    pub fn finish(mut self, gateway: u8) -> Hand {
        while self.world.attempt(gateway).is_some() {
            self = self.step(Actor::Gateway(gateway));
        }
        self
    }

    /// The client asks until it has its answer or gives up.
    pub fn patient(mut self, request: u8, gateway: u8) -> Hand {
        let send = Move::Send { request: Request(request), gateway };
        while self.world.clone().apply(&self.setup, send).is_ok() {
            self = self.does(send).finish(gateway);
        }
        self
    }

    /// The counterexample these moves are for one invariant, cut after the breach.
    pub fn breaks(&self, scenario: &str, invariant: &str, without: &[(&str, bool)]) -> Counterexample {
        let run = Run::replay(&self.setup, &self.moves).unwrap();
        let place = invariant::place(invariant).unwrap();
        let breach = run.judge(&self.setup).results[place].breach.clone();
        let breach = breach.unwrap_or_else(|| panic!("{scenario} does not break {invariant}"));
        let run = Run::replay(&self.setup, &self.moves[..breach.after]).unwrap();
        let design = self.setup.design.to_string();
        Counterexample {
            scenario: scenario.to_owned(),
            capsule: format!("scenarios/found/{scenario}-{design}-{invariant}.json"),
            design,
            setup: self.setup.clone(),
            run,
            breach,
            route: Route::default(),
            without: without.iter().map(|(fault, breaks)| ((*fault).to_owned(), *breaks)).collect(),
        }
    }
}

pub fn crash() -> Scenario {
    let text = r#"
title = "A crash between the key and the commit"
risk = "p0-3"
why = """A gateway that dies after it took the key leaves a key that nobody releases. The client repeats its trace, as it \
is told to, and must get an answer."""
folded = ["one gateway at a time: a second one adds nothing to a single client"]
gateways = 1
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25", attempts = 1 }]
faults = { crash = 1 }
seen = ["crash-between-t3-and-t6"]
[[expect]]
design = "as-reported"
broken = ["progress"]
seen = ["retry-stopped-by-the-key"]
because = "The key outlives the rollback."
"#;
    asked("p0-3-crash-between-steps", text, &[("as-reported", &["key"]), ("p0-3-a+fixed", &[])])
}

pub fn unreachable() -> Scenario {
    let text = r#"
title = "Redis goes away between the commit and the hash"
risk = "p0-3"
why = "The money is taken in postgres; the hash that admits requests is written after it and may not be."
gateways = 1
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25" }]
faults = { redis-unreachable = 1 }
"#;
    asked("p0-3-redis-away-at-t7", text, &[("as-reported", &["converge", "truth"])])
}

pub fn two_traces() -> Scenario {
    let text = r#"
title = "Two traces of one account at once, and a reply of a COMMIT that is lost"
risk = "p0-3"
why = "The balance row is the one place where every charge of an account meets."
folded = ["three traces: the third waits like the second"]
gateways = 2
accounts = [{ name = "acme", balance = "100.00" }, { name = "globex-industries", balance = "1234567.123456" }]
requests = [
  { trace = "t1", account = "acme", amount = "5.25", attempts = 1 },
  { trace = "order-0001-retry-safe", account = "acme", amount = "0.000249" },
]
faults = { lost-reply = 1, impatience = 1 }
[[expect]]
design = "as-reported"
any = ["truth"]
because = "a lost COMMIT may be told as an error, which promises nothing"
"#;
    let designs: &[(&str, &[&str])] = &[
        ("as-reported", &["progress"]),
        ("p0-3-a", &[]),
        ("p0-3-a+fixed", &[]),
        ("p0-3-b", &["converge"]),
        ("p0-3-b+fixed", &[]),
    ];
    asked("p0-3-two-traces", text, designs)
}

pub fn stuck(scenario: &Scenario) -> Hand {
    let hand = Hand::new(&scenario.cases[0].setup).send(0, 0).until(0, Step::T4a);
    hand.does(Move::Crash { actor: Actor::Gateway(0), before: Step::T4a }).send(0, 0).finish(0)
}

/// Redis is away when the hash is to be written after the commit.
pub fn redis_away(scenario: &Scenario, case: usize) -> Hand {
    let hand = Hand::new(&scenario.cases[case].setup).send(0, 0).until(0, Step::T6).step(Actor::Gateway(0));
    let step = hand.next(0);
    let hand = hand.does(Move::Unreachable { actor: Actor::Gateway(0), step }).finish(0);
    hand.patient(0, 0)
}

/// Two traces; the second waits for the first at the balance row, whose COMMIT is answered to nobody.
pub fn lock_wait(scenario: &Scenario) -> Hand {
    let hand = Hand::new(&scenario.cases[0].setup).send(0, 0).send(1, 1).until(0, Step::T5).until(1, Step::T4b);
    let hand = hand.step(Actor::Gateway(1)).until(0, Step::T6);
    let hand = hand.does(Move::Lost { actor: Actor::Gateway(0), step: Step::T6, ran: true });
    let hand = hand.finish(1).finish(0).patient(0, 0);
    hand.patient(1, 0)
}

pub fn finding(scenario: &Scenario, case: &Case, engine: Engine, invariant: &'static str, verdict: Verdict) -> Finding {
    let expected = case.expected[invariant::place(invariant).unwrap()];
    let why = match verdict {
        Verdict::Unknown => "the bound of 1,000,000 states was reached",
        Verdict::HoldsWithinBound => "1,000 seeds without a breach",
        Verdict::Broken | Verdict::Holds => "",
    };
    Finding {
        scenario: scenario.id.clone(),
        design: case.setup.design.to_string(),
        engine,
        invariant,
        verdict,
        expected,
        as_expected: as_expected(verdict, expected),
        evaluated: 80_331,
        non_vacuous: 12_406,
        why: why.to_owned(),
        steps: None,
        capsule: None,
    }
}

/// As check and sim would report these counterexamples, everything else holding.
pub fn findings(scenarios: &[Scenario], counterexamples: Vec<Counterexample>) -> Findings {
    let mut all = Findings::default();
    for scenario in scenarios {
        for case in &scenario.cases {
            let design = case.setup.design.to_string();
            for engine in [Engine::Check, Engine::Sim] {
                for invariant in invariant::ALL {
                    let found = counterexamples.iter().find(|found| {
                        (found.scenario.as_str(), found.design.as_str(), found.breach.invariant)
                            == (scenario.id.as_str(), design.as_str(), invariant.id)
                    });
                    let quiet = if engine == Engine::Check { Verdict::Holds } else { Verdict::HoldsWithinBound };
                    let verdict = if found.is_some() { Verdict::Broken } else { quiet };
                    let mut finding = finding(scenario, case, engine, invariant.id, verdict);
                    if let Some(found) = found {
                        finding.why = story::sentence(&found.breach);
                        finding.steps = Some(found.run.entries.len());
                        finding.capsule = Some(found.capsule.clone());
                    }
                    all.findings.push(finding);
                }
            }
            all.explored.push(explored(scenario, &design, Engine::Check));
            all.explored.push(explored(scenario, &design, Engine::Sim));
        }
    }
    let why = "no postgres on this machine; install it and run `trial check --on real`";
    all.not_run.push(NotRun { engine: Engine::Real, case: None, why: why.to_owned() });
    all.counterexamples = counterexamples;
    all
}

fn explored(scenario: &Scenario, design: &str, engine: Engine) -> Explored {
    let check = (engine == Engine::Check).then_some(1);
    Explored {
        scenario: scenario.id.clone(),
        design: design.to_owned(),
        engine,
        states: check.map(|n| n * 80_331),
        moves: check.map(|n| n * 191_204),
        depth: check.map(|n| n * 31),
        runs: if check.is_some() { None } else { Some(1_000) },
        not_reproduced: 0,
        complete: check.is_some(),
        missing: Vec::new(),
        never: Vec::new(),
        differs: Vec::new(),
        unseen: Vec::new(),
        seconds: 1.5,
    }
}

/// A report with something of everything: waits, lost replies, bars, an unknown and a verdict nobody expected.
pub fn preview() -> (Vec<Scenario>, Vec<ClaimAnswer>, Findings) {
    let scenarios = vec![crash(), unreachable(), two_traces()];
    let without = [("crash", false)];
    let away = redis_away(&scenarios[1], 0);
    let counterexamples = vec![
        stuck(&scenarios[0]).breaks(&scenarios[0].id, "progress", &without),
        away.breaks(&scenarios[1].id, "truth", &[("redis-unreachable", false)]),
        away.breaks(&scenarios[1].id, "converge", &[("redis-unreachable", false)]),
        lock_wait(&scenarios[2]).breaks(&scenarios[2].id, "progress", &[("lost-reply", true)]),
    ];
    let mut findings = findings(&scenarios, counterexamples);
    let odd = findings.findings.iter_mut().filter(|f| f.design == "p0-3-a" && f.invariant == "once");
    for finding in odd {
        finding.verdict = Verdict::Unknown;
        finding.as_expected = as_expected(Verdict::Unknown, Expected::Holds);
        finding.why = "stopped at 1,000,000 states".to_owned();
    }
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    let judged =
        judge(&claims::parse("claims.toml", CLAIMS, &ids).unwrap(), &scenarios, &findings, &claims::Runs::default());
    (scenarios, judged, findings)
}

const CLAIMS: &str = r#"
[[claim]]
id = "p0-3-1"
risk = "p0-3"
says = "A crash between the key and the commit leaves a key which no row answers for, and the client without an answer."
scenario = "p0-3-crash-between-steps"
invariant = "progress"
because = "Postgres undoes what its session had begun; nobody tells Redis."
expect = "confirmed"

[[claim]]
id = "p0-3-2"
risk = "p0-3"
says = "Such a crash takes the money twice."
scenario = "p0-3-crash-between-steps"
invariant = "once"
because = "What was taken was rolled back."
expect = "refuted"

[[claim]]
id = "p0-3-3"
risk = "p0-3"
says = "Two charges of one account leave the hash stale."
scenario = "p0-3-two-traces"
invariant = "converge"
elsewhere = { scenario = "p0-3-redis-away-at-t7", invariant = "converge" }
because = "Not by themselves: Redis has to go away as well."
expect = "confirmed"
"#;
