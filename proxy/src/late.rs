//! Requests that reach the server after their client has given up.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::address::Address;
use crate::frame::{FrameError, Framer};

/// Why a request cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub enum LateError {
    /// It means nothing on another connection.
    #[error("the request depends on more than its connection's set-up, such as an open transaction")]
    Depends,
    /// The server closed the connection before it answered, such as one that asks for a password.
    #[error("the server closed the connection before it answered")]
    Closed,
    /// The server's answer is not understood.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// The connection failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Late {
    /// What precedes it on a fresh connection; `None` if nothing could.
    pub(crate) setup: Option<Vec<Vec<u8>>>,
    pub(crate) bytes: Vec<u8>,
}

impl Late {
    /// Sends it on a fresh connection and waits for the answer.
    pub(crate) async fn deliver(self, server: &Address, mut framer: Box<dyn Framer>) -> Result<(), LateError> {
        let setup = self.setup.ok_or(LateError::Depends)?;
        let (mut from, mut to) = server.connect().await?;
        let mut bytes = vec![0; 16_384];
        for request in setup.iter().chain([&self.bytes]) {
            framer.client(request);
            to.write_all(request).await?;
            while !framer.idle() {
                match from.read(&mut bytes).await? {
                    0 => return Err(LateError::Closed),
                    read => drop(framer.server(&bytes[..read])),
                }
                if let Some(error) = framer.error() {
                    return Err(error.clone().into());
                }
            }
        }
        Ok(())
    }
}
