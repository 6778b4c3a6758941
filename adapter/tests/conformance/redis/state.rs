//! The model's side of a case.

use adapter::servers::Keeps;
use model::effect::{DAY, Fields, RedisOp};
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{IdempotencyKey, KeyRow};
use model::store::redis::{Hash, Redis};

use super::action::{Action, Place, commands, others, row};
use super::long_double::increased;
use super::rules::Rules;

/// What an action answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is no command, and is done.
    Done,
    /// As a flow would read it.
    Reply(Reply),
    /// The text of a float.
    Text(String),
}

/// The string and the field that hold floats, if they are there.
pub type Floats = [Option<String>; 2];

/// What Redis holds by the model.
#[derive(Clone, Debug)]
pub struct State {
    pub redis: Redis,
    pub floats: Floats,
    saved: Option<(Redis, Floats)>,
    full: bool,
    keeps: Keeps,
    rules: Rules,
}

/// What the tenants' hashes are when a case begins.
pub fn first_hashes() -> [Option<Hash>; 2] {
    [Some(Hash { row: row(0), fields: Fields::ALL, deadline: Some(DAY), drifted: None }), None]
}

/// The cached principals then.
pub const FIRST_PRINCIPALS: [Option<KeyRow>; 2] = [None, Some(KeyRow { limit: None, used: Money::from_micros(249) })];

impl State {
    /// What every case begins with, on a server that keeps so much.
    pub fn first(keeps: Keeps, rules: Rules) -> State {
        let redis = Redis::new(2, &first_hashes(), &FIRST_PRINCIPALS);
        State { redis, floats: [None, None], saved: None, full: false, keeps, rules }
    }

    /// Whether something can happen where this is so.
    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::TimePasses => self.redis.next_deadline().is_some(),
            // A start reads the append-only file where there is one, and no snapshot.
            Action::Save => self.keeps == Keeps::Nothing,
            Action::GoBack => self.saved.is_some(),
            Action::Fill => !self.full,
            Action::Empty => self.full,
            Action::Evict(which) => self.redis.evictable().contains(&which),
            Action::Ask(_) | Action::Float(..) | Action::FlushScripts | Action::LoadScripts | Action::Restart => true,
        }
    }

    /// What can happen next, in the measure in which cases are to have it.
    pub fn enabled(&self) -> Vec<Action> {
        let mut all = Vec::new();
        let evictions = self.redis.evictable().into_iter().map(Action::Evict);
        for action in commands().into_iter().map(Action::Ask).chain(others()).chain(evictions) {
            let times = match action {
                Action::Ask(RedisOp::SetNx { key: IdempotencyKey(0), .. } | RedisOp::Del(IdempotencyKey(0))) => 4,
                Action::Ask(RedisOp::HSet { fields: Fields::ALL, .. }) => 2,
                Action::TimePasses | Action::Empty => 10,
                Action::FlushScripts => 5,
                Action::GoBack => 2,
                _ => 1,
            };
            if self.can(action) {
                all.extend((0..times).map(|_| action));
            }
        }
        all
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action) -> Answer {
        match action {
            Action::Ask(op) => return Answer::Reply(self.ask(op)),
            Action::Float(place, by) => return self.increase(place, by),
            Action::TimePasses => self.redis.expire_next(),
            Action::FlushScripts if self.rules == Rules::FlushKeepsScripts => {}
            Action::FlushScripts => self.redis.flush_scripts(),
            Action::LoadScripts => self.redis.load_scripts(),
            Action::Restart => self.restart(),
            Action::Save => self.saved = Some((self.redis.clone(), self.floats.clone())),
            Action::GoBack => {
                if let Some((redis, floats)) = &self.saved {
                    self.redis.go_back_to(redis);
                    self.floats.clone_from(floats);
                }
                self.full = false;
            }
            Action::Evict(which) => self.redis.evict(which),
            Action::Fill => self.full = true,
            Action::Empty => self.full = false,
        }
        Answer::Done
    }

    fn ask(&mut self, op: RedisOp) -> Reply {
        let refused = match op {
            RedisOp::Eval { .. } => self.redis.would_change(op),
            _ => op.needs_memory(),
        };
        if self.full && refused && self.rules != Rules::FullIsNothing {
            self.redis.refuse(op);
            return Reply::Failed(Failure::RedisFull);
        }
        self.rules.execute(&mut self.redis, op)
    }

    fn increase(&mut self, place: Place, by: &str) -> Answer {
        if self.full {
            return Answer::Reply(Reply::Failed(Failure::RedisFull));
        }
        let float = &mut self.floats[usize::from(place == Place::Field)];
        let new = increased(float.as_deref().unwrap_or("0"), by);
        *float = Some(new.clone());
        Answer::Text(new)
    }

    /// What is in memory alone is lost, which scripts always are.
    fn restart(&mut self) {
        self.full = false;
        let keeps = (self.keeps == Keeps::Log) != (self.rules == Rules::RestartKeepsWrongly);
        if !keeps {
            self.redis.lose_everything();
            self.floats = [None, None];
        }
        self.redis.flush_scripts();
        if self.rules == Rules::RestartKeepsScripts {
            self.redis.load_scripts();
        }
    }
}
