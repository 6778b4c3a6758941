//! The frames of Postgres sessions, whatever pieces their bytes arrive in.

use proptest::prelude::*;
use proptest::sample::Index;
use proxy::frame::{FrameError, PART, RequestId, Side};
use proxy::postgres::framer;

use crate::messages::{self, message, query, server, start};
use crate::session::{Chunk, Frame, fed, frames, line, sent};
use crate::table;

fn whole(session: &[Chunk]) -> impl Iterator<Item = (Side, &[u8])> {
    session.iter().map(|(side, bytes)| (*side, bytes.as_slice()))
}

fn started(rest: Vec<Chunk>) -> Vec<Chunk> {
    let begin = [(Side::Client, start()), (Side::Server, server("RSKZ"))];
    begin.into_iter().chain(rest).collect()
}

/// Every session of the table, whole.
fn sessions() -> Vec<(&'static str, Vec<Chunk>)> {
    let openings = table::openings().into_iter().map(|(title, session, _)| (title, session));
    let rows = table::rows().into_iter().map(|(title, session, _)| (title, started(session)));
    openings.chain(rows).collect()
}

/// Whether two ways to arrive are the same frames and the bytes that were fed.
fn same(session: &[Chunk], once: &[Frame], again: &[Frame], framed: bool) -> Result<(), TestCaseError> {
    if framed {
        prop_assert_eq!(once, again);
    }
    for side in [Side::Client, Side::Server] {
        prop_assert_eq!(sent(again, side), fed(session, side));
    }
    Ok(())
}

#[test]
fn a_session_is_these_frames() {
    let opened = &["> 0 startup", "< 0 RSKZ."][..];
    let openings = table::openings().into_iter().map(|(title, session, frames)| (title, session, frames.to_vec()));
    let rows = table::rows().into_iter();
    let rows = rows.map(|(title, session, frames)| (title, started(session), [opened, frames].concat()));
    for (title, session, expected) in openings.chain(rows) {
        let found = frames(&mut *framer(), whole(&session));
        assert_eq!(found.iter().map(line).collect::<Vec<_>>(), expected, "{title}");
    }
}

#[test]
fn byte_by_byte_they_are_the_same() {
    for (title, session) in sessions() {
        let mut framer = framer();
        let once = frames(&mut *framer, whole(&session));
        let bytes = session.iter().flat_map(|(side, bytes)| bytes.chunks(1).map(|byte| (*side, byte)));
        let again = frames(&mut *proxy::postgres::framer(), bytes);
        same(&session, &once, &again, framer.error().is_none()).unwrap_or_else(|error| panic!("{title}: {error}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Some sessions of the table one after the other on one connection, cut anywhere.
    #[test]
    fn in_any_pieces_they_are_the_same(
        which in prop::collection::vec(any::<Index>(), 1..5),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let rows: Vec<_> = table::rows().into_iter().filter(|(title, ..)| !title.contains("session")).collect();
        let session = started(which.iter().flat_map(|which| which.get(&rows).1.clone()).collect());
        let pieces = session.iter().flat_map(|(side, bytes)| {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
            at.sort_unstable();
            at.windows(2).map(|pair| (*side, &bytes[pair[0]..pair[1]])).collect::<Vec<_>>()
        });
        let mut framer = framer();
        let once = frames(&mut *framer, whole(&session));
        let again = frames(&mut *proxy::postgres::framer(), pieces);
        same(&session, &once, &again, framer.error().is_none())?;
    }

    /// Whatever is sent is passed on.
    #[test]
    fn rubbish_is_passed_on(
        pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..24)), 0..12),
        open in any::<bool>(),
    ) {
        let side = |client| if client { Side::Client } else { Side::Server };
        let pieces = pieces.into_iter().map(|(client, bytes)| (side(client), bytes)).collect();
        let session = if open { started(pieces) } else { pieces };
        let found = frames(&mut *framer(), whole(&session));
        same(&session, &found, &found, true)?;
    }
}

#[test]
fn a_long_answer_comes_in_parts_of_one_length() {
    let row = message(b'D', &vec![0; PART + PART / 2]);
    let answer = [server("T"), row.clone(), row, server("CZ")].concat();
    let session = started(vec![(Side::Client, query("SELECT a")), (Side::Server, answer.clone())]);
    let once = frames(&mut *framer(), whole(&session));
    let parts: Vec<(usize, bool)> = once[3..]
        .iter()
        .map(|frame| match frame {
            Frame::Reply(reply) => (reply.bytes.len(), reply.ends),
            Frame::Request(request) => panic!("{request:?}"),
        })
        .collect();
    assert_eq!(parts, [(PART, false), (PART, false), (PART, false), (answer.len() - 3 * PART, true)]);
    let pieces = session.iter().flat_map(|(side, bytes)| bytes.chunks(16_000).map(|piece| (*side, piece)));
    same(&session, &once, &frames(&mut *framer(), pieces), true).unwrap();
}

#[test]
fn the_framer_tells_the_backend_and_why_a_stream_is_not_understood() {
    let mut framer = framer();
    frames(&mut *framer, whole(&started(Vec::new())));
    assert_eq!((framer.backend(), framer.error(), framer.idle()), (Some(7), None, true));
    framer.client(&query("BEGIN"));
    assert!(!framer.idle());
    framer.server(&server("CCZ"));
    assert!(framer.idle());
    framer.server(&server("D"));
    assert_eq!(framer.error(), Some(&FrameError::Unasked));
}

#[test]
fn a_fresh_connection_is_set_up_as_this_one_was_before_the_request_unless_a_transaction_is_open() {
    let mut framer = framer();
    assert_eq!(framer.setup(RequestId(0)), None);
    frames(&mut *framer, whole(&started(Vec::new())));
    let prepare = [messages::parse("s1", "SELECT a"), messages::SYNC.to_vec()].concat();
    framer.client(&prepare);
    assert_eq!(framer.setup(RequestId(1)), Some(vec![start()]));
    framer.server(&server("1Z"));
    framer.client(&query("BEGIN"));
    assert_eq!(framer.setup(RequestId(2)), Some(vec![start(), prepare]));
    framer.server(&server("Cz"));
    assert_eq!(framer.setup(RequestId(3)), None);
}

#[test]
fn a_batch_is_split_before_its_first_execute() {
    let (values, run) = (messages::bind("", "s1", "5"), messages::execute(""));
    let mut framer = framer();
    frames(&mut *framer, whole(&started(Vec::new())));
    let split = |requests: Vec<proxy::frame::Request>| requests[0].split.map(|split| (split.at, split.between));
    let batch = [&values[..], &run, &run, messages::SYNC].concat();
    assert_eq!(split(framer.client(&batch)), Some((values.len(), messages::FLUSH)));
    assert_eq!(split(framer.client(&[&run[..], messages::SYNC].concat())), None);
    assert_eq!(split(framer.client(&query("COMMIT"))), None);
}
