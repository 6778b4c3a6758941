//! The risks that the review names, in one table that every command, page and heading uses.

use std::fmt;
use std::str::FromStr;

macro_rules! risks {
    ($($name:ident = $id:literal, $title:literal, answered by $answer:ident;)*) => {
        /// A risk that the review names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Risk { $(#[doc = $title] $name,)* }

        impl Risk {
            /// Every risk, in the order of reports.
            pub const ALL: &[Risk] = &[$(Risk::$name,)*];

            /// Its id in commands and scenarios, such as `p0-3`.
            pub fn id(self) -> &'static str {
                match self { $(Risk::$name => $id,)* }
            }

            /// Its name in plain words.
            pub fn title(self) -> &'static str {
                match self { $(Risk::$name => $title,)* }
            }

            /// The risk whose fixes answer it: itself, or the risk that causes it.
            pub fn answered_by(self) -> Risk {
                match self { $(Risk::$name => Risk::$answer,)* }
            }
        }
    };
}

// A new risk is one line here.
risks! {
    P0_1 = "p0-1", "Streams are charged after the fact, outside the request", answered by P0_1;
    P0_2 = "p0-2", "What an API key has spent lives in request memory only", answered by P0_2;
    P0_3 = "p0-3", "Redis idempotency key and Postgres transaction disagree", answered by P0_3;
    P0_4 = "p0-4", "The quota hash in Redis is written late, or not at all", answered by P0_4;
    P0_5 = "p0-5", "The quota check and billing both count the request", answered by P0_5;
    P1_8 = "p1-8", "The usage job is sent before the charge commits", answered by P1_8;
    P1_9 = "p1-9", "Requests that warm a cold hash overwrite newer values", answered by P1_9;
    P2_14 = "p2-14", "Tokens of a stream without a usage block are guessed", answered by P0_1;
    St1 = "st-1", "A stream that broke has used up a request of the quota", answered by P0_1;
    St2 = "st-2", "A stream that broke is charged by three tokens a chunk", answered by P0_1;
    St3 = "st-3", "A stream that reconnects is served twice and charged once", answered by P0_1;
}

/// No risk has that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown risk `{text}`; expected one of {}", Risk::ids())]
pub struct UnknownRisk {
    /// What was written.
    pub text: String,
}

impl Risk {
    /// All ids, for messages.
    pub fn ids() -> String {
        Risk::ALL.iter().map(|risk| risk.id()).collect::<Vec<_>>().join(", ")
    }
}

impl FromStr for Risk {
    type Err = UnknownRisk;
    fn from_str(text: &str) -> Result<Risk, UnknownRisk> {
        let known = Risk::ALL.iter().copied().find(|risk| risk.id() == text);
        known.ok_or_else(|| UnknownRisk { text: text.to_owned() })
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

as_text!(Risk);
