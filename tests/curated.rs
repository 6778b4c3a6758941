//! The counterexamples that are committed: few, each with a title, each cited, each still the shortest.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use model::capsule::Capsule;
use sim::suite::capsules;
use sim::suite::claims::{Answer, Claim, Place};
use sim::suite::scenario::Locks;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("scenarios/found")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn claims() -> Vec<Claim> {
    let scenarios = sim::suite::scenario::load_all(&root().join("scenarios"), Locks::Ignored).unwrap();
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    sim::suite::claims::load(&root().join("scenarios"), &ids).unwrap()
}

/// The place of the claim that these name, if it has one.
fn place_of<'a>(claim: &'a Claim, scenario: &str, invariant: &str) -> Option<&'a Place> {
    let places = [Some(&claim.at), claim.elsewhere.as_ref()];
    places.into_iter().flatten().find(|place| place.scenario == scenario && place.invariant == invariant)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn there_are_few_and_each_has_a_title_and_is_cited() {
    let (claims, files) = (claims(), files());
    assert!((1..=100).contains(&files.len()), "{} files", files.len());
    for file in &files {
        let Capsule { title, scenario, design, breach, .. } = capsules::read(file).unwrap();
        assert!(title.is_some_and(|title| !title.trim().is_empty()), "{} has a title", file.display());
        let claim = claims.iter().find(|claim| claim.id == stem(file));
        let claim = claim.unwrap_or_else(|| panic!("{} is named after the claim that it answers", file.display()));
        assert!(place_of(claim, &scenario, &breach.invariant).is_some(), "{} is elsewhere", file.display());
        let design = design.to_string();
        assert!([claim.design.as_str(), "as-reported-code"].contains(&design.as_str()), "{}: {design}", file.display());
    }
}

#[test]
fn each_claim_that_a_run_answers_has_one() {
    let names: Vec<String> = files().iter().map(|file| stem(file)).collect();
    for claim in claims() {
        let refuted = matches!(claim.expect, Answer::Refuted | Answer::RefutedHere);
        assert_eq!(names.contains(&claim.id), !refuted, "{}", claim.id);
    }
}

/// Where steps have changed, what was kept is no longer what is found: then it is found and kept again.
#[test]
fn each_is_what_explain_finds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let claims = claims();
    for file in files() {
        let kept = capsules::read(&file).unwrap();
        let Capsule { scenario, design, title, breach, .. } = &kept;
        let (name, design) = (stem(&file), design.to_string());
        let asked = format!("scenarios/{scenario}.toml");
        std::fs::copy(root().join(&asked), folder.path().join(&asked)).unwrap();
        let claim = claims.iter().find(|claim| claim.id == name).unwrap();
        let way = place_of(claim, scenario, &breach.invariant).unwrap().route.options();
        let mut explain = vec!["explain", scenario, "--design", &design, "--invariant", &breach.invariant];
        explain.extend(way.split_whitespace());
        let keep = ["--keep", &name, "--title", title.as_deref().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_trial"))
            .args(&explain)
            .args(keep)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let (now, then) = (
            std::fs::read_to_string(folder.path().join(format!("scenarios/found/{name}.json"))).unwrap(),
            std::fs::read_to_string(&file).unwrap(),
        );
        assert_eq!(now, then, "{name}: trial {} {keep:?}", explain.join(" "));
    }
}
