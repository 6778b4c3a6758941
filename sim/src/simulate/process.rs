//! A process that runs a flow: each call goes over the network to a store, and the reply comes back the same way.

use std::future::pending;
use std::time::Duration;

use madsim::time::sleep;
use model::effect::{Call, Effect};
use model::flow::Recorded;
use model::moves::Actor;
use model::reply::{Failure, Reply};
use model::world::{Impossible, Next, Work, run_on};
use tokio::net::TcpStream;

use crate::simulate::director::Instruction;
use crate::simulate::plan::Ending;
use crate::simulate::recorder::Recorder;
use crate::simulate::wire::{self, Ask, POSTGRES, REDIS, Said};

/// A process's connections to the stores, opened when first needed.
#[derive(Default)]
pub(super) struct Links {
    postgres: Option<TcpStream>,
    redis: Option<TcpStream>,
}

/// Runs a flow to its end; `None` if its actor is ended before. A crash kills the node that this runs on.
pub(super) async fn drive(recorder: &Recorder, actor: Actor, links: &mut Links, work: Work) -> Option<Next> {
    let mut recorded = Recorded::default();
    loop {
        let call = match run_on(&recorder.setup, work, &mut recorded) {
            Next::Ask(call) | Next::Wait(call) => call,
            Next::Diverged => panic!("{}", Impossible::Diverged(actor.name())),
            Next::RecordFull => panic!("{}", Impossible::RecordFull(actor.name())),
            ended => return Some(ended),
        };
        match step(recorder, actor, links, call).await {
            Ok(reply) => recorded.answer(call.step, reply),
            Err(ending) => {
                end(recorder, actor, links, ending).await;
                return None;
            }
        }
    }
}

/// Waits for its turn before something that is not a call; `false` if the actor is ended there.
pub(super) async fn may_go_on(recorder: &Recorder, actor: Actor, links: &mut Links) -> bool {
    match recorder.turn(actor).await {
        Instruction::Go { .. } => true,
        Instruction::End(ending) => {
            end(recorder, actor, links, ending).await;
            false
        }
    }
}

async fn step(recorder: &Recorder, actor: Actor, links: &mut Links, call: Call) -> Result<Reply, Ending> {
    let ends = match recorder.turn(actor).await {
        Instruction::Go { ends } => ends,
        Instruction::End(ending) => return Err(ending),
    };
    let (link, address, lost) = match call.effect {
        Effect::Pg(_) => (&mut links.postgres, POSTGRES, Failure::PgLost),
        Effect::Redis(_) => (&mut links.redis, REDIS, Failure::RedisLost),
        Effect::Local(_) => return locally(recorder, actor, call, ends).await,
    };
    let stream = match link {
        Some(stream) => stream,
        None => link.insert(connect(recorder, actor, address).await),
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

/// Carries out a call outside both stores, at once; if the actor is to end in flight, it ends afterwards.
async fn locally(
    recorder: &Recorder,
    actor: Actor,
    call: Call,
    ends: Option<(Ending, Duration)>,
) -> Result<Reply, Ending> {
    let Some(reply) = recorder.do_locally(actor, call) else {
        // The run has already ended with an error.
        return pending().await;
    };
    if let Some((ending, after)) = ends {
        sleep(after).await;
        return Err(ending);
    }
    Ok(reply)
}

async fn exchange(stream: &mut TcpStream, call: Call) -> std::io::Result<Said> {
    wire::send(stream, &Ask(call)).await?;
    wire::receive(stream).await
}

/// Connects, and retries for as long as the link is cut.
async fn connect(recorder: &Recorder, actor: Actor, address: &str) -> TcpStream {
    loop {
        if let Ok(stream) = TcpStream::connect(address).await {
            recorder.link_opened(actor);
            return stream;
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// Ends the actor: all connections close and, in a crash, the node is killed.
async fn end(recorder: &Recorder, actor: Actor, links: &mut Links, ending: Ending) {
    recorder.ends(actor, ending);
    *links = Links::default();
    if ending == Ending::Crash {
        madsim::runtime::Handle::current().kill(madsim::plugin::node());
        pending::<()>().await;
    }
}
