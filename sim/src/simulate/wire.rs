//! The messages on the simulated network: serde_json, preceded by four bytes of length.

use std::io;

use model::effect::Call;
use model::reply::{Answer, Reply};
use model::row::Request;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// From a gateway or job to a store.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Ask(pub(super) Call);

/// From a store to a gateway or job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// The call was carried out.
    Reply(Reply),
    /// The connection is refused; nothing was carried out.
    Refused,
}

/// From a client to a gateway.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Asks(pub(super) Request);

/// From a gateway to a client.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Answered(pub(super) Answer);

/// Where Postgres listens.
pub(super) const POSTGRES: &str = "10.0.0.1:5432";
/// Where Redis listens.
pub(super) const REDIS: &str = "10.0.0.2:6379";

/// Sends one frame. Without the flush nothing would leave the node.
pub(super) async fn send<T: Serialize>(stream: &mut TcpStream, frame: &T) -> io::Result<()> {
    let body = serde_json::to_vec(frame)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(body.len() + 4);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&body);
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// Waits for one frame.
///
/// # Errors
/// The connection has ended, or the frame is not a valid message.
pub(super) async fn receive<T: DeserializeOwned>(stream: &mut TcpStream) -> io::Result<T> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}
