//! Whether the servers and the model agree, and what to say when they do not.

use model::books::{Books, Occurrence};
use model::money::Money;
use model::moves::Actor;
use model::step::Step;

use crate::crew::CrewError;
use crate::engine::RealError;
use crate::lockstep::Lockstep;
use crate::worker::Line;

impl Lockstep<'_> {
    /// The books from the servers, which must be the model's. Whose money moved is told from the real balances.
    pub(super) async fn compare(&mut self, model: &Books, did: Option<&Occurrence>) -> Result<Books, RealError> {
        let clock = self.mirror.redis().clock();
        let mut real = self.real.observer.read(self.setup, &self.names, model, clock).await?;
        for (place, book) in real.requests.iter_mut().enumerate() {
            book.moved = self.books.as_ref().map_or(Money::ZERO, |books| books.requests[place].moved);
        }
        if let (Some(before), Some(request)) = (&self.books, did.and_then(|did| did.request)) {
            let taken = before.tenants.iter().zip(&real.tenants).map(|(a, b)| a.quota.balance - b.quota.balance).sum();
            let moved = &mut real.requests[request.index()].moved;
            *moved = *moved + taken;
        }
        self.agree("tenant", &model.tenants, &real.tenants)?;
        self.agree("ledger row", &model.rows, &real.rows)?;
        self.agree("request", &model.requests, &real.requests)?;
        self.books = Some(real.clone());
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

    pub(super) fn not_reachable(&self, why: &str) -> RealError {
        RealError::NotReachable { number: self.number, why: why.to_owned() }
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

/// A value in an error.
pub(super) fn show(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
