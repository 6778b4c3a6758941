//! The terms of a load run and the decisions of its seed: who asks for what, who asks twice at once, who is killed
//! when.

use std::time::Duration;

use model::design::Design;
use model::flow::RequestPath;
use model::money::Money;

/// The terms of a load run.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The design.
    pub design: Design,
    /// The parts of the request path that are executed.
    pub path: RequestPath,
    /// Determines what is asked for and who is killed when.
    pub seed: u64,
    /// The number of gateway processes; one more process runs the jobs.
    pub workers: usize,
    /// The largest number of requests.
    pub requests: u64,
    /// The longest time that the traffic runs.
    pub time: Duration,
}

/// SplitMix64: the same numbers from the same seed everywhere.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A request to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The index of the tenant that asks.
    pub(super) tenant: u8,
    /// Its price, with six decimals.
    pub(super) price: Money,
    /// Whether its client sends it twice at once.
    pub(super) twice: bool,
}

/// A kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    /// The number of attempts started before the kill.
    pub(super) at: u64,
    /// The index of the process to kill.
    pub(super) whom: usize,
    /// The time from the start of that attempt to the kill, in microseconds.
    pub(super) after_micros: u64,
}

/// Both streams of decisions. Each is independent of how many decisions of the other are used.
#[derive(Clone, Debug)]
pub(super) struct Decisions {
    requests: Draw,
    kills: Draw,
    tenants: u64,
    processes: u64,
    last: u64,
}

/// On average one kill per this many attempts.
const KILL_EVERY: u64 = 25;
/// One request in this many is sent twice at once.
const TWICE_IN: u64 = 20;

impl Decisions {
    pub(super) fn new(seed: u64, tenants: u8, processes: usize) -> Decisions {
        let processes = processes as u64;
        Decisions {
            requests: Draw::new(seed),
            kills: Draw::new(!seed),
            tenants: u64::from(tenants),
            processes,
            last: 0,
        }
    }

    pub(super) fn request(&mut self) -> Wanted {
        let tenant = self.requests.below(self.tenants) as u8;
        let micros = 1 + self.requests.below(1_999_999) as i64;
        let twice = self.requests.below(TWICE_IN) == 0;
        Wanted { tenant, price: Money::from_micros(micros), twice }
    }

    pub(super) fn kill(&mut self) -> Kill {
        self.last += 1 + self.kills.below(2 * KILL_EVERY - 1);
        let whom = self.kills.below(self.processes) as usize;
        Kill { at: self.last, whom, after_micros: self.kills.below(6_000) }
    }
}

#[cfg(test)]
mod tests {
    use super::Decisions;

    #[test]
    fn the_same_seed_asks_and_kills_the_same() {
        let (mut one, mut other, mut another) =
            (Decisions::new(7, 4, 9), Decisions::new(7, 4, 9), Decisions::new(8, 4, 9));
        let kills: Vec<_> = (0..100).map(|_| one.kill()).collect();
        let asked: Vec<_> = (0..100).map(|_| one.request()).collect();
        assert_eq!(asked, (0..100).map(|_| other.request()).collect::<Vec<_>>());
        assert_eq!(kills, (0..100).map(|_| other.kill()).collect::<Vec<_>>());
        assert_ne!(asked, (0..100).map(|_| another.request()).collect::<Vec<_>>());
        assert!(kills.windows(2).all(|pair| pair[0].at < pair[1].at) && asked.iter().any(|wanted| wanted.twice));
    }
}
