//! Whether the servers and the model agree, and what to say when they do not.

use model::books::{Books, Cached};
use model::effect::Seconds;
use model::moves::Actor;
use model::reply::Reply;
use model::step::Step;
use model::store::redis::Hash;

use crate::contents::{Contents, ToLive};
use crate::error::RealError;
use crate::lockstep::{DEADLOCK, Lockstep};
use crate::tables::Tables;
use crate::worker::Line;
use crate::worker_pool::WorkerPoolError;

impl Lockstep<'_> {
    /// The books from the servers, which must be the model's, as must all that the books leave out. Ghosts are the
    /// model's.
    pub(super) async fn compare(&mut self) -> Result<Books, RealError> {
        let model = self.mirror.books(self.setup);
        let expected = Contents::of(self.mirror.redis(), &self.names);
        let (tables, contents) = self.real.observer.look(&self.names, &expected).await?;
        let real = books(&model, &tables, &contents, self.mirror.redis().clock());
        match differ(&model, &real, &expected, &contents) {
            Some(Difference { what, model, server }) => Err(self.disagrees(what, model, server)),
            None => Ok(real),
        }
    }

    pub(super) fn disagrees(&self, what: String, model: impl ToString, server: impl ToString) -> RealError {
        RealError::Disagrees { number: self.number, what, model: model.to_string(), server: server.to_string() }
    }

    /// The server chose otherwise this time.
    pub(super) fn not_reachable(&self, why: &str) -> RealError {
        RealError::NotReachable { number: self.number, why: why.to_owned(), again: true }
    }

    /// No server can be brought to it.
    pub(super) fn never_reachable(&self, why: &str) -> RealError {
        RealError::NotReachable { number: self.number, why: why.to_owned(), again: false }
    }

    pub(super) fn raced(&self, error: WorkerPoolError) -> RealError {
        match error {
            WorkerPoolError::OutOfTurn(_) => self.not_reachable(&error.to_string()),
            other => other.into(),
        }
    }

    pub(super) fn unexpected(&self, actor: Actor, step: Step, line: Line) -> RealError {
        match line {
            Line::Broken { broken } => RealError::Worker { number: self.number, why: broken },
            line => self.disagrees(format!("{step} of {}", actor.name()), "it is done", format!("{line:?}")),
        }
    }
}

/// How what a worker says after a step stands to what the model has it say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The same.
    Agrees,
    /// The model has this session be the victim of a deadlock, and the server chose another one.
    OtherVictim,
    /// What it says instead.
    Differs(String),
    /// It has done no step.
    Unexpected(Line),
}

/// Holds what a worker says against the step and the reply of the model.
pub(super) fn hold_against(step: Step, reply: Reply, line: Line) -> Heard {
    match line {
        Line::Did { did, reply: real } if did == step && real == reply => Heard::Agrees,
        // Its timer was late.
        Line::Did { did, .. } if did == step && reply == DEADLOCK => Heard::OtherVictim,
        Line::Did { did, reply: real } if did == step => Heard::Differs(show(&real)),
        Line::Did { did, reply: real } => Heard::Differs(format!("{did}: {}", show(&real))),
        line => Heard::Unexpected(line),
    }
}

/// The first thing that both have otherwise.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    what: String,
    model: String,
    server: String,
}

/// Compares everything that can be read from the servers.
fn differ(model: &Books, real: &Books, expected: &Contents, found: &Contents) -> Option<Difference> {
    first("tenant", &model.tenants, &real.tenants)
        .or_else(|| first("ledger row", &model.rows, &real.rows))
        .or_else(|| first("idempotency key", &model.keys, &real.keys))
        .or_else(|| first("what redis holds of tenant", &expected.tenants, &found.tenants))
}

fn first<T: PartialEq + std::fmt::Debug>(what: &str, model: &[T], real: &[T]) -> Option<Difference> {
    let at = model.iter().zip(real).position(|(model, real)| model != real)?;
    Some(Difference { what: format!("{what} {}", at + 1), model: show(&model[at]), server: show(&real[at]) })
}

/// The model's books with everything in them that can be read from the servers.
fn books(model: &Books, tables: &Tables, contents: &Contents, clock: Seconds) -> Books {
    let mut books = model.clone();
    let deadline = |ttl: ToLive| ttl.map(|ttl| Seconds(clock.0.saturating_add(ttl.0)));
    for ((book, rows), there) in books.tenants.iter_mut().zip(&tables.tenants).zip(&contents.tenants) {
        (book.quota, book.key, book.budget, book.usage) = (rows.quota, rows.key, rows.budget, rows.usage);
        book.hash = there.hash.map(|(hash, ttl)| Hash { deadline: deadline(ttl), ..hash });
        book.counter = there.budget.map(|(value, ttl)| Cached { value, expires: ttl.is_some() });
        book.principal = there.principal.map(|(value, ttl)| Cached { value, expires: ttl.is_some() });
    }
    for (book, row) in books.rows.iter_mut().zip(&tables.rows) {
        *book = *row;
    }
    for (book, key) in books.keys.iter_mut().zip(&contents.keys) {
        // A key without a time to live would live for ever.
        book.ttl = key.map(|ttl| ttl.unwrap_or(Seconds(u32::MAX)));
    }
    books
}

/// A value in an error.
pub(super) fn show(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests;
