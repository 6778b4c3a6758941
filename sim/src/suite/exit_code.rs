//! The exit codes of `trial`, in words and as the table of `docs/ci.md`.

/// One exit code.
#[derive(Clone, Copy, Debug)]
pub struct ExitCode {
    /// The code.
    pub code: u8,
    /// A few words, as the last line of a command has them.
    pub words: &'static str,
    /// What it means, in Markdown.
    pub meaning: &'static str,
}

const fn exit_code(code: u8, words: &'static str, meaning: &'static str) -> ExitCode {
    ExitCode { code, words, meaning }
}

/// All of them, in the order of their numbers.
pub const ALL: [ExitCode; 8] = [
    exit_code(
        0,
        "all as expected",
        "all as expected; `replay`: the same invariant breaks with the same numbers on each engine",
    ),
    exit_code(
        1,
        "something unexpected",
        "something unexpected, or denied by `--deny`: a breach that was not expected, an expected one that a complete \
         check does not find or finds with another length or other figures, other counts than the lock file has; under \
         `run` without `--full` also a breach that real servers no longer show, or that sim no longer shows and \
         [reports/unseen.toml](../reports/unseen.toml) does not list; `explain`: there is no such run",
    ),
    exit_code(
        2,
        "no violations, but some checks were inconclusive",
        "nothing unexpected, but some checks were inconclusive: time, memory, a situation that must be seen never arose, \
         or a scenario without a lock file",
    ),
    exit_code(
        64,
        "bad input",
        "bad input, named with file, line, key and the values that are expected; a `DATABASE_URL` or `REDIS_URL` that is \
         not an address of such a server or cannot be reached",
    ),
    exit_code(
        69,
        "a server that was asked for is missing",
        "the servers that were asked for (`real`, `--on real`, or any run with `CI` set) are missing",
    ),
    exit_code(70, "internal error", "internal error: the suite contradicts itself, or reality and the model disagree"),
    exit_code(
        74,
        "what was found could not be written",
        "what would have been 0 could not be printed or written: stdout, or a file that was asked for (`--output`, \
         `--accept`, `--update-reports`, `--keep`)",
    ),
    exit_code(
        130,
        "interrupted",
        "a second Ctrl-C; after the first one what is known is reported, and what was cut is unknown",
    ),
];

/// An exit code in a few words.
pub fn words(code: u8) -> &'static str {
    ALL.iter().find(|exit| exit.code == code).map_or("internal error", |exit| exit.words)
}
