//! A server that answers like Postgres, and an owner that decides by a list.

use std::path::Path;
use std::sync::Mutex;

use proxy::address::Address;
use proxy::frame::{FrameError, Purpose, Reply, Request};
use proxy::gate::{ConnectionId, Decision, Delivery, Gate};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::messages::server;

pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Reads a message: the first of a connection has no kind.
async fn read_message(wire: &mut dyn Wire, first: bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if first { 4 } else { 5 }];
    wire.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[message.len() - 4..].try_into().unwrap()) as usize;
    let head = message.len();
    message.resize(head + length - 4, 0);
    wire.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

/// Answers every message; a query for `close` closes the connection after an error, one for a number has so many rows.
async fn serve(mut wire: Box<dyn Wire>, seen: UnboundedSender<Vec<u8>>) {
    let mut first = true;
    while let Some(message) = read_message(&mut *wire, first).await {
        let text = String::from_utf8_lossy(message.get(5..).unwrap_or_default()).trim_end_matches('\0').to_owned();
        let answer = match message[0] {
            _ if std::mem::take(&mut first) => "RKZ".to_owned(),
            b'Q' if text == "close" => "E".to_owned(),
            b'Q' => format!("{}CZ", "D".repeat(text.parse().unwrap_or(0))),
            b'B' => "2".to_owned(),
            b'E' => "C".to_owned(),
            b'S' => "Z".to_owned(),
            _ => String::new(),
        };
        let _ = seen.send(message);
        if wire.write_all(&server(&answer)).await.is_err() || text == "close" {
            return;
        }
    }
}

/// Starts the server; what it receives comes out of the channel.
pub async fn start(at: Address) -> (Address, UnboundedReceiver<Vec<u8>>) {
    let (seen, sees) = unbounded_channel();
    match at {
        Address::Tcp(at) => {
            let listener = TcpListener::bind(at).await.unwrap();
            let at = Address::Tcp(listener.local_addr().unwrap());
            tokio::spawn(async move {
                while let Ok((wire, _)) = listener.accept().await {
                    tokio::spawn(serve(Box::new(wire), seen.clone()));
                }
            });
            (at, sees)
        }
        Address::Unix(path) => {
            let listener = UnixListener::bind(&path).unwrap();
            tokio::spawn(async move {
                while let Ok((wire, _)) = listener.accept().await {
                    tokio::spawn(serve(Box::new(wire), seen.clone()));
                }
            });
            (Address::Unix(path), sees)
        }
    }
}

pub async fn connect(to: &Address) -> std::io::Result<Box<dyn Wire>> {
    Ok(match to {
        Address::Tcp(at) => Box::new(TcpStream::connect(at).await?),
        Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

/// Every pair of what the proxy listens on and what the server listens on.
pub fn places(folder: &Path) -> Vec<(Address, Address)> {
    let tcp = Address::Tcp("127.0.0.1:0".parse().unwrap());
    let unix = |name: &str| Address::Unix(folder.join(name));
    vec![
        (tcp.clone(), tcp.clone()),
        (unix("proxy1"), tcp.clone()),
        (tcp, unix("server1")),
        (unix("proxy2"), unix("server2")),
    ]
}

/// Decides about the next request that acts, or about its reply; and what has been told to it.
#[derive(Default)]
pub struct Owner {
    pub request: Mutex<Option<Decision>>,
    pub reply: Mutex<Option<Delivery>>,
    pub told: Mutex<Vec<String>>,
}

impl Owner {
    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }

    pub fn take_told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

impl Gate for Owner {
    async fn request(&self, _: ConnectionId, request: &Request) -> Decision {
        self.tell(format!("request {}", request.id.0));
        let decided = if request.purpose == Purpose::Acts { self.request.lock().unwrap().take() } else { None };
        decided.unwrap_or(Decision::Pass)
    }

    async fn reply(&self, _: ConnectionId, reply: &Reply) -> Delivery {
        self.tell(reply.of.map_or("push".to_owned(), |id| format!("reply {}", id.0)));
        let acts = reply.of.is_some_and(|id| id.0 > 0);
        let decided = if acts { self.reply.lock().unwrap().take() } else { None };
        decided.unwrap_or(Delivery::Pass)
    }

    fn opened(&self, connection: ConnectionId) {
        self.tell(format!("opened {}", connection.0));
    }

    fn closed(&self, connection: ConnectionId) {
        self.tell(format!("closed {}", connection.0));
    }

    fn unframed(&self, _: ConnectionId, error: &FrameError) {
        self.tell(error.to_string());
    }
}
