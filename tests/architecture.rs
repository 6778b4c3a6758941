//! The statements of ARCHITECTURE.md about what is not there.

#![allow(clippy::unwrap_used)]

#[path = "architecture/circles.rs"]
mod circles;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::moves::Actor;
use model::setup::Fault;
use model::step::Step;

const FOLDERS: [&str; 8] = ["model", "explore", "sim", "adapter", "audit", "proxy", "src", "tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// This file names what it forbids.
fn is_this(path: &Path) -> bool {
    path == root().join(file!())
}

/// The names under `[dependencies]` of a crate's manifest.
fn dependencies(krate: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap().to_owned();
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    section.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(name).collect()
}

#[test]
fn the_model_cannot_name_io() {
    assert_eq!(dependencies("model"), ["arrayvec", "rust_decimal", "rustc_apfloat", "serde", "thiserror"]);
    let banned = [
        "std::fs",
        "std::net",
        "std::time",
        "std::thread",
        "std::env",
        "std::process",
        "std::io",
        "Instant",
        "SystemTime",
        "HashMap",
        "HashSet",
        "async fn",
        ".await",
        "println!",
        "f32",
        "f64",
        "unsafe",
    ];
    for (path, text) in sources("model/src") {
        for word in banned {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn arrows_point_at_the_model_and_the_model_points_nowhere() {
    for (one, others) in [("sim", ["adapter", "audit"]), ("adapter", ["sim", "audit"]), ("audit", ["sim", "adapter"])] {
        assert!(!dependencies(one).iter().any(|name| others.contains(&name.as_str())), "{one} needs one of {others:?}");
    }
    assert!(dependencies("adapter").iter().any(|name| name == "model"));
    assert!(dependencies("sim").iter().any(|name| name == "model"));
    assert!(dependencies("audit").iter().any(|name| name == "model"));
    // The proxy knows nothing of who uses it.
    assert_eq!(dependencies("proxy"), ["sha1_smol", "sqlparser", "thiserror", "tokio"]);
    // The search knows nothing of what it searches.
    assert_eq!(dependencies("explore"), ["rustc-hash", "stateright", "thiserror"]);
    assert!(dependencies("sim").iter().any(|name| name == "explore"));
}

#[test]
fn no_file_that_names_money_has_a_float() {
    for folder in FOLDERS {
        for (path, text) in sources(folder).into_iter().filter(|(path, _)| !is_this(path)) {
            let float = text.contains("f64") || text.contains("f32");
            let money = text.contains("Money") || text.contains("Decimal") || text.contains("balance");
            // Lua's numbers, held against the doubles of the hardware.
            let lua = path == root().join("model/tests/redis_model/numbers.rs");
            assert!(!(float && money) || lua, "{} has money and a float", path.display());
        }
    }
}

#[test]
fn nothing_is_stubbed_or_skipped() {
    for folder in FOLDERS {
        for (path, text) in sources(folder).into_iter().filter(|(path, _)| !is_this(path)) {
            for word in ["todo!(", "unimplemented!(", "TODO", "FIXME", "#[ignore"] {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
            // A module that several test binaries share is used by each in part.
            let shared = path.ends_with("mod.rs") && path.components().any(|part| part.as_os_str() == "tests");
            assert!(shared || !text.contains("allow(dead_code"), "{} allows dead code", path.display());
        }
    }
}

/// What happens is decided without what only the checker knows.
#[test]
fn no_ghost_changes_what_happens() {
    for (path, text) in sources("model/src/world/mechanics") {
        assert!(!text.to_lowercase().contains("ghost"), "{} names ghosts", path.display());
    }
}

/// One concept a file: what grows beyond this is several.
#[test]
fn every_file_can_be_read_in_one_sitting() {
    for folder in FOLDERS {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() < 450, "{} has {} lines", path.display(), text.lines().count());
        }
    }
}

/// A map that names what is gone leads nowhere.
#[test]
fn the_map_names_only_what_is_there() {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = architecture.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let mut folder = PathBuf::new();
    for name in cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        // The first name of a row is whole; the next ones lie beside it.
        let whole = root().join(name);
        let path = if whole.exists() { whole } else { folder.join(name) };
        assert!(path.exists(), "ARCHITECTURE.md names {name}");
        folder = path.parent().unwrap().to_owned();
    }
}

#[test]
fn the_documents_name_what_a_reader_needs() {
    let parts = &[
        "model/",
        "explore/",
        "sim/",
        "adapter/",
        "audit/",
        "proxy/",
        "scenarios/",
        "tests/",
        "reports/",
        "docs/",
    ][..];
    for (file, names) in [("ARCHITECTURE.md", parts), ("README.md", &["cargo run --release", "./test"])] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        names.iter().for_each(|name| assert!(text.contains(name), "{file} names {name}"));
    }
}

/// The files that this part of `docs/extending.md` names.
fn said(from: &str, to: &str) -> BTreeSet<PathBuf> {
    let text = std::fs::read_to_string(root().join("docs/extending.md")).unwrap();
    let section = text.split(from).nth(1).unwrap().split(to).next().unwrap();
    let named = section.split('`').skip(1).step_by(2).filter(|word| word.ends_with(".rs"));
    named.map(|file| root().join(file)).collect()
}

/// The files whose text is `chosen`.
fn files(chosen: impl Fn(&str) -> bool) -> BTreeSet<PathBuf> {
    let all = ["model/src", "explore/src", "sim/src", "adapter/src", "audit/src", "src"].into_iter().flat_map(sources);
    all.filter(|(_, text)| chosen(text)).map(|(path, _)| path).collect()
}

/// The files that name every kind of fault whose move is a row of the table are those that `docs/extending.md` says.
#[test]
fn a_kind_of_fault_is_one_row_and_an_arm_per_engine() {
    let kinds: Vec<[String; 3]> = Fault::ALL.iter().filter_map(words).collect();
    assert!(kinds.len() > 10);
    let naming = files(|text| kinds.iter().all(|words| words.iter().any(|word| text.contains(word))));
    assert_eq!(naming, said("## Add a fault", "The compiler asks"));
}

/// The files that name a statement, a command or a script are, but for the flows, those that `docs/extending.md` says.
#[test]
fn a_statement_a_command_and_a_script_are_three_files_each() {
    let kinds = [
        ("| SQL |", "PgOp::SetDailyQuota"),
        ("| a command |", "RedisOp::GetPrincipal"),
        ("| a script |", "Script::Adjust"),
    ];
    for (row, word) in kinds {
        let mut naming = files(|text| text.contains(word));
        naming.retain(|path| !path.starts_with(root().join("model/src/flow")));
        assert_eq!(naming, said(row, "\n"), "{word}");
    }
}

/// The words for a kind of fault, if its move is a row of the table.
fn words(fault: &Fault) -> Option<[String; 3]> {
    let mv = fault.at(Actor::Gateway(0), Step::T1).or(fault.alone())?;
    let mv = format!("{mv:?}").split(' ').next()?.to_owned();
    Some([format!("\"{}\"", fault.id()), format!("Fault::{fault:?}"), format!("Move::{mv}")])
}
