//! What runs on each node.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use madsim::task::spawn;
use madsim::time::sleep;
use model::moves::Actor;
use model::reply::{Answer, Failure};
use model::row::Request;
use tokio::net::{TcpListener, TcpStream};

use crate::simulate::process::{Links, Outcome, drive, may_go_on};
use crate::simulate::recorder::{Chance, Recorder, Served};
use crate::simulate::wire::{self, Answered, Ask, Charge, Said};

const CLIENT_IP: [u8; 4] = [10, 0, 0, 3];
const JOB_IP: [u8; 4] = [10, 0, 0, 4];
const GATEWAY_PORT: u16 = 80;

/// The address of an actor's node.
pub(super) fn ip_of(actor: Actor) -> IpAddr {
    match actor {
        Actor::Gateway(n) => IpAddr::from([10, 0, 1, n + 1]),
        Actor::Sync => IpAddr::from(JOB_IP),
    }
}

/// The address of the clients' node.
pub(super) fn client_ip() -> IpAddr {
    IpAddr::from(CLIENT_IP)
}

fn actor_at(address: SocketAddr) -> Option<Actor> {
    match address.ip() {
        IpAddr::V4(ip) if ip.octets() == JOB_IP => Some(Actor::Sync),
        IpAddr::V4(ip) if ip.octets()[2] == 1 => Some(Actor::Gateway(ip.octets()[3].checked_sub(1)?)),
        _ => None,
    }
}

/// Listens, which fails only if the node's address is wrong.
async fn listen(address: SocketAddr) -> TcpListener {
    match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(why) => panic!("{address}: {why}"),
    }
}

/// A store: takes asks up one after the other per connection, for all connections at once.
pub(super) async fn store(recorder: Arc<Recorder>, address: SocketAddr) {
    let listener = listen(address).await;
    loop {
        if let Ok((stream, peer)) = listener.accept().await
            && let Some(actor) = actor_at(peer)
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
                    Ok(reply) => Said::Reply(reply),
                    Err(_dead) => break,
                },
                // Who waits says nothing more: this is the end of the connection.
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

/// What befalls Redis as a whole.
pub(super) async fn weather(recorder: Arc<Recorder>) {
    loop {
        recorder.weather().await;
    }
}

/// A gateway: one attempt at a time.
pub(super) async fn gateway(recorder: Arc<Recorder>, n: u8) {
    let actor = Actor::Gateway(n);
    let listener = listen((ip_of(actor), GATEWAY_PORT).into()).await;
    recorder.started(actor);
    let mut links = Links::default();
    loop {
        if let Ok((mut client, _)) = listener.accept().await
            && let Ok(Charge(request)) = wire::receive(&mut client).await
            && let Some(answer) = attempt(&recorder, actor, &mut links, request).await
        {
            // The client waits for as long as the attempt lives.
            let _ = wire::send(&mut client, &Answered(answer)).await;
        }
    }
}

async fn attempt(recorder: &Recorder, actor: Actor, links: &mut Links, request: Request) -> Option<Answer> {
    let charge = *recorder.setup.charge(request);
    let deduct = recorder.setup.flows.deduct;
    let answer = match drive(recorder, actor, links, |io| deduct(io, &charge)).await {
        Outcome::Came(answer) => answer,
        Outcome::Failed(Failure::Refused(limit)) => Answer::Refused(limit),
        Outcome::Failed(failure) => Answer::Error(failure),
        Outcome::Cancelled => return None,
    };
    may_go_on(recorder, actor, links).await.then_some(answer)
}

/// The node of the background job.
pub(super) async fn job(recorder: Arc<Recorder>) {
    let Some(sync) = recorder.setup.flows.sync else { return };
    let tenants = recorder.setup.tenants().collect();
    recorder.started(Actor::Sync);
    let mut links = Links::default();
    loop {
        recorder.job_begins().await;
        // A run that failed is given up, and the next one starts afresh.
        drive(&recorder, Actor::Sync, &mut links, |io| sync(io, &tenants)).await;
    }
}

/// The client of one request: asks until it has a final answer or has asked often enough.
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

/// Sends if that is still possible once a connection stands; gives how long the client is patient, if not for ever.
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
    let Ok(mut stream) = TcpStream::connect(SocketAddr::from((ip_of(actor), GATEWAY_PORT))).await else {
        sleep(Duration::from_millis(1)).await;
        return None;
    };
    let patience = recorder.sends(request, impatient, chance)?;
    // A gateway that dies meanwhile takes the attempt with it, which the recorder sees.
    let _ = wire::send(&mut stream, &Charge(request)).await;
    let recorder = Arc::clone(recorder);
    spawn(async move {
        if let Ok(Answered(answer)) = wire::receive(&mut stream).await {
            recorder.answered(actor, answer);
        }
    });
    Some(patience)
}
