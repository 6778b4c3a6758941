//! The plan of a run, drawn from its seed before the run begins: what goes wrong where, and what is slow.

use std::time::Duration;

use model::setup::Setup;

use crate::simulate::dice::Dice;

/// The steps of a deduct, retries apart: what a place in an attempt is drawn from.
const STEPS_OF_AN_ATTEMPT: u64 = 11;
/// The moves of one undisturbed attempt, what a time in the run is drawn from.
const MOVES_OF_AN_ATTEMPT: u64 = 13;

/// Whom a strike hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The attempt of the run's n-th sending, from 1.
    Attempt(u64),
    /// The n-th run of the job, from 1.
    JobRun(u64),
}

/// How an actor's work ends against its will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its node dies.
    Crash,
    /// The attempt is dropped, its node lives.
    Cancel,
}

/// What goes wrong for one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It ends before it asks.
    EndBefore(Ending),
    /// It ends so long after it asked: on the way, while it waits for a lock, or with the reply under way.
    EndInFlight(Ending, Duration),
    /// Redis refuses the connection.
    Unreachable,
    /// The reply is lost, the step having run or not.
    Lost { ran: bool },
}

/// One trouble and where it falls: at the first step, from the `from`-th of its victim, that it can befall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) victim: Victim,
    pub(super) from: u64,
    pub(super) trouble: Trouble,
}

/// What befalls Redis as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Loss,
    Expiry,
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
    /// After how many moves what befalls Redis.
    pub(super) weather: Vec<(u64, Weather)>,
    /// After which sending, and how long after it, the client asks again without waiting.
    pub(super) impatience: Vec<(u64, Duration)>,
    /// After how many moves the job runs besides its closing run.
    pub(super) job_runs: Vec<u64>,
    /// Which step of which attempt is held up for how long.
    pub(super) stalls: Vec<(Victim, u64, Duration)>,
    /// How long each gateway, and last the job, thinks before each step: who is slow loses races.
    pub(super) pace: Vec<Duration>,
    /// How many steps in a hundred are held up by a random span.
    pub(super) hiccups: u64,
    pub(super) partitions: Vec<Partition>,
    /// Shortest and longest latency of a message.
    pub(super) latency: (Duration, Duration),
    /// How many messages in a hundred have to be sent again.
    pub(super) resent: u64,
    /// The largest pause of a client before it asks.
    pub(super) patience: Duration,
}

impl Plan {
    /// What a seed means for a setup.
    pub(super) fn draw(setup: &Setup, seed: u64) -> Plan {
        let dice = &mut Dice::new(seed);
        let mut plan = Plan::undisturbed(usize::from(setup.gateways) + 1);
        plan.draw_shape(setup, dice);
        if dice.percent(92) {
            plan.draw_faults(setup, dice);
        }
        plan
    }

    /// Nothing goes wrong and nobody is slow.
    pub(super) fn undisturbed(actors: usize) -> Plan {
        Plan {
            strikes: Vec::new(),
            weather: Vec::new(),
            impatience: Vec::new(),
            job_runs: Vec::new(),
            stalls: Vec::new(),
            pace: vec![Duration::ZERO; actors],
            hiccups: 0,
            partitions: Vec::new(),
            latency: (Duration::from_micros(500), Duration::from_millis(1)),
            resent: 0,
            patience: Duration::ZERO,
        }
    }

    fn draw_shape(&mut self, setup: &Setup, dice: &mut Dice) {
        let longest = dice.span(1_000, 16_000);
        self.latency = (Duration::from_micros(200), longest);
        self.resent = [0, 0, 0, 3][dice.below(4) as usize];
        self.hiccups = [0, 0, 5, 20][dice.below(4) as usize];
        self.patience = dice.span(1, 64_000);
        for pace in &mut self.pace {
            if dice.percent(30) {
                *pace = dice.span(500, 30_000);
            }
        }
        for _ in 0..dice.below(4) {
            let stall = (draw_attempt(setup, dice), draw_step(dice), dice.span(5_000, 400_000));
            self.stalls.push(stall);
        }
        if dice.percent(25) {
            let gateway = dice.below(u64::from(setup.gateways)) as u8;
            let (at, lasts) = (dice.span(500, 120_000), dice.span(2_000, 250_000));
            self.partitions.push(Partition { gateway, postgres: dice.percent(60), at, lasts });
        }
    }

    /// Each unit of each budget is used by every other seed; who drew none and could have draws one.
    fn draw_faults(&mut self, setup: &Setup, dice: &mut Dice) {
        let budgets = setup.faults.budgets();
        let units: Vec<&'static str> =
            budgets.iter().flat_map(|&(id, budget)| std::iter::repeat_n(id, usize::from(budget))).collect();
        if units.is_empty() {
            return;
        }
        let mut drawn: Vec<&'static str> = units.iter().copied().filter(|_| dice.percent(50)).collect();
        if drawn.is_empty() {
            drawn.push(units[dice.below(units.len() as u64) as usize]);
        }
        for id in drawn {
            self.draw_fault(id, setup, dice);
        }
    }

    fn draw_fault(&mut self, id: &'static str, setup: &Setup, dice: &mut Dice) {
        match id {
            "redis-loss" => self.weather.push((draw_moment(setup, dice), Weather::Loss)),
            "expiry" => self.weather.push((draw_moment(setup, dice), Weather::Expiry)),
            "impatience" => self.impatience.push((1 + dice.low(attempts(setup)), dice.span(500, 120_000))),
            "job-run" => self.job_runs.push(draw_moment(setup, dice)),
            "crash" => {
                let on_job = setup.flows.sync.is_some() && dice.percent(25);
                self.strikes.push(if on_job {
                    let victim = Victim::JobRun(1 + dice.low(2));
                    Strike { victim, from: 1 + dice.below(3), trouble: draw_ending(Ending::Crash, dice) }
                } else {
                    strike(setup, dice, |dice| draw_ending(Ending::Crash, dice))
                });
            }
            "cancel" => self.strikes.push(strike(setup, dice, |dice| draw_ending(Ending::Cancel, dice))),
            "redis-unreachable" => self.strikes.push(strike(setup, dice, |_| Trouble::Unreachable)),
            _ => {
                let mut lost = strike(setup, dice, |dice| Trouble::Lost { ran: dice.percent(60) });
                // The key and the COMMIT are where not knowing costs money.
                lost.from = [1, 7, 8, lost.from][dice.below(4) as usize];
                self.strikes.push(lost);
            }
        }
    }

    /// The plan in lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let (least, most) = self.latency;
        let mut lines = vec![format!("messages take {least:?} to {most:?}, {} in 100 are sent again", self.resent)];
        lines.extend(self.strikes.iter().map(Strike::line));
        lines.extend(self.weather.iter().map(|(after, weather)| match weather {
            Weather::Loss => format!("redis loses all data after move {after}"),
            Weather::Expiry => format!("the next key expires after move {after}"),
        }));
        let again = |(send, after): &(u64, Duration)| format!("sending {send} is repeated {after:?} later, in flight");
        lines.extend(self.impatience.iter().map(again));
        lines.extend(self.job_runs.iter().map(|after| format!("the job runs after move {after}")));
        lines.extend(self.stalls.iter().map(|(v, step, span)| format!("{} stalls {span:?} at step {step}", v.name())));
        for (place, pace) in self.pace.iter().enumerate().filter(|(_, pace)| !pace.is_zero()) {
            let name = if place + 1 == self.pace.len() { "the job".to_owned() } else { gateway_name(place as u8) };
            lines.push(format!("{name} takes {pace:?} more for each step"));
        }
        if self.hiccups > 0 {
            lines.push(format!("{} steps in 100 are held up", self.hiccups));
        }
        lines.extend(self.partitions.iter().map(|p| {
            let store = if p.postgres { "postgres" } else { "redis" };
            format!("{} and {store} are apart from {:?} for {:?}", gateway_name(p.gateway), p.at, p.lasts)
        }));
        lines
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
        match self.trouble {
            Trouble::EndBefore(ending) => format!("{who} {} before step {from}", ending.verb()),
            Trouble::EndInFlight(ending, after) => {
                format!("{who} {} {after:?} after asking step {from}", ending.verb())
            }
            Trouble::Unreachable => format!("{who} finds redis unreachable from step {from}"),
            Trouble::Lost { ran: true } => format!("{who} loses a reply from step {from}: it ran"),
            Trouble::Lost { ran: false } => format!("{who} loses a reply from step {from}: it did not run"),
        }
    }
}

fn gateway_name(n: u8) -> String {
    model::moves::Actor::Gateway(n).name()
}

fn attempts(setup: &Setup) -> u64 {
    setup.requests.len() as u64 + 1
}

fn draw_attempt(setup: &Setup, dice: &mut Dice) -> Victim {
    Victim::Attempt(1 + dice.low(attempts(setup)))
}

fn draw_step(dice: &mut Dice) -> u64 {
    1 + dice.below(STEPS_OF_AN_ATTEMPT)
}

fn draw_moment(setup: &Setup, dice: &mut Dice) -> u64 {
    1 + dice.below(setup.requests.len() as u64 * MOVES_OF_AN_ATTEMPT)
}

fn draw_ending(ending: Ending, dice: &mut Dice) -> Trouble {
    if dice.percent(65) { Trouble::EndBefore(ending) } else { Trouble::EndInFlight(ending, dice.span(100, 60_000)) }
}

fn strike(setup: &Setup, dice: &mut Dice, trouble: impl FnOnce(&mut Dice) -> Trouble) -> Strike {
    Strike { victim: draw_attempt(setup, dice), from: draw_step(dice), trouble: trouble(dice) }
}
