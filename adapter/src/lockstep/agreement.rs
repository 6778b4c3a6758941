//! Whether the servers and the model agree, and what to say when they do not.

use model::books::{Books, Cached};
use model::effect::Seconds;
use model::moves::Actor;
use model::step::Step;
use model::store::redis::Hash;

use crate::contents::{Contents, ToLive};
use crate::crew::CrewError;
use crate::engine::RealError;
use crate::lockstep::Lockstep;
use crate::tables::Tables;
use crate::worker::Line;

impl Lockstep<'_> {
    /// The books from the servers, which must be the model's, as must all that the books leave out. Ghosts are the
    /// model's.
    pub(super) async fn compare(&mut self) -> Result<Books, RealError> {
        let model = self.mirror.books(self.setup);
        let expected = Contents::of(self.mirror.redis(), &self.names);
        let (tables, contents) = self.real.observer.look(&self.names, &expected).await?;
        let real = books(&model, &tables, &contents, self.mirror.redis().clock());
        self.agree("tenant", &model.tenants, &real.tenants)?;
        self.agree("ledger row", &model.rows, &real.rows)?;
        self.agree("idempotency key", &model.keys, &real.keys)?;
        self.agree("what redis holds of tenant", &expected.tenants, &contents.tenants)?;
        Ok(real)
    }

    fn agree<T: PartialEq + std::fmt::Debug>(&self, what: &str, model: &[T], real: &[T]) -> Result<(), RealError> {
        match model.iter().zip(real).position(|(model, real)| model != real) {
            Some(at) => Err(self.disagrees(format!("{what} {}", at + 1), show(&model[at]), show(&real[at]))),
            None => Ok(()),
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

    pub(super) fn raced(&self, error: CrewError) -> RealError {
        match error {
            CrewError::OutOfTurn(_) => self.not_reachable(&error.to_string()),
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
