//! What documents say is so: links lead somewhere, commands and tables are those of the program, results are those of the reports.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use audit::check::Check;
use expect_test::expect_file;
use sim::suite::exit_code;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every document of the checkout with its text, also one that is not committed yet.
fn documents() -> BTreeMap<PathBuf, String> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
    let listed = Command::new("git").args(args).current_dir(root()).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    let found: BTreeMap<_, _> = names.lines().map(|name| (root().join(name), read(name))).collect();
    assert!(found.len() > 8, "{:?}", found.keys());
    found
}

/// Where the links of a text lead in this checkout.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    targets.filter(|target| !target.contains("://"))
}

/// Whether a text has a heading with this anchor, as GitHub forms it.
fn has(text: &str, anchor: &str) -> bool {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let form = |title: &str| title.to_lowercase().chars().filter(kept).collect::<String>().trim().replace(' ', "-");
    text.lines().any(|line| line.starts_with('#') && form(line) == anchor)
}

#[test]
fn every_link_leads_somewhere_and_to_every_document() {
    let documents = documents();
    let mut reached = BTreeSet::from([root().join("README.md")]);
    for (path, text) in &documents {
        for link in links(text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let target = target.canonicalize().unwrap_or_else(|_| panic!("{}: {link} is not there", path.display()));
            assert!(target.starts_with(root()), "{}: {link} leads out of the checkout", path.display());
            let found = anchor.is_empty() || documents.get(&target).is_some_and(|text| has(text, anchor));
            assert!(found, "{}: {link} names no heading", path.display());
            reached.extend((target != *path).then_some(target));
        }
    }
    for path in documents.keys() {
        assert!(reached.contains(path), "no document leads to {}", path.display());
    }
}

#[test]
fn every_test_that_a_document_names_is_there() {
    for (path, text) in documents() {
        for test in text.split('`').skip(1).step_by(2).filter(|it| it.contains("tests/") && it.ends_with(".rs")) {
            assert!(root().join(test).is_file(), "{} names {test}", path.display());
        }
    }
}

#[test]
fn the_page_of_commands_is_what_the_program_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_trial")).arg("manual").output().unwrap();
    expect_file!["../docs/cli.md"].assert_eq(&String::from_utf8(output.stdout).unwrap());
}

/// The document with what stands between the marks of a block replaced.
fn with_block(text: &str, block: &str, content: &str) -> String {
    let (before, rest) = text.split_once(&format!("<!-- {block}:")).unwrap();
    let (mark, rest) = rest.split_once("-->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}<!-- {block}:{mark}-->\n{content}\n<!-- end -->{after}")
}

#[test]
fn results_in_the_documents_are_those_of_the_committed_reports() {
    let claims = read("reports/claims.txt");
    let answer = claims.split("\n\n").nth(1).unwrap();
    let (_, table) = claims.split_once("\nfix  ").unwrap();
    // Counterexamples, in the lines that are set in, stay in the report.
    let rows = table.lines().skip(1).filter(|line| !line.starts_with(' '));
    let mut fixes = "| fix | worth | money | answers | cache and records |\n|---|---|---|---|---|".to_owned();
    for row in rows {
        let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(cells.len(), 5, "{row}");
        fixes += &format!("\n| {} |", cells.join(" | "));
    }
    let answer = format!("```\n{answer}\n```");
    for (name, block, content) in [("README.md", "answer", answer), ("docs/findings.md", "fixes", fixes)] {
        expect_file![root().join(name)].assert_eq(&with_block(&read(name), block, &content));
    }
}

#[test]
fn tables_in_the_documents_are_those_of_the_code() {
    let mut codes = "| exit code | meaning |\n|---|---|".to_owned();
    exit_code::ALL.iter().for_each(|exit| codes += &format!("\n| {} | {} |", exit.code, exit.meaning));
    let mut checks = "| check | what must hold | needs of the mapping |\n|---|---|---|".to_owned();
    Check::ALL.iter().for_each(|it| checks += &format!("\n| `{}` | {} | {} |", it.id(), it.sentence(), it.needs()));
    for (name, block, content) in [("docs/ci.md", "exit codes", codes), ("docs/audit.md", "checks", checks)] {
        expect_file![root().join(name)].assert_eq(&with_block(&read(name), block, &content));
    }
}

/// The end of a run that the README quotes: its rows are those of the summary, its totals those of the lock files.
#[test]
fn the_output_in_the_readme_is_of_the_committed_run() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 120, "{} lines: expected at most 120", readme.lines().count());
    let (summary, rows) = (read("reports/summary.txt"), ["as-reported  ", "p0-2-a+fixed  "]);
    for row in rows.map(|row| readme.lines().find(|line| line.starts_with(row)).unwrap()) {
        assert!(summary.lines().any(|line| line == row), "not in reports/summary.txt: {row}");
    }
    let (mut states, mut moves, mut searches) = (0, 0, 0);
    for file in std::fs::read_dir(root().join("scenarios")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|kind| kind != "lock") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (_, entry) in sim::suite::lock::parse(&file.to_string_lossy(), &text).unwrap().entries {
            states += entry.states;
            moves += entry.moves;
            searches += 1;
        }
    }
    let totals = format!("check  {states} states, {moves} moves, {searches} of {searches} searches complete;");
    assert!(readme.contains(&totals), "expected in README.md: {totals}");
}
