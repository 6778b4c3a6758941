//! What is known of a stream under way: how far it has got, and how it ended.

use crate::delivery::{Cut, Part};
use crate::effect::LocalOp;
use crate::flow::Asking;
use crate::money::Money;
use crate::moves::Actor;
use crate::row::Request;
use crate::world::Attempt;
use crate::world::ghosts::{OfAttempt, Witness};
use crate::world::mechanics::Mechanics;

impl Witness<'_> {
    /// The provider serves a request, or a part of a stream passes.
    pub(super) fn pass_by(&mut self, actor: Actor, op: LocalOp) {
        match op {
            LocalOp::Upstream(request) if self.setup.input(request).asking == Asking::Stream => {
                self.stream_on(actor, request, Cut::Nothing);
            }
            LocalOp::Upstream(request) => self.serve(request),
            LocalOp::Receive { request, part } => {
                let cut = self.streaming(actor).unwrap_or(Cut::Nothing).after(part);
                self.stream_on(actor, request, cut);
                if part == Part::End {
                    self.end_stream(actor, request);
                }
            }
            LocalOp::Send(_) | LocalOp::Acknowledge(_) | LocalOp::AskCount(_) | LocalOp::Wait => {}
        }
    }

    /// How far the stream of a gateway's attempt has got.
    fn streaming(&mut self, actor: Actor) -> Option<Cut> {
        self.ghosts.attempt_of(actor)?.streaming
    }

    fn serve(&mut self, request: Request) {
        let served = &mut self.ghosts.requests[request.index()].served;
        *served = served.saturating_add(1);
    }

    /// A stream has got this far. Once it costs anything it is a call that the provider served.
    fn stream_on(&mut self, actor: Actor, request: Request, cut: Cut) {
        let prices = self.setup.input(request).stream;
        let costs = |cut: Option<Cut>| cut.is_some_and(|cut| prices.counted(cut) != Money::ZERO);
        let Some(attempt) = self.ghosts.attempt_of(actor) else { return };
        let before = attempt.streaming.replace(cut);
        if costs(Some(cut)) && !costs(before) {
            self.serve(request);
        }
    }

    /// The stream is over, at its end or where the client or the provider broke it off.
    pub(super) fn end_stream(&mut self, actor: Actor, request: Request) {
        let cut = self.streaming(actor).unwrap_or(Cut::Nothing);
        self.ghosts.requests[request.index()].endings.add(cut);
        if let Some(attempt) = self.ghosts.attempt_of(actor) {
            attempt.streamed = true;
        }
    }

    /// The process of a stream is gone, or has answered. No process knows the cost of whatever is left unfinished then.
    pub(super) fn leave_stream(&mut self, at: &Mechanics, attempt: &Attempt, known: OfAttempt) {
        let Some(cut) = known.streaming else { return };
        let input = self.setup.input(attempt.request);
        let unfinished = at.pg.row(input.trace).is_some_and(|row| row.tenant == input.tenant && row.unfinished());
        let request = &mut self.ghosts.requests[attempt.request.index()];
        if !known.streamed {
            request.endings.add(cut);
        }
        if request.served > 0 && (unfinished || !known.streamed) {
            request.endings.abandon();
        }
    }
}
