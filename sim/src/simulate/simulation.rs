//! One run on its own madsim runtime: builds the nodes, restarts crashed ones, cuts and heals links, ends when all is
//! at rest.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use madsim::net::NetSim;
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::task::NodeId;
use madsim::time::sleep;
use model::moves::Actor;
use model::run::Run;
use model::setup::Setup;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::simulate::SimulateError;
use crate::simulate::actors::{actors, lane_of};
use crate::simulate::dice::Dice;
use crate::simulate::director::Director;
use crate::simulate::nodes::{self, client_ip, ip_of};
use crate::simulate::plan::{Partition, Plan};
use crate::simulate::recorder::Recorder;
use crate::simulate::wire::{POSTGRES, REDIS};

/// How long a run may take in simulated time.
const MINUTES: u64 = 10;

struct Simulation {
    postgres: NodeId,
    redis: NodeId,
    /// The gateways and then the jobs.
    actors: Vec<NodeId>,
    client: NodeId,
}

/// Runs a setup by a plan. Must be called on a new thread.
pub(super) fn perform(setup: Arc<Setup>, seed: u64, plan: Plan) -> Result<(Run, Vec<String>), SimulateError> {
    let mut config = madsim::Config::default();
    let (least, most) = plan.latency;
    config.net.send_latency = least..most;
    config.net.packet_loss_rate = plan.resent as f64 / 100.0;
    let partitions = plan.partitions.clone();
    let director = Director::Planned(Box::new(plan), Dice::new(!seed));
    Runtime::with_seed_and_config(seed, config).block_on(play(setup, director, partitions))
}

/// Runs a setup by a script. Must be called on a new thread.
pub(super) fn rehearse(setup: Arc<Setup>, director: Director) -> Result<(Run, Vec<String>), SimulateError> {
    let (least, most) = Plan::undisturbed(1).latency;
    let mut config = madsim::Config::default();
    config.net.send_latency = least..most;
    Runtime::with_seed_and_config(0, config).block_on(play(setup, director, Vec::new()))
}

async fn play(
    setup: Arc<Setup>,
    director: Director,
    partitions: Vec<Partition>,
) -> Result<(Run, Vec<String>), SimulateError> {
    let (recorder, funerals) = Recorder::new(setup, director);
    let simulation = Simulation::build(&recorder);
    let actors = simulation.actors.clone();
    let mut helpers = vec![madsim::task::spawn(supervise(Arc::clone(&recorder), actors, funerals))];
    for partition in partitions {
        let (gateway, store) = simulation.ends_of(partition);
        helpers.push(madsim::task::spawn(cut_and_heal(Arc::clone(&recorder), partition, gateway, store)));
    }
    let in_time = tokio::select! {
        biased;
        () = recorder.over() => true,
        () = sleep(Duration::from_secs(60 * MINUTES)) => false,
    };
    for helper in helpers {
        helper.abort();
    }
    simulation.strike();
    // The tasks of a killed node are freed when they are next polled.
    sleep(Duration::from_millis(2)).await;
    let result = recorder.result();
    if in_time { result } else { Err(SimulateError::NoRest { minutes: MINUTES, moves: recorder.moves() }) }
}

impl Simulation {
    fn build(recorder: &Arc<Recorder>) -> Simulation {
        let setup = &recorder.setup;
        let postgres = store(recorder, "postgres", POSTGRES);
        let redis = store(recorder, "redis", REDIS);
        redis.spawn(nodes::environment(Arc::clone(recorder)));
        redis.spawn(nodes::stragglers(Arc::clone(recorder)));
        let handle = Handle::current();
        let nodes = actors(setup).map(|actor| {
            let on_node = Arc::clone(recorder);
            let node = handle.create_node().name(actor.name()).ip(ip_of(setup, actor));
            match actor {
                Actor::Gateway(n) => node.init(move || nodes::gateway(Arc::clone(&on_node), n)).build().id(),
                job => node.init(move || nodes::job(Arc::clone(&on_node), job)).build().id(),
            }
        });
        let actors = nodes.collect();
        let client = Handle::current().create_node().name("client").ip(client_ip()).build();
        for request in setup.all_requests() {
            client.spawn(nodes::client(Arc::clone(recorder), request));
        }
        Simulation { postgres: postgres.id(), redis: redis.id(), actors, client: client.id() }
    }

    fn ends_of(&self, partition: Partition) -> (NodeId, NodeId) {
        let store = if partition.postgres { self.postgres } else { self.redis };
        (self.actors[usize::from(partition.gateway)], store)
    }

    fn strike(&self) {
        let handle = Handle::current();
        for &node in self.actors.iter().chain([&self.client, &self.postgres, &self.redis]) {
            handle.kill(node);
        }
    }
}

fn store(recorder: &Arc<Recorder>, name: &str, address: &str) -> NodeHandle {
    let address: SocketAddr = match address.parse() {
        Ok(address) => address,
        Err(why) => panic!("{address}: {why}"),
    };
    let ip: IpAddr = address.ip();
    let node = Handle::current().create_node().name(name).ip(ip).build();
    node.spawn(nodes::store(Arc::clone(recorder), address));
    node
}

/// Restarts crashed nodes, once their death is recorded.
async fn supervise(recorder: Arc<Recorder>, nodes: Vec<NodeId>, mut funerals: UnboundedReceiver<Actor>) {
    while let Some(actor) = funerals.recv().await {
        let node = nodes[lane_of(&recorder.setup, actor)];
        let pause = recorder.idle(|_| Duration::from_millis(40));
        madsim::task::spawn(async move {
            sleep(pause).await;
            Handle::current().restart(node);
        });
    }
}

async fn cut_and_heal(recorder: Arc<Recorder>, partition: Partition, gateway: NodeId, store: NodeId) {
    let net = NetSim::current();
    sleep(partition.at).await;
    recorder.note("a link is cut");
    net.clog_link(gateway, store);
    net.clog_link(store, gateway);
    sleep(partition.lasts).await;
    net.unclog_link(gateway, store);
    net.unclog_link(store, gateway);
    recorder.note("the link is healed");
}
