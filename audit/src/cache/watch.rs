//! Suspects: keys that looked wrong once, and whether they stay wrong.

use std::time::Duration;

use crate::cache::kinds::Named;
use crate::cache::wrong_values::{Wrong, Wrongs};

/// The first pause; each next one is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);
/// The longest time that a key with changing wrong values is watched, in multiples of `settle`.
const PATIENCE: u32 = 4;
/// The smallest number of times that a wrong value must have been seen.
const LOOKS: u32 = 4;

/// A key with wrong values that have been there each time since a certain look.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The key.
    pub named: Named,
    /// The wrong values.
    pub wrongs: Wrongs,
    /// How long they have been there.
    since: Duration,
    looks: u32,
}

/// The state of a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was right once, so the wrong value was only a moment of a living system.
    Cleared,
    /// It has to be read again.
    Open,
    /// The same wrong values stayed.
    Stays,
    /// It was wrong each time, but with different values.
    Moves,
}

impl Suspect {
    /// A suspect that was wrong for the first time.
    pub fn new(named: Named, wrongs: Wrongs) -> Suspect {
        Suspect { named, wrongs, since: Duration::ZERO, looks: 1 }
    }

    /// Records another look, `pause` after the last one and `watched` after the first.
    pub fn look(&mut self, now: Wrongs, pause: Duration, watched: Duration, settle: Duration) -> Standing {
        if now.is_empty() {
            return Standing::Cleared;
        }
        let same: Wrongs = now.iter().filter(|(wrong, _)| self.wrongs.contains_key(wrong)).map(owned).collect();
        if same.is_empty() {
            (self.wrongs, self.since, self.looks) = (now, Duration::ZERO, 1);
        } else {
            (self.wrongs, self.since, self.looks) = (same, self.since + pause, self.looks + 1);
        }
        if self.since >= settle && self.looks >= LOOKS {
            Standing::Stays
        } else if watched >= settle * PATIENCE {
            Standing::Moves
        } else {
            Standing::Open
        }
    }
}

fn owned((wrong, real): (&Wrong, &Option<String>)) -> (Wrong, Option<String>) {
    (wrong.clone(), real.clone())
}

/// The pause after this many looks.
pub fn pause(looks: u32) -> Duration {
    FIRST.saturating_mul(1 << looks.min(16)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::kinds::Kind;
    use crate::check::Check;

    const SETTLE: Duration = Duration::from_secs(1);

    fn wrongs(values: &[(&str, &str)]) -> Wrongs {
        let wrong = |(what, value): &(&str, &str)| Wrong {
            check: Check::Converge,
            what: (*what).to_owned(),
            value: (*value).to_owned(),
        };
        values.iter().map(|pair| (wrong(pair), None)).collect()
    }

    fn suspect(values: &[(&str, &str)]) -> Suspect {
        let named = Named { key: "quota:acme".to_owned(), kind: Kind::Quota, parts: Vec::new() };
        Suspect::new(named, wrongs(values))
    }

    /// The state after each look, half a second apart.
    fn watch(mut suspect: Suspect, looks: &[&[(&str, &str)]]) -> Vec<Standing> {
        let half = SETTLE / 2;
        let mut watched = Duration::ZERO;
        let mut look = |values: &&[(&str, &str)]| {
            watched += half;
            suspect.look(wrongs(values), half, watched, SETTLE)
        };
        looks.iter().map(&mut look).collect()
    }

    #[test]
    fn only_what_stays_the_same_is_reported() {
        use Standing::{Cleared, Moves, Open, Stays};
        let stale: &[(&str, &str)] = &[("balance", "100.00")];
        assert_eq!(watch(suspect(stale), &[stale, stale, stale]), [Open, Open, Stays]);
        assert_eq!(watch(suspect(stale), &[stale, &[]]), [Open, Cleared]);
        let moving: Vec<Vec<(&str, &str)>> =
            ["99", "98", "97", "96", "95", "94", "93", "92"].iter().map(|value| vec![("balance", *value)]).collect();
        let moving: Vec<&[(&str, &str)]> = moving.iter().map(Vec::as_slice).collect();
        assert_eq!(watch(suspect(stale), &moving), [Open, Open, Open, Open, Open, Open, Open, Moves]);
    }

    #[test]
    fn a_wrong_value_beside_one_that_moves_is_seen() {
        let begun = suspect(&[("balance", "100"), ("credit_limit", "5")]);
        let looks: Vec<Vec<(&str, &str)>> =
            ["99", "98", "97"].iter().map(|value| vec![("balance", *value), ("credit_limit", "5")]).collect();
        let looks: Vec<&[(&str, &str)]> = looks.iter().map(Vec::as_slice).collect();
        assert_eq!(watch(begun, &looks).last(), Some(&Standing::Stays));
    }

    #[test]
    fn pauses_grow_and_end_growing() {
        assert_eq!(pause(0), FIRST);
        assert_eq!(pause(1), FIRST * 2);
        assert_eq!(pause(60), LONGEST);
    }
}
