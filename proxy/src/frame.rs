//! The bytes of one connection as requests and replies.
//!
//! A [`Framer`] performs no I/O. It is fed what each side sent, in whatever pieces that arrived, and yields the same
//! requests and replies for any pieces. The bytes of what it yields, joined, are the bytes that it was fed, in their order.

use std::fmt::Debug;

/// The length of the parts in which a longer reply is passed on.
pub const PART: usize = 1 << 20;

/// The longest message that is framed, and the longest batch that a Postgres Sync ends.
pub const LONGEST: usize = 64 << 20;

/// The place of a request on its connection, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What a client asks of the server in one go: the smallest part of its stream that the server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its place on the connection.
    pub id: RequestId,
    /// What the client sent.
    pub bytes: Vec<u8>,
    /// What the server is to do. A Postgres Sync that commits what earlier batches executed acts and has none.
    pub statements: Vec<Statement>,
    /// Whether it acts on data.
    pub purpose: Purpose,
    /// The server answers it: a [`Reply`] that ends and has its id will follow.
    pub answered: bool,
    /// The proxy itself answers so, and the server never sees the request.
    pub refusal: Option<&'static [u8]>,
    /// Where it can be halved.
    pub split: Option<Split>,
    /// It arrived together with the request before it, as the parts of a pipeline do. The relay sets it: a framer
    /// cannot know.
    pub pipelined: bool,
}

impl Request {
    /// An answered request, whole.
    #[must_use]
    pub fn new(id: RequestId, bytes: Vec<u8>, statements: Vec<Statement>, purpose: Purpose) -> Request {
        Request { id, bytes, statements, purpose, answered: true, refusal: None, split: None, pipelined: false }
    }
}

/// A place in a request at which the server can be made to answer the first half before it receives the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The length of the first half.
    pub at: usize,
    /// What has the server answer the first half, without an answer of its own.
    pub between: &'static [u8],
}

/// One thing that a server is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// SQL, as sent: several statements if they came in one simple query.
    Sql {
        /// The text, in which bytes that are no UTF-8 are replaced.
        text: String,
        /// The values of its parameters.
        values: Vec<Value>,
    },
    /// The execution of a Postgres portal of unknown content, such as a cursor or a statement that SQL prepared.
    Portal(String),
    /// The end of the data of a Postgres COPY.
    EndOfCopy {
        /// The data are complete; otherwise the client gives the COPY up.
        done: bool,
    },
    /// A Postgres function call by the function's number.
    Function(u32),
    /// A Redis command: its name and its arguments.
    Command(Vec<Vec<u8>>),
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As sent; `None` for NULL.
    pub bytes: Option<Vec<u8>>,
    /// The bytes are the type's binary form, not its text.
    pub binary: bool,
    /// The number of the type, if the client named it.
    pub of_type: Option<u32>,
}

/// Whether a request acts on data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It reads or writes data, or begins or ends a transaction.
    Acts,
    /// It is about the connection.
    Chatter(Chatter),
}

/// What a request that is about the connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chatter {
    /// Asks for encryption.
    Encryption,
    /// Opens the connection or proves who the client is.
    StartUp,
    /// Sets how the connection behaves, such as the name of the client.
    Settings,
    /// Parses or describes a statement.
    Preparation,
    /// Closes a statement or a portal.
    Close,
    /// Asks whether the connection is alive.
    Ping,
    /// Subscribes to messages or ends that.
    Subscription,
    /// Data of a transfer that a statement began and a later request ends.
    Transfer,
    /// Asks the server to stop what another connection asked for.
    Cancel,
    /// Says that the client leaves.
    Farewell,
    /// The beginning of a message that was never completed.
    Fragment,
    /// Bytes of a stream that is not understood.
    Unframed,
}

/// What a server sent: the answer to a request, a part of it, or something that answers none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What the server sent. Empty for a request that the server skips after an error.
    pub bytes: Vec<u8>,
    /// The request that it answers. `None` for what the server pushed, such as a notice or a message of a channel.
    pub of: Option<RequestId>,
    /// It completes the answer. False for the parts of a long answer but the last, and for what was pushed. A COPY that
    /// the server gives up while data are still coming has two answers.
    pub ends: bool,
}

impl Reply {
    /// What answers no request.
    #[must_use]
    pub fn pushed(bytes: Vec<u8>) -> Reply {
        Reply { bytes, of: None, ends: false }
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The service.
    Client,
    /// The store.
    Server,
}

impl Side {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }
}

/// Why a stream is not understood. It is passed on all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length field that no message can have.
    #[error("a message of the {} has the length {length}", .side.name())]
    Length {
        /// Who sent it.
        side: Side,
        /// As it says.
        length: i64,
    },
    /// A byte that begins no message of the protocol.
    #[error("the {} sent a message of the unknown kind {:?}", .side.name(), char::from(*.kind))]
    Kind {
        /// Who sent it.
        side: Side,
        /// The byte.
        kind: u8,
    },
    /// A message whose content contradicts its kind.
    #[error("the {} sent a malformed {what}", .side.name())]
    Malformed {
        /// Who sent it.
        side: Side,
        /// The message.
        what: &'static str,
    },
    /// A message or a batch too long to be kept.
    #[error("a message or a batch of more than {LONGEST} bytes")]
    Long,
    /// An answer without a question.
    #[error("the server answers what was not asked")]
    Unasked,
}

/// The protocol of one connection.
pub trait Framer: Debug + Send {
    /// Takes bytes of the client and yields the requests that they complete.
    fn client(&mut self, bytes: &[u8]) -> Vec<Request>;

    /// Takes bytes of the server and yields the replies that they complete.
    fn server(&mut self, bytes: &[u8]) -> Vec<Reply>;

    /// The client sends nothing more: what it left incomplete.
    fn client_closed(&mut self) -> Option<Request>;

    /// The server sends nothing more: what it left incomplete.
    fn server_closed(&mut self) -> Option<Reply>;

    /// Why the rest of the stream is passed on unframed.
    fn error(&self) -> Option<&FrameError>;

    /// Whether every request has been answered in full.
    fn idle(&self) -> bool;

    /// The server's process behind the connection, as the server named it.
    fn backend(&self) -> Option<u32> {
        None
    }

    /// The requests that bring a fresh connection to where this request of the connection can be sent; `None` if it
    /// depends on more, such as an open transaction.
    fn setup(&self, of: RequestId) -> Option<Vec<Vec<u8>>> {
        let _ = of;
        Some(Vec::new())
    }
}
