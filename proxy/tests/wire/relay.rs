//! What reaches which side, over TCP and unix sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proxy::address::Address;
use proxy::frame::PART;
use proxy::gate::{ConnectionId, Decision, Delivery};
use proxy::late::LateError;
use proxy::listen::Proxy;
use proxy::postgres::framer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::fake::{self, Owner, Wire, connect};
use crate::messages::{self, FLUSH, SYNC, bind, execute, opening, query, server, start};

struct Scene {
    proxy: Proxy<Owner>,
    sees: UnboundedReceiver<Vec<u8>>,
}

impl Scene {
    async fn new(listen: Address, behind: Address) -> Scene {
        let (behind, sees) = fake::start(behind).await;
        Scene { proxy: Proxy::start(framer, behind, listen, Arc::default()).unwrap(), sees }
    }

    /// A client that has been admitted.
    async fn client(&mut self) -> Box<dyn Wire> {
        let mut client = connect(self.proxy.address()).await.unwrap();
        assert_eq!(ask(&mut client, &start(), "RKZ").await, server("RKZ"));
        assert_eq!(self.sees.recv().await.unwrap(), start());
        client
    }

    /// What the server has received and nobody has looked at.
    fn seen(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.sees.try_recv().ok()).collect()
    }
}

/// Sends the bytes and reads as many as this answer has, or up to the end.
async fn ask(client: &mut Box<dyn Wire>, bytes: &[u8], answer: &str) -> Vec<u8> {
    client.write_all(bytes).await.unwrap();
    let mut read = vec![0; server(answer).len()];
    match client.read_exact(&mut read).await {
        Ok(_) => read,
        Err(_) => Vec::new(),
    }
}

/// Runs the test at every pair of places.
async fn everywhere(test: impl AsyncFn(Scene)) {
    let folder = tempfile::tempdir().unwrap();
    for (listen, behind) in fake::places(folder.path()) {
        test(Scene::new(listen, behind).await).await;
    }
}

#[tokio::test]
async fn every_byte_passes_and_the_owner_is_told() {
    everywhere(async |mut scene| {
        let mut client = scene.client().await;
        assert_eq!(ask(&mut client, &query("2"), "DDCZ").await, server("DDCZ"));
        assert_eq!(scene.seen(), [query("2")]);
        assert_eq!(scene.proxy.backend(ConnectionId(0)), Some(7));
        drop(client);
        let until = Instant::now() + Duration::from_secs(5);
        let mut told = Vec::new();
        while told.last().is_none_or(|last| last != "closed 0") && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
            told.extend(scene.proxy.gate().take_told());
        }
        assert_eq!(told, ["opened 0", "request 0", "reply 0", "request 1", "reply 1", "closed 0"]);
    })
    .await;
}

#[tokio::test]
async fn a_lost_request_and_a_lost_reply_look_the_same_to_the_client() {
    everywhere(async |mut scene| {
        let mut client = scene.client().await;
        *scene.proxy.gate().request.lock().unwrap() = Some(Decision::Cut);
        assert_eq!(ask(&mut client, &query("COMMIT"), "CZ").await, b"");
        assert_eq!(scene.seen(), [b""; 0]);
        let mut client = scene.client().await;
        *scene.proxy.gate().reply.lock().unwrap() = Some(Delivery::Cut);
        assert_eq!(ask(&mut client, &query("COMMIT"), "CZ").await, b"");
        assert_eq!(scene.seen(), [query("COMMIT")]);
    })
    .await;
}

#[tokio::test]
async fn a_late_request_arrives_when_it_is_delivered() {
    everywhere(async |mut scene| {
        for text in ["first", "second"] {
            let mut client = scene.client().await;
            *scene.proxy.gate().request.lock().unwrap() = Some(Decision::Late);
            assert_eq!(ask(&mut client, &query(text), "CZ").await, b"");
        }
        assert_eq!(scene.seen(), [b""; 0]);
        assert!(scene.proxy.deliver().await.unwrap());
        assert_eq!(scene.seen(), [start(), query("first")]);
        scene.proxy.forget();
        assert!(!scene.proxy.deliver().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_request_of_a_stream_that_is_not_understood_means_nothing_elsewhere() {
    let tcp = Address::Tcp("127.0.0.1:0".parse().unwrap());
    let mut scene = Scene::new(tcp.clone(), tcp).await;
    *scene.proxy.gate().request.lock().unwrap() = Some(Decision::Late);
    let mut client = scene.client().await;
    let undone = [query("COMMIT"), b"!".to_vec()].concat();
    assert_eq!(ask(&mut client, &undone, "CZ").await, b"");
    assert!(matches!(scene.proxy.deliver().await, Err(LateError::Depends)));
}

#[tokio::test]
async fn who_is_refused_can_connect_again_afterwards() {
    everywhere(async |mut scene| {
        let mut client = scene.client().await;
        let address = scene.proxy.address().clone();
        scene.proxy.refuse().await.unwrap();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap_or(0), 0);
        assert!(connect(&address).await.is_err());
        scene.proxy.accept().unwrap();
        assert_eq!(scene.proxy.address(), &address);
        let mut client = scene.client().await;
        scene.proxy.drop_all().await;
        assert_eq!(client.read(&mut [0; 8]).await.unwrap_or(0), 0);
        scene.client().await;
    })
    .await;
}

#[tokio::test]
async fn a_side_that_sends_nothing_more_still_hears_the_other() {
    everywhere(async |mut scene| {
        let mut client = scene.client().await;
        client.write_all(&query("3")).await.unwrap();
        client.shutdown().await.unwrap();
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, server("DDDCZ"));
        assert_eq!(scene.seen(), [query("3")]);
        // The next request of a client whose server has gone is accepted, so that the reason can still be read.
        let mut client = scene.client().await;
        client.write_all(&query("close")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        client.write_all(&query("COMMIT")).await.unwrap();
        let mut reason = vec![0; server("E").len()];
        client.read_exact(&mut reason).await.unwrap();
        assert_eq!(reason, server("E"));
    })
    .await;
}

#[tokio::test]
async fn a_stalled_request_has_its_values_answered_before_its_execution_arrives() {
    everywhere(async |mut scene| {
        let mut client = scene.client().await;
        let span = Duration::from_millis(50);
        *scene.proxy.gate().request.lock().unwrap() = Some(Decision::Stall(span));
        let since = Instant::now();
        let batch = [bind("", "s1", "5"), execute(""), SYNC.to_vec()].concat();
        client.write_all(&batch).await.unwrap();
        let first = [scene.sees.recv().await.unwrap(), scene.sees.recv().await.unwrap()];
        assert_eq!(first, [bind("", "s1", "5"), FLUSH.to_vec()]);
        assert!(scene.seen().is_empty());
        assert_eq!(scene.sees.recv().await.unwrap(), execute(""));
        assert!(since.elapsed() >= span);
        let mut answer = vec![0; server("2CZ").len()];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, server("2CZ"));
    })
    .await;
}

#[tokio::test]
async fn a_long_answer_passes_whole_and_the_owner_is_asked_once() {
    let tcp = Address::Tcp("127.0.0.1:0".parse().unwrap());
    let mut scene = Scene::new(tcp.clone(), tcp).await;
    let mut client = scene.client().await;
    let rows = 3 * PART / server("D").len();
    let answer = format!("{}CZ", "D".repeat(rows));
    assert!(ask(&mut client, &query(&rows.to_string()), &answer).await == server(&answer));
    assert_eq!(scene.proxy.gate().take_told()[3..], ["request 1", "reply 1"]);
}

#[tokio::test]
async fn the_proxy_itself_refuses_encryption_and_passes_on_what_it_does_not_understand() {
    let tcp = Address::Tcp("127.0.0.1:0".parse().unwrap());
    let mut scene = Scene::new(tcp.clone(), tcp).await;
    let mut client = connect(scene.proxy.address()).await.unwrap();
    client.write_all(&opening(80_877_103, b"")).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'N');
    assert_eq!(ask(&mut client, &start(), "RKZ").await, server("RKZ"));
    let unknown = messages::message(b'!', b"");
    client.write_all(&unknown).await.unwrap();
    assert_eq!([scene.sees.recv().await.unwrap(), scene.sees.recv().await.unwrap()], [start(), unknown]);
    assert!(scene.proxy.gate().take_told().iter().any(|told| told.contains("unknown kind '!'")));
}
