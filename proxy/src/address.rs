//! Where a server listens, and connections over TCP and unix sockets as one.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A place to listen on or to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP port. To listen on port 0 takes a free one.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => path.display().fmt(f),
        }
    }
}

/// A connection's two directions.
pub(crate) type Stream = (Box<dyn AsyncRead + Send + Unpin>, Box<dyn AsyncWrite + Send + Unpin>);

fn tcp(stream: TcpStream) -> io::Result<Stream> {
    // Each message is written as a whole.
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    Ok((Box::new(read), Box::new(write)))
}

fn unix(stream: UnixStream) -> Stream {
    let (read, write) = stream.into_split();
    (Box::new(read), Box::new(write))
}

impl Address {
    pub(crate) async fn connect(&self) -> io::Result<Stream> {
        match self {
            Address::Tcp(address) => tcp(TcpStream::connect(address).await?),
            Address::Unix(path) => Ok(unix(UnixStream::connect(path).await?)),
        }
    }

    /// Removes the path of a unix socket, with which nobody can connect.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match self {
            Address::Tcp(_) => Ok(()),
            Address::Unix(path) => match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// Accepts connections.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens there, in place of whoever left the path of a unix socket behind.
    pub(crate) fn bind(address: &Address) -> io::Result<Listener> {
        match address {
            Address::Tcp(at) => {
                let listener = std::net::TcpListener::bind(at)?;
                listener.set_nonblocking(true)?;
                Ok(Listener::Tcp(TcpListener::from_std(listener)?))
            }
            Address::Unix(path) => {
                address.remove()?;
                Ok(Listener::Unix(UnixListener::bind(path)?))
            }
        }
    }

    /// Where it listens, with the port that it took.
    pub(crate) fn address(&self, asked: &Address) -> io::Result<Address> {
        match self {
            Listener::Tcp(listener) => Ok(Address::Tcp(listener.local_addr()?)),
            Listener::Unix(_) => Ok(asked.clone()),
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Tcp(listener) => tcp(listener.accept().await?.0),
            Listener::Unix(listener) => Ok(unix(listener.accept().await?.0)),
        }
    }
}
