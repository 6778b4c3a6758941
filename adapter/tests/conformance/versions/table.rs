//! The tables of `CONFORMANCE.md`: a row for what was tried, a column for each version that it was tried on.

use std::path::PathBuf;

/// What was tried on a server, and what came of it.
pub type Tried = Vec<(&'static str, String)>;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("CONFORMANCE.md")
}

/// The lines between the marks of a table.
fn bounds(lines: &[String], table: &str) -> (usize, usize) {
    let at = |mark: String| lines.iter().position(|line| *line == mark).unwrap_or_else(|| panic!("no {mark}"));
    (at(format!("<!-- {table} -->")) + 1, at(format!("<!-- end of {table} -->")))
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('*').to_owned()).collect()
}

/// Holds what was tried against the column of that version, or writes it there if `TRIAL_CONFORMANCE_TABLE` is `write`. A
/// version without a column is printed.
pub fn hold(table: &str, version: &str, tried: &Tried) {
    let text = std::fs::read_to_string(path()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (from, to) = bounds(&lines, table);
    let rows: Vec<Vec<String>> = lines[from..to].iter().map(|line| cells(line)).collect();
    let versions = rows.first().map(|row| row[1..].to_vec()).unwrap_or_default();
    let column = versions.iter().position(|known| known == version);
    let known = |what: &str, column: usize| {
        let row = rows.iter().skip(2).find(|row| row[0] == what);
        row.map_or("", |row| row[column + 1].as_str()).to_owned()
    };
    if std::env::var("TRIAL_CONFORMANCE_TABLE").is_ok_and(|what| what == "write") {
        let mut all = versions.clone();
        if column.is_none() {
            all.push(version.to_owned());
        }
        let cell = |what: &str, new: &str, name: &String| {
            let old = versions.iter().position(|known| known == name);
            if name == version { new.to_owned() } else { old.map(|old| known(what, old)).unwrap_or_default() }
        };
        let mut written = vec![line("tried", all.iter().cloned()), line("---", all.iter().map(|_| "---".to_owned()))];
        written.extend(tried.iter().map(|(what, new)| row(what, all.iter().map(|name| cell(what, new, name)))));
        lines.splice(from..to, written);
        std::fs::write(path(), lines.join("\n") + "\n").unwrap();
        return;
    }
    let names: Vec<&str> = rows.iter().skip(2).map(|row| row[0].as_str()).collect();
    let names_tried: Vec<&str> = tried.iter().map(|(what, _)| *what).collect();
    assert_eq!(names, names_tried, "CONFORMANCE.md: write it anew with TRIAL_CONFORMANCE_TABLE=write");
    let Some(column) = column else {
        println!("CONFORMANCE.md has no column for {version}: {tried:#?}");
        return;
    };
    for (what, new) in tried {
        assert_eq!(
            &known(what, column),
            new,
            "{version}, {what}: CONFORMANCE.md says the first, the server the second"
        );
    }
}

fn line(what: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {what} | {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// A row of which the versions differ is in bold.
fn row(what: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    let differ = cells.iter().any(|cell| *cell != cells[0]);
    line(what, cells.into_iter().map(|cell| if differ { format!("**{cell}**") } else { cell }))
}
