//! Which request each value of the server answers, and which answer none.

use std::collections::{BTreeSet, VecDeque};

use super::purpose::{sets, word};
use super::reader::strings;
use crate::frame::{FrameError, RequestId};

/// The requests that await an answer, and what decides whether a value is one.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub queue: VecDeque<Asked>,
    /// The server marks what it pushes; in RESP2 a message of a channel looks like any array.
    resp3: bool,
    /// The channels and patterns subscribed to, each with how its confirmations begin.
    channels: BTreeSet<(String, Vec<u8>)>,
    /// The server sends a line for each command of any client.
    monitors: bool,
    /// What was set, and the request that set it, in their order.
    set: Vec<(String, Vec<u8>)>,
}

#[derive(Debug)]
pub(super) struct Asked {
    id: RequestId,
    /// It is answered by confirmations that begin so: so many, or until nothing of the kind is subscribed to.
    confirmed: Option<(String, Option<usize>)>,
    /// What it sets if it succeeds, and its bytes.
    sets: Option<(String, Vec<u8>)>,
}

/// What a value of the server is.
#[derive(Debug)]
pub(super) enum Class {
    /// It answers no request.
    Pushed,
    /// It answers the oldest request.
    Answers,
    /// It confirms that a subscription began or ended: the word for that, and of what.
    Confirms(String, Vec<u8>),
}

impl Pending {
    /// A request that will be answered. Within a transaction it is queued, and its answer says so. A subscription is not
    /// understood there: the server adds its confirmations to the answer of EXEC without counting them.
    pub fn ask(&mut self, id: RequestId, words: &[Vec<u8>], bytes: &[u8], queued: bool) {
        let name = word(words, 0).to_ascii_lowercase();
        let count = Some(words.len() - 1).filter(|&count| count > 0);
        let confirms = name.ends_with("subscribe") && !queued && (count.is_some() || ends(&name));
        let sets = sets(words).map(|what| (what, bytes.to_vec()));
        self.queue.push_back(Asked { id, confirmed: confirms.then_some((name, count)), sets });
    }

    /// What a value is that begins with `head` and is of the kind `kind`.
    pub fn classify(&self, kind: Option<u8>, head: &[u8]) -> Result<Class, FrameError> {
        if self.monitors && head.starts_with(b"+") && head.get(1).is_some_and(u8::is_ascii_digit) {
            return Ok(Class::Pushed);
        }
        let subscribes = self.queue.front().is_none_or(|asked| asked.confirmed.is_some()) || !self.channels.is_empty();
        let pushed = kind == Some(b'>');
        if pushed || (kind == Some(b'*') && !self.resp3 && subscribes) {
            let mut words = strings(head).0.into_iter();
            let word = String::from_utf8(words.next().unwrap_or_default()).unwrap_or_default();
            if word.ends_with("subscribe") {
                return Ok(Class::Confirms(word, words.next().unwrap_or_default()));
            }
            if pushed || word.ends_with("message") {
                return Ok(Class::Pushed);
            }
        }
        match (self.queue.front(), kind) {
            (Some(_), _) => Ok(Class::Answers),
            (None, Some(b'-' | b'!')) => Ok(Class::Pushed),
            (None, _) => Err(FrameError::Unasked),
        }
    }

    /// The request that a value of `class` answers.
    pub fn of(&self, class: &Class) -> Option<RequestId> {
        let front = self.queue.front()?;
        let answers = match class {
            Class::Pushed => false,
            Class::Answers => true,
            Class::Confirms(word, _) => front.confirmed.as_ref().is_some_and(|(awaited, _)| awaited == word),
        };
        answers.then_some(front.id)
    }

    /// A value of `class` is whole, and `failed` if it is an error. The request that it answers, and whether in full.
    pub fn complete(&mut self, class: &Class, failed: bool) -> (Option<RequestId>, bool) {
        let of = self.of(class);
        let mut full = of.is_some();
        if let Class::Confirms(word, name) = class {
            let channel = (word.replace("un", ""), name.clone());
            if ends(word) {
                self.channels.remove(&channel);
            } else {
                self.channels.insert(channel.clone());
            }
            let remain = self.channels.iter().any(|(kind, _)| *kind == channel.0);
            let awaited = self.queue.front_mut().and_then(|asked| asked.confirmed.as_mut()).filter(|_| full);
            full = awaited.is_some_and(|(_, left)| {
                *left = left.map(|left| left - 1);
                left.map_or(!remain, |left| left == 0)
            });
        }
        let asked = if full { self.queue.pop_front() } else { None };
        if let Some((what, bytes)) = asked.filter(|_| !failed).and_then(|asked| asked.sets) {
            self.succeed(what, bytes);
        }
        (of, full)
    }

    fn succeed(&mut self, what: String, bytes: Vec<u8>) {
        match what.as_str() {
            "RESET" => *self = Self { queue: std::mem::take(&mut self.queue), ..Self::default() },
            "MONITOR" => self.monitors = true,
            _ => {
                if let ("HELLO", Some(version)) = (what.as_str(), strings(&bytes).0.get(1)) {
                    self.resp3 = version == b"3";
                }
                self.set.retain(|(before, _)| *before != what);
                self.set.push((what, bytes));
            }
        }
    }

    /// The requests that bring a fresh connection to where this one is, unless the server sends it what it did not ask for.
    pub fn setup(&self) -> Option<Vec<Vec<u8>>> {
        let listens =
            self.monitors || !self.channels.is_empty() || self.queue.iter().any(|asked| asked.confirmed.is_some());
        (!listens).then(|| self.set.iter().map(|(_, bytes)| bytes.clone()).collect())
    }
}

/// Whether the word is that for the end of a subscription.
fn ends(word: &str) -> bool {
    word.contains("unsub")
}
