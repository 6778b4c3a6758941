//! The tables of a lock file: each line is a list, whose columns the comment above the table names.

use model::shown::shown;
use toml::Value;

/// A table: its key, and what each column of its lines has.
pub struct Table<const COLUMNS: usize> {
    pub key: &'static str,
    columns: [&'static str; COLUMNS],
}

/// How many states a search found.
pub const EXPLORED: Table<4> = Table { key: "explored", columns: ["states", "moves", "depth", "designs"] };

/// Which invariants break.
pub const BROKEN: Table<4> = Table {
    key: "broken",
    columns: [
        "invariant",
        "moves of the shortest breach",
        "designs",
        "figures (\"as above\": those of the line above)",
    ],
};

/// What a line has in place of figures that are those of the line above it, of the same invariant.
pub const AS_ABOVE: &str = "as above";

/// Which invariants could not fail in any state.
pub const COULD_NOT_FAIL: Table<2> = Table { key: "could-not-fail", columns: ["invariants", "designs"] };

/// Which situations never arise.
pub const NEVER: Table<2> = Table { key: "never", columns: ["situation", "designs"] };

/// The value in one column of a line.
pub struct Column<'a> {
    /// The key of the table and what the column has.
    place: [&'static str; 2],
    value: &'a Value,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// The text of the table down to its first line.
    pub fn head(&self) -> String {
        format!("# {}\n{} = [\n", self.columns.join(", "), self.key)
    }

    /// The columns of a line.
    pub fn columns<'a>(&self, line: &'a Value) -> Result<[Column<'a>; COLUMNS], String> {
        let wrong =
            |what: String| format!("`{}`: {what}, expected a list of {COLUMNS}: {}", self.key, self.columns.join(", "));
        let Value::Array(values) = line else { return Err(wrong(not_valid(line))) };
        let columns = values.iter().zip(self.columns);
        let columns: Vec<_> = columns.map(|(value, column)| Column { place: [self.key, column], value }).collect();
        let all = columns.try_into().ok().filter(|_| values.len() == COLUMNS);
        all.ok_or_else(|| wrong(format!("a line with {} columns", values.len())))
    }
}

impl<'a> Column<'a> {
    pub fn number(&self) -> Result<u64, String> {
        let number = self.value.as_integer().and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| self.wrong("a whole number, not negative"))
    }

    pub fn text(&self) -> Result<&'a str, String> {
        self.value.as_str().ok_or_else(|| self.wrong("a text in quotes"))
    }

    /// The names in a text, of which there is at least one.
    pub fn names(&self) -> Result<Vec<&'a str>, String> {
        let names: Vec<&str> = self.text()?.split_whitespace().collect();
        if names.is_empty() { Err(self.wrong("names with spaces between them")) } else { Ok(names) }
    }

    fn wrong(&self, expected: &str) -> String {
        let [key, column] = self.place;
        format!("`{key}`, {column}: {}, expected {expected}", not_valid(self.value))
    }
}

fn not_valid(value: &Value) -> String {
    format!("not valid here: {} {}", value.type_str(), shown(&value.to_string()))
}
