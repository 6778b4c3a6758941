//! Sessions and the frames that they are.

use proxy::frame::Side;

use crate::messages::{
    COPY_DONE, FAREWELL, FLUSH, SYNC, bind, close, describe, execute, message, opening, parse, query, server, start,
};
use crate::session::Chunk;

fn c<const N: usize>(messages: [&[u8]; N]) -> Chunk {
    (Side::Client, messages.concat())
}

fn s(kinds: &str) -> Chunk {
    (Side::Server, server(kinds))
}

/// A title, what both sides send after the start-up, and the frames of that.
pub type Row = (&'static str, Vec<Chunk>, &'static [&'static str]);

pub fn rows() -> Vec<Row> {
    [simple(), extended(), flushed(), pipelines(), copies(), refused()].into_iter().flatten().collect()
}

/// Whole connections, from their first byte.
pub fn openings() -> Vec<Row> {
    let proof = message(b'p', b"SCRAM-SHA-256\0");
    vec![
        (
            "encryption is asked for, the newest protocol negotiated, a proof demanded",
            vec![
                c([&opening(80_877_104, b"")]),
                c([&opening(80_877_103, b"")]),
                c([&opening(0x0003_0002, b"user\0me\0\0")]),
                s("vp"),
                c([&proof]),
                s("q"),
                c([&proof]),
                s("fRSSKZ"),
                c([FAREWELL]),
            ],
            &[
                "> 0 encryption unanswered",
                "> 1 encryption unanswered",
                "> 2 startup",
                "< 2 vR.",
                "> 3 startup",
                "< 3 R.",
                "> 4 startup",
                "< 4 RRSSKZ.",
                "> 5 farewell unanswered",
            ],
        ),
        ("admission is refused", vec![c([&start()]), s("E")], &["> 0 startup", "< 0 E."]),
        ("a cancel request", vec![c([&opening(80_877_102, &[0, 0, 0, 7, 1, 2, 3, 4])])], &["> 0 cancel unanswered"]),
    ]
}

fn simple() -> Vec<Row> {
    vec![
        (
            "statements in one query",
            vec![c([&query("BEGIN; INSERT INTO a VALUES (1)")]), s("CCz"), c([&query("COMMIT")]), s("CZ")],
            &["> 1 acts [BEGIN; INSERT INTO a VALUES (1)]", "< 1 CCZ.", "> 2 acts [COMMIT]", "< 2 CZ."],
        ),
        ("an error", vec![c([&query("INSERT")]), s("EZ")], &["> 1 acts [INSERT]", "< 1 EZ."]),
        (
            "rows out of a COPY",
            vec![c([&query("COPY a TO STDOUT")]), s("HddcCZ")],
            &["> 1 acts [COPY a TO STDOUT]", "< 1 HddcCZ."],
        ),
        (
            "pings and what a pool resets",
            vec![c([&query(";")]), s("IZ"), c([&query("SELECT 1")]), s("TDCZ"), c([&query("RESET ALL")]), s("CZ")],
            &["> 1 ping [;]", "< 1 IZ.", "> 2 ping [SELECT 1]", "< 2 TDCZ.", "> 3 acts [RESET ALL]", "< 3 CZ."],
        ),
        (
            "a notice before an answer is pushed, within one it belongs to it",
            vec![s("A"), c([&query("LISTEN a")]), s("NCNSZ"), s("SN")],
            &["< - A", "> 1 acts [LISTEN a]", "< - N", "< 1 CNSZ.", "< - S", "< - N"],
        ),
        ("the server ends an idle session", vec![s("E")], &["< - E"]),
        ("the server ends a busy session", vec![c([&query("COMMIT")]), s("E")], &["> 1 acts [COMMIT]", "< 1 E"]),
        (
            "a call of a function",
            vec![c([&message(b'F', b"\0\0\0\x2a\0\0\0\0\0\0")]), s("VZ")],
            &["> 1 acts [Function(42)]", "< 1 VZ."],
        ),
        ("half a message", vec![c([&query("COMMIT")[..7]])], &["> 1 fragment unanswered"]),
    ]
}

fn extended() -> Vec<Row> {
    let insert = parse("s1", "INSERT INTO a VALUES ($1, $2)");
    let run = [bind("", "s1", "5"), execute("")].concat();
    vec![
        (
            "prepared, then executed with values of the types that the server told",
            vec![
                c([&insert, &describe('S', "s1"), SYNC]),
                s("1tnZ"),
                c([&run, SYNC]),
                s("2CZ"),
                c([&close('S', "s1"), SYNC]),
                s("3Z"),
                c([&run, SYNC]),
                s("EZ"),
            ],
            &[
                "> 1 preparation",
                "< 1 1tnZ.",
                "> 2 acts [INSERT INTO a VALUES ($1, $2) 5:20,NULLb:23]",
                "< 2 2CZ.",
                "> 3 close",
                "< 3 3Z.",
                "> 4 acts [Portal(\"\")]",
                "< 4 EZ.",
            ],
        ),
        (
            "two portals in one batch, one of them in two steps",
            vec![
                c([&insert, &bind("p", "s1", "1"), &bind("q", "s1", "2"), &execute("q"), &execute("p"), SYNC]),
                s("122CsZ"),
                c([&execute("p"), SYNC]),
                s("CZ"),
            ],
            &[
                "> 1 acts [INSERT INTO a VALUES ($1, $2) 2:0,NULLb:0; INSERT INTO a VALUES ($1, $2) 1:0,NULLb:0]",
                "< 1 122CsZ.",
                "> 2 acts [INSERT INTO a VALUES ($1, $2) 1:0,NULLb:0]",
                "< 2 CZ.",
            ],
        ),
        (
            "a prepared ping",
            vec![c([&parse("", ""), &bind("", "", ""), &execute(""), SYNC]), s("12IZ")],
            &["> 1 ping [ :0,NULLb:0]", "< 1 12IZ."],
        ),
        ("nothing but Sync", vec![c([SYNC]), s("Z")], &["> 1 ping", "< 1 Z."]),
    ]
}

fn flushed() -> Vec<Row> {
    let all = [parse("", "UPDATE a"), describe('S', ""), bind("", "", "1"), describe('P', ""), execute("")].concat();
    vec![
        (
            "a Flush, answered message by message; the Sync after it commits",
            vec![c([&all, FLUSH]), s("1tT"), s("2TD"), s("DC"), c([SYNC]), s("Z"), c([FLUSH])],
            &["> 1 acts [UPDATE a 1:0,NULLb:0]", "< 1 1tT2TDDC.", "> 2 acts", "< 2 Z.", "> 3 ping unanswered"],
        ),
        (
            "after an error the server skips to the Sync, wherever that is",
            vec![
                c([&all, FLUSH, &all, FLUSH, &all, SYNC]),
                s("1tTEZ"),
                c([&all, FLUSH]),
                s("E"),
                c([&all, FLUSH]),
                c([SYNC]),
                s("Z"),
            ],
            &[
                "> 1 acts [UPDATE a 1:0,NULLb:0]",
                "> 2 acts [UPDATE a 1:0,NULLb:0]",
                "> 3 acts [UPDATE a 1:0,NULLb:0]",
                "< 1 1tTE.",
                "< 2 .",
                "< 3 Z.",
                "> 4 acts [UPDATE a 1:0,NULLb:0]",
                "< 4 E.",
                "> 5 acts unanswered [UPDATE a 1:0,NULLb:0]",
                "> 6 acts",
                "< 6 Z.",
            ],
        ),
    ]
}

fn pipelines() -> Vec<Row> {
    let run = [parse("", "UPDATE a"), bind("", "", "1"), execute(""), SYNC.to_vec()].concat();
    vec![(
        "several Syncs on their way",
        vec![c([&run, &run, &query("COMMIT"), &run]), s("12CZ12"), s("EZCZ12CZ")],
        &[
            "> 1 acts [UPDATE a 1:0,NULLb:0]",
            "> 2 acts [UPDATE a 1:0,NULLb:0]",
            "> 3 acts [COMMIT]",
            "> 4 acts [UPDATE a 1:0,NULLb:0]",
            "< 1 12CZ.",
            "< 2 12EZ.",
            "< 3 CZ.",
            "< 4 12CZ.",
        ],
    )]
}

fn copies() -> Vec<Row> {
    let (copy, data) = (query("COPY a FROM STDIN"), message(b'd', b"1\n"));
    let prepared = [parse("", "COPY a FROM STDIN"), bind("", "", ""), execute(""), SYNC.to_vec()].concat();
    vec![
        (
            "two COPYs in one query",
            vec![c([&copy]), s("G"), c([&data, COPY_DONE]), s("CG"), c([&data, &message(b'f', b"\0")]), s("EZ")],
            &[
                "> 1 acts [COPY a FROM STDIN]",
                "< 1 G.",
                "> 2 transfer unanswered",
                "> 3 acts [EndOfCopy { done: true }]",
                "< 3 CG.",
                "> 4 transfer unanswered",
                "> 5 acts [EndOfCopy { done: false }]",
                "< 5 EZ.",
            ],
        ),
        (
            "a COPY by Execute, whose Sync is sent again after the data",
            vec![c([&prepared]), s("12G"), c([&data, COPY_DONE, SYNC]), s("CZ"), c([&query("COMMIT")]), s("CZ")],
            &[
                "> 1 acts [COPY a FROM STDIN :0,NULLb:0]",
                "< 1 12G.",
                "> 2 transfer unanswered",
                "> 3 acts [EndOfCopy { done: true }]",
                "< 3 CZ.",
                "> 4 acts [COMMIT]",
                "< 4 CZ.",
            ],
        ),
        (
            "data and their end before the server asks for them",
            vec![c([&copy]), c([&data, COPY_DONE]), c([&query("COMMIT")]), s("G"), s("CZ"), s("CZ")],
            &[
                "> 1 acts [COPY a FROM STDIN]",
                "> 2 transfer unanswered",
                "> 3 acts [EndOfCopy { done: true }]",
                "> 4 acts [COMMIT]",
                "< 1 G.",
                "< 3 CZ.",
                "< 4 CZ.",
            ],
        ),
        (
            "the same, and the server never asks for them",
            vec![c([&copy]), c([&data, COPY_DONE]), c([&query("ROLLBACK")]), s("EZ"), s("CZ")],
            &[
                "> 1 acts [COPY a FROM STDIN]",
                "> 2 transfer unanswered",
                "> 3 acts [EndOfCopy { done: true }]",
                "> 4 acts [ROLLBACK]",
                "< 1 EZ.",
                "< 3 .",
                "< 4 CZ.",
            ],
        ),
        (
            "the server gives a COPY up before its end",
            vec![c([&copy]), s("G"), c([&data]), s("EZ"), c([COPY_DONE, &query("ROLLBACK")]), s("CZ")],
            &[
                "> 1 acts [COPY a FROM STDIN]",
                "< 1 G.",
                "> 2 transfer unanswered",
                "< 1 EZ.",
                "> 3 acts unanswered [EndOfCopy { done: true }]",
                "> 4 acts [ROLLBACK]",
                "< 4 CZ.",
            ],
        ),
        (
            "the same by Execute",
            vec![c([&prepared]), s("12G"), c([&data]), s("E"), c([COPY_DONE, SYNC]), s("Z")],
            &[
                "> 1 acts [COPY a FROM STDIN :0,NULLb:0]",
                "< 1 12G.",
                "> 2 transfer unanswered",
                "< 1 E.",
                "> 3 acts unanswered [EndOfCopy { done: true }]",
                "> 4 ping",
                "< 4 Z.",
            ],
        ),
        (
            "both ways",
            vec![c([&query("START_REPLICATION")]), s("Wdd"), c([&data]), s("d"), c([COPY_DONE]), s("dcCZ")],
            &[
                "> 1 acts [START_REPLICATION]",
                "< 1 W.",
                "< - d",
                "< - d",
                "> 2 transfer unanswered",
                "< - d",
                "> 3 acts [EndOfCopy { done: true }]",
                "< 3 dcCZ.",
            ],
        ),
    ]
}

/// Streams that are not understood.
fn refused() -> Vec<Row> {
    vec![
        ("an unknown message of the client", vec![c([b"!rubbish"]), s("Z")], &["> 1 unframed unanswered", "< - Z"]),
        (
            "an unknown message of the server",
            vec![(Side::Server, b"!rubbish".to_vec()), c([&query("COMMIT")])],
            &["< - !", "> 1 unframed unanswered"],
        ),
        ("a length that none has", vec![(Side::Server, b"T\0\0\0\x03".to_vec())], &["< - T"]),
        ("an answer that nobody asked for", vec![s("CZ")], &["< - CZ"]),
    ]
}
