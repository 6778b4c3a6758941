//! A process that runs a flow: each ask goes over the network to a store, and the reply comes back the same way.

use std::future::pending;
use std::time::Duration;

use madsim::time::sleep;
use model::effect::{Call, Effect};
use model::io::{Flow, Io, Ran, Recorded, run};
use model::moves::Actor;
use model::reply::{Failure, Reply};
use tokio::net::TcpStream;

use crate::simulate::director::Deed;
use crate::simulate::plan::Ending;
use crate::simulate::recorder::Recorder;
use crate::simulate::wire::{self, Ask, Said};

/// A process's connections to the stores, opened when first needed.
#[derive(Default)]
pub(super) struct Links {
    postgres: Option<TcpStream>,
    redis: Option<TcpStream>,
}

/// How a flow that is run by a process ended, unless the process died.
pub(super) enum Outcome<T> {
    /// It came to this.
    Came(T),
    /// It failed and did not handle that.
    Failed(Failure),
    /// It was cancelled.
    Cancelled,
}

/// Runs a flow to its end, or to the end its actor meets. A crash kills the node this is called on.
pub(super) async fn drive<T>(
    recorder: &Recorder,
    actor: Actor,
    links: &mut Links,
    flow: impl Fn(&mut Io<'_>) -> Flow<T>,
) -> Outcome<T> {
    let mut recorded = Recorded::default();
    loop {
        let call = match run(&mut recorded, &flow) {
            Ran::Asks(call) => call,
            Ran::Ended(value) => return Outcome::Came(value),
            Ran::Failed(failure) => return Outcome::Failed(failure),
            Ran::Diverged { recorded, asked } => {
                panic!("{} asked {asked} where {recorded} is on record", actor.name())
            }
        };
        match step(recorder, actor, links, call).await {
            Ok(reply) => recorded.replies.push((call.step, reply)),
            Err(ending) => {
                end(recorder, actor, links, ending).await;
                return Outcome::Cancelled;
            }
        }
    }
}

/// Waits for its turn before something that is not an ask, and meets its end there if it is to.
pub(super) async fn may_go_on(recorder: &Recorder, actor: Actor, links: &mut Links) -> bool {
    let turn = recorder.turn(actor).await;
    sleep(turn.pause).await;
    match turn.deed {
        Deed::Go { .. } => true,
        Deed::End(ending) => {
            end(recorder, actor, links, ending).await;
            false
        }
    }
}

async fn step(recorder: &Recorder, actor: Actor, links: &mut Links, call: Call) -> Result<Reply, Ending> {
    let turn = recorder.turn(actor).await;
    if !turn.pause.is_zero() {
        sleep(turn.pause).await;
    }
    let ends = match turn.deed {
        Deed::Go { ends } => ends,
        Deed::End(ending) => return Err(ending),
    };
    let (link, lost) = match call.effect {
        Effect::Pg(_) => (&mut links.postgres, Failure::PgLost),
        Effect::Redis(_) => (&mut links.redis, Failure::RedisLost),
    };
    let stream = match link {
        Some(stream) => stream,
        None => link.insert(connect(recorder, actor, wire::store_address(call.effect)).await),
    };
    let said = tokio::select! {
        biased;
        said = exchange(stream, call) => said,
        ending = recorder.ended_in_flight(actor, ends) => return Err(ending),
    };
    Ok(match said {
        Ok(Said::Reply(reply)) => reply,
        Ok(Said::Refused) => Reply::Failed(Failure::RedisUnreachable),
        Err(_closed) => {
            *link = None;
            Reply::Failed(lost)
        }
    })
}

async fn exchange(stream: &mut TcpStream, call: Call) -> std::io::Result<Said> {
    wire::send(stream, &Ask(call)).await?;
    wire::receive(stream).await
}

/// Connects, however long the link is cut.
async fn connect(recorder: &Recorder, actor: Actor, address: &str) -> TcpStream {
    loop {
        if let Ok(stream) = TcpStream::connect(address).await {
            recorder.link_opened(actor);
            return stream;
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// Meets its end: all connections close and, in a crash, the node is killed.
async fn end(recorder: &Recorder, actor: Actor, links: &mut Links, ending: Ending) {
    recorder.ends(actor, ending);
    *links = Links::default();
    if ending == Ending::Crash {
        madsim::runtime::Handle::current().kill(madsim::plugin::node());
        pending::<()>().await;
    }
}
