//! Who decides what becomes of each message.

use std::future::Future;
use std::time::Duration;

use crate::frame::{FrameError, Reply, Request};

/// A connection of a client, numbered from 0 in the order in which the proxy accepted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The server receives it.
    Pass,
    /// Both sides are dropped, and the server never sees it.
    Cut,
    /// Both sides are dropped, and the server receives it only when the proxy is told to deliver it, like a request that
    /// a client gave up waiting for.
    Late,
    /// The server receives it in two halves with this delay between them, the first of which it has answered when the
    /// delay begins: for Postgres the values and the Execute, so that a `statement_timeout` is running. A request that
    /// cannot be halved is delayed as a whole.
    Stall(Duration),
}

/// What becomes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The client receives it.
    Pass,
    /// Both sides are dropped, and the client never sees it.
    Cut,
}

/// The owner of a proxy.
///
/// While an answer to [`Gate::request`] is awaited, replies on the same connection go on, but no later request; and the
/// reverse for [`Gate::reply`]. Dropping the connection drops what is awaited. That a client has gone away is noticed after
/// the decision about its request.
pub trait Gate: Send + Sync + 'static {
    /// A request is complete and the server has not seen it.
    fn request(&self, connection: ConnectionId, request: &Request) -> impl Future<Output = Decision> + Send;

    /// A reply is complete, or the server has pushed something, and the client has not seen it. Of a reply in parts, this
    /// is the last one.
    fn reply(&self, connection: ConnectionId, reply: &Reply) -> impl Future<Output = Delivery> + Send;

    /// A client has connected.
    fn opened(&self, connection: ConnectionId) {
        let _ = connection;
    }

    /// Both sides of the connection are closed.
    fn closed(&self, connection: ConnectionId) {
        let _ = connection;
    }

    /// From here on the bytes of the connection are passed on as they come.
    fn unframed(&self, connection: ConnectionId, error: &FrameError) {
        let _ = (connection, error);
    }
}
