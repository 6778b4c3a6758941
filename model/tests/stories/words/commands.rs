//! What is asked of Redis and what happens to it.

use model::design::Scripts;
use model::effect::{Arithmetic, Field, Fields, Increment, RedisOp, Script, Seconds};
use model::row::{IdempotencyKey, KeyRow, QuotaRow, Tenant};
use model::store::redis::Evicted;

use super::answers::key_words;
use super::{TENANTS, named, on, rows, tenant, value, word_of};

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command or a script.
    Ask(RedisOp),
    /// INCRBYFLOAT or HINCRBYFLOAT, by this text.
    Float(Place, &'static str),
    /// Time passes until something expires.
    TimePasses,
    /// SCRIPT FLUSH.
    FlushScripts,
    /// SCRIPT LOAD of all.
    LoadScripts,
    /// Killed and started again on what it keeps.
    Restart,
    /// SAVE.
    Save,
    /// Killed and started again on what was saved.
    GoBack,
    /// Gone for want of memory.
    Evict(Evicted),
    /// There is no memory for writes any more.
    Fill,
    /// There is again.
    Empty,
}

/// Where a float is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a string.
    Text,
    /// In a field of a hash.
    Field,
}

/// By how much floats go up.
pub const FLOATS: [&str; 8] =
    ["0.1", "-0.3", "5.25", "0.000249", "-0.004999", "99999999999999.123456", "-100000000000000", "3.0e-3"];

/// What [`Action::read`] knows, in capitals what changes.
const FORMS: &str = "\
set key N nx ex SECONDS, del key N, hset TENANT FIELDS with FIELD VALUE .., exists TENANT, hget TENANT balance, \
hgetall TENANT, set warming of TENANT nx ex SECONDS, get principal|budget of TENANT, \
set principal of TENANT to AMOUNT of LIMIT ex SECONDS, incrby budget of TENANT AMOUNT|N micros, \
expire hash|budget of TENANT SECONDS, evict key N, evict hash|principal|budget of TENANT, [h]incrbyfloat NUMBER, or \
eval|evalsha|evalsha-or-eval TENANT and count daily DAY, count monthly MONTH, adjust by AMOUNT exactly|in-lua, \
deduct AMOUNT exactly|in-lua [and count] [on DAY] [below zero too], write FIELDS ex SECONDS if newer with FIELD VALUE ..";

/// Everything that happens without a value.
const OTHERS: [(&str, Action); 8] = [
    ("time passes", Action::TimePasses),
    ("script flush", Action::FlushScripts),
    ("script load of all", Action::LoadScripts),
    ("redis is killed and started again", Action::Restart),
    ("save", Action::Save),
    ("redis is killed and started on what was saved", Action::GoBack),
    ("memory is full", Action::Fill),
    ("memory is there again", Action::Empty),
];
const SENT: [(&str, Scripts); 3] =
    [("eval", Scripts::Eval), ("evalsha", Scripts::Sha), ("evalsha-or-eval", Scripts::ShaReload)];
const RECKONED: [(&str, Arithmetic); 2] = [("in-lua", Arithmetic::Lua), ("exactly", Arithmetic::Exact)];
const FIELDS: [(&str, Fields); 3] = [("whole", Fields::ALL), ("balance", Fields::BALANCE), ("daily", Fields::DAILY)];

impl Action {
    /// In words, where rows differ from the one given.
    pub fn words(&self, given: &QuotaRow) -> String {
        match *self {
            Action::Ask(op) => words(op, given),
            Action::Float(Place::Text, by) => format!("incrbyfloat {by}"),
            Action::Float(Place::Field, by) => format!("hincrbyfloat {by}"),
            Action::Evict(Evicted::Key(request)) => format!("evict key {}", request.0),
            Action::Evict(Evicted::Hash(t)) => format!("evict hash of {}", name(t)),
            Action::Evict(Evicted::Principal(t)) => format!("evict principal of {}", name(t)),
            Action::Evict(Evicted::Budget(t)) => format!("evict budget of {}", name(t)),
            Action::TimePasses
            | Action::FlushScripts
            | Action::LoadScripts
            | Action::Restart
            | Action::Save
            | Action::GoBack
            | Action::Fill
            | Action::Empty => word_of(*self, &OTHERS).to_owned(),
        }
    }

    /// What the words mean. An error says what is not known, and what was expected.
    pub fn read(text: &str, given: &QuotaRow) -> Result<Action, String> {
        if let Some((_, action)) = OTHERS.iter().find(|(known, _)| *known == text) {
            return Ok(*action);
        }
        let words: Vec<&str> = text.split(' ').collect();
        let float = |word: &str| {
            let known = FLOATS.iter().find(|by| **by == word);
            known.copied().ok_or_else(|| format!("`{word}`: expected one of {}", FLOATS.join(", ")))
        };
        Ok(match words[..] {
            ["incrbyfloat", by] => Action::Float(Place::Text, float(by)?),
            ["hincrbyfloat", by] => Action::Float(Place::Field, float(by)?),
            ["evict", "key", n] => Action::Evict(Evicted::Key(key(n)?)),
            ["evict", "hash", "of", t] => Action::Evict(Evicted::Hash(tenant(t)?)),
            ["evict", "principal", "of", t] => Action::Evict(Evicted::Principal(tenant(t)?)),
            ["evict", "budget", "of", t] => Action::Evict(Evicted::Budget(tenant(t)?)),
            _ => Action::Ask(read(&words, given)?.ok_or_else(|| {
                let others = OTHERS.map(|(known, _)| known).join(", ");
                format!("`{text}`: expected one of {others}, {FORMS}")
            })?),
        })
    }
}

fn name(tenant: Tenant) -> &'static str {
    TENANTS[tenant.index()]
}

fn words(op: RedisOp, given: &QuotaRow) -> String {
    match op {
        RedisOp::SetNx { key, ttl } => format!("set key {} nx ex {}", key.0, ttl.0),
        RedisOp::Del(key) => format!("del key {}", key.0),
        RedisOp::HSet { tenant, row, fields } => {
            format!("hset {} {} with {}", name(tenant), which(fields), rows::words(&row, given))
        }
        RedisOp::Expire { tenant, ttl } => format!("expire hash of {} {}", name(tenant), ttl.0),
        RedisOp::Exists(t) => format!("exists {}", name(t)),
        RedisOp::ReadBalance(t) => format!("hget {} balance", name(t)),
        RedisOp::ReadHash(t) => format!("hgetall {}", name(t)),
        RedisOp::Eval { tenant, script, by } => {
            format!("{} {} {}", word_of(by, &SENT), name(tenant), script_words(script, given))
        }
        RedisOp::TakeWarmLock { tenant, ttl } => format!("set warming of {} nx ex {}", name(tenant), ttl.0),
        RedisOp::GetPrincipal(t) => format!("get principal of {}", name(t)),
        RedisOp::SetPrincipal { tenant, key, ttl } => {
            format!("set principal of {} to {} ex {}", name(tenant), key_words(&key), ttl.0)
        }
        RedisOp::GetBudget(t) => format!("get budget of {}", name(t)),
        RedisOp::IncrBudget { tenant, by: Increment::Fraction(by) } => {
            format!("incrby budget of {} {by}", name(tenant))
        }
        RedisOp::IncrBudget { tenant, by: Increment::Micros(by) } => {
            format!("incrby budget of {} {by} micros", name(tenant))
        }
        RedisOp::ExpireBudget { tenant, ttl } => format!("expire budget of {} {}", name(tenant), ttl.0),
    }
}

fn script_words(script: Script, given: &QuotaRow) -> String {
    match script {
        Script::CountDaily(day) => format!("count daily {day}"),
        Script::CountMonthly(month) => format!("count monthly {month}"),
        Script::Deduct { amount, negative, counts, day, arithmetic } => {
            let counts = if counts { " and count" } else { "" };
            let below = if negative { " below zero too" } else { "" };
            format!("deduct {amount} {}{counts}{}{below}", word_of(arithmetic, &RECKONED), on(day, given))
        }
        Script::Adjust { by, arithmetic } => format!("adjust by {by} {}", word_of(arithmetic, &RECKONED)),
        Script::WriteIfNewer { row, fields, ttl } => {
            format!("write {} ex {} if newer with {}", which(fields), ttl.0, rows::words(&row, given))
        }
    }
}

/// A command, or nothing where the words are none.
fn read(words: &[&str], given: &QuotaRow) -> Result<Option<RedisOp>, String> {
    Ok(Some(match *words {
        ["set", "key", n, "nx", "ex", ttl] => RedisOp::SetNx { key: key(n)?, ttl: seconds(ttl)? },
        ["del", "key", n] => RedisOp::Del(key(n)?),
        ["hset", t, fields, "with", ref row @ ..] => {
            RedisOp::HSet { tenant: tenant(t)?, row: rows::read(row, given)?, fields: read_fields(fields)? }
        }
        ["expire", "hash", "of", t, ttl] => RedisOp::Expire { tenant: tenant(t)?, ttl: seconds(ttl)? },
        ["exists", t] => RedisOp::Exists(tenant(t)?),
        ["hget", t, "balance"] => RedisOp::ReadBalance(tenant(t)?),
        ["hgetall", t] => RedisOp::ReadHash(tenant(t)?),
        ["set", "warming", "of", t, "nx", "ex", ttl] => {
            RedisOp::TakeWarmLock { tenant: tenant(t)?, ttl: seconds(ttl)? }
        }
        ["get", "principal", "of", t] => RedisOp::GetPrincipal(tenant(t)?),
        ["set", "principal", "of", t, "to", used, "of", limit, "ex", ttl] => {
            RedisOp::SetPrincipal { tenant: tenant(t)?, key: read_key(used, limit)?, ttl: seconds(ttl)? }
        }
        ["get", "budget", "of", t] => RedisOp::GetBudget(tenant(t)?),
        ["incrby", "budget", "of", t, by] => {
            RedisOp::IncrBudget { tenant: tenant(t)?, by: Increment::Fraction(value(by, "an amount")?) }
        }
        ["incrby", "budget", "of", t, by, "micros"] => {
            RedisOp::IncrBudget { tenant: tenant(t)?, by: Increment::Micros(value(by, "a number")?) }
        }
        ["expire", "budget", "of", t, ttl] => RedisOp::ExpireBudget { tenant: tenant(t)?, ttl: seconds(ttl)? },
        [how, t, ref script @ ..] if SENT.iter().any(|(known, _)| *known == how) => {
            let Some(script) = read_script(script, given)? else { return Ok(None) };
            RedisOp::Eval { tenant: tenant(t)?, script, by: named(how, &SENT)? }
        }
        _ => return Ok(None),
    }))
}

fn read_script(words: &[&str], given: &QuotaRow) -> Result<Option<Script>, String> {
    let amount = |word| value(word, "an amount");
    Ok(Some(match *words {
        ["count", "daily", day] => Script::CountDaily(value(day, "a day")?),
        ["count", "monthly", month] => Script::CountMonthly(value(month, "a month")?),
        ["deduct", of, how, ref rest @ ..] => {
            let (counts, rest) = rest.strip_prefix(&["and", "count"]).map_or((false, rest), |rest| (true, rest));
            let (rest, negative) =
                rest.strip_suffix(&["below", "zero", "too"]).map_or((rest, false), |rest| (rest, true));
            let day = match (rest, given.daily_reset_at) {
                ([], Some(day)) => day,
                (&["on", day], _) => value(day, "a day")?,
                _ => return Ok(None),
            };
            let arithmetic = named(how, &RECKONED)?;
            Script::Deduct { amount: amount(of)?, negative, counts, day, arithmetic }
        }
        ["adjust", "by", by, how] => Script::Adjust { by: amount(by)?, arithmetic: named(how, &RECKONED)? },
        ["write", fields, "ex", ttl, "if", "newer", "with", ref row @ ..] => {
            let (row, fields) = (rows::read(row, given)?, read_fields(fields)?);
            Script::WriteIfNewer { row, fields, ttl: seconds(ttl)? }
        }
        _ => return Ok(None),
    }))
}

fn key(word: &str) -> Result<IdempotencyKey, String> {
    value(word, "the place of a request").map(IdempotencyKey)
}

fn seconds(word: &str) -> Result<Seconds, String> {
    value(word, "seconds").map(Seconds)
}

/// What is spent of a limit.
pub fn read_key(used: &str, limit: &str) -> Result<KeyRow, String> {
    let limit = if limit == "any" { None } else { Some(value(limit, "an amount or any")?) };
    Ok(KeyRow { limit, used: value(used, "an amount")? })
}

/// Fields by what they are together, or by their names.
pub fn read_fields(word: &str) -> Result<Fields, String> {
    if let Some((_, fields)) = FIELDS.iter().find(|(known, _)| *known == word) {
        return Ok(*fields);
    }
    let field = |word| {
        super::place(word, &Field::ALL.map(Field::name)).map(|place| Fields::of(&[Field::ALL[usize::from(place)]]))
    };
    word.split(',').map(field).try_fold(Fields::default(), |all, field| Ok(all.union(field?)))
}

fn which(fields: Fields) -> String {
    if FIELDS.iter().any(|(_, known)| *known == fields) {
        return word_of(fields, &FIELDS).to_owned();
    }
    let names = Field::ALL.into_iter().filter(|field| fields.has(*field)).map(Field::name);
    names.collect::<Vec<_>>().join(",")
}
