//! What real drivers and servers sent each other is framed as a person has read it, in whatever pieces it arrives.

#![allow(clippy::unwrap_used)]

#[path = "recordings/session.rs"]
mod session;
#[path = "recordings/told.rs"]
mod told;

use std::fmt::Write;

use expect_test::expect_file;
use proptest::prelude::*;
use proxy::frame::{Framer, Reply, Request, Side};
use session::{Read, Session, folder, pieces, turns};

/// What a framer yields.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// What the client asks.
    Request(Request),
    /// What the server answers, or pushes.
    Reply(Reply),
}

fn framer(session: &Session) -> Box<dyn Framer> {
    if session.is_postgres() { proxy::postgres::framer() } else { proxy::redis::framer() }
}

/// What a fresh framer makes of the reads of one connection. What the proxy answers itself the server is not heard to say.
fn framed(session: &Session, reads: &[Read]) -> Vec<Event> {
    let mut framer = framer(session);
    let mut out = Vec::new();
    let mut refusal: &[u8] = &[];
    for Read { side, bytes } in reads {
        if *side == Side::Client {
            let requests = framer.client(bytes);
            refusal = requests.iter().find_map(|request| request.refusal).unwrap_or(refusal);
            out.extend(requests.into_iter().map(Event::Request));
        } else {
            let (refused, rest) = bytes.split_at(bytes.len().min(refusal.len()));
            assert_eq!(refused, &refusal[..refused.len()]);
            refusal = &refusal[refused.len()..];
            out.extend(framer.server(rest).into_iter().map(Event::Reply));
        }
        assert_eq!(framer.error(), None, "{}", session.name);
    }
    assert_eq!((framer.client_closed(), framer.server_closed()), (None, None), "{}", session.name);
    assert!(framer.idle(), "{}", session.name);
    out
}

/// Each connection of each recording.
fn connections(sessions: &[Session]) -> impl Iterator<Item = (&Session, &Vec<Read>)> {
    sessions.iter().flat_map(|session| session.connections.values().map(move |reads| (session, reads)))
}

#[test]
fn the_frames_of_each_session_are_as_expected() {
    for session in Session::all() {
        let mut text = String::new();
        for (number, reads) in &session.connections {
            writeln!(text, "# connection {number}").unwrap();
            text += &told::told(&framed(&session, reads), session.is_postgres());
        }
        expect_file![folder().join(&session.name).with_extension("frames")].assert_eq(&text);
    }
}

#[test]
fn no_byte_is_lost_or_changed() {
    let of = |reads: &[Read], of| -> Vec<u8> {
        reads.iter().filter(|read| read.side == of).flat_map(|read| read.bytes.clone()).collect()
    };
    for (session, reads) in connections(&Session::all()) {
        let (mut requests, mut replies) = (Vec::new(), Vec::new());
        for event in framed(session, reads) {
            match event {
                Event::Request(request) => {
                    requests.extend(request.bytes);
                    replies.extend(request.refusal.unwrap_or_default());
                }
                Event::Reply(reply) => replies.extend(reply.bytes),
            }
        }
        assert!(requests == of(reads, Side::Client), "{}", session.name);
        assert!(replies == of(reads, Side::Server), "{}", session.name);
    }
}

/// The relay waits for the reply that ends. A COPY has a second one if the server gives it up while data are coming.
#[test]
fn each_answered_request_has_one_reply_that_ends() {
    for (session, reads) in connections(&Session::all()) {
        let events = framed(session, reads);
        for event in &events {
            let Event::Request(request) = event else { continue };
            let of = |reply: &&Reply| reply.ends && reply.of == Some(request.id);
            let replies = events.iter().filter_map(|event| if let Event::Reply(it) = event { Some(it) } else { None });
            let ends: Vec<&Reply> = replies.filter(of).collect();
            let given_up = ends.len() == 2 && session.is_postgres() && ends[0].bytes.starts_with(b"G");
            assert!(given_up || ends.len() == usize::from(request.answered), "{}: {request:?} {ends:?}", session.name);
        }
    }
}

#[test]
fn frames_do_not_depend_on_the_reads() {
    for (session, reads) in connections(&Session::all()) {
        let expected = framed(session, reads);
        assert!(framed(session, &pieces(reads, &[1])) == expected, "{}: each byte by itself", session.name);
        assert!(framed(session, &turns(reads)) == expected, "{}: each turn in one read", session.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn frames_do_not_depend_on_arbitrary_pieces(lengths in prop::collection::vec(1_usize..120, 1..40)) {
        for (session, reads) in connections(&Session::all()) {
            prop_assert!(framed(session, &pieces(reads, &lengths)) == framed(session, reads), "{}", session.name);
        }
    }
}
