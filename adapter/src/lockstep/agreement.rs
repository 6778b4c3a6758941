//! Checks whether the servers and the model agree, and describes the difference if they do not.

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
    /// The books from the servers. They must equal the model's, as must all values that the books omit. Ghosts are
    /// taken from the model.
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

    /// The error when the server chose otherwise this time.
    pub(super) fn not_reachable(&self, why: &str) -> RealError {
        RealError::NotReachable { number: self.number, why: why.to_owned(), again: true }
    }

    /// The error when no server can be made to do it.
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

/// How the line of a worker after a step compares to the reply of the model.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The line is the same.
    Agrees,
    /// In the model this session is the victim of a deadlock, but the server chose another one.
    OtherVictim,
    /// The different reply that the worker reported.
    Differs(String),
    /// A line that does not report a step.
    Unexpected(Line),
}

/// Compares the line of a worker with the step and the reply of the model.
pub(super) fn hold_against(step: Step, reply: Reply, line: Line) -> Heard {
    match line {
        Line::Did { did, reply: real } if did == step && real == reply => Heard::Agrees,
        // The timer of the other session was late.
        Line::Did { did, .. } if did == step && reply == DEADLOCK => Heard::OtherVictim,
        Line::Did { did, reply: real } if did == step => Heard::Differs(show(&real)),
        Line::Did { did, reply: real } => Heard::Differs(format!("{did}: {}", show(&real))),
        line => Heard::Unexpected(line),
    }
}

/// The first value that differs.
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

/// The model's books with every value that can be read from the servers replaced by the real one.
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
        // A key without a time to live never expires.
        book.ttl = key.map(|ttl| ttl.unwrap_or(Seconds(u32::MAX)));
    }
    books
}

/// Formats a value for an error.
pub(super) fn show(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests;
