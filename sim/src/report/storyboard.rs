//! A counterexample as a text table: lanes on the left, what happens in words, the money at the right edge.

use crate::report::labels::Labels;
use crate::report::row::{self, MONEY, Row};
use crate::report::text::{WIDTH, pad, paragraph, width, wrap};
use crate::suite::story::{self, Lane, Outcome};
use crate::suite::verdict::Counterexample;

const LEGEND: &str = "> asks   = answers   x refuses   ~ waits   ? lost   ! fault   < to the client   * changed";
const GAP: usize = 2;
const NUMBER: usize = 3;
/// The least width for words; below it, lanes get shorter names, lanes without an event go, money goes below the words.
const WORDS: usize = 26;
/// A line of a money cell, and whether what it says is new.
type Cell = (bool, String);

/// A cell's lines; a piece of a value that was split is as new as the cell.
fn marked(now: &str, before: &str, room: usize) -> Vec<Cell> {
    let new = |line: &str| line.split(' ').any(|value| row::is_news(value, now, before));
    wrap(now, room).into_iter().map(|line| (new(&line), line)).collect()
}

/// Trace ids longer than this are split.
const KEY: usize = 12;

/// The moves, the names of the steps that are new in the document, the broken equation and the commands to type, at
/// most 100 columns wide.
pub fn storyboard(counterexample: &Counterexample, labels: &mut Labels) -> String {
    let replay = format!("replay: {}\n", row::replay(counterexample));
    board(counterexample, labels) + &replay
}

/// The same without the commands to type.
pub(super) fn board(counterexample: &Counterexample, labels: &mut Labels) -> String {
    let rows = row::rows(counterexample);
    let opening = row::opening(counterexample);
    let lanes = story::lanes(&counterexample.setup, &counterexample.run);
    let table = Table::new(&lanes, &opening, &rows);
    let mut out = table.head();
    out.push_str(&table.line("0", &table.marks(None), "before the first move", &opening, &opening));
    for row in &rows {
        let marks = table.marks(Some(row));
        out.push_str(&table.line(&row.number.to_string(), &marks, &row.line.what, &row.money, &row.before));
    }
    out.push_str(&format!("\n{LEGEND}\n"));
    let names = labels.legend(Labels::of_story(counterexample));
    if !names.is_empty() {
        out.push_str(&format!("\n{names}"));
    }
    out.push('\n');
    out.push_str(&ending(counterexample));
    out
}

fn ending(counterexample: &Counterexample) -> String {
    let breach = &counterexample.breach;
    let lead = format!("BROKEN {} after move {}: ", breach.invariant, breach.after);
    let mut out = paragraph(&lead, &story::sentence(breach));
    let without = row::without(counterexample);
    if !without.is_empty() {
        out.push_str(&paragraph("", &without.join("; ")));
    }
    out
}

struct Table {
    lanes: Vec<(Lane, String)>,
    words: usize,
    money: [usize; 4],
    /// The money goes below the words, since there is no room beside them.
    stacked: bool,
}

impl Table {
    fn new(lanes: &[Lane], opening: &[String; 4], rows: &[Row<'_>]) -> Table {
        let cells =
            |column: usize| std::iter::once(&opening[column]).chain(rows.iter().map(move |row| &row.money[column]));
        // One more column than the text, for the mark of a change.
        let whole = |column: usize| cells(column).map(|cell| width(cell) + 1).max().unwrap_or(1);
        let word = |column: usize| {
            let longest = cells(column).flat_map(|cell| cell.split(' ')).map(|part| width(part) + 1).max().unwrap_or(1);
            if column == 3 { longest.min(KEY) } else { longest }
        };
        let at_least = |column: usize, room: usize| room.max(width(MONEY[column]) + 1);
        let whole = std::array::from_fn(|column| at_least(column, whole(column)));
        let narrow = std::array::from_fn(|column| at_least(column, word(column)));
        let busy: Vec<Lane> = lanes.iter().copied().filter(|&lane| has_an_event(lane, rows)).collect();
        let mut beside = [
            (lanes, Lane::name as fn(Lane) -> String, whole),
            (lanes, Lane::short_name, whole),
            (lanes, Lane::short_name, narrow),
            (&busy, Lane::short_name, narrow),
        ]
        .into_iter()
        .map(|(lanes, name, money)| Table::fit(lanes, name, money));
        beside.find(|table| table.words >= WORDS).unwrap_or_else(|| Table::stacked(&busy, narrow))
    }

    fn fit(lanes: &[Lane], name: fn(Lane) -> String, money: [usize; 4]) -> Table {
        let lanes: Vec<(Lane, String)> = lanes.iter().map(|&lane| (lane, name(lane))).collect();
        let taken: usize = lanes.iter().map(|(_, name)| width(name) + GAP).sum();
        let edge: usize = money.iter().sum::<usize>() + 3;
        Table { words: WIDTH.saturating_sub(NUMBER + GAP + taken + GAP + edge), lanes, money, stacked: false }
    }

    fn stacked(lanes: &[Lane], money: [usize; 4]) -> Table {
        let fit = |name: fn(Lane) -> String| {
            let table = Table::fit(lanes, name, [0; 4]);
            Table { words: table.words + 3 + GAP, money, stacked: true, ..table }
        };
        let table = fit(Lane::short_name);
        if table.words >= WORDS { table } else { fit(Lane::initials) }
    }

    fn head(&self) -> String {
        let lanes: String = self.lanes.iter().map(|(_, name)| pad(name, width(name) + GAP)).collect();
        let heads = MONEY.map(str::to_owned);
        let head = self.line("#", &lanes, "what", &heads, &heads);
        // There are no lane lines yet below the names of the lanes.
        head.replace('|', " ")
    }

    /// One row of the table, on as many lines as its longest cell needs.
    fn line(&self, number: &str, lanes: &str, what: &str, money: &[String; 4], before: &[String; 4]) -> String {
        let cells: [Vec<Cell>; 4] =
            std::array::from_fn(|column| marked(&money[column], &before[column], self.money[column] - 1));
        // Below the words, money takes lines only if it changed.
        let silent = self.stacked && money == before && !matches!(number, "#" | "0");
        let depth = if silent { 0 } else { cells.iter().map(Vec::len).max().unwrap_or(1) };
        let money = |place: usize| {
            let texts = cells.iter().zip(self.money).map(|(cell, room)| match cell.get(place) {
                Some((mark, text)) => format!("{}{}", if *mark { "*" } else { " " }, pad(text, room - 1)),
                None => " ".repeat(room),
            });
            texts.collect::<Vec<_>>().join(" ")
        };
        let words = wrap(what, self.words);
        let below = if self.stacked { words.len() } else { 0 };
        let idle = self.marks(None);
        let mut out = String::new();
        for place in 0..words.len().max(depth + below) {
            let (number, lanes) = if place == 0 { (number, lanes) } else { ("", idle.as_str()) };
            let word = words.get(place).map_or("", String::as_str);
            let left = format!("{number:>NUMBER$}  {lanes}");
            let line = match place.checked_sub(below) {
                Some(place) if self.stacked => {
                    // With long numbers and many lanes, the last lanes are cut off.
                    let money = money(place);
                    let room = WIDTH.saturating_sub(width(&money));
                    format!("{}{money}", left.chars().take(room).collect::<String>())
                }
                Some(place) => format!("{left}{}{}", pad(word, self.words + GAP), money(place)),
                None => format!("{left}{word}"),
            };
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The lanes beside one row: a bar each, and the arrow of the move across them.
    fn marks(&self, row: Option<&Row<'_>>) -> String {
        let mut places = Vec::new();
        let mut marks = String::new();
        for (lane, name) in &self.lanes {
            places.push((*lane, width(&marks)));
            marks.push_str(&pad("|", width(name) + GAP));
        }
        let Some(row) = row else { return marks };
        let place = |wanted: Lane| places.iter().find(|(lane, _)| *lane == wanted).map_or(0, |(_, place)| *place);
        let (from, to) = (place(row.line.from), place(row.line.to));
        let mut marks: Vec<char> = marks.chars().collect();
        marks[from.min(to)..=from.max(to)].fill('-');
        marks[from] = if to < from { '=' } else { '>' };
        marks[to] = end(row);
        marks.into_iter().collect()
    }
}

fn end(row: &Row<'_>) -> char {
    match row.line.outcome {
        Outcome::Struck => '!',
        Outcome::Lost => '?',
        Outcome::Refused if row.did.mv.is_fault() => '!',
        Outcome::Refused => 'x',
        Outcome::Waits => '~',
        Outcome::Arrived if row.line.to == Lane::Client => '<',
        Outcome::Arrived if row.line.to == row.line.from => '>',
        Outcome::Arrived => '=',
    }
}

/// Whether something happens on the lane.
fn has_an_event(lane: Lane, rows: &[Row<'_>]) -> bool {
    rows.iter().any(|row| {
        let woken = row.did.woke.iter().any(|(actor, ..)| Lane::Process(*actor) == lane);
        row.line.from == lane || row.line.to == lane || woken
    })
}
