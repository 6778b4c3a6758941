//! A case on model and server at once: after each action the server must be in a state that the model allows.

use std::time::{Duration, Instant};

use model::effect::PgOp;
use model::reply::{Failure, Reply};
use model::store::versioned::SessionId;

use super::action::{Action, SESSIONS, What, answer, letter, quota};
use super::allowed::{Allowed, State};
use super::bench::{Bench, Observation};
use super::rules::Rules;
use crate::found::file;

/// How long what is seen may differ from all that is allowed, though nothing moves.
const DIFFERS_FOR: Duration = Duration::from_millis(500);
/// How long a session may neither answer nor wait for a lock: a machine can be slow, which is no difference.
const BUSY_FOR: Duration = Duration::from_secs(10);

/// A case that is being played.
pub struct Case<'a> {
    bench: &'a mut Bench,
    rules: Rules,
    /// The states that explain all that was seen. There is more than one where what tells them apart is not seen yet.
    states: Vec<State>,
    actions: Vec<Action>,
    story: String,
    pub counted: Counted,
}

/// What cases have met.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub actions: u64,
    pub waits: u64,
    pub deadlocks: u64,
    pub races: u64,
}

impl<'a> Case<'a> {
    pub async fn new(bench: &'a mut Bench, rules: Rules) -> Case<'a> {
        bench.reset().await;
        let states = vec![State::first()];
        Case { bench, rules, states, actions: Vec::new(), story: String::new(), counted: Counted::default() }
    }

    /// A generated case, and then the end of all that is open.
    pub async fn play(mut self, picks: &[u16]) -> Result<Counted, String> {
        for &pick in picks {
            let enabled = self.states[0].enabled();
            self.act(enabled[usize::from(pick) % enabled.len()]).await?;
        }
        self.end().await
    }

    /// These actions; nothing where a race went otherwise, so that one of them cannot happen.
    pub async fn replay(mut self, actions: &[Action]) -> Result<Option<Counted>, String> {
        for &action in actions {
            if !self.states.iter().all(|state| state.can(action)) {
                self.end().await?;
                return Ok(None);
            }
            self.act(action).await?;
        }
        self.end().await.map(Some)
    }

    /// Everybody who does not wait rolls back, until nobody waits.
    async fn end(mut self) -> Result<Counted, String> {
        for _ in SESSIONS {
            for session in SESSIONS {
                let action = Action { session, what: What::Asks(PgOp::Rollback) };
                let open = self.states.iter().any(|state| state.store.in_transaction(session));
                if open && self.states.iter().all(|state| state.can(action)) {
                    self.act(action).await?;
                }
            }
        }
        self.bench.clean();
        Ok(self.counted)
    }

    async fn act(&mut self, action: Action) -> Result<(), String> {
        let mut allowed: Vec<Allowed> = Vec::new();
        for outcome in self.states.iter().flat_map(|state| state.outcomes(action, self.rules)) {
            if !allowed.contains(&outcome) {
                allowed.push(outcome);
            }
        }
        let dies = |outcome: &Allowed| outcome.done.contains(&(action.session, Reply::Failed(Failure::Deadlock)));
        let deadlock = allowed.iter().any(dies);
        self.actions.push(action);
        self.carry_out(action, deadlock).await;
        let seen = self.observe(&allowed).await;
        self.count(&allowed, &seen, deadlock);
        self.tell(action, &seen);
        let agrees = |outcome: &Allowed| outcome.done == seen.done && outcome.state.waiting() == seen.blocked;
        let explained: Vec<State> = allowed.iter().filter(|o| agrees(o)).map(|o| o.state.clone()).collect();
        if explained.is_empty() {
            return Err(self.differs("what happened", &allowed, &format!("{}", Replies(&seen.done, &seen.blocked))));
        }
        let committed = self.bench.committed().await;
        let holds = |state: &State| self.bench.modelled(&state.store) == committed;
        let explained_rows: Vec<State> = explained.into_iter().filter(holds).collect();
        if explained_rows.is_empty() {
            let modelled: Vec<_> = allowed.iter().map(|o| self.bench.modelled(&o.state.store)).collect();
            return Err(self.differs(
                &format!("committed rows; allowed {modelled:#?}"),
                &[],
                &format!("{committed:#?}"),
            ));
        }
        self.states = explained_rows;
        Ok(())
    }

    async fn carry_out(&mut self, action: Action, deadlock: bool) {
        match action.what {
            What::Asks(op) => {
                let hand = self.bench.hand(action.session);
                if deadlock {
                    // The one that closes the circle looks for it first, and so is the victim.
                    hand.set_local("deadlock_timeout", "1ms").await;
                }
                hand.ask(op);
            }
            What::Crashes => self.bench.crash(action.session).await,
            What::GivesUp => self.bench.give_up(action.session).await,
            What::SitsIdle => self.bench.sit_idle(action.session).await,
        }
    }

    /// Looks until one of the outcomes is seen, or what is seen stays another.
    async fn observe(&mut self, allowed: &[Allowed]) -> Observation {
        let (since, mut still) = (Instant::now(), Instant::now());
        let (mut done, mut last) = (Vec::new(), None);
        loop {
            let seen = self.bench.look(&mut done).await;
            let agrees = |outcome: &Allowed| outcome.done == seen.done && outcome.state.waiting() == seen.blocked;
            if seen.busy.is_empty() && allowed.iter().any(agrees) {
                return seen;
            }
            // What was answered cannot be taken back.
            let open = |outcome: &Allowed| seen.done.iter().all(|reply| outcome.done.contains(reply));
            if !allowed.iter().any(open) {
                return seen;
            }
            if !seen.busy.is_empty() || last.as_ref() != Some(&seen) {
                still = Instant::now();
            }
            if still.elapsed() > DIFFERS_FOR || since.elapsed() > BUSY_FOR {
                return seen;
            }
            last = Some(seen);
            tokio::task::yield_now().await;
        }
    }

    fn count(&mut self, allowed: &[Allowed], seen: &Observation, deadlock: bool) {
        self.counted.actions += 1;
        self.counted.waits += u64::from(!seen.blocked.is_empty());
        self.counted.deadlocks += u64::from(deadlock);
        self.counted.races += u64::from(allowed.len() > 1);
    }

    fn tell(&mut self, action: Action, seen: &Observation) {
        self.story += &format!("  {:<58} -> {}\n", action.to_string(), Replies(&seen.done, &seen.blocked));
    }

    fn differs(&self, what: &str, allowed: &[Allowed], server: &str) -> String {
        let allowed = allowed.iter().map(|outcome| {
            let replies = Replies(&outcome.done, &outcome.state.waiting()).to_string();
            format!("  the model allows: {replies}\n")
        });
        let allowed: String = allowed.collect();
        let (story, file) = (&self.story, file(&self.actions));
        format!(
            "{story}differs in {what}\n{allowed}  the server says:  {server}\nto keep it as a file of `found/postgres`:\n{file}"
        )
    }
}

/// Replies and waits in words.
struct Replies<'a>(&'a [(SessionId, Reply)], &'a [SessionId]);

impl std::fmt::Display for Replies<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let done = self.0.iter().map(|(session, reply)| format!("{}: {}", letter(*session), answer(*reply, &quota())));
        let waits = self.1.iter().map(|session| format!("{} waits", letter(*session)));
        let all: Vec<String> = done.chain(waits).collect();
        f.write_str(if all.is_empty() { "done" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}
