//! A proxy as a whole: it listens, or refuses.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};

use crate::address::{Address, Listener};
use crate::frame::Framer;
use crate::gate::{ConnectionId, Gate};
use crate::late::LateError;
use crate::relay::{Shared, locked, relay};

/// The pause after a connection that could not be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(10);

/// The connections of a proxy.
#[derive(Debug, Default)]
struct Connections {
    tasks: JoinSet<()>,
    next: u64,
}

/// A running proxy; dropping it drops its connections.
///
/// It keeps in memory, for each connection, what was read at once (64 KiB a side), the request that is being received (at
/// most 64 MiB), and a reply of up to 1 MiB: a longer one is passed on in parts, and only its last part waits for the
/// gate. A side that does not read holds up the other.
#[derive(Debug)]
pub struct Proxy<G: Gate> {
    shared: Arc<Shared<G>>,
    listen: Address,
    accepting: Option<JoinHandle<()>>,
    connections: Arc<tokio::sync::Mutex<Connections>>,
}

impl<G: Gate> Proxy<G> {
    /// Listens at `listen` and passes on to `server`, which speaks the protocol of these framers.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn start(
        framer: fn() -> Box<dyn Framer>,
        server: Address,
        listen: Address,
        gate: Arc<G>,
    ) -> io::Result<Proxy<G>> {
        let shared = Arc::new(Shared {
            gate,
            server,
            framer,
            late: Mutex::new(VecDeque::new()),
            backends: Mutex::new(BTreeMap::new()),
        });
        let connections = Arc::new(tokio::sync::Mutex::new(Connections::default()));
        let mut proxy = Proxy { shared, listen, accepting: None, connections };
        proxy.accept()?;
        Ok(proxy)
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.listen
    }

    /// Who decides.
    #[must_use]
    pub fn gate(&self) -> &G {
        &self.shared.gate
    }

    /// Refuses new connections and drops the existing ones. This has taken effect when it returns.
    ///
    /// # Errors
    /// When the path of the unix socket cannot be removed.
    pub async fn refuse(&mut self) -> io::Result<()> {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // The task was cancelled on purpose; once it has ended, the listener is closed.
            let _ = accepting.await;
        }
        // A process that another thread is just starting may hold the listener a moment longer; without the path no
        // client can connect to it.
        self.listen.remove()?;
        self.drop_all().await;
        Ok(())
    }

    /// Accepts connections, also again after refusing, at the same address.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn accept(&mut self) -> io::Result<()> {
        if self.accepting.is_some() {
            return Ok(());
        }
        let listener = Listener::bind(&self.listen)?;
        self.listen = listener.address(&self.listen)?;
        let (shared, connections) = (Arc::clone(&self.shared), Arc::clone(&self.connections));
        self.accepting = Some(tokio::spawn(async move {
            loop {
                let Ok(client) = listener.accept().await else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                let mut connections = connections.lock().await;
                while connections.tasks.try_join_next().is_some() {}
                let id = ConnectionId(connections.next);
                connections.next += 1;
                let shared = Arc::clone(&shared);
                connections.tasks.spawn(async move {
                    // A broken connection is intended: both sides are dropped and notice it.
                    let _ = relay(&shared, id, client).await;
                });
            }
        }));
        Ok(())
    }

    /// Drops every existing connection; new ones are accepted.
    pub async fn drop_all(&mut self) {
        self.connections.lock().await.tasks.shutdown().await;
    }

    /// Sends the request that has been late longest to the server and waits for the answer; false if there is none.
    ///
    /// # Errors
    /// [`LateError`]; the request is then discarded.
    pub async fn deliver(&mut self) -> Result<bool, LateError> {
        let Some(late) = locked(&self.shared.late).pop_front() else { return Ok(false) };
        late.deliver(&self.shared.server, (self.shared.framer)()).await?;
        Ok(true)
    }

    /// Discards the late requests: they never run.
    pub fn forget(&mut self) {
        locked(&self.shared.late).clear();
    }

    /// The server's process behind a connection, as the server named it, also after the connection has closed.
    #[must_use]
    pub fn backend(&self, connection: ConnectionId) -> Option<u32> {
        locked(&self.shared.backends).get(&connection).copied()
    }
}

impl<G: Gate> Drop for Proxy<G> {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        if let Ok(mut connections) = self.connections.try_lock() {
            connections.tasks.abort_all();
        }
    }
}
