//! In words: what a process asks of a store, of the provider or of the queue.

use model::delivery::Part;
use model::effect::{DeferredJob, Effect, LocalOp};
use model::flow::Asking;
use model::setup::Setup;
use model::store::redis::Evicted;

/// An effect in words.
pub(super) fn words(setup: &Setup, effect: Effect) -> String {
    let account = |tenant| setup.account_name(tenant);
    match effect {
        Effect::Redis(op) => op.words(account),
        Effect::Pg(op) => op.words(account, &setup.traces),
        Effect::Local(op) => local(setup, op),
    }
}

fn local(setup: &Setup, op: LocalOp) -> String {
    match op {
        LocalOp::Upstream(request) if setup.input(request).asking == Asking::Stream => {
            format!("provider begins {}", setup.request_name(request))
        }
        LocalOp::Upstream(request) => format!("provider serves {}", setup.request_name(request)),
        LocalOp::Receive { request, part } => {
            let part = match part {
                Part::First => "the first chunks",
                Part::Rest => "the other chunks",
                Part::Usage => "the usage block",
                Part::End => "the end",
            };
            format!("{part} of {}", setup.request_name(request))
        }
        LocalOp::AskCount(request) => format!("ask the provider what {} has cost", setup.request_name(request)),
        LocalOp::Send(DeferredJob::Snapshot { row, .. }) => format!("start the task for balance {}", row.balance),
        LocalOp::Send(deferred) => format!("hand over {}", job_words(setup, deferred)),
        LocalOp::Acknowledge(deferred) => format!("{} is done", job_words(setup, deferred)),
        LocalOp::Wait => "wait a moment".to_owned(),
    }
}

fn job_words(setup: &Setup, deferred: DeferredJob) -> String {
    let trace = setup.request_name(deferred.request());
    match deferred {
        DeferredJob::Usage { .. } => format!("usage of {trace}"),
        DeferredJob::Settle(_) => format!("the charge of {trace}"),
        DeferredJob::Charge { amount, .. } => format!("the charge of {trace}, {amount}"),
        DeferredJob::Snapshot { .. } => format!("the hash write of {trace}"),
    }
}

/// What is evicted, in words.
pub(super) fn evicted(setup: &Setup, what: Evicted) -> String {
    match what {
        Evicted::Key(key) => format!("the key of {}", setup.traces[setup.keys[key.index()].1.index()]),
        Evicted::Hash(tenant) => format!("the hash of {}", setup.account_name(tenant)),
        Evicted::Principal(tenant) => format!("the principal of {}", setup.account_name(tenant)),
        Evicted::Budget(tenant) => format!("the budget counter of {}", setup.account_name(tenant)),
    }
}
