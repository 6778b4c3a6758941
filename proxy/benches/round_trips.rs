//! What the proxy adds to a message, beside a direct connection in the same run:
//! `cargo bench -p proxy --bench round_trips [-- 20000]`. The server and the client are ours, on 127.0.0.1, and do nothing but
//! send: the ratio is the worst that a service can see.

#![allow(clippy::unwrap_used, reason = "a step that fails ends the bench")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use proxy::address::Address;
use proxy::frame::{Framer, Reply, Request};
use proxy::gate::{ConnectionId, Decision, Delivery, Gate};
use proxy::listen::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Lets everything pass.
struct Open;

impl Gate for Open {
    async fn request(&self, _: ConnectionId, _: &Request) -> Decision {
        Decision::Pass
    }

    async fn reply(&self, _: ConnectionId, _: &Reply) -> Delivery {
        Delivery::Pass
    }
}

/// A protocol as the client sends it and as the server answers.
struct Exchange {
    name: &'static str,
    framer: fn() -> Box<dyn Framer>,
    /// Precedes the rest, with its answer.
    start: (&'static [u8], &'static [u8]),
    asked: &'static [u8],
    answered: &'static [u8],
}

const EXCHANGES: [Exchange; 2] = [
    Exchange {
        name: "Redis GET",
        framer: proxy::redis::framer,
        start: (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        asked: b"*2\r\n$3\r\nGET\r\n$5\r\nquota\r\n",
        answered: b"$6\r\n100.00\r\n",
    },
    Exchange {
        name: "Postgres query",
        framer: proxy::postgres::framer,
        start: (b"\0\0\0\x10\0\x03\0\0user\0a\0\0", b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
        asked: b"Q\0\0\0\x11UPDATE quota\0",
        answered: b"C\0\0\0\x0dUPDATE 1\0Z\0\0\0\x05I",
    },
];

const ROUNDS: usize = 7;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let asked = std::env::args().skip(1).find_map(|arg| arg.parse::<u32>().ok());
    let trips = asked.unwrap_or(20_000);
    for exchange in &EXCHANGES {
        let server = serve(exchange).await;
        let listen = Address::Tcp("127.0.0.1:0".parse().unwrap());
        let proxy = Proxy::start(exchange.framer, Address::Tcp(server), listen, Arc::new(Open)).unwrap();
        let Address::Tcp(through) = *proxy.address() else { unreachable!("it listens on TCP") };
        let (mut direct, mut proxied) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            direct.push(nanoseconds(exchange, server, trips).await);
            proxied.push(nanoseconds(exchange, through, trips).await);
        }
        let (direct, proxied) = (median(&mut direct), median(&mut proxied));
        println!(
            "{}: {trips} round trips, median of {ROUNDS}: direct {} us, through the proxy {} us, {} us more a round trip, {}.{:02} x",
            exchange.name,
            direct / 1_000,
            proxied / 1_000,
            proxied.saturating_sub(direct) / 1_000,
            proxied / direct,
            proxied % direct * 100 / direct,
        );
    }
}

fn median(times: &mut [u128]) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The time of one round trip.
async fn nanoseconds(exchange: &Exchange, at: SocketAddr, trips: u32) -> u128 {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = vec![0; exchange.start.1.len().max(exchange.answered.len())];
    stream.write_all(exchange.start.0).await.unwrap();
    stream.read_exact(&mut answer[..exchange.start.1.len()]).await.unwrap();
    let began = Instant::now();
    for _ in 0..trips {
        stream.write_all(exchange.asked).await.unwrap();
        stream.read_exact(&mut answer[..exchange.answered.len()]).await.unwrap();
    }
    began.elapsed().as_nanos() / u128::from(trips)
}

/// Answers each message of the exchange.
async fn serve(exchange: &'static Exchange) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            client.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut asked = vec![0; exchange.start.0.len().max(exchange.asked.len())];
                let mut next = exchange.start;
                while client.read_exact(&mut asked[..next.0.len()]).await.is_ok() {
                    if client.write_all(next.1).await.is_err() {
                        break;
                    }
                    next = (exchange.asked, exchange.answered);
                }
            });
        }
    });
    at
}
