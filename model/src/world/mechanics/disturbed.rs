//! What disturbs an attempt, so that its client may ask once more: a scenario grants its clients undisturbed attempts.

use crate::moves::Actor;
use crate::setup::Setup;
use crate::world::mechanics::{Attempt, Mechanics};

impl Attempt {
    /// A fault or another attempt of the request interfered, or it waited for one of its tenant that was warming up: a
    /// wait takes no time here, so it may end before the other attempt has moved.
    pub(super) fn was_disturbed(&self) -> bool {
        (self.touched && self.returns) || self.overlapped || self.waited
    }
}

impl Mechanics {
    pub(super) fn touch(&mut self, actor: Actor) {
        if let Some(attempt) = self.attempt_mut(actor) {
            attempt.touched = true;
        }
    }

    pub(super) fn touch_all(&mut self) {
        self.gateways.iter_mut().flatten().for_each(|attempt| attempt.touched = true);
    }

    /// An attempt has taken the lock of a warm-up.
    pub(super) fn has_warm_lock(&mut self, actor: Actor) {
        if let Some(attempt) = self.attempt_mut(actor) {
            attempt.warms_up = true;
        }
    }

    /// An attempt has waited a moment: notes whether it waited for one of its tenant that is alive and warms up, and
    /// that may have ended before this one answers. Two that wait for the lock of a dead one do not wait for each
    /// other.
    pub(super) fn has_waited(&mut self, setup: &Setup, actor: Actor) {
        let Actor::Gateway(n) = actor else { return };
        let tenant_of = |attempt: &Attempt| setup.input(attempt.request).tenant;
        let Some(tenant) = self.attempt(n).map(tenant_of) else { return };
        let mut in_flight = self.gateways.iter().flatten();
        let living = in_flight.any(|attempt| attempt.warms_up && tenant_of(attempt) == tenant);
        if let Some(attempt) = self.attempt_mut(actor) {
            attempt.waited |= living;
        }
    }

    fn attempt_mut(&mut self, actor: Actor) -> Option<&mut Attempt> {
        let Actor::Gateway(n) = actor else { return None };
        self.gateways[usize::from(n)].as_deref_mut()
    }
}
