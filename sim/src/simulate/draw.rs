//! Turns a seed into the plan of a setup; no other module draws plans.

use std::time::Duration;

use model::setup::{Fault, Setup};

use crate::simulate::actors::actors;
use crate::simulate::dice::Dice;
use crate::simulate::extent::Extent;
use crate::simulate::plan::{Ending, EnvironmentFault, FaultAtStep, Partition, Plan, Strike, Victim};

/// A plan that is being drawn.
struct Drawing<'a> {
    setup: &'a Setup,
    extent: Extent,
    dice: Dice,
    plan: Plan,
}

impl Plan {
    /// The plan that a seed means for a setup.
    pub(super) fn draw(setup: &Setup, seed: u64) -> Plan {
        let plan = Plan::undisturbed(actors(setup).count());
        let mut drawing = Drawing { setup, extent: Extent::of(setup), dice: Dice::new(seed), plan };
        drawing.shape();
        if drawing.dice.percent(92) {
            drawing.faults();
        }
        drawing.plan
    }
}

impl Drawing<'_> {
    fn shape(&mut self) {
        let dice = &mut self.dice;
        let longest = dice.span(1_000, 16_000);
        self.plan.latency = (Duration::from_micros(200), longest);
        self.plan.resent = [0, 0, 0, 3][dice.below(4) as usize];
        self.plan.hiccups = [0, 0, 5, 20][dice.below(4) as usize];
        self.plan.patience = dice.span(1, 64_000);
        self.plan.lag = dice.span(1, 256_000);
        self.plan.lateness = dice.span(500, 256_000);
        for pace in &mut self.plan.pace {
            if dice.percent(30) {
                *pace = dice.span(500, 30_000);
            }
        }
        for _ in 0..self.dice.below(4) {
            let stall = (self.attempt(), self.step_of_an_attempt(), self.dice.span(5_000, 400_000));
            self.plan.stalls.push(stall);
        }
        if self.setup.faults.clock_skew > 0 {
            for send in 1..=self.attempts() {
                if self.dice.percent(50) {
                    self.plan.detours.push(send);
                }
            }
        }
        if self.dice.percent(25) {
            let dice = &mut self.dice;
            let gateway = dice.below(u64::from(self.setup.gateways)) as u8;
            let (at, lasts) = (dice.span(500, 120_000), dice.span(2_000, 250_000));
            self.plan.partitions.push(Partition { gateway, postgres: dice.percent(60), at, lasts });
        }
    }

    /// Each seed uses each unit of each budget with a chance of one half; if it draws none and there are some, it draws
    /// one.
    fn faults(&mut self) {
        let budget = |fault: Fault| usize::from(self.setup.faults.of(fault));
        let units: Vec<Fault> =
            Fault::ALL.iter().flat_map(|&fault| std::iter::repeat_n(fault, budget(fault))).collect();
        if units.is_empty() {
            return;
        }
        let mut drawn: Vec<Fault> = units.iter().copied().filter(|_| self.dice.percent(50)).collect();
        if drawn.is_empty() {
            drawn.push(units[self.dice.below(units.len() as u64) as usize]);
        }
        for fault in drawn {
            self.fault(fault);
        }
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::RedisLoss
            | Fault::RedisTimeTravel
            | Fault::ScriptFlush
            | Fault::Expiry
            | Fault::Midnight
            | Fault::PostgresRestart
            | Fault::LockTimeout
            | Fault::BrokerLoss => self.falls(EnvironmentFault::Of(fault)),
            Fault::Eviction => {
                let which = self.dice.below(16);
                self.falls(EnvironmentFault::Eviction(which));
            }
            Fault::ClockSkew => self.clock_skew(),
            Fault::Impatience => {
                let again = (1 + self.dice.low(self.attempts()), self.dice.span(500, 120_000));
                self.plan.impatience.push(again);
            }
            Fault::JobRun => {
                let moment = self.moment();
                self.plan.job_runs.push(moment);
            }
            Fault::Crash => {
                let fault = self.ending(Ending::Crash);
                self.strike_anybody(fault);
            }
            Fault::Cancel => {
                let fault = self.ending(Ending::Cancel);
                self.strike_an_attempt(fault);
            }
            Fault::RedisUnreachable | Fault::RedisFull | Fault::Late | Fault::StatementTimeout | Fault::IdleTimeout => {
                self.strike_anybody(FaultAtStep::Meets(fault))
            }
            Fault::UpstreamFailure => self.strike_an_attempt(FaultAtStep::Meets(fault)),
            Fault::ClientAbort | Fault::ProviderAbort => self.break_a_stream(FaultAtStep::Meets(fault)),
            Fault::Redelivery => self.strike_a_job_run(1, FaultAtStep::Meets(fault)),
            Fault::LostReply => self.lost_reply(),
        }
    }

    fn falls(&mut self, environment: EnvironmentFault) {
        let moment = self.moment();
        self.plan.environment.push((moment, environment));
    }

    /// It may also come before the first sending, where other environment faults could do little harm.
    fn clock_skew(&mut self) {
        let ahead = self.dice.percent(50);
        let moment = self.dice.below(self.extent.moves);
        self.plan.environment.push((moment, EnvironmentFault::ClockSkew { ahead }));
    }

    /// Every part of a stream is equally likely to be the last one.
    fn break_a_stream(&mut self, fault: FaultAtStep) {
        let parts = &self.extent.parts;
        if !parts.is_empty() {
            let from = parts[self.dice.below(parts.len() as u64) as usize];
            let victim = self.attempt();
            self.plan.strikes.push(Strike { victim, from, fault });
        }
    }

    /// Half of them strike at steps where an unknown outcome costs money.
    fn lost_reply(&mut self) {
        let fault = FaultAtStep::Lost { ran: self.dice.percent(60) };
        self.strike_anybody(fault);
        let delicate = &self.extent.delicate;
        if !delicate.is_empty()
            && self.dice.percent(50)
            && let Some(Strike { victim: Victim::Attempt(_), from, .. }) = self.plan.strikes.last_mut()
        {
            *from = delicate[self.dice.below(delicate.len() as u64) as usize];
        }
    }

    /// One strike in four hits a job.
    fn strike_anybody(&mut self, fault: FaultAtStep) {
        if self.extent.job_run == 0 || !self.dice.percent(25) {
            return self.strike_an_attempt(fault);
        }
        let from = 1 + self.dice.below(self.extent.job_run);
        self.strike_a_job_run(from, fault);
    }

    fn strike_a_job_run(&mut self, from: u64, fault: FaultAtStep) {
        let victim = Victim::JobRun(1 + self.dice.low(1 + self.setup.jobs().len() as u64));
        self.plan.strikes.push(Strike { victim, from, fault });
    }

    fn strike_an_attempt(&mut self, fault: FaultAtStep) {
        let (victim, from) = (self.attempt(), self.step_of_an_attempt());
        self.plan.strikes.push(Strike { victim, from, fault });
    }

    fn ending(&mut self, ending: Ending) -> FaultAtStep {
        if self.dice.percent(65) {
            FaultAtStep::EndBefore(ending)
        } else {
            FaultAtStep::EndInFlight(ending, self.dice.span(100, 60_000))
        }
    }

    fn attempts(&self) -> u64 {
        self.setup.requests.len() as u64 + 1
    }

    fn attempt(&mut self) -> Victim {
        Victim::Attempt(1 + self.dice.low(self.attempts()))
    }

    fn step_of_an_attempt(&mut self) -> u64 {
        1 + self.dice.below(self.extent.attempt)
    }

    fn moment(&mut self) -> u64 {
        1 + self.dice.below(self.extent.moves)
    }
}
