//! The fields of a quota hash, and sets of them.

use serde::{Deserialize, Serialize};

use crate::row::QuotaRow;

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A field of a quota hash.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field { $(#[doc = $name] $field,)* }

        impl Field {
            /// Every field, in the order of [`QuotaRow`].
            pub const ALL: [Field; 9] = [$(Field::$field,)*];

            /// Its name in Redis.
            pub const fn name(self) -> &'static str {
                match self { $(Field::$field => $name,)* }
            }
        }
    };
}

fields! {
    Balance = "balance",
    Credit = "credit_limit",
    DailyQuota = "daily_quota",
    DailyUsed = "daily_used",
    MonthlyQuota = "monthly_quota",
    MonthlyUsed = "monthly_used",
    Version = "version",
    DailyResetAt = "daily_reset_at",
    MonthlyResetAt = "monthly_reset_at",
}

impl Field {
    /// Its value in a row, in words.
    pub fn shown(self, row: &QuotaRow) -> String {
        match self {
            Field::Balance => row.balance.to_string(),
            Field::Credit => row.credit.to_string(),
            Field::DailyQuota => row.daily_quota.to_string(),
            Field::DailyUsed => row.daily_used.to_string(),
            Field::MonthlyQuota => row.monthly_quota.to_string(),
            Field::MonthlyUsed => row.monthly_used.to_string(),
            Field::Version => row.version.to_string(),
            Field::DailyResetAt => or_null(row.daily_reset_at),
            Field::MonthlyResetAt => or_null(row.monthly_reset_at),
        }
    }
}

fn or_null(date: Option<impl ToString>) -> String {
    date.map_or_else(|| "null".to_owned(), |date| date.to_string())
}

/// Which fields of a quota hash: one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(u16);

impl Fields {
    /// All nine.
    pub const ALL: Fields = Fields::of(&Field::ALL);
    /// Only `balance`.
    pub const BALANCE: Fields = Fields::of(&[Field::Balance]);
    /// `daily_used` and its date.
    pub const DAILY: Fields = Fields::of(&[Field::DailyUsed, Field::DailyResetAt]);
    /// `monthly_used`.
    pub const MONTHLY: Fields = Fields::of(&[Field::MonthlyUsed]);
    /// Both counts and their dates.
    pub const COUNTS: Fields =
        Fields::of(&[Field::DailyUsed, Field::MonthlyUsed, Field::DailyResetAt, Field::MonthlyResetAt]);
    /// `version`.
    pub const VERSION: Fields = Fields::of(&[Field::Version]);

    /// These fields.
    pub const fn of(mut fields: &[Field]) -> Fields {
        let mut bits = 0;
        while let [field, rest @ ..] = fields {
            bits |= 1 << *field as u16;
            fields = rest;
        }
        Fields(bits)
    }

    /// Whether all are present. A null date is an empty text in the hash, so it is present too.
    pub fn complete(self) -> bool {
        self == Fields::ALL
    }

    /// Both sets together.
    pub fn union(self, other: Fields) -> Fields {
        Fields(self.0 | other.0)
    }

    /// Those that are not in the other set.
    pub fn without(self, other: Fields) -> Fields {
        Fields(self.0 & !other.0)
    }

    /// Whether the field is in the set.
    pub fn has(self, field: Field) -> bool {
        self.0 & Fields::of(&[field]).0 != 0
    }

    /// Those in the set, in the order of [`Field::ALL`].
    pub fn each(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |&field| self.has(field))
    }
}
