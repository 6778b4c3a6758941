//! A real Redis, driven as a flow drives it.

use ::redis::aio::MultiplexedConnection;
use ::redis::{RedisError, RedisResult};

use adapter::contents::{self, Contents};
use adapter::names::Names;
use adapter::scripts;
use adapter::servers::{Keeps, Options, Servers};
use adapter::session::StoreSession;
use adapter::stores::Stores;
use model::effect::{Call, Effect};
use model::reply::{Failure, Reply};
use model::row::{Tenant, TraceId};
use model::step::Step;
use model::store::lua_number::Double;
use model::store::redis::Evicted;

use super::action::{Action, Place, TENANTS};
use super::state::{Answer, FIRST_PRINCIPALS, Floats, State, first_hashes};
use crate::log_written::log_written;

const PREFIX: &str = "c:";
const TEXT: &str = "c:float";
const HASH: &str = "c:floats";
const FIELD: &str = "value";

/// The server and what is needed to ask it.
pub struct Bench {
    servers: Servers,
    stores: Stores,
    pub names: Names,
    session: StoreSession,
    connection: MultiplexedConnection,
    pub keeps: Keeps,
    /// A Lua number is written as the shortest text that reads back as the same (Valkey), not with 17 digits.
    shortest: bool,
}

impl Bench {
    pub async fn new(options: &Options) -> Bench {
        let servers = Servers::start(options).await.expect("Postgres and Redis");
        let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), PREFIX).unwrap();
        let names = Names::of(PREFIX, &TENANTS, &["t-1"], &[(Tenant(0), TraceId(0)), (Tenant(1), TraceId(0))]);
        let session = StoreSession::new(stores.clone(), names.clone(), "bench".to_owned());
        let mut connection = stores.redis().await.unwrap();
        let written = "redis.call('SET', KEYS[1], 99.95) return redis.call('GET', KEYS[1])";
        let written: String =
            ::redis::cmd("EVAL").arg(written).arg(1).arg(TEXT).query_async(&mut connection).await.unwrap();
        Bench { servers, stores, names, session, connection, keeps: options.keeps, shortest: written == "99.95" }
    }

    /// What every case begins with.
    pub async fn reset(&mut self) {
        self.fill(false).await;
        contents::clear(&mut self.connection, PREFIX).await.unwrap();
        contents::fill(&mut self.connection, &self.names, &first_hashes(), &FIRST_PRINCIPALS).await.unwrap();
        self.load_scripts().await;
    }

    /// Carries out an action. `after` is what the model holds then: clocks of real servers cannot be moved, so that times to live are.
    pub async fn act(&mut self, action: Action, after: &State) -> Answer {
        match action {
            Action::Ask(op) => {
                let call = Call { step: Step::T1, behalf: None, effect: Effect::Redis(op) };
                return Answer::Reply(self.session.execute(call).await.unwrap_or_else(|why| panic!("{op:?}: {why}")));
            }
            Action::Float(place, by) => return self.increase(place, by).await,
            Action::TimePasses => self.jump(after).await,
            Action::FlushScripts => self.tell(::redis::cmd("SCRIPT").arg("FLUSH")).await,
            Action::LoadScripts => self.load_scripts().await,
            Action::Restart => {
                log_written(&mut self.connection).await;
                self.servers.kill_redis().unwrap();
                self.servers.restart_redis().await.unwrap();
                self.connection = self.stores.redis().await.unwrap();
            }
            Action::Save => self.servers.save_redis().await.unwrap(),
            Action::GoBack => {
                self.servers.send_redis_back().await.unwrap();
                self.connection = self.stores.redis().await.unwrap();
                self.jump(after).await;
            }
            Action::Evict(which) => {
                let key = match which {
                    Evicted::Key(request) => self.names.key(request),
                    Evicted::Hash(tenant) => self.names.hash(tenant),
                    Evicted::Principal(tenant) => self.names.principal(tenant),
                    Evicted::Budget(tenant) => self.names.budget(tenant),
                };
                ::redis::cmd("DEL").arg(key).query_async::<()>(&mut self.connection).await.unwrap();
            }
            Action::Fill => self.fill(true).await,
            Action::Empty => self.fill(false).await,
        }
        Answer::Done
    }

    /// Everything there is, and what the model has in the same form. Times to live agree but for the time that a case takes,
    /// which is given back to the server.
    pub async fn compare(&mut self, state: &State) -> [(Contents, Floats); 2] {
        let expected = Contents::of(&state.redis, &self.names);
        let found = contents::read(&mut self.connection, &self.names).await.unwrap();
        contents::hold(&mut self.connection, &self.names, &found, &expected).await.unwrap();
        let mut floats = ::redis::pipe();
        floats.cmd("GET").arg(TEXT).cmd("HGET").arg(HASH).arg(FIELD);
        let [text, field]: [Option<String>; 2] = floats.query_async(&mut self.connection).await.unwrap();
        let found = found.settled(&expected);
        [(self.comparable(expected), state.floats.clone()), (self.comparable(found), [text, field])]
    }

    /// Numbers that are equal are written alike.
    fn comparable(&self, mut contents: Contents) -> Contents {
        if self.shortest {
            for (hash, _) in contents.tenants.iter_mut().filter_map(|tenant| tenant.hash.as_mut()) {
                let number = hash.drifted.unwrap_or_else(|| Double::of(hash.row.balance));
                (hash.row.balance, hash.drifted) = number.stored();
            }
        }
        contents
    }

    async fn increase(&mut self, place: Place, by: &str) -> Answer {
        let cmd = match place {
            Place::Text => ::redis::cmd("INCRBYFLOAT").arg(TEXT).arg(by).take(),
            Place::Field => ::redis::cmd("HINCRBYFLOAT").arg(HASH).arg(FIELD).arg(by).take(),
        };
        let answer: RedisResult<String> = cmd.query_async(&mut self.connection).await;
        match answer {
            Ok(text) => Answer::Text(text),
            Err(error) if full(&error) => Answer::Reply(Reply::Failed(Failure::RedisFull)),
            Err(error) => panic!("{by}: {error}"),
        }
    }

    async fn jump(&mut self, after: &State) {
        let after = Contents::of(&after.redis, &self.names);
        contents::jump(&mut self.connection, &self.names, &after).await.unwrap();
    }

    async fn load_scripts(&mut self) {
        let mut load = ::redis::pipe();
        for script in scripts::SCRIPTS {
            load.cmd("SCRIPT").arg("LOAD").arg(script).ignore();
        }
        load.query_async::<()>(&mut self.connection).await.unwrap();
    }

    async fn fill(&mut self, full: bool) {
        self.tell(::redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(u8::from(full))).await;
    }

    async fn tell(&mut self, cmd: &::redis::Cmd) {
        cmd.query_async::<()>(&mut self.connection).await.unwrap();
    }

    pub async fn stop(self) {
        self.servers.stop().await;
    }
}

fn full(error: &RedisError) -> bool {
    error.code() == Some("OOM")
}
