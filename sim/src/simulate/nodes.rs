//! The tasks that run on each node.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use madsim::task::spawn;
use madsim::time::sleep;
use model::moves::Actor;
use model::reply::{Answer, Failure, Reply};
use model::row::Request;
use model::setup::Setup;
use model::world::Next;
use tokio::net::{TcpListener, TcpStream};

use crate::simulate::actors::{actors, lane_of};
use crate::simulate::process::{Links, drive, may_go_on};
use crate::simulate::recorder::{Recorder, Served};
use crate::simulate::shared_world::Chance;
use crate::simulate::wire::{self, Answered, Ask, Asks, Said};

const CLIENT_IP: [u8; 4] = [10, 0, 0, 3];
const GATEWAY_PORT: u16 = 80;

/// The address of an actor's node.
pub(super) fn ip_of(setup: &Setup, actor: Actor) -> IpAddr {
    IpAddr::from([10, 0, 1, lane_of(setup, actor) as u8 + 1])
}

/// The address of the clients' node.
pub(super) fn client_ip() -> IpAddr {
    IpAddr::from(CLIENT_IP)
}

fn actor_at(setup: &Setup, address: SocketAddr) -> Option<Actor> {
    actors(setup).find(|&actor| ip_of(setup, actor) == address.ip())
}

/// Listens; fails only if the node's address is wrong.
async fn listen(address: SocketAddr) -> TcpListener {
    match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(why) => panic!("{address}: {why}"),
    }
}

/// A store: serves calls one after the other per connection, and all connections concurrently.
pub(super) async fn store(recorder: Arc<Recorder>, address: SocketAddr) {
    let listener = listen(address).await;
    loop {
        if let Ok((stream, peer)) = listener.accept().await
            && let Some(actor) = actor_at(&recorder.setup, peer)
        {
            let recorder = Arc::clone(&recorder);
            spawn(async move { serve(&recorder, stream, actor).await });
        }
    }
}

async fn serve(recorder: &Recorder, mut stream: TcpStream, actor: Actor) {
    while let Ok(Ask(call)) = wire::receive(&mut stream).await {
        let said = match recorder.carry_out(actor, call) {
            Served::Reply(reply) => Said::Reply(reply),
            Served::Refused => Said::Refused,
            Served::Cut => break,
            Served::Waits(woken) => tokio::select! {
                biased;
                reply = woken => match reply {
                    // Postgres was killed while the statement waited.
                    Ok(Reply::Failed(Failure::PgLost)) | Err(_) => break,
                    Ok(reply) => Said::Reply(reply),
                },
                // A client that waits sends nothing: this is the end of the connection.
                _ = wire::receive::<Ask>(&mut stream) => break,
            },
        };
        if wire::send(&mut stream, &said).await.is_err() {
            break;
        }
    }
    drop(stream);
    recorder.link_ended(actor);
}

/// Lets environment faults happen: stores, queue, clock.
pub(super) async fn environment(recorder: Arc<Recorder>) {
    loop {
        recorder.environment().await;
    }
}

/// Lets commands run late whose clients have given up on them.
pub(super) async fn stragglers(recorder: Arc<Recorder>) {
    loop {
        recorder.straggler().await;
    }
}

/// A gateway: one attempt at a time.
pub(super) async fn gateway(recorder: Arc<Recorder>, n: u8) {
    let actor = Actor::Gateway(n);
    let listener = listen((ip_of(&recorder.setup, actor), GATEWAY_PORT).into()).await;
    recorder.started(actor);
    let mut links = Links::default();
    loop {
        if let Ok((mut client, _)) = listener.accept().await
            && let Ok(Asks(_)) = wire::receive(&mut client).await
            && let Some(answer) = attempt(&recorder, n, &mut links).await
        {
            if recorder.is_deserted(n) {
                recorder.answered(actor, answer);
            } else {
                // The client waits as long as the attempt lives.
                let _ = wire::send(&mut client, &Answered(answer)).await;
            }
        }
    }
}

async fn attempt(recorder: &Recorder, gateway: u8, links: &mut Links) -> Option<Answer> {
    let actor = Actor::Gateway(gateway);
    let work = recorder.work_of(gateway)?;
    let Some(Next::Answer(answer)) = drive(recorder, actor, links, work).await else { return None };
    may_go_on(recorder, actor, links).await.then_some(answer)
}

/// The node of a background job, a worker or a task.
pub(super) async fn job(recorder: Arc<Recorder>, job: Actor) {
    recorder.started(job);
    let mut links = Links::default();
    loop {
        let work = recorder.job_begins(job).await;
        // A run that failed is given up; the next one starts from the beginning.
        drive(&recorder, job, &mut links, work).await;
    }
}

/// The client of one request: sends until it has a final answer or has sent often enough.
pub(super) async fn client(recorder: Arc<Recorder>, request: Request) {
    let mut impatient = false;
    loop {
        let chance = recorder.chance(request, impatient);
        match chance {
            Chance::Done => return,
            Chance::Wait => recorder.change().await,
            Chance::Send { gateway, .. } => {
                if let Some(patience) = ask_gateway(&recorder, request, impatient, chance, gateway).await {
                    impatient = patience.is_some();
                    sleep(patience.unwrap_or_default()).await;
                }
            }
        }
    }
}

/// Connects, and sends if that is still possible then; returns how long the client is patient, `Some(None)` if for
/// ever.
async fn ask_gateway(
    recorder: &Arc<Recorder>,
    request: Request,
    impatient: bool,
    chance: Chance,
    gateway: u8,
) -> Option<Option<Duration>> {
    let actor = Actor::Gateway(gateway);
    let pause = recorder.idle(|plan| plan.patience);
    sleep(pause).await;
    let Ok(mut stream) = TcpStream::connect(SocketAddr::from((ip_of(&recorder.setup, actor), GATEWAY_PORT))).await
    else {
        sleep(Duration::from_millis(1)).await;
        return None;
    };
    let patience = recorder.sends(request, impatient, chance)?;
    // If a gateway crashes here, its attempt ends too, which the recorder notices.
    let _ = wire::send(&mut stream, &Asks(request)).await;
    let recorder = Arc::clone(recorder);
    spawn(async move {
        tokio::select! {
            biased;
            said = wire::receive(&mut stream) => if let Ok(Answered(answer)) = said {
                recorder.answered(actor, answer);
            },
            // A client that goes away closes the connection and receives nothing more.
            () = recorder.deserted(gateway) => {}
        }
    });
    Some(patience)
}
