//! The values of the file: names, templates of keys, and words as they are in the tables.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::cache::Template;

/// The longest name that Postgres keeps whole (NAMEDATALEN less one, its manual 4.1.1).
const LONGEST: usize = 63;

/// The name of a table, a column or a field, or the statement that it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The name.
    Is(String),
    /// `false`: it does not exist.
    Absent,
}

impl Name {
    /// The name, if there is one.
    pub fn get(&self) -> Option<&str> {
        match self {
            Name::Is(name) => Some(name),
            Name::Absent => None,
        }
    }
}

/// A template of Redis keys, or none if there are no keys of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(pub(crate) Option<Template>);

/// The unit of a budget column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetUnit {
    /// Units of money, with their decimals.
    Units,
    /// Hundredths of a unit.
    Cents,
    /// Millionths of a unit.
    Micros,
}

/// A value as it is in the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

/// A column that must exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName(pub String);

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName(pub String);

/// The valid forms of a value: a text that `valid` accepts, or `false` if `absent` is allowed.
struct Text {
    what: &'static str,
    absent: bool,
}

impl Visitor<'_> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<String>, E> {
        if text.is_empty() || text.len() > LONGEST || text.contains('\0') {
            return Err(E::custom(format!("\"{text}\" is not a name: expected {}", self.what)));
        }
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, there: bool) -> Result<Option<String>, E> {
        if self.absent && !there { Ok(None) } else { Err(E::custom(format!("expected {}", self.what))) }
    }
}

const NAME_OR_FALSE: &str = "a name of 1 to 63 bytes, or false where it is not there";
const NAME: &str = "a name of 1 to 63 bytes";

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        let name = deserializer.deserialize_any(Text { what: NAME_OR_FALSE, absent: true })?;
        Ok(name.map_or(Name::Absent, Name::Is))
    }
}

macro_rules! texts {
    ($($type:ident),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = deserializer.deserialize_any(Text { what: NAME, absent: false })?;
                Ok($type(text.unwrap_or_default()))
            }
        }
    )*};
}

texts!(Word, ColumnName, SchemaName);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        let text = deserializer.deserialize_any(Text { what: Template::VALID, absent: true })?;
        text.map(|text| Template::parse(&text)).transpose().map(Keys).map_err(D::Error::custom)
    }
}
