//! How a story of Postgres is played.

use model::day::Day;
use model::money::Money;
use model::row::{BudgetRow, KeyRow, QuotaRow, Tenant, TraceId, Unit};
use model::store::postgres::{Opening, Postgres, StatementResult};
use model::store::versioned::SessionId;

use crate::stories::words::answers::{answer, quota_words, row_words};
use crate::stories::words::statements::{Action, LETTERS, What, letter, session};
use crate::stories::words::{TENANTS, TRACES, rows};
use crate::stories::{Seen, Stage};

/// The quota that both tenants begin with.
pub fn opening() -> QuotaRow {
    let today: Day = "2026-01-31".parse().unwrap();
    QuotaRow {
        balance: money("100.00"),
        daily_quota: 10,
        monthly_quota: 10,
        daily_reset_at: Some(today),
        monthly_reset_at: Some(today.month()),
        ..QuotaRow::default()
    }
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// A server with two such tenants, two traces and three sessions. A key may spend 50.00, its budget counts cents.
pub fn server(quota: QuotaRow) -> Postgres {
    let key = KeyRow { limit: Some(money("50.00")), used: money("1.00") };
    let budget = BudgetRow { total: Some(5_000), used: 0, unit: Unit::Cents };
    let (quotas, keys, budgets) = ([quota; 2], [key; 2], [budget; 2]);
    Postgres::new(&Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: 2, sessions: LETTERS.len() })
}

/// A server, and the quota that it began with.
pub struct Played {
    pg: Postgres,
    given: QuotaRow,
}

impl Played {
    pub fn new() -> Played {
        Played { pg: server(opening()), given: opening() }
    }

    fn carry_out(&mut self, mv: &str) -> Result<String, String> {
        if mv == "postgres restarts" {
            let waited: Vec<&str> = self.pg.restart().iter().map(|who| letter(*who)).collect();
            let waited = if waited.is_empty() { "nobody".to_owned() } else { waited.join(", ") };
            return Ok(format!("ended the wait of {waited}"));
        }
        let action = Action::read(mv, &self.given)?;
        let written = action.words(&self.given);
        if written != mv {
            return Err(format!("`{mv}`: expected `{written}`"));
        }
        let (pg, who) = (&mut self.pg, action.session);
        Ok(match action.what {
            What::Asks(op) => match pg.execute(who, op) {
                StatementResult::Done(reply) => answer(reply, &self.given),
                StatementResult::Waits => "waits".to_owned(),
            },
            What::Crashes => {
                pg.disconnect(who);
                "gone".to_owned()
            }
            What::GivesUp if pg.waiting(who).is_none() => "does not wait".to_owned(),
            What::GivesUp => answer(pg.give_up(who), &self.given),
            What::SitsIdle => {
                pg.drop_idle(who);
                if pg.in_transaction(who) { "ended, unknown to it" } else { "left alone" }.to_owned()
            }
        })
    }

    /// Those whose wait could end go on, this one first.
    fn go_on(&mut self, mut first: Option<SessionId>) -> Result<Vec<String>, String> {
        let mut then = Vec::new();
        while let Some(next) = first.take().or(self.pg.ready().first().copied()) {
            let who = letter(next);
            if !self.pg.ready().contains(&next) {
                return Err(format!("nothing lets {who} go on"));
            }
            assert!(then.len() < LETTERS.len(), "no end of those who go on");
            let reply = self.pg.take_up(next).map_or("waits".to_owned(), |reply| answer(reply, &self.given));
            then.push(format!("then {who} goes on -> {reply}"));
        }
        Ok(then)
    }
}

impl Stage for Played {
    fn act(&mut self, mv: &str) -> Result<Seen, String> {
        if let Some(changed) = mv.strip_prefix("given ") {
            let changed: Vec<&str> = changed.split(' ').collect();
            self.given = rows::read(&changed, &opening())?;
            self.pg = server(self.given);
            return Ok(Seen::default());
        }
        let (mv, first) = match mv.strip_suffix(" wins").and_then(|mv| mv.rsplit_once(", ")) {
            Some((mv, who)) => (mv, Some(session(who)?)),
            None => (mv, None),
        };
        Ok(Seen { answer: self.carry_out(mv)?, then: self.go_on(first)? })
    }

    fn end(&mut self) -> Vec<String> {
        let pg = &self.pg;
        let tenants = || TENANTS.iter().enumerate().map(|(i, name)| (Tenant(i as u8), name));
        let quotas = tenants().map(|(tenant, name)| (name, pg.quota(tenant))).filter(|(_, row)| row.version > 0);
        let quotas = quotas.map(|(name, row)| format!("{name} {}", quota_words(&row, &self.given)));
        let row = |(i, name)| pg.row(TraceId(i as u8)).map(|row| format!("{name} {}", row_words(&row)));
        let rows = TRACES.iter().enumerate().filter_map(row);
        let budgets = tenants().map(|(tenant, name)| (name, pg.budget(tenant).used)).filter(|(_, used)| *used != 0);
        let budgets = budgets.map(|(name, used)| format!("{name} spent {used} cents"));
        let usage = tenants().map(|(tenant, name)| (name, pg.usage(tenant))).filter(|(_, usage)| usage.requests > 0);
        let usage = usage.map(|(name, usage)| format!("{name} used {} for {}", usage.requests, usage.cost));
        let all: Vec<String> = quotas.chain(rows).chain(budgets).chain(usage).collect();
        vec![format!("committed: {}", if all.is_empty() { "nothing".to_owned() } else { all.join("; ") })]
    }
}
