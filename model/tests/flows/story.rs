//! How a story of flows is played.

use model::flow::RequestPath;
use model::invariant;
use model::moves::{Move, NamedMove};
use model::reply::{Answer, Failure};
use model::row::{LedgerRow, QuotaRow, Request};
use model::run::{Entry, Run};
use model::schedule::until_rest;
use model::setup::{Premises, Requested, Setup};
use model::world::World;

use crate::exhaustive_walk::{WHOLE_PATH, acme, asked, beta, cold, held_by, lines, once, recharge, reverse};
use crate::stories::words::answers::answer;
use crate::stories::{Seen, Stage};

/// What a story begins with.
const FORMS: &str = "given DESIGN, and after commas what there is of: N gateways, usage path, whole path (of a cold hash and a budget of 50.00), account acme AMOUNT, account beta AMOUNT, faults KIND .., TRACE AMOUNT [of beta] [called NAME] [attempts N], \
stream TRACE held by AMOUNT, recharge TRACE AMOUNT, reverse TRACE of TRACE";

/// A world with all that has happened in it.
pub struct Played(pub Option<(Setup, World, Run)>);

impl Played {
    /// A story that has not begun.
    pub fn new() -> Played {
        Played(None)
    }
}

impl Stage for Played {
    fn act(&mut self, mv: &str) -> Result<Seen, String> {
        if let Some(given) = mv.strip_prefix("given ") {
            let setup = setup(given)?;
            let world = World::new(&setup);
            let run = Run { opening: world.books(&setup), entries: Vec::new() };
            self.0 = Some((setup, world, run));
            return Ok(Seen::default());
        }
        let (setup, world, run) = self.0.as_mut().ok_or_else(|| format!("`{mv}`: expected {FORMS}"))?;
        let (to_the_end, moves) = if mv == "until rest" {
            let all = until_rest(setup, &run.moves()).map_err(|why| why.to_string())?;
            (true, all[run.entries.len()..].to_vec())
        } else {
            (false, read(mv, setup)?)
        };
        let mut seen = Seen::default();
        if to_the_end {
            seen.then = lines(&moves, setup);
        }
        for mv in moves {
            let did = world.apply(setup, mv).map_err(|why| why.to_string())?;
            if did.reply.is_none() && did.call.is_some() && matches!(mv, Move::Step { .. }) && !to_the_end {
                "waits".clone_into(&mut seen.answer);
            }
            let woke = did.woke.iter().filter(|_| !to_the_end);
            seen.then.extend(woke.map(|(who, step, reply)| {
                format!(
                    "then {} goes on at {step} -> {}",
                    who.name(),
                    answer(*reply, &setup.opening(model::row::Tenant(0)))
                )
            }));
            run.entries.push(Entry { did, books: world.books(setup) });
        }
        Ok(seen)
    }

    fn end(&mut self) -> Vec<String> {
        let Some((setup, _, run)) = &self.0 else { return Vec::new() };
        let told = run.entries.iter().filter_map(|entry| Some((entry.did.request?, entry.did.client_answer?.answer)));
        let told: Vec<String> =
            told.map(|(request, answer)| format!("{} {}", called(setup, request), told_words(answer))).collect();
        let judgement = run.judge(setup);
        let broken = invariant::ALL.iter().zip(&judgement.results).filter(|(_, result)| result.breach.is_some());
        let broken: Vec<&str> = broken.map(|(invariant, _)| invariant.id).collect();
        let or = |all: String, none: &str| if all.is_empty() { none.to_owned() } else { all };
        vec![
            format!("told: {}", or(told.join(", "), "nothing")),
            format!("books: {}", books(setup, run)),
            format!("breaks: {}", or(broken.join(" "), "nothing")),
        ]
    }
}

/// The world that such words mean.
fn setup(given: &str) -> Result<Setup, String> {
    let mut items = given.split(", ");
    let design = items.next().unwrap_or_default().parse().map_err(|why| format!("{why}"))?;
    let mut premises = Premises::billing_only(Vec::new(), Vec::new(), 1);
    let mut faults = Vec::new();
    for item in items {
        let words: Vec<&str> = item.split(' ').collect();
        match words[..] {
            ["whole", "path"] => premises.path = WHOLE_PATH,
            ["usage", "path"] => premises.path = RequestPath { usage: true, ..RequestPath::default() },
            ["faults", ref kinds @ ..] => faults = kinds.to_vec(),
            [n, "gateways"] => premises.gateways = n.parse().map_err(|_| format!("`{n}`: expected a number"))?,
            ["account", "acme", balance] => premises.accounts.push(acme(balance)),
            ["account", "beta", balance] => {
                let balance = balance.parse().map_err(|_| format!("`{balance}`: expected an amount"))?;
                premises.accounts.push(model::setup::Account { balance, ..beta() });
            }
            ["stream", trace, "held", "by", estimate] => premises.requests.push(held_by(estimate, trace)),
            ["reverse", trace, "of", of] => premises.requests.push(reverse(trace, of)),
            ["recharge", trace, amount] => premises.requests.push(request(recharge(trace), amount, &[])?),
            [trace, amount, ref rest @ ..] => premises.requests.push(request(asked(trace), amount, rest)?),
            _ => return Err(format!("`{item}`: expected {FORMS}")),
        }
    }
    if premises.path == WHOLE_PATH {
        premises.accounts = premises.accounts.into_iter().map(cold).collect();
    }
    Setup::new(premises, once(&faults), design).map_err(|why| why.to_string())
}

fn request(like: Requested, amount: &str, mut rest: &[&str]) -> Result<Requested, String> {
    let amount = amount.parse().map_err(|_| format!("`{amount}`: expected an amount"))?;
    let mut it = Requested { amount: Some(amount), ..like };
    while let [key, word, ref more @ ..] = *rest {
        match key {
            "of" => word.clone_into(&mut it.account),
            "called" => it.name = Some(word.to_owned()),
            "attempts" => it.attempts = word.parse().map_err(|_| format!("`{word}`: expected a number"))?,
            other => return Err(format!("`{other}`: expected of, called or attempts")),
        }
        rest = more;
    }
    Ok(it)
}

/// The moves of a line: what one actor does may be several steps. The words are those of capsules.
fn read(line: &str, setup: &Setup) -> Result<Vec<Move>, String> {
    let (said, wins) = match line.strip_suffix(" wins").and_then(|line| line.rsplit_once(", ")) {
        Some((said, wins)) => (said, Some(wins.to_owned())),
        None => (line, None),
    };
    let words: Vec<&str> = said.split(' ').collect();
    let [actor, act, ref rest @ ..] = words[..] else {
        return Err(format!("`{line}`: expected an actor and what it does"));
    };
    let bare = named(actor, act);
    let owned = |word: &str| Some(word.to_owned());
    let named = match *rest {
        [] => vec![bare],
        [trace, "of", account, "to", to] => {
            vec![NamedMove { trace: owned(trace), account: owned(account), to: owned(to), ..bare }]
        }
        ["to", to] => vec![NamedMove { to: owned(to), ..bare }],
        [what, "of", account] => vec![NamedMove { what: owned(what), account: owned(account), ..bare }],
        [what, "of", trace, "of", account] => {
            vec![NamedMove { what: owned(what), trace: owned(trace), account: owned(account), ..bare }]
        }
        ref steps => {
            let step =
                |word: &&str| word.parse().map_err(|_| format!("`{word}`: expected a label such as Q5, T1 or reply"));
            let steps = steps.iter().map(step).collect::<Result<Vec<_>, String>>()?;
            steps.into_iter().map(|step| NamedMove { step: Some(step), ..bare.clone() }).collect()
        }
    };
    let last = named.len() - 1;
    let with_winner = named.into_iter().enumerate().map(|(place, named)| {
        let wins = if place == last { wins.clone() } else { None };
        NamedMove { wins, ..named }.resolve(setup).map_err(|why| why.to_string())
    });
    let moves = with_winner.collect::<Result<Vec<Move>, String>>()?;
    let written = lines(&moves, setup).join("\n");
    if written == line { Ok(moves) } else { Err(format!("`{line}`: expected `{written}`")) }
}

fn named(actor: &str, act: &str) -> NamedMove {
    let (actor, act) = (actor.to_owned(), act.to_owned());
    NamedMove { actor, act, step: None, trace: None, account: None, to: None, wins: None, what: None }
}

fn told_words(answer: Answer) -> String {
    match answer {
        Answer::Ok(_) => "ok".to_owned(),
        Answer::Refused(limit) => format!("refused ({})", Failure::Refused(limit).words()),
        Answer::Duplicate => "duplicate".to_owned(),
        Answer::Error(failure) => format!("error ({})", failure.words()),
    }
}

/// A request, with its account where there is more than one.
fn called(setup: &Setup, request: Request) -> String {
    of_account(setup, setup.request_name(request), &setup.requests[request.index()].account)
}

fn of_account(setup: &Setup, name: &str, account: &str) -> String {
    if setup.accounts.len() > 1 { format!("{name} of {account}") } else { name.to_owned() }
}

/// What the stores have in the end, a hash where it differs from its row, and the money that was really moved for each request.
fn books(setup: &Setup, run: &Run) -> String {
    let books = run.entries.last().map_or(&run.opening, |entry| &entry.books);
    let quota = |row: &QuotaRow| format!("{} v{}, {} counted", row.balance, row.version, row.daily_used);
    let accounts = setup.accounts.iter().zip(&books.tenants).flat_map(|(account, it)| {
        let (row, hash) = (quota(&it.quota), it.hash.map(|hash| quota(&hash.row)));
        let hash = hash.filter(|hash| *hash != row).map(|hash| format!("hash of {} {hash}", account.name));
        [Some(format!("{} {row}", account.name)), hash].into_iter().flatten()
    });
    let row = |(place, row): (usize, &Option<LedgerRow>)| {
        let row = (*row)?;
        let trace = of_account(setup, &setup.traces[place], setup.account_name(row.tenant));
        let by = books.writers[place].map(|by| format!(" by {}", setup.request_name(by))).unwrap_or_default();
        let kind = format!("{:?} {:?}", row.status, row.kind).to_lowercase();
        Some(format!("row {trace} {kind} {}{by}", row.amount))
    };
    let rows = books.rows.iter().enumerate().filter_map(row);
    let moved = books.requests.iter().enumerate();
    let moved = moved.map(|(place, it)| format!("{} moved {}", called(setup, Request(place as u8)), it.moved));
    let held = setup.keys.iter().zip(&books.keys).filter(|(_, key)| key.ttl.is_some());
    let held = held.map(|((request, trace), _)| {
        let account = &setup.requests[request.index()].account;
        format!("key of {} held", of_account(setup, &setup.traces[trace.index()], account))
    });
    accounts.chain(rows).chain(moved).chain(held).collect::<Vec<_>>().join("; ")
}
