//! A counterexample step by step: who did what to whom, in words that fit a terminal and a diagram.

mod asked;
mod replied;

use model::books::{Books, Occurrence};
use model::effect::{Call, Effect, Field};
use model::flow::Asking;
use model::moves::{Actor, Move, Place};
use model::reply::{Failure, Reply};
use model::row::{Kind, LedgerRow, Request, Status};
use model::run::{Entry, Run};
use model::setup::Setup;
use model::step::Step;

pub use replied::answer;

/// A lane of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// All clients.
    Client,
    /// One gateway, job, worker or task.
    Process(Actor),
    /// Postgres.
    Postgres,
    /// Redis.
    Redis,
}

/// How a reply came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Arrived,
    /// It was lost.
    Lost,
    /// The store refused or could not be reached.
    Refused,
    /// The statement waits.
    Waits,
    /// A fault struck the lane.
    Struck,
}

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The lane that acts.
    pub from: Lane,
    /// The lane that it reaches; the same lane for a fault, and for what happens outside both stores.
    pub to: Lane,
    /// How it ended.
    pub outcome: Outcome,
    /// The event in words.
    pub what: String,
}

/// The lanes of a run, left to right: clients, every gateway, the jobs that appear in it, the stores.
pub fn lanes(setup: &Setup, run: &Run) -> Vec<Lane> {
    let appears = |job: &Actor| {
        let acts = |did: &Occurrence| did.mv.actor() == Some(*job) || did.woke.iter().any(|(woken, ..)| woken == job);
        run.entries.iter().any(|entry| acts(&entry.did))
    };
    let gateways = (0..setup.gateways).map(Actor::Gateway);
    let jobs = setup.jobs().iter().copied().filter(appears);
    let mut lanes = vec![Lane::Client];
    lanes.extend(gateways.chain(jobs).map(Lane::Process));
    lanes.extend([Lane::Postgres, Lane::Redis]);
    lanes
}

impl Lane {
    /// The heading of the lane.
    pub fn name(self) -> String {
        match self {
            Lane::Client => "client".to_owned(),
            Lane::Process(actor) => actor.name(),
            Lane::Postgres => "postgres".to_owned(),
            Lane::Redis => "redis".to_owned(),
        }
    }

    /// A shorter heading, for little room.
    pub fn short_name(self) -> String {
        match self {
            Lane::Postgres => "pg".to_owned(),
            Lane::Process(Actor::CopyBack) => "copy".to_owned(),
            Lane::Process(Actor::Sweeper) => "sweep".to_owned(),
            lane => lane.name().replace("gateway-", "gw-").replace("worker-", "wk-"),
        }
    }

    /// The shortest heading: two or three characters.
    pub fn initials(self) -> String {
        match self {
            Lane::Client => "cl".to_owned(),
            Lane::Process(Actor::Sync) => "sy".to_owned(),
            Lane::Process(Actor::CopyBack) => "cp".to_owned(),
            Lane::Process(Actor::Sweeper) => "sw".to_owned(),
            Lane::Redis => "rd".to_owned(),
            lane => lane.short_name().replace("gw-", "g").replace("wk-", "w").replace("task-", "ta"),
        }
    }
}

/// Describes the move of the clock to the next change of a date.
fn passing(setup: &Setup, books: &Books) -> String {
    let Some(minute) = setup.calendar.minute(books.turn) else { return format!("the day changes to {}", books.today) };
    let mut said = format!("the clock passes to {} {:02}:{:02} UTC", books.today, minute / 60, minute % 60);
    for (account, tenant) in setup.accounts.iter().zip(&books.tenants) {
        let Some(zone) = &account.zone else { continue };
        said.push_str(&format!("; {} in {}: {}", account.name, zone.name, tenant.dates.local));
        if tenant.dates.by_offset != tenant.dates.local {
            said.push_str(&format!(", by the stored offset {}", tenant.dates.by_offset));
        }
    }
    said
}

/// Describes one move.
pub fn tell(setup: &Setup, entry: &Entry) -> Line {
    let did = &entry.did;
    if let Move::Send { request, gateway } = did.mv {
        let again = if did.again { "asks again" } else { "asks" };
        let what = format!("{} {again}: {}", setup.request_name(request), wish(setup, request));
        return line(Lane::Client, Lane::Process(Actor::Gateway(gateway)), Outcome::Arrived, what);
    }
    let Some(actor) = did.mv.actor().filter(|_| did.mv.description().is_empty()) else {
        return struck(struck_lane(did.mv), filled(setup, entry));
    };
    let own = Lane::Process(actor);
    let trace = did.request.map_or("", |request| setup.request_name(request));
    match did.client_answer {
        Some(given) => line(own, Lane::Client, Outcome::Arrived, format!("{trace} is told: {}", answer(given.answer))),
        None if did.call.is_none() && did.reply.is_none() && did.mv.step() == Some(Step::Reply) => {
            line(own, own, Outcome::Arrived, format!("{trace} ends, nobody hears it"))
        }
        None => step(setup, actor, did),
    }
}

/// The lane that a fault strikes.
fn struck_lane(mv: Move) -> Lane {
    match (whom(mv), mv.place()) {
        (Some(actor), _) => Lane::Process(actor),
        (None, Some(Place::Postgres)) => Lane::Postgres,
        (None, Some(Place::Redis)) => Lane::Redis,
        // Key expiry goes by the clock of Redis.
        (None, Some(Place::Clock)) if mv == Move::Expire => Lane::Redis,
        (None, Some(Place::Broker | Place::Clock) | None) => Lane::Client,
    }
}

/// The actor that a fault strikes; also the one whose clock it sets.
fn whom(mv: Move) -> Option<Actor> {
    if let Move::ClockSkew { gateway, .. } = mv { Some(Actor::Gateway(gateway)) } else { mv.actor() }
}

/// The description of a fault ([`Move::told`]) with its placeholders filled in.
fn filled(setup: &Setup, Entry { did, books }: &Entry) -> String {
    let evicted = if let Move::Evict(what) = did.mv { asked::evicted(setup, what) } else { String::new() };
    let name = |name: &str| match name {
        "evicted" => evicted.clone(),
        "actor" => whom(did.mv).map(Actor::name).unwrap_or_default(),
        "step" => did.mv.step().map(|step| step.to_string()).unwrap_or_default(),
        "after" => did.last.map(|last| format!(" (after {last})")).unwrap_or_default(),
        "woken" => woken(did),
        "what" => did.call.map_or(String::new(), |call| asked::words(setup, call.effect)),
        "request" => did.request.map_or("", |request| setup.request_name(request)).to_owned(),
        "clock" => passing(setup, books),
        other => panic!("no story knows of {other}"),
    };
    let mut parts = did.mv.description().split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (named, words) in parts.filter_map(|part| part.split_once('}')) {
        text += &name(named);
        text += words;
    }
    text
}

/// What a client wants.
fn wish(setup: &Setup, request: Request) -> String {
    let (charge, account) = (setup.input(request), &setup.requests[request.index()].account);
    match charge.asking {
        Asking::Charge => format!("charge {account} {}", charge.amount),
        Asking::Stream => format!("stream for {account}, {} in all", charge.amount),
        Asking::Recharge => format!("recharge {account} by {}", charge.amount),
        Asking::Reverse { of } => format!("give {} back to {account}", setup.traces[of.index()]),
        Asking::DailyQuota(quota) => format!("set daily quota of {account} to {quota}"),
    }
}

fn line(from: Lane, to: Lane, outcome: Outcome, what: String) -> Line {
    Line { from, to, outcome, what }
}

fn struck(lane: Lane, what: String) -> Line {
    line(lane, lane, Outcome::Struck, what)
}

fn step(setup: &Setup, actor: Actor, did: &Occurrence) -> Line {
    let own = Lane::Process(actor);
    let Some(Call { step, effect, .. }) = did.call else {
        return line(own, own, Outcome::Arrived, "goes on".to_owned());
    };
    let what = asked::words(setup, effect);
    let to = match effect {
        Effect::Pg(_) => Lane::Postgres,
        Effect::Redis(_) => Lane::Redis,
        Effect::Local(_) => own,
    };
    let (outcome, result) = match (did.mv, did.reply) {
        (Move::Unreachable { .. }, _) => (Outcome::Refused, Failure::RedisUnreachable.words().to_owned()),
        (Move::TimesOut { .. }, _) => (Outcome::Lost, "given up, it may still run".to_owned()),
        (Move::Lost { ran: true, .. }, _) => (Outcome::Lost, "done, but the reply is lost".to_owned()),
        (Move::Lost { ran: false, .. }, _) => (Outcome::Lost, "lost before it ran".to_owned()),
        (_, None) => (Outcome::Waits, "waits".to_owned()),
        (_, Some(Reply::Failed(failure))) => (Outcome::Refused, failure.words().to_owned()),
        (_, Some(reply)) => (Outcome::Arrived, replied::words(Some(effect), reply)),
    };
    let result = if result.is_empty() { result } else { format!(": {result}") };
    line(own, to, outcome, format!("{step} {what}{result}{}", woken(did)))
}

/// The processes that waited and go on due to this move, in words.
fn woken(did: &Occurrence) -> String {
    let each = did.woke.iter().map(|(actor, step, reply)| {
        let result = replied::words(None, *reply);
        let result = if result.is_empty() { "done".to_owned() } else { result };
        format!("; {} {step} goes on: {result}", actor.name())
    });
    each.collect()
}

/// The money columns: Postgres balance, ledger, Redis hash balance, keys; one text per cell. In the ledger a pending
/// row is in parentheses, a hold in square brackets, money that came in has a plus, a reversed charge is marked
/// `/back`.
pub fn money(setup: &Setup, books: &Books) -> [String; 4] {
    let tenants = || books.tenants.iter();
    let balance = tenants().map(|t| t.quota.balance.to_string()).collect::<Vec<_>>().join(" ");
    let ledger = books.rows.iter().flatten().map(in_the_ledger).collect::<Vec<_>>().join(" ");
    let cached = |hash: Option<model::store::redis::Hash>| match hash {
        Some(hash) if hash.fields.has(Field::Balance) => {
            hash.drifted.map_or_else(|| hash.row.balance.to_string(), |balance| balance.to_string())
        }
        Some(_) => "part".to_owned(),
        None => "-".to_owned(),
    };
    let hash = tenants().map(|t| cached(t.hash)).collect::<Vec<_>>().join(" ");
    let keys = books.keys.iter().filter(|key| key.ttl.is_some());
    let keys = keys.map(|key| setup.traces[key.trace.index()].clone()).collect::<Vec<_>>().join(" ");
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [balance, or_dash(ledger), hash, or_dash(keys)]
}

fn in_the_ledger(row: &LedgerRow) -> String {
    let plus = if row.effect() > model::money::Money::ZERO { "+" } else { "" };
    match row.status {
        _ if row.kind == Kind::Hold => format!("[{}]", row.amount),
        Status::Pending => format!("({plus}{})", row.amount),
        Status::Committed => format!("{plus}{}", row.amount),
        Status::Reversed => format!("{}/back", row.amount),
    }
}

/// The breach in one sentence with its numbers.
pub fn sentence(breach: &model::run::Breach) -> String {
    let figures = breach.figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value));
    figures.collect::<Vec<_>>().join(", ")
}
