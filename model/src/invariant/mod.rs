//! The invariants: each a sentence, a reason in terms of money, and a function over one move with the books on both
//! sides of it.

mod budget;
mod cache_bound;
mod cache_form;
mod chain;
mod conserve;
mod converge;
mod count_exact;
mod count_limit;
mod exact;
mod fail_mode;
mod floor;
mod guarded;
mod hold_release;
mod in_doubt;
mod isolated;
mod key;
mod metered;
mod monotone;
mod no_early_effect;
mod no_false_refusal;
mod no_pending;
mod once;
mod progress;
mod recover;
mod reversal;
mod rollover;
mod row_iff_money;
mod status;
mod tenant;
mod truth;
mod unit;
mod usage;

use serde::{Deserialize, Serialize};

use crate::books::{Books, Edge};
use crate::row::{Request, Tenant};
use crate::setup::Setup;

/// When an invariant is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In every reachable state and on every move.
    Always,
    /// Only with nothing in flight, clients done, jobs run, stores healthy.
    AtRest,
    /// Always where the design claims to keep it in the charge's own step or transaction, else at rest; the function
    /// decides by the design's policies.
    AsClaimed,
}

impl When {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            When::Always => "always",
            When::AtRest => "at rest",
            When::AsClaimed => "always where the design claims it, else at rest",
        }
    }
}

/// What a breach of an invariant harms: one of three kinds, by which results are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Money is taken, given away or lost.
    Money,
    /// A client gets a wrong answer, grant or refusal.
    Answers,
    /// A cache or a record is not what it should be, and may harm later.
    Records,
}

impl Concern {
    /// All, the gravest first.
    pub const ALL: [Concern; 3] = [Concern::Money, Concern::Answers, Concern::Records];

    /// How grave it is: 0 is the gravest.
    pub fn rank(self) -> u8 {
        match self {
            Concern::Money => 0,
            Concern::Answers => 1,
            Concern::Records => 2,
        }
    }

    /// The heading in tables.
    pub fn words(self) -> &'static str {
        match self {
            Concern::Money => "money",
            Concern::Answers => "answers",
            Concern::Records => "cache and records",
        }
    }
}

/// What a breach concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A tenant's books.
    Tenant(Tenant),
    /// A logical request.
    Request(Request),
}

/// The result of evaluating an invariant on one move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// It is not evaluated on this move.
    NotEvaluated,
    /// Evaluated, but the move could not have broken it: what it is about was absent.
    Vacuous,
    /// Non-vacuous: the move could have broken it, and did not.
    Held,
    /// It is broken.
    Broken(Subject),
}

impl Evaluation {
    /// The more severe of two evaluations of the same move.
    pub fn and(self, other: Evaluation) -> Evaluation {
        let severity = |evaluation: Evaluation| match evaluation {
            Evaluation::NotEvaluated => 0,
            Evaluation::Vacuous => 1,
            Evaluation::Held => 2,
            Evaluation::Broken(_) => 3,
        };
        if severity(other) > severity(self) { other } else { self }
    }

    /// `Broken` for a subject that breaks it, `Held` for one that could have, else `Vacuous`.
    fn judge(subject: Subject, non_vacuous: bool, holds: bool) -> Evaluation {
        match (non_vacuous, holds) {
            (_, false) => Evaluation::Broken(subject),
            (true, true) => Evaluation::Held,
            (false, true) => Evaluation::Vacuous,
        }
    }
}

/// One number of a broken equation, with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is, such as `balance of acme`.
    pub name: String,
    /// Its value, money with its decimals.
    pub value: String,
}

impl Figure {
    fn new(name: impl Into<String>, value: impl ToString) -> Figure {
        Figure { name: name.into(), value: value.to_string() }
    }
}

/// One statement that must hold.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// As commands and JSON spell it.
    pub id: &'static str,
    /// The plain sentence.
    pub sentence: &'static str,
    /// Why it matters, in terms of money.
    pub reason: &'static str,
    /// What its breach harms.
    pub concerns: Concern,
    /// When it is judged.
    pub when: When,
    /// The function.
    pub evaluation: fn(&Edge<'_>) -> Evaluation,
    /// The numbers of the equation that a subject breaks.
    pub figures: fn(&Edge<'_>, Subject, &Setup) -> Vec<Figure>,
}

/// All invariants, in the order of reports.
pub const ALL: &[Invariant] = &[
    conserve::INVARIANT,
    once::INVARIANT,
    exact::INVARIANT,
    row_iff_money::INVARIANT,
    chain::INVARIANT,
    floor::INVARIANT,
    budget::INVARIANT,
    usage::INVARIANT,
    metered::INVARIANT,
    hold_release::INVARIANT,
    fail_mode::INVARIANT,
    count_limit::INVARIANT,
    count_exact::INVARIANT,
    rollover::INVARIANT,
    monotone::INVARIANT,
    guarded::INVARIANT,
    unit::INVARIANT,
    status::INVARIANT,
    no_pending::INVARIANT,
    reversal::INVARIANT,
    tenant::INVARIANT,
    truth::INVARIANT,
    no_false_refusal::INVARIANT,
    in_doubt::INVARIANT,
    key::INVARIANT,
    progress::INVARIANT,
    recover::INVARIANT,
    converge::INVARIANT,
    cache_form::INVARIANT,
    cache_bound::INVARIANT,
    no_early_effect::INVARIANT,
    isolated::INVARIANT,
];

/// The invariant of that id.
pub fn find(id: &str) -> Option<&'static Invariant> {
    ALL.iter().find(|invariant| invariant.id == id)
}

/// No invariant has that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown invariant `{0}`; expected one of {valid}", valid = ids().join(", "))]
pub struct UnknownInvariant(pub String);

/// As [`find`], for an id that a person wrote.
///
/// # Errors
/// The ids there are.
pub fn known(id: &str) -> Result<&'static Invariant, UnknownInvariant> {
    find(id).ok_or_else(|| UnknownInvariant(id.to_owned()))
}

fn ids() -> Vec<&'static str> {
    ALL.iter().map(|invariant| invariant.id).collect()
}

/// The place of an id in [`ALL`].
pub fn place(id: &str) -> Option<usize> {
    ALL.iter().position(|invariant| invariant.id == id)
}

impl Invariant {
    /// Judges one move.
    pub fn judge(&self, edge: &Edge<'_>) -> Evaluation {
        match self.when {
            When::AtRest if !edge.after.at_rest => Evaluation::NotEvaluated,
            When::AtRest | When::Always | When::AsClaimed => (self.evaluation)(edge),
        }
    }
}

fn each_tenant(books: &Books, mut evaluation: impl FnMut(Tenant) -> Evaluation) -> Evaluation {
    (0..books.tenants.len() as u8).map(|t| evaluation(Tenant(t))).fold(Evaluation::NotEvaluated, Evaluation::and)
}

fn each_request(books: &Books, mut evaluation: impl FnMut(Request) -> Evaluation) -> Evaluation {
    (0..books.requests.len() as u8).map(|r| evaluation(Request(r))).fold(Evaluation::NotEvaluated, Evaluation::and)
}

fn tenant_of(books: &Books, subject: Subject) -> Tenant {
    match subject {
        Subject::Tenant(tenant) => tenant,
        Subject::Request(request) => books.requests[request.index()].tenant,
    }
}

fn subject_request(subject: Subject) -> Option<Request> {
    if let Subject::Request(request) = subject { Some(request) } else { None }
}
