//! The protocol by which checkers are compared: workers that deduct the price of a request, crash, and try again.
//!
//! A request is charged once per trace. The key in Redis (T1) keeps others out, the ledger row in Postgres (T3) makes the charge
//! unique, the balance is updated under a version check (T4a, T4b), and the balance in Redis follows after the commit (T7).
//! Spin, TLC, Rumur, stateright and plain Rust agree on the counts in [`SIZES`].

use explore::{EdgeEvaluation, Machine};

/// One row of the table of known counts.
pub struct Size {
    pub name: &'static str,
    pub workers: usize,
    pub requests: usize,
    pub traces: usize,
    pub balance: u8,
    pub crashes: u8,
    pub retries: u8,
    pub outages: u8,
    pub known: ExpectedCounts,
}

/// What every checker counts.
#[derive(Debug, PartialEq, Eq)]
pub struct ExpectedCounts {
    pub states: u64,
    pub edges: u64,
    pub depth: u64,
    pub at_rest: u64,
    pub hash_differs: u64,
    pub stuck_traces: u64,
    pub double: u64,
}

#[rustfmt::skip]
pub const SIZES: [Size; 4] = [
    Size { name: "S4", workers: 2, requests: 3, traces: 2, balance: 2, crashes: 2, retries: 2, outages: 1,
        known: ExpectedCounts { states: 8_623, edges: 25_216, depth: 27, at_rest: 66, hash_differs: 39, stuck_traces: 21, double: 0 } },
    Size { name: "S5", workers: 3, requests: 4, traces: 3, balance: 2, crashes: 1, retries: 1, outages: 0,
        known: ExpectedCounts { states: 156_026, edges: 540_498, depth: 28, at_rest: 28, hash_differs: 14, stuck_traces: 0, double: 0 } },
    Size { name: "S6", workers: 2, requests: 5, traces: 4, balance: 3, crashes: 2, retries: 2, outages: 1,
        known: ExpectedCounts { states: 775_863, edges: 2_310_146, depth: 41, at_rest: 238, hash_differs: 154, stuck_traces: 48, double: 0 } },
    Size { name: "S7", workers: 3, requests: 5, traces: 4, balance: 3, crashes: 3, retries: 3, outages: 1,
        known: ExpectedCounts { states: 10_748_927, edges: 52_798_347, depth: 44, at_rest: 390, hash_differs: 256, stuck_traces: 120, double: 0 } },
];

const MAX_WORKERS: usize = 3;
const MAX_REQUESTS: usize = 5;
const MAX_TRACES: usize = 4;

/// At rest, the balance in Redis is the balance in Postgres.
pub const HASH_IS_DB: usize = 0;
/// At rest, no trace that could still be paid is kept out by its own key.
pub const NO_TRACE_STUCK: usize = 1;
/// What left the balance is what the committed rows say.
pub const NO_DOUBLE: usize = 2;

/// Where a worker stands: the step that it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pc {
    Idle,
    SetKey,
    ReadLedger,
    Begin,
    Insert,
    ReadBalance,
    Update,
    Mark,
    Commit,
    Sync,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    Queued,
    InFlight,
    Ok,
    Fail,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    Absent,
    Pending,
    Done,
    Committed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Worker {
    pub pc: Pc,
    pub request: u8,
    pub seen_version: u8,
    pub seen_balance: u8,
}

const IDLE: Worker = Worker { pc: Pc::Idle, request: 0, seen_version: 0, seen_balance: 0 };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub workers: [Worker; MAX_WORKERS],
    pub requests: [Request; MAX_REQUESTS],
    pub ledger: [Row; MAX_TRACES],
    pub keys: [bool; MAX_TRACES],
    pub balance: u8,
    pub version: u8,
    pub redis_balance: u8,
    /// The worker that holds the lock on the balance's row, counted from 1; 0 if nobody does.
    pub lock: u8,
    pub crashes: u8,
    pub retries: u8,
    pub outages: u8,
}

/// What one worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Pick(u8),
    Forward,
    SyncIsLost,
    Crash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub worker: u8,
    pub step: Step,
}

/// Requests 0 and 1 are two tries at one trace.
fn trace_of(request: u8) -> usize {
    usize::from(request.saturating_sub(1))
}

impl State {
    fn at_rest(&self, size: &Size) -> bool {
        !self.requests[..size.requests].iter().any(|request| matches!(request, Request::Queued | Request::InFlight))
    }

    /// Whether the worker's next step can be done now; a crash always can.
    fn can_go_on(&self, worker: &Worker) -> bool {
        match worker.pc {
            Pc::Idle => false,
            Pc::Insert => matches!(self.ledger[trace_of(worker.request)], Row::Absent | Row::Committed),
            Pc::Update => self.lock == 0,
            _ => true,
        }
    }

    fn finish(&mut self, worker: usize, outcome: Request) {
        self.requests[usize::from(self.workers[worker].request)] = outcome;
        self.workers[worker] = IDLE;
    }

    /// The connection is gone: the transaction rolls back and frees its lock, the key in Redis stays.
    fn crash(&mut self, worker: usize) {
        let Worker { pc, request, .. } = self.workers[worker];
        self.crashes -= 1;
        if matches!(pc, Pc::ReadBalance | Pc::Update | Pc::Mark | Pc::Commit) {
            self.ledger[trace_of(request)] = Row::Absent;
            if usize::from(self.lock) == worker + 1 {
                self.lock = 0;
            }
        }
        let outcome = if self.retries > 0 {
            self.retries -= 1;
            Request::Queued
        } else {
            Request::Lost
        };
        self.finish(worker, outcome);
    }

    fn go_on(&mut self, index: usize) {
        let worker = self.workers[index];
        let trace = trace_of(worker.request);
        let next = match worker.pc {
            Pc::Idle => Pc::Idle,
            Pc::SetKey if self.keys[trace] => Pc::ReadLedger,
            Pc::SetKey => {
                self.keys[trace] = true;
                Pc::Begin
            }
            Pc::ReadLedger => {
                let charged = self.ledger[trace] == Row::Committed;
                return self.finish(index, if charged { Request::Ok } else { Request::Fail });
            }
            Pc::Begin => Pc::Insert,
            Pc::Insert if self.ledger[trace] == Row::Committed => {
                return self.finish(index, Request::Fail);
            }
            Pc::Insert => {
                self.ledger[trace] = Row::Pending;
                Pc::ReadBalance
            }
            Pc::ReadBalance if self.balance < 1 => {
                self.ledger[trace] = Row::Absent;
                return self.finish(index, Request::Fail);
            }
            Pc::ReadBalance => {
                self.workers[index].seen_version = self.version;
                self.workers[index].seen_balance = self.balance;
                Pc::Update
            }
            Pc::Update if self.version == worker.seen_version => {
                self.lock = index as u8 + 1;
                Pc::Mark
            }
            Pc::Update => {
                self.workers[index].seen_version = 0;
                self.workers[index].seen_balance = 0;
                Pc::ReadBalance
            }
            Pc::Mark => {
                self.ledger[trace] = Row::Done;
                Pc::Commit
            }
            Pc::Commit => {
                self.balance = worker.seen_balance - 1;
                self.version = worker.seen_version + 1;
                self.ledger[trace] = Row::Committed;
                self.lock = 0;
                Pc::Sync
            }
            Pc::Sync => {
                self.redis_balance = worker.seen_balance - 1;
                return self.finish(index, Request::Ok);
            }
        };
        self.workers[index].pc = next;
    }
}

impl Machine for Size {
    type State = State;
    type Move = Move;

    fn initial(&self) -> State {
        State {
            workers: [IDLE; MAX_WORKERS],
            requests: [Request::Queued; MAX_REQUESTS],
            ledger: [Row::Absent; MAX_TRACES],
            keys: [false; MAX_TRACES],
            balance: self.balance,
            version: 0,
            redis_balance: self.balance,
            lock: 0,
            crashes: self.crashes,
            retries: self.retries,
            outages: self.outages,
        }
    }

    fn moves(&self, state: &State, out: &mut Vec<Move>) {
        for (index, worker) in (0..).zip(&state.workers[..self.workers]) {
            let mut push = |step| out.push(Move { worker: index, step });
            if worker.pc == Pc::Idle {
                for (request, status) in (0..).zip(&state.requests[..self.requests]) {
                    if *status == Request::Queued {
                        push(Step::Pick(request));
                    }
                }
                continue;
            }
            if state.can_go_on(worker) {
                push(Step::Forward);
            }
            if worker.pc == Pc::Sync && state.outages > 0 {
                push(Step::SyncIsLost);
            }
            if state.crashes > 0 {
                push(Step::Crash);
            }
        }
    }

    fn apply(&self, state: &State, mv: &Move) -> State {
        let mut state = *state;
        let worker = usize::from(mv.worker);
        match mv.step {
            Step::Pick(request) => {
                state.requests[usize::from(request)] = Request::InFlight;
                state.workers[worker] = Worker { pc: Pc::SetKey, request, ..IDLE };
            }
            Step::Forward => state.go_on(worker),
            Step::SyncIsLost => {
                state.outages -= 1;
                state.finish(worker, Request::Ok);
            }
            Step::Crash => state.crash(worker),
        }
        state
    }

    fn at_rest(&self, state: &State) -> bool {
        state.at_rest(self)
    }

    fn properties(&self) -> usize {
        3
    }

    fn judge(&self, prev: Option<(&State, &Move)>, state: &State, evaluations: &mut [EdgeEvaluation]) {
        let evaluation = |could_fail, holds| match (could_fail, holds) {
            (_, false) => EdgeEvaluation::Broken,
            (true, true) => EdgeEvaluation::Held,
            (false, true) => EdgeEvaluation::Vacuous,
        };
        if state.at_rest(self) {
            evaluations[HASH_IS_DB] = evaluation(state.balance != self.balance, state.redis_balance == state.balance);
            let mut traces = state.keys.iter().zip(&state.ledger).take(self.traces);
            let kept_out = traces.any(|(key_set, row)| *key_set && *row != Row::Committed);
            evaluations[NO_TRACE_STUCK] = evaluation(state.crashes < self.crashes, state.balance < 1 || !kept_out);
        }
        if prev.is_some_and(|(before, _)| before.version != state.version) {
            let committed = state.ledger.iter().filter(|row| **row == Row::Committed).count();
            evaluations[NO_DOUBLE] = evaluation(true, usize::from(self.balance - state.balance) == committed);
        }
    }
}
