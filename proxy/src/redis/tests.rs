//! Sessions and the frames that they consist of.

use proptest::prelude::*;

use super::framer::Redis;
use super::{Place, Transaction};
use crate::frame::{FrameError, Framer, LONGEST, PART, Purpose, Reply, Request, Statement};

/// Sessions apart by blank lines, each with a title. `=` is what the client sends, `<` what the server does; `&` stands for
/// a line end. The frames that it completes follow, with the number of the request: `?` is one that is about the connection, `-` one
/// that is not answered; `!` a reply, `~` a part of one.
const SESSIONS: &str = include_str!("sessions.txt");

type Steps = Vec<(bool, Vec<u8>)>;

#[derive(Debug, Clone, PartialEq)]
enum Frame {
    Asks(Request),
    Says(Reply),
}

fn steps(session: &str) -> Steps {
    let steps = session.lines().filter(|line| line.starts_with(['=', '<']));
    steps.map(|line| (line.starts_with('='), line[1..].replace('&', "\r\n").into_bytes())).collect()
}

/// The frames of a session of which each step arrives in pieces that end at `cuts`, given as parts of a thousand.
fn frames(framer: &mut Redis, session: &Steps, cuts: &[usize]) -> Vec<Frame> {
    let mut out = Vec::new();
    for (client, bytes) in session {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| bytes.len() * cut / 1000).chain([bytes.len()]).collect();
        ends.sort_unstable();
        let mut from = 0;
        for end in ends {
            match client {
                true => out.extend(framer.client(&bytes[from..end]).into_iter().map(Frame::Asks)),
                false => out.extend(framer.server(&bytes[from..end]).into_iter().map(Frame::Says)),
            }
            from = end;
        }
    }
    out
}

fn outline(frame: &Frame) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "&");
    match frame {
        Frame::Asks(request) => {
            let mark = match (request.answered, request.purpose) {
                (false, _) => "-",
                (true, Purpose::Acts) => "",
                (true, Purpose::Chatter(_)) => "?",
            };
            let words = match request.statements.as_slice() {
                [Statement::Command(words)] => words.iter().map(|word| text(word)).collect::<Vec<_>>().join(" "),
                _ => format!("{:?} {}", request.purpose, text(&request.bytes)),
            };
            format!("{}{mark} {words}", request.id.0)
        }
        Frame::Says(reply) => {
            let of = reply.of.map_or(String::new(), |id| id.0.to_string());
            format!("{of}{} {}", if reply.ends || reply.of.is_none() { "!" } else { "~" }, text(&reply.bytes))
        }
    }
}

#[test]
fn sessions_consist_of_their_frames() {
    for session in SESSIONS.split("\n\n") {
        let mut framer = Redis::default();
        let found: Vec<String> = frames(&mut framer, &steps(session), &[]).iter().map(outline).collect();
        let expected: Vec<&str> = session.lines().skip(1).filter(|line| !line.starts_with(['=', '<'])).collect();
        assert_eq!(found, expected, "{session}");
        assert!(framer.error().is_none() && framer.idle(), "{session}");
    }
}

#[test]
fn a_stream_that_is_not_understood_is_named_and_passed_on() {
    let deep = format!("<{}", "*1&".repeat(200));
    let endless = format!("={}", "x".repeat(70_000));
    for (sent, error) in [
        ("=*1&:1&", "the client sent a malformed command"),
        ("=*1&$-1&", "the client sent a malformed command"),
        ("=*-7&", "a message of the client has the length -7"),
        ("=*1&$x&", "the client sent a malformed length"),
        (&endless, "the client sent a malformed inline command"),
        ("<HTTP", "the server sent a message of the unknown kind 'H'"),
        ("<+OK&", "the server answers what was not asked"),
        ("<.&", "the server sent a malformed end of a stream"),
        ("<;1&a&", "the server sent a malformed chunk"),
        ("<$99999999999999999999999&", "the server sent a malformed length"),
        (&deep, "the server sent a malformed value: it is nested too deeply"),
    ] {
        let mut framer = Redis::default();
        let session = steps(&format!("{sent}\n=rest\n<rest"));
        let found = frames(&mut framer, &session, &[]);
        assert_eq!(framer.error().map(ToString::to_string).as_deref(), Some(error), "{sent}");
        assert_eq!(joined(&found, &mut framer), sides(&session), "{sent}");
        assert!(framer.idle());
    }
}

#[test]
fn an_announced_length_costs_nothing() {
    let mut framer = Redis::default();
    assert!(framer.client(b"*1000000000\r\n$9000000000000\r\nx").is_empty());
    assert!(framer.server(b"*9000000000000000000\r\n%9000000000000000000\r\n").is_empty());
    assert!(framer.error().is_none());
    framer.client(&vec![b'x'; LONGEST]);
    assert_eq!(framer.error(), Some(&FrameError::Long));
}

#[test]
fn what_is_incomplete_at_the_end_is_passed_on() {
    let mut framer = Redis::default();
    frames(&mut framer, &steps("=GET a&*2&$3&GE\n<$3&ab"), &[]);
    let left = [framer.client_closed().map(Frame::Asks), framer.server_closed().map(Frame::Says)];
    assert_eq!(left.map(|frame| outline(&frame.unwrap())), ["1- Chatter(Fragment) *2&$3&GE", "0~ $3&ab"]);
    assert!(!framer.idle());
}

#[test]
fn requests_tell_where_in_a_transaction_they_stand() {
    let session = steps("=GET a&MULTI&SET a 1&EXEC&EXEC&MULTI&DISCARD&");
    let mut transaction = Transaction::default();
    let place = |frame| if let Frame::Asks(request) = frame { Some(transaction.place(&request)) } else { None };
    use Place::{Ends, Outside, Within};
    let found: Vec<Place> = frames(&mut Redis::default(), &session, &[]).into_iter().filter_map(place).collect();
    assert_eq!(found, [Outside, Within, Within, Ends, Outside, Within, Ends]);
}

#[test]
fn a_fresh_connection_can_be_brought_to_the_same_state() {
    let mut framer = Redis::default();
    // What precedes the last request of a session.
    let mut before = |session: &str| {
        let asked = frames(&mut framer, &steps(session), &[]).into_iter().rev();
        let id =
            asked.into_iter().find_map(|frame| if let Frame::Asks(request) = frame { Some(request.id) } else { None });
        framer.setup(id.unwrap()).map(|requests| String::from_utf8(requests.concat()).unwrap().replace("\r\n", "&"))
    };
    let settings = "=HELLO 3&SELECT 1&SELECT 2&CLIENT SETNAME x&SELECT 99&\n<%0&+OK&+OK&+OK&-ERR&\n=GET a&\n<_&";
    assert_eq!(before(settings).unwrap(), "HELLO 3&SELECT 2&CLIENT SETNAME x&");
    assert!(before("=WATCH a&\n<+OK&").is_some());
    assert_eq!(before("=GET a&\n<_&"), None);
    assert_eq!(before("=MULTI&\n<+OK&"), None);
    assert_eq!(before("=EXEC&"), None);
    assert!(before("<*0&\n=GET a&\n<_&").is_some());
    assert_eq!(before("=SUBSCRIBE c&\n<>3&+subscribe&+c&:1&"), None);
    assert_eq!(before("=RESET&\n<+RESET&").unwrap(), "");
}

#[test]
fn a_long_answer_is_yielded_in_the_same_parts_however_it_arrives() {
    let session = steps(&format!("=GET a&GET b&\n<${}&{}&+x&", 5 * PART / 2, "x".repeat(5 * PART / 2)));
    let whole = frames(&mut Redis::default(), &session, &[]);
    let shape =
        |frame: &Frame| if let Frame::Says(reply) = frame { Some((reply.bytes.len(), reply.ends)) } else { None };
    let found: Vec<_> = whole.iter().filter_map(shape).collect();
    assert_eq!(found, [(PART, false), (PART, false), (PART / 2 + 12, true), (4, true)]);
    assert_eq!(frames(&mut Redis::default(), &session, &[1, 399, 400, 401, 800, 999]), whole);
}

/// The bytes of the client and of the server that were yielded, and what is left of both.
fn joined(frames: &[Frame], framer: &mut Redis) -> (Vec<u8>, Vec<u8>) {
    let (mut client, mut server) = (Vec::new(), Vec::new());
    for frame in frames {
        match frame {
            Frame::Asks(request) => client.extend_from_slice(&request.bytes),
            Frame::Says(reply) => server.extend_from_slice(&reply.bytes),
        }
    }
    client.extend(framer.client_closed().into_iter().flat_map(|request| request.bytes));
    server.extend(framer.server_closed().into_iter().flat_map(|reply| reply.bytes));
    (client, server)
}

fn sides(session: &Steps) -> (Vec<u8>, Vec<u8>) {
    let of = |side| session.iter().filter(|(client, _)| *client == side).flat_map(|(_, bytes)| bytes.clone()).collect();
    (of(true), of(false))
}

/// A value of the server.
fn value() -> impl Strategy<Value = String> {
    let flat = "+OK -ERR :1 _ $-1 *-1 *0 $0& $4&&& #t $?&;1&x&;0 !2&ab".split(' ').map(|value| format!("{value}&"));
    prop::sample::select(flat.collect::<Vec<_>>()).prop_recursive(4, 24, 4, |inner| {
        (prop::collection::vec(inner, 0..4), 0..5).prop_map(|(values, shape)| {
            let (count, all) = (values.len(), values.concat());
            match shape {
                0 => format!("*{count}&{all}"),
                1 => format!("~{count}&{all}"),
                2 => format!("%{count}&{all}{all}"),
                3 => format!("*?&{all}.&"),
                _ => format!("|{count}&{all}{all}+x&"),
            }
        })
    })
}

proptest! {
    #[test]
    fn a_session_cut_anywhere_has_the_same_frames(
        session in prop::sample::select(SESSIONS.split("\n\n").collect::<Vec<_>>()),
        values in prop::collection::vec(value(), 0..4),
        cuts in prop::collection::vec(0_usize..1000, 0..12),
    ) {
        let session = steps(&format!("{session}\n={}\n<{}", "GET a&".repeat(values.len()), values.concat()));
        let (mut whole, mut cut) = (Redis::default(), Redis::default());
        let found = frames(&mut whole, &session, &[]);
        prop_assert_eq!(&frames(&mut cut, &session, &cuts), &found);
        prop_assert!(whole.error().is_none() && whole.idle());
        prop_assert_eq!(joined(&found, &mut whole), sides(&session));
    }

    #[test]
    fn whatever_is_sent_is_passed_on(
        session in prop::collection::vec((any::<bool>(), "[*$>|%;.?+:1-3a \r\n-]{0,40}"), 0..6),
        cuts in prop::collection::vec(0_usize..1000, 0..8),
    ) {
        let session: Steps = session.into_iter().map(|(client, text)| (client, text.into_bytes())).collect();
        let (mut whole, mut cut) = (Redis::default(), Redis::default());
        let (found, pieces) = (frames(&mut whole, &session, &[]), frames(&mut cut, &session, &cuts));
        prop_assert_eq!(whole.error(), cut.error());
        prop_assert_eq!(joined(&found, &mut whole), sides(&session));
        prop_assert_eq!(joined(&pieces, &mut cut), sides(&session));
    }
}
