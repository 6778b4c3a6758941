//! The plan of a run, drawn from its seed before the run begins: what goes wrong where, and what is slow.

use std::time::Duration;

use model::setup::{Fault, Setup};

use crate::simulate::actors::actors;

/// The victim of a strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The attempt of the run's n-th sending, from 1.
    Attempt(u64),
    /// The n-th run of any job, from 1.
    JobRun(u64),
}

/// How an actor's work is ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its node dies.
    Crash,
    /// The attempt is dropped; its node lives.
    Cancel,
}

/// What goes wrong for one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultAtStep {
    /// It ends before it sends a call.
    EndBefore(Ending),
    /// It ends so long after it sent a call: on the way, while it waits for a lock, or with the reply under way.
    EndInFlight(Ending, Duration),
    /// This fault strikes it.
    Meets(Fault),
    /// The reply is lost, whether the step ran or not.
    Lost { ran: bool },
}

/// One fault and where it strikes: at the first possible step of its victim, starting with the `from`-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) victim: Victim,
    pub(super) from: u64,
    pub(super) fault: FaultAtStep,
}

/// Environment faults: stores, queue, clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnvironmentFault {
    /// The first possible one of this kind.
    Of(Fault),
    /// The index of what is evicted, modulo the number of candidates.
    Eviction(u64),
    /// The clock of the first idle gateway.
    ClockSkew { ahead: bool },
}

/// The link between a gateway and a store delivers nothing for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partition {
    pub(super) gateway: u8,
    pub(super) postgres: bool,
    pub(super) at: Duration,
    pub(super) lasts: Duration,
}

/// Everything that is decided before a run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) strikes: Vec<Strike>,
    /// Environment faults, each with the number of moves after which it is due.
    pub(super) environment: Vec<(u64, EnvironmentFault)>,
    /// After which sending, and how long after it, the client sends again without waiting for the answer.
    pub(super) impatience: Vec<(u64, Duration)>,
    /// The sendings that go to the last free gateway instead of the first, among those whose dates differ.
    pub(super) detours: Vec<u64>,
    /// After how many moves a job that waits until all is quiet runs anyway.
    pub(super) job_runs: Vec<u64>,
    /// Which step of which attempt or run is delayed for how long.
    pub(super) stalls: Vec<(Victim, u64, Duration)>,
    /// How long each actor pauses before each step, gateways first: slow actors lose races.
    pub(super) pace: Vec<Duration>,
    /// How many steps in a hundred are delayed by a random span.
    pub(super) hiccups: u64,
    pub(super) partitions: Vec<Partition>,
    /// Shortest and longest latency of a message.
    pub(super) latency: (Duration, Duration),
    /// How many messages in a hundred have to be sent again.
    pub(super) resent: u64,
    /// The longest pause of a client before it sends.
    pub(super) patience: Duration,
    /// The longest pause of a job before it begins.
    pub(super) lag: Duration,
    /// The longest time for which a command that was given up is still on its way.
    pub(super) lateness: Duration,
}

impl Plan {
    /// A plan in which nothing goes wrong and no actor is slow.
    pub(super) fn undisturbed(actors: usize) -> Plan {
        Plan {
            strikes: Vec::new(),
            environment: Vec::new(),
            impatience: Vec::new(),
            detours: Vec::new(),
            job_runs: Vec::new(),
            stalls: Vec::new(),
            pace: vec![Duration::ZERO; actors],
            hiccups: 0,
            partitions: Vec::new(),
            latency: (Duration::from_micros(500), Duration::from_millis(1)),
            resent: 0,
            patience: Duration::ZERO,
            lag: Duration::ZERO,
            lateness: Duration::ZERO,
        }
    }

    /// The plan in readable lines.
    pub(super) fn lines(&self, setup: &Setup) -> Vec<String> {
        let (least, most) = self.latency;
        let mut lines = vec![format!("messages take {least:?} to {most:?}, {} in 100 are sent again", self.resent)];
        lines.extend(self.strikes.iter().map(Strike::line));
        lines.extend(
            self.environment.iter().map(|(after, environment)| format!("{} after move {after}", environment.words())),
        );
        let again = |(send, after): &(u64, Duration)| format!("sending {send} is repeated {after:?} later, in flight");
        lines.extend(self.impatience.iter().map(again));
        lines.extend(
            self.detours.iter().map(|send| format!("sending {send} goes to the last free gateway, if dates differ")),
        );
        lines.extend(self.job_runs.iter().map(|after| format!("a job runs early after move {after}")));
        lines.extend(self.stalls.iter().map(|(v, step, span)| format!("{} stalls {span:?} at step {step}", v.name())));
        for (actor, pace) in actors(setup).zip(&self.pace).filter(|(_, pace)| !pace.is_zero()) {
            lines.push(format!("{} takes {pace:?} more for each step", actor.name()));
        }
        if self.hiccups > 0 {
            lines.push(format!("{} steps in 100 are held up", self.hiccups));
        }
        if !setup.jobs().is_empty() {
            lines.push(format!("jobs begin up to {:?} late", self.lag));
        }
        lines.extend(self.partitions.iter().map(|p| {
            let store = if p.postgres { "postgres" } else { "redis" };
            let gateway = model::moves::Actor::Gateway(p.gateway).name();
            format!("{gateway} and {store} are apart from {:?} for {:?}", p.at, p.lasts)
        }));
        lines
    }
}

impl EnvironmentFault {
    fn words(self) -> String {
        match self {
            EnvironmentFault::Of(fault) => fault.id().to_owned(),
            EnvironmentFault::Eviction(_) => Fault::Eviction.id().to_owned(),
            EnvironmentFault::ClockSkew { ahead } => {
                format!("{} ({})", Fault::ClockSkew.id(), if ahead { "ahead" } else { "behind" })
            }
        }
    }
}

impl Victim {
    fn name(self) -> String {
        match self {
            Victim::Attempt(n) => format!("attempt {n}"),
            Victim::JobRun(n) => format!("job run {n}"),
        }
    }
}

impl Ending {
    fn verb(self) -> &'static str {
        match self {
            Ending::Crash => "crashes",
            Ending::Cancel => "is cancelled",
        }
    }
}

impl Strike {
    fn line(&self) -> String {
        let (who, from) = (self.victim.name(), self.from);
        match self.fault {
            FaultAtStep::EndBefore(ending) => format!("{who} {} before step {from}", ending.verb()),
            FaultAtStep::EndInFlight(ending, after) => {
                format!("{who} {} {after:?} after asking step {from}", ending.verb())
            }
            FaultAtStep::Meets(fault) => format!("{who} meets {} from step {from}", fault.id()),
            FaultAtStep::Lost { ran: true } => format!("{who} loses a reply from step {from}: it ran"),
            FaultAtStep::Lost { ran: false } => format!("{who} loses a reply from step {from}: it did not run"),
        }
    }
}
