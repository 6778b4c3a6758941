//! The clients: what they asked for, which answers they got, what they ask again. Like the model's ghosts, this is
//! known to no store.

use std::collections::VecDeque;

use model::effect::DeferredJob;
use model::money::Money;
use model::reply::Answer;

use crate::load::decisions::{Decisions, Kill, Wanted};

/// How often a client asks before it gives up, as in the model; attempts that were disturbed do not count.
const ATTEMPTS: u8 = 3;

/// One logical request; its trace is its number.
#[derive(Clone, Debug)]
pub(super) struct SentRequest {
    /// The tenant that asked.
    pub(super) tenant: u8,
    /// Its price.
    pub(super) price: Money,
    /// How often the provider served it.
    pub(super) served: u32,
    /// Its final answer.
    pub(super) answered: Option<Answer>,
    tries_left: u8,
    in_flight: u8,
    overlapped: bool,
}

/// The state of all requests so far, and what is still to do.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) asked: Vec<SentRequest>,
    /// Deferred jobs that were handed over and not yet acknowledged, each with the number of its request.
    pub(super) queue: VecDeque<(usize, DeferredJob)>,
    pub(super) attempts: u64,
    pub(super) kills: u64,
    pub(super) twice: u64,
    /// Requests that may still be begun.
    pub(super) left: u64,
    /// Whether new requests are begun.
    pub(super) open: bool,
    again: VecDeque<usize>,
    running: usize,
    decisions: Decisions,
    next_kill: Kill,
}

impl Clients {
    pub(super) fn new(mut decisions: Decisions, left: u64) -> Clients {
        let next_kill = decisions.kill();
        Clients {
            asked: Vec::new(),
            queue: VecDeque::new(),
            attempts: 0,
            kills: 0,
            twice: 0,
            left,
            open: false,
            again: VecDeque::new(),
            running: 0,
            decisions,
            next_kill,
        }
    }

    /// The next attempt, which is then in flight: a request that is asked again, or a new one while new ones may be
    /// begun.
    pub(super) fn next(&mut self) -> Option<usize> {
        let number = match self.again.pop_front() {
            Some(number) => number,
            None if self.open && self.left > 0 => self.new_request(),
            None => return None,
        };
        let asked = &mut self.asked[number];
        asked.overlapped |= asked.in_flight > 0;
        asked.in_flight += 1;
        self.running += 1;
        self.attempts += 1;
        Some(number)
    }

    /// Whether nothing is in flight, no client will ask again and no new request will come.
    pub(super) fn quiet(&self) -> bool {
        self.again.is_empty() && self.running == 0 && !(self.open && self.left > 0)
    }

    fn new_request(&mut self) -> usize {
        self.left -= 1;
        let Wanted { tenant, price, twice } = self.decisions.request();
        let number = self.asked.len();
        self.asked.push(SentRequest {
            tenant,
            price,
            served: 0,
            answered: None,
            tries_left: ATTEMPTS,
            in_flight: 0,
            overlapped: false,
        });
        if twice {
            self.twice += 1;
            self.again.push_back(number);
        }
        number
    }

    /// The kill that is due with the attempt that has just begun.
    pub(super) fn due(&mut self) -> Option<Kill> {
        (self.attempts >= self.next_kill.at).then(|| std::mem::replace(&mut self.next_kill, self.decisions.kill()))
    }

    /// An attempt ended with this answer, or without one because its process died.
    pub(super) fn ended(&mut self, number: usize, answer: Option<Answer>) {
        let asked = &mut self.asked[number];
        asked.in_flight -= 1;
        self.running -= 1;
        match answer {
            Some(answer) if answer.is_final() => asked.answered = asked.answered.or(Some(answer)),
            Some(_) if !asked.overlapped => asked.tries_left -= 1,
            _ => {}
        }
        if asked.in_flight == 0 {
            asked.overlapped = false;
            if asked.answered.is_none() && asked.tries_left > 0 && !self.again.contains(&number) {
                self.again.push_back(number);
            }
        }
    }
}
