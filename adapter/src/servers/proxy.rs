//! A proxy in front of a server's unix socket that loses exactly the messages that it is set to lose.
//!
//! The client cannot tell whether the request or the reply was lost: it sees the same broken connection, and only the
//! server's data show what happened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::proxy::address::Address;
use ::proxy::frame::{Purpose, Reply, Request, RequestId};
use ::proxy::gate::{ConnectionId, Decision, Delivery, Gate};
use ::proxy::{listen, postgres, redis};

use super::find::Kind;

/// What the proxy loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The next request that acts on data: both sides are dropped and the server never sees it.
    CutBeforeRequest,
    /// The reply to the next request that acts on data: once the server has answered it in full, both sides are
    /// dropped and the client never sees the answer.
    CutBeforeReply,
    /// The next request that acts on data is late: both sides are dropped, and the server receives it only on
    /// [`Proxy::deliver`], like a request that a client gave up waiting for.
    Hold,
    /// Nothing, but the next Postgres statement with values is delayed this long between its values and its Execute
    /// message. Its `statement_timeout` starts with the values.
    Stall(Duration),
    /// Everything, until [`Proxy::disarm`]: connections are dropped and new ones refused.
    Refuse,
}

/// What is to be lost.
#[derive(Debug, Default)]
struct Armed {
    cut: Option<Cut>,
    /// The request whose reply is to be lost.
    waiting: Option<(ConnectionId, RequestId)>,
}

/// Loses what it is set to lose.
#[derive(Debug, Default)]
struct Cuts {
    armed: Mutex<Armed>,
    done: AtomicU64,
}

impl Cuts {
    fn armed(&self) -> MutexGuard<'_, Armed> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for Cuts {
    async fn request(&self, connection: ConnectionId, request: &Request) -> Decision {
        let mut armed = self.armed();
        let decision = match (request.purpose, armed.cut) {
            (Purpose::Acts, Some(Cut::CutBeforeRequest)) => Decision::Cut,
            (Purpose::Acts, Some(Cut::Hold)) => Decision::Late,
            (Purpose::Acts, Some(Cut::Stall(span))) if request.split.is_some() => {
                armed.cut = None;
                return Decision::Stall(span);
            }
            (Purpose::Acts, Some(Cut::CutBeforeReply)) => {
                *armed = Armed { cut: None, waiting: Some((connection, request.id)) };
                return Decision::Pass;
            }
            (Purpose::Acts, Some(Cut::Stall(_) | Cut::Refuse) | None) | (Purpose::Chatter(_), _) => {
                return Decision::Pass;
            }
        };
        armed.cut = None;
        self.done.fetch_add(1, Ordering::SeqCst);
        decision
    }

    async fn reply(&self, connection: ConnectionId, reply: &Reply) -> Delivery {
        let mut armed = self.armed();
        let lost = reply.ends && armed.waiting.is_some() && armed.waiting == reply.of.map(|of| (connection, of));
        if !lost {
            return Delivery::Pass;
        }
        armed.waiting = None;
        self.done.fetch_add(1, Ordering::SeqCst);
        Delivery::Cut
    }
}

/// A running proxy; dropping it drops its connections. One arming loses one message, on one connection. What is about the
/// connection, such as its set-up, a preparation or a ping, is no request that acts.
#[derive(Debug)]
pub struct Proxy {
    inner: listen::Proxy<Cuts>,
    listen: PathBuf,
}

impl Proxy {
    /// Listens on the socket `listen`, in place of one that was left behind, and passes on to the socket `server`.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn start(kind: Kind, server: &Path, listen: &Path) -> io::Result<Proxy> {
        let framer = match kind {
            Kind::Postgres => postgres::framer,
            Kind::Redis => redis::framer,
        };
        let [server, at] = [server, listen].map(|path| Address::Unix(path.to_owned()));
        let inner = listen::Proxy::start(framer, server, at, Arc::default())?;
        Ok(Proxy { inner, listen: listen.to_owned() })
    }

    /// Where clients connect.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.listen
    }

    /// Applies this cut from now on: once for the cuts and the stall, on the first connection that matches; until
    /// disarmed for [`Cut::Refuse`], which has taken effect when this returns.
    ///
    /// # Errors
    /// When this ends a refusal and the proxy cannot listen again.
    pub async fn arm(&mut self, cut: Cut) -> io::Result<()> {
        self.inner.gate().armed().cut = Some(cut);
        if cut == Cut::Refuse { self.inner.refuse().await } else { self.inner.accept() }
    }

    /// Drops every existing connection; new ones are accepted.
    pub async fn drop_all(&mut self) {
        self.inner.drop_all().await;
    }

    /// Disarms the proxy: it loses nothing more.
    ///
    /// # Errors
    /// When it cannot listen again after refusing.
    pub fn disarm(&mut self) -> io::Result<()> {
        self.inner.gate().armed().cut = None;
        self.inner.accept()
    }

    /// Sends the request that has been held longest to the server and waits for the answer; false if none is held.
    ///
    /// # Errors
    /// When the server does not answer, or the request depends on its connection.
    pub async fn deliver(&mut self) -> io::Result<bool> {
        self.inner.deliver().await.map_err(io::Error::other)
    }

    /// Discards the held requests: they never run.
    pub fn forget(&mut self) {
        self.inner.forget();
    }

    /// How many requests and replies it has lost or held by the cuts that apply once.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.inner.gate().done.load(Ordering::SeqCst)
    }
}
