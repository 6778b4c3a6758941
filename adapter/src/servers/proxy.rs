//! A proxy in front of a server's unix socket that loses exactly the messages that it is set to lose.
//!
//! The client cannot tell whether the request or the reply was lost: it sees the same broken connection, and only the
//! server's data show what happened.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::find::Kind;
use super::wire::Talk;

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

/// A running proxy; dropping it drops its connections. Connection set-up, Postgres preparation and Redis `HELLO`,
/// `AUTH`, `CLIENT` and `SELECT` are not requests that act.
///
/// When Postgres closes an idle connection, the client learns it only with its next request, as over TCP: a unix socket
/// would refuse that request before the client has read the reason (25P03).
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    listen: PathBuf,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    server: PathBuf,
    armed: Mutex<Option<Cut>>,
    cuts: AtomicU64,
    held: Mutex<VecDeque<Vec<u8>>>,
    connections: tokio::sync::Mutex<JoinSet<()>>,
}

impl Shared {
    fn armed(&self) -> Option<Cut> {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(&self, cut: Option<Cut>) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = cut;
    }

    fn held(&self) -> std::sync::MutexGuard<'_, VecDeque<Vec<u8>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_done(&self) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the cut was armed; disarms it. One arming loses one message, on one connection.
    fn take(&self, cut: Cut) -> bool {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.take_if(|now| *now == cut).is_some()
    }
}

impl Proxy {
    /// Listens on the socket `listen`, which must not exist yet, and passes on to the socket `server`.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn start(kind: Kind, server: &Path, listen: &Path) -> io::Result<Proxy> {
        let shared = Arc::new(Shared {
            kind,
            server: server.to_owned(),
            armed: Mutex::new(None),
            cuts: AtomicU64::new(0),
            held: Mutex::new(VecDeque::new()),
            connections: tokio::sync::Mutex::new(JoinSet::new()),
        });
        let mut proxy = Proxy { shared, listen: listen.to_owned(), accepting: None };
        proxy.listen()?;
        Ok(proxy)
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
        self.shared.arm(Some(cut));
        if cut != Cut::Refuse {
            return if self.accepting.is_none() { self.listen() } else { Ok(()) };
        }
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // The task was cancelled on purpose; once it has ended, the listener is closed.
            let _ = accepting.await;
        }
        // A process that another thread is just starting may hold the listener a moment longer; without the path no
        // client can connect to it.
        match std::fs::remove_file(&self.listen) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.shared.connections.lock().await.shutdown().await;
        Ok(())
    }

    /// Drops every existing connection; new ones are accepted.
    pub async fn drop_all(&mut self) {
        self.shared.connections.lock().await.shutdown().await;
    }

    /// Disarms the proxy: it loses nothing more.
    ///
    /// # Errors
    /// When it cannot listen again after refusing.
    pub fn disarm(&mut self) -> io::Result<()> {
        self.shared.arm(None);
        if self.accepting.is_none() { self.listen() } else { Ok(()) }
    }

    /// Sends the request that has been held longest to the server and waits for the answer; false if none is held. Only
    /// for Redis, whose requests do not depend on their connection.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn deliver(&mut self) -> io::Result<bool> {
        let Some(request) = self.shared.held().pop_front() else { return Ok(false) };
        let mut server = UnixStream::connect(&self.shared.server).await?;
        let mut talk = Talk::new(self.shared.kind);
        server.write_all(&talk.client(&request, true).bytes).await?;
        let mut bytes = [0; 16_384];
        loop {
            match server.read(&mut bytes).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read if talk.server(&bytes[..read]) => return Ok(true),
                _ => {}
            }
        }
    }

    /// Discards the held requests: they never run.
    pub fn forget(&mut self) {
        self.shared.held().clear();
    }

    /// How many requests and replies it has lost or held by the cuts that apply once.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    fn listen(&mut self) -> io::Result<()> {
        match std::fs::remove_file(&self.listen) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&self.listen)?;
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut connections = shared.connections.lock().await;
                while connections.try_join_next().is_some() {}
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    // A broken connection is intended: both sides are dropped and notice it.
                    let _ = pass(&shared, client).await;
                });
            }
        }));
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        if let Ok(mut connections) = self.shared.connections.try_lock() {
            connections.abort_all();
        }
    }
}

/// Has Postgres send its pending answers.
const FLUSH: &[u8] = b"H\0\0\0\x04";

/// Passes messages both ways until one side closes or the cut happens.
async fn pass(shared: &Shared, mut client: UnixStream) -> io::Result<()> {
    let mut server = UnixStream::connect(&shared.server).await?;
    let mut talk = Talk::new(shared.kind);
    let mut waiting = false;
    let (mut from_client, mut from_server) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let bytes = &from_client[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                let mark = !waiting && shared.armed() == Some(Cut::CutBeforeReply);
                let heard = talk.client(bytes, mark);
                if heard.acts && shared.take(Cut::CutBeforeRequest) {
                    shared.cut_done();
                    return Ok(());
                }
                if heard.acts && shared.take(Cut::Hold) {
                    shared.held().push_back(heard.bytes);
                    shared.cut_done();
                    return Ok(());
                }
                if heard.acts
                    && let (Some(Cut::Stall(span)), Some(at)) = (shared.armed(), execution(&heard.bytes))
                    && shared.take(Cut::Stall(span))
                {
                    server.write_all(&heard.bytes[..at]).await?;
                    server.write_all(FLUSH).await?;
                    // The answer to the values shows that the timeout is running.
                    let answer = server.read(&mut from_server).await?;
                    talk.server(&from_server[..answer]);
                    client.write_all(&from_server[..answer]).await?;
                    tokio::time::sleep(span).await;
                    server.write_all(&heard.bytes[at..]).await?;
                    continue;
                }
                waiting |= heard.acts && mark && shared.take(Cut::CutBeforeReply);
                server.write_all(&heard.bytes).await?;
            }
            read = server.read(&mut from_server) => {
                let bytes = &from_server[..read?];
                if bytes.is_empty() {
                    if shared.kind == Kind::Postgres && talk.idle() {
                        // The request is read, so that closing the socket does not discard data that the client has
                        // still to read.
                        let _ = client.read(&mut from_client).await?;
                    }
                    return Ok(());
                }
                if talk.server(bytes) && waiting {
                    shared.cut_done();
                    return Ok(());
                }
                if !waiting {
                    client.write_all(bytes).await?;
                }
            }
        }
    }
}

/// The position of the Execute message among these Postgres messages.
fn execution(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while *bytes.get(at)? != b'E' {
        at += 1 + u32::from_be_bytes(bytes.get(at + 1..at + 5)?.try_into().ok()?) as usize;
    }
    Some(at)
}
