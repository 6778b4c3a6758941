//! What is run, and what its seed decides: who asks for what, who asks twice at once, and who is killed when.

use std::time::Duration;

use model::design::Design;
use model::flow::RequestPath;
use model::money::Money;

/// What is run.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The design.
    pub design: Design,
    /// The parts of the path that are walked.
    pub path: RequestPath,
    /// Decides what is asked for and who is killed when.
    pub seed: u64,
    /// Gateway processes; one more runs the jobs.
    pub workers: usize,
    /// The most requests.
    pub requests: u64,
    /// How long.
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

    /// A number below this, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A request that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Whose, by place.
    pub(super) tenant: u8,
    /// Its price, of six places.
    pub(super) price: Money,
    /// Its client sends it twice at once.
    pub(super) twice: bool,
}

/// A kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    /// Once so many attempts have been started.
    pub(super) at: u64,
    /// Of which process.
    pub(super) whom: usize,
    /// So long after that attempt began, in microseconds.
    pub(super) after_micros: u64,
}

/// Both streams of decisions: how many are used of one does not shift the other.
#[derive(Clone, Debug)]
pub(super) struct Decisions {
    requests: Draw,
    kills: Draw,
    tenants: u64,
    processes: u64,
    last: u64,
}

/// One kill in so many attempts, on average.
const KILL_EVERY: u64 = 25;
/// One request in so many is sent twice at once.
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
