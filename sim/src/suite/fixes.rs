//! What each proposed fix achieves: what it cures, keeps and breaks, compared with the original in every scenario in
//! which both are known.

use std::collections::BTreeSet;

use model::invariant::{self, Concern};
use model::presets::{AS_REPORTED, PRESETS, Preset};
use model::risk::Risk;

use crate::suite::claims::Claim;
use crate::suite::findings_index::{FindingsIndex, case_of, design};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Findings, Verdict};

/// An invariant in a scenario, and its counterexample if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the invariant.
    pub invariant: &'static str,
    /// The design that breaks it, as findings name it.
    pub design: String,
    /// Number of moves of the counterexample.
    pub steps: Option<usize>,
    /// Whether there is a counterexample to show.
    pub shown: bool,
    /// Whether the fix was proposed for it: the scenario belongs to the fix's risk, and a claim that the fixes of this
    /// risk aim at is about this invariant.
    pub aimed: bool,
}

impl Spot {
    /// What its breach harms.
    pub fn concerns(&self) -> Concern {
        invariant::find(self.invariant).map_or(Concern::Records, |invariant| invariant.concerns)
    }
}

/// A fix, compared with the original.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The preset.
    pub preset: &'static Preset,
    /// Its risk.
    pub risk: Risk,
    /// The original breaks it and the fix does not.
    pub cured: Vec<Spot>,
    /// Both break it. From scenarios of other risks only if the fix changes the world there.
    pub kept: Vec<Spot>,
    /// The fix breaks what the original holds; worst first.
    pub new: Vec<Spot>,
    /// Comparisons that could not be made because one of the two is unknown.
    pub unknown: usize,
    /// Comparisons that were made.
    pub compared: usize,
    /// Scenarios in which the original was explored and the fix was not.
    pub missing: usize,
}

/// The value of a fix, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It cures what it was proposed for and breaks nothing new.
    Works,
    /// It cures some of it and breaks nothing new.
    Partly,
    /// It cures none of it and breaks nothing new.
    Useless,
    /// It breaks what the original holds; this is the gravest concern among those breaches.
    Harms(Concern),
    /// Nothing speaks against it, but not everything is known.
    Unknown,
}

impl Worth {
    /// The word, as reports print it.
    pub fn word(self) -> &'static str {
        match self {
            Worth::Works => "works",
            Worth::Partly => "in part",
            Worth::Useless => "no cure",
            Worth::Harms(Concern::Money) => "harms money",
            Worth::Harms(Concern::Answers) => "harms answers",
            Worth::Harms(Concern::Records) => "harms records",
            Worth::Unknown => "not known",
        }
    }
}

/// Compares every preset that is a fix of some risk, in the order of the presets; the scenarios of its own risk come
/// first.
pub fn compare(scenarios: &[Scenario], claims: &[Claim], findings: &Findings) -> Vec<Fix> {
    let index = FindingsIndex::new(findings);
    let fixes = PRESETS.iter().filter_map(|preset| Some((preset, preset.risk?)));
    fixes.map(|(preset, risk)| one(preset, risk, scenarios, claims, &index)).collect()
}

fn one(
    preset: &'static Preset,
    risk: Risk,
    scenarios: &[Scenario],
    claims: &[Claim],
    index: &FindingsIndex<'_>,
) -> Fix {
    let about =
        claims.iter().filter(|claim| preset.is_fix_of(claim.risk) && claim.aimed && claim.design == AS_REPORTED);
    let aims: BTreeSet<&str> = about.map(|claim| claim.at.invariant.as_str()).collect();
    let mut fix = Fix { preset, risk, cured: vec![], kept: vec![], new: vec![], unknown: 0, compared: 0, missing: 0 };
    let is_own = |scenario: &&Scenario| preset.is_fix_of(scenario.risk);
    let (own, others): (Vec<&Scenario>, Vec<&Scenario>) = scenarios.iter().partition(is_own);
    for (scenario, own) in own.into_iter().map(|s| (s, true)).chain(others.into_iter().map(|s| (s, false))) {
        let looked = |name: &str| {
            let speaks = design(case_of(scenario, name)?);
            (!index.of(&scenario.id, &speaks).is_empty()).then_some(speaks)
        };
        let Some(before) = looked(AS_REPORTED) else { continue };
        let Some(after) = looked(preset.name) else {
            fix.missing += 1;
            continue;
        };
        // Where the path does not meet the fix, nothing can change, which need not be reported.
        if before == after && !own {
            continue;
        }
        for invariant in invariant::ALL {
            let verdict = |design: &str| index.verdict(&scenario.id, design, invariant.id);
            let (was, is) = (verdict(&before), verdict(&after));
            if was.is_none() && is.is_none() {
                continue;
            }
            // An invariant that could not have failed in a world has no verdict there; it counts as not broken.
            let (was, is) = (was.unwrap_or(Verdict::Holds), is.unwrap_or(Verdict::Holds));
            fix.compared += 1;
            let aimed = own && aims.contains(invariant.id);
            let spot = |design: &String| Spot {
                scenario: scenario.id.clone(),
                invariant: invariant.id,
                design: design.clone(),
                steps: index.breach(&scenario.id, design, invariant.id).and_then(|finding| finding.steps),
                shown: index.counterexamples(&scenario.id, design).iter().any(|it| it.breach.invariant == invariant.id),
                aimed,
            };
            match (was, is) {
                (Verdict::Unknown, _) | (_, Verdict::Unknown) => fix.unknown += 1,
                (Verdict::Broken, Verdict::Broken) => fix.kept.push(spot(&after)),
                (Verdict::Broken, _) => fix.cured.push(spot(&before)),
                (_, Verdict::Broken) => fix.new.push(spot(&after)),
                _ => {}
            }
        }
    }
    // The sort is stable: the scenarios of its own risk stay first within an invariant.
    fix.new.sort_by_key(|spot| (spot.concerns().rank(), invariant::place(spot.invariant), spot.steps));
    fix
}

impl Fix {
    /// Of the breaches that it was proposed for: how many it cures, and how many there are.
    pub fn aimed(&self) -> (usize, usize) {
        let aimed = |spots: &[Spot]| spots.iter().filter(|spot| spot.aimed).count();
        (aimed(&self.cured), aimed(&self.cured) + aimed(&self.kept))
    }

    /// Whether it cures everything it was proposed for, breaks nothing new, and nothing of that is unknown.
    pub fn works(&self) -> bool {
        let (cured, all) = self.aimed();
        all > 0 && cured == all && self.new.is_empty() && self.unknown == 0 && self.missing == 0
    }

    /// The value of the fix.
    pub fn worth(&self) -> Worth {
        let (cured, all) = self.aimed();
        match (cured, self.new.iter().map(Spot::concerns).min_by_key(|concern| concern.rank())) {
            _ if self.works() => Worth::Works,
            (_, Some(gravest)) => Worth::Harms(gravest),
            (0, None) if all > 0 => Worth::Useless,
            _ if cured < all => Worth::Partly,
            _ => Worth::Unknown,
        }
    }

    /// Number of breaches of one kind in what was compared: under the original, and under the fix.
    pub fn breaches(&self, kind: Concern) -> (usize, usize) {
        let of = |spots: &[Spot]| spots.iter().filter(|spot| spot.concerns() == kind).count();
        (of(&self.cured) + of(&self.kept), of(&self.kept) + of(&self.new))
    }

    /// The three worst new breaches, each of a different invariant as far as possible.
    pub fn worst(&self) -> Vec<&Spot> {
        let mut worst: Vec<&Spot> = Vec::new();
        for spot in &self.new {
            if worst.iter().all(|other| other.invariant != spot.invariant) {
                worst.push(spot);
            }
        }
        worst.extend(self.new.iter().filter(|spot| !worst.contains(spot)).collect::<Vec<_>>());
        worst.truncate(3);
        worst
    }

    /// The conclusion in one line.
    pub fn conclusion(&self) -> String {
        let (cured, all) = self.aimed();
        let new = self.new.len();
        let aim = match (cured, all) {
            _ if self.compared == 0 => return "nothing is known of it".to_owned(),
            (_, 0) => "what it was proposed for does not break".to_owned(),
            (cured, all) if cured == all => "cures what it was proposed for".to_owned(),
            (0, all) => format!("cures none of the {all} it was proposed for"),
            (cured, all) => format!("cures {cured} of the {all} it was proposed for, keeps {}", all - cured),
        };
        let and = if cured == all && all > 0 && new == 0 { " and" } else { "," };
        let breaks = if new == 0 { "breaks nothing new".to_owned() } else { format!("breaks {new} new") };
        let unknown = if self.unknown == 0 { String::new() } else { format!("; {} not known", self.unknown) };
        let missing = match self.missing {
            0 => String::new(),
            1 => "; not looked at in 1 scenario".to_owned(),
            n => format!("; not looked at in {n} scenarios"),
        };
        format!("{aim}{and} {breaks}{unknown}{missing}")
    }
}
