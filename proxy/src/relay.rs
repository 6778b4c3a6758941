//! One connection of a client, joined to one of the server.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use crate::address::{Address, Stream};
use crate::frame::{Framer, Reply, Request};
use crate::gate::{ConnectionId, Decision, Delivery, Gate};
use crate::late::Late;

/// The bytes that are read at once; no more are read before these have been passed on.
const BUFFER: usize = 1 << 16;

/// What the connections of a proxy share.
#[derive(Debug)]
pub(crate) struct Shared<G> {
    pub(crate) gate: Arc<G>,
    pub(crate) server: Address,
    pub(crate) framer: fn() -> Box<dyn Framer>,
    pub(crate) late: Mutex<VecDeque<Late>>,
    pub(crate) backends: Mutex<BTreeMap<ConnectionId, u32>>,
}

/// Nothing that a panic could leave half done is kept in a mutex of this crate.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How one direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its sender sends nothing more, or its receiver takes nothing more.
    Closed,
    /// Both sides are to be dropped.
    Cut,
}

/// Tells the owner that the connection is closed, however it was.
struct Closes<'a, G: Gate>(&'a G, ConnectionId);

impl<G: Gate> Drop for Closes<'_, G> {
    fn drop(&mut self) {
        self.0.closed(self.1);
    }
}

/// What both directions of a connection use.
struct Link<'a, G> {
    shared: &'a Shared<G>,
    id: ConnectionId,
    framer: Mutex<Box<dyn Framer>>,
    to_client: tokio::sync::Mutex<Box<dyn AsyncWrite + Send + Unpin>>,
    /// The owner has been told that the stream is not understood.
    told: AtomicBool,
    /// The server sends nothing more.
    server_closed: AtomicBool,
    /// Changes when bytes of the server arrive.
    heard: watch::Sender<()>,
}

/// Passes messages both ways until a side closes or the owner cuts the connection.
///
/// A client that sends nothing more still receives what the server has to say. When the server sends nothing more, the
/// client learns that as over TCP, where its next request is still accepted: otherwise a unix socket would refuse that
/// request before the client has read why Postgres ended the session (25P03).
pub(crate) async fn relay<G: Gate>(shared: &Shared<G>, id: ConnectionId, client: Stream) -> io::Result<()> {
    let _closes = Closes(&*shared.gate, id);
    shared.gate.opened(id);
    let (from_server, mut to_server) = shared.server.connect().await?;
    let (from_client, to_client) = client;
    let link = Link {
        shared,
        id,
        framer: Mutex::new((shared.framer)()),
        to_client: tokio::sync::Mutex::new(to_client),
        told: AtomicBool::new(false),
        server_closed: AtomicBool::new(false),
        heard: watch::Sender::new(()),
    };
    let mut requests = pin!(link.requests(from_client, &mut *to_server));
    let mut replies = pin!(link.replies(from_server));
    let first = tokio::select! {
        end = &mut requests => (end?, true),
        end = &mut replies => (end?, false),
    };
    match first {
        (End::Cut, _) => {}
        (End::Closed, true) => drop(replies.await?),
        (End::Closed, false) => drop(requests.await?),
    }
    Ok(())
}

impl<G: Gate> Link<'_, G> {
    /// Has the framer read, and tells the owner once if it does not understand.
    fn frame<T>(&self, read: impl FnOnce(&mut dyn Framer) -> T) -> T {
        let (frames, error) = {
            let mut framer = locked(&self.framer);
            let frames = read(&mut **framer);
            (frames, framer.error().cloned())
        };
        if let Some(error) = error
            && !self.told.swap(true, Ordering::Relaxed)
        {
            self.shared.gate.unframed(self.id, &error);
        }
        frames
    }

    /// From the client to the server.
    async fn requests(
        &self,
        mut from: Box<dyn AsyncRead + Send + Unpin>,
        to: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> io::Result<End> {
        let mut bytes = vec![0; BUFFER];
        loop {
            let read = from.read(&mut bytes).await?;
            if self.server_closed.load(Ordering::Relaxed) {
                return Ok(End::Cut);
            }
            let requests = match read {
                0 => self.frame(|framer| framer.client_closed().into_iter().collect()),
                read => self.frame(|framer| framer.client(&bytes[..read])),
            };
            for (place, mut request) in requests.into_iter().enumerate() {
                request.pipelined = place > 0;
                if let Some(end) = self.request(request, to).await? {
                    return Ok(end);
                }
            }
            if read == 0 {
                // A server that has gone has nothing to learn.
                let _ = to.shutdown().await;
                return Ok(End::Closed);
            }
        }
    }

    /// Does with a request what the owner decides; `None` if the next one may follow.
    async fn request(&self, request: Request, to: &mut (dyn AsyncWrite + Send + Unpin)) -> io::Result<Option<End>> {
        let decision = self.shared.gate.request(self.id, &request).await;
        match decision {
            Decision::Cut => return Ok(Some(End::Cut)),
            Decision::Late => {
                let setup = self.frame(|framer| framer.setup(request.id));
                locked(&self.shared.late).push_back(Late { setup, bytes: request.bytes });
                return Ok(Some(End::Cut));
            }
            Decision::Pass | Decision::Stall(_) if self.server_closed.load(Ordering::Relaxed) => {
                return Ok(Some(End::Cut));
            }
            Decision::Pass | Decision::Stall(_) => {}
        }
        if let Some(refusal) = request.refusal {
            self.to_client.lock().await.write_all(refusal).await?;
            return Ok(None);
        }
        let mut at = 0;
        if let Decision::Stall(span) = decision {
            if let Some(split) = request.split {
                at = split.at;
                let mut heard = self.heard.subscribe();
                if to.write_all(&[&request.bytes[..at], split.between].concat()).await.is_err() {
                    return Ok(Some(End::Closed));
                }
                // The sender is a part of this link.
                let _ = heard.changed().await;
            }
            tokio::time::sleep(span).await;
        }
        // Why the server does not take it may be on its way to the client.
        Ok(to.write_all(&request.bytes[at..]).await.err().map(|_| End::Closed))
    }

    /// From the server to the client.
    async fn replies(&self, mut from: Box<dyn AsyncRead + Send + Unpin>) -> io::Result<End> {
        let mut bytes = vec![0; BUFFER];
        loop {
            // What a server has said before it breaks the connection off still reaches the client.
            let read = from.read(&mut bytes).await.unwrap_or(0);
            let replies: Vec<Reply> = match read {
                0 => self.frame(|framer| framer.server_closed().into_iter().collect()),
                read => self.frame(|framer| framer.server(&bytes[..read])),
            };
            self.name_backend();
            self.heard.send_replace(());
            for reply in replies {
                let part = reply.of.is_some() && !reply.ends && read > 0;
                if !part && self.shared.gate.reply(self.id, &reply).await == Delivery::Cut {
                    return Ok(End::Cut);
                }
                self.to_client.lock().await.write_all(&reply.bytes).await?;
            }
            if read == 0 {
                self.server_closed.store(true, Ordering::Relaxed);
                self.heard.send_replace(());
                self.to_client.lock().await.shutdown().await?;
                return Ok(End::Closed);
            }
        }
    }

    fn name_backend(&self) {
        if let Some(backend) = locked(&self.framer).backend() {
            locked(&self.shared.backends).insert(self.id, backend);
        }
    }
}
