//! How a story of Redis is played.

use model::effect::{Field, Fields, RedisOp, Seconds};
use model::reply::{Failure, Reply};
use model::row::{IdempotencyKey, KeyRow, Tenant};
use model::store::redis::{Hash, Redis};

use crate::stories::words::answers::{answer, key_words};
use crate::stories::words::commands::{Action, read_fields, read_key};
use crate::stories::words::{TENANTS, rows};
use crate::stories::{Seen, Stage};
use crate::{REQUESTS, quota};

/// A server that keeps nothing when it is killed, and what was seen of it last.
pub struct Played {
    redis: Redis,
    saved: Option<Redis>,
    full: bool,
    hashes: [Option<Hash>; 2],
    principals: [Option<KeyRow>; 2],
    seen: Vec<Thing>,
}

/// Something that there is, and what is to be told of it.
type Thing = (String, Vec<(&'static str, String)>);

impl Played {
    pub fn new() -> Played {
        let redis = Redis::new(REQUESTS, &[None, None], &[None, None]);
        let seen = things(&redis);
        Played { redis, saved: None, full: false, hashes: [None; 2], principals: [None; 2], seen }
    }

    /// `hash of acme balance,version with balance 1.00 until never`, which is whole where no field is named and unchanged where
    /// no value is, or `principal of acme 1.00 of 50.00`.
    fn given(&mut self, words: &[&str]) -> Result<(), String> {
        let tenant = |word: &str| {
            let place = TENANTS.iter().position(|name| *name == word);
            place.ok_or_else(|| format!("`{word}`: expected {}", TENANTS.join(" or ")))
        };
        match *words {
            ["hash", "of", t, ref rest @ .., "until", end] => {
                let end = if end == "never" {
                    None
                } else {
                    Some(end.parse().map_err(|_| format!("`{end}`: expected seconds"))?)
                };
                let (fields, row) = match *rest {
                    [] => (Fields::ALL, quota(100)),
                    [fields] => (read_fields(fields)?, quota(100)),
                    ["with", ref row @ ..] => (Fields::ALL, rows::read(row, &quota(100))?),
                    [fields, _, ref row @ ..] => (read_fields(fields)?, rows::read(row, &quota(100))?),
                };
                self.hashes[tenant(t)?] = Some(Hash { row, fields, deadline: end.map(Seconds), drifted: None });
            }
            ["principal", "of", t, used, "of", limit] => self.principals[tenant(t)?] = Some(read_key(used, limit)?),
            _ => {
                let expected = "hash of TENANT [FIELDS] [with FIELD VALUE ..] until SECONDS|never, or principal of TENANT AMOUNT of LIMIT";
                return Err(format!("`{}`: expected {expected}", words.join(" ")));
            }
        }
        self.redis = Redis::new(REQUESTS, &self.hashes, &self.principals);
        self.seen = things(&self.redis);
        Ok(())
    }

    fn ask(&mut self, op: RedisOp) -> Reply {
        let refused = if matches!(op, RedisOp::Eval { .. }) { self.redis.would_change(op) } else { op.needs_memory() };
        if self.full && refused {
            self.redis.refuse(op);
            return Reply::Failed(Failure::RedisFull);
        }
        self.redis.execute(op)
    }

    fn carry_out(&mut self, action: Action) -> Result<String, String> {
        match action {
            Action::Ask(op) => return Ok(answer(self.ask(op), &quota(100))),
            Action::Float(..) => return Err("no design uses it, so that the model does not know it".to_owned()),
            Action::TimePasses => self.redis.expire_next(),
            Action::FlushScripts => self.redis.flush_scripts(),
            Action::LoadScripts => self.redis.load_scripts(),
            Action::Restart => self.redis.lose_everything(),
            Action::Save => self.saved = Some(self.redis.clone()),
            Action::GoBack => self.redis.go_back_to(self.saved.as_ref().ok_or("nothing was saved")?),
            Action::Evict(which) => self.redis.evict(which),
            Action::Fill | Action::Empty => self.full = action == Action::Fill,
        }
        Ok(String::new())
    }
}

impl Stage for Played {
    fn act(&mut self, mv: &str) -> Result<Seen, String> {
        if let Some(given) = mv.strip_prefix("given ") {
            let words: Vec<&str> = given.split(' ').collect();
            return self.given(&words).map(|()| Seen::default());
        }
        let action = Action::read(mv, &quota(100))?;
        let written = action.words(&quota(100));
        if written != mv {
            return Err(format!("`{mv}`: expected `{written}`"));
        }
        let answer = self.carry_out(action)?;
        let after = things(&self.redis);
        let then = changes(&self.seen, &after);
        self.seen = after;
        Ok(Seen { answer, then })
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

fn until(deadline: Option<Seconds>) -> (&'static str, String) {
    ("until", deadline.map_or("never".to_owned(), |at| at.0.to_string()))
}

/// Everything that there is; what is there for so many seconds is told by its end.
fn things(redis: &Redis) -> Vec<Thing> {
    let ends = |left: Seconds| until(Some(Seconds(redis.clock().0 + left.0)));
    let mut all = vec![("clock".to_owned(), vec![("at", redis.clock().0.to_string())])];
    if redis.has_scripts() {
        all.push(("scripts".to_owned(), vec![("known", String::new())]));
    }
    for key in 0..REQUESTS {
        let left = redis.key(IdempotencyKey(key as u8));
        all.extend(left.map(|left| (format!("key {key}"), vec![ends(left)])));
    }
    for (place, name) in TENANTS.iter().enumerate() {
        let tenant = Tenant(place as u8);
        all.extend(redis.hash(tenant).map(|hash| (format!("hash of {name}"), hash_told(&hash))));
        let principal = redis.principal(tenant);
        let told = |(key, left): (KeyRow, Seconds)| vec![("has", key_words(&key)), ends(left)];
        all.extend(principal.map(|cached| (format!("principal of {name}"), told(cached))));
        let budget = redis.budget(tenant);
        let told = |(micros, end): (i64, Option<Seconds>)| vec![("micros", micros.to_string()), until(end)];
        all.extend(budget.map(|budget| (format!("budget of {name}"), told(budget))));
        if redis.warm_lock(tenant) {
            all.push((format!("warming of {name}"), vec![("held", String::new())]));
        }
    }
    all
}

fn hash_told(hash: &Hash) -> Vec<(&'static str, String)> {
    let values = Field::ALL.into_iter().zip(rows::values(&hash.row)).filter(|(field, _)| hash.fields.has(*field));
    let values = values.map(|(field, value)| (field.name(), value));
    let drifted = hash.drifted.map(|number| ("in-lua", number.to_string()));
    values.chain(drifted).chain([until(hash.deadline)]).collect()
}

/// What is another than it was.
fn changes(before: &[Thing], after: &[Thing]) -> Vec<String> {
    let of = |all: &[Thing], name: &str| all.iter().find(|(known, _)| known == name).map(|(_, told)| told.clone());
    let gone = before.iter().filter(|(name, _)| of(after, name).is_none()).map(|(name, _)| format!("{name}: gone"));
    let mut all: Vec<String> = gone.collect();
    for (name, told) in after {
        let was = of(before, name).unwrap_or_default();
        let lost = was.iter().filter(|(field, _)| told.iter().all(|(is, _)| is != field));
        let lost = lost.map(|(field, _)| format!("{field} gone"));
        let new = told.iter().filter(|field| !was.contains(field)).map(|(field, value)| format!("{field} {value}"));
        let fields: Vec<String> = new.chain(lost).map(|field| field.trim_end().to_owned()).collect();
        if !fields.is_empty() {
            all.push(format!("{name}: {}", fields.join(" ")));
        }
    }
    all
}
