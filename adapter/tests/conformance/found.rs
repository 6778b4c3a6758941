//! The files in `found/`: in each why it is there, after `#`, and one operation a line.

use std::path::Path;

/// A case that differed once.
#[derive(Debug)]
pub struct Found<D> {
    pub name: String,
    pub deeds: Vec<D>,
}

/// Every case of a folder, by name. An operation is known by its text in the catalogue of all there are.
pub fn cases<D: Copy + ToString>(folder: &str, catalogue: &[D]) -> Vec<Found<D>> {
    let known: Vec<(String, D)> = catalogue.iter().map(|deed| (deed.to_string(), *deed)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/found").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# "), "{} does not say why it is there", path.display());
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let deed = |line: &str| {
            let (_, deed) = known.iter().find(|(text, _)| text == line)?;
            Some(*deed)
        };
        let deeds = lines.map(|line| deed(line).unwrap_or_else(|| panic!("{}: `{line}` is not known", path.display())));
        Found { name: path.file_stem().unwrap().to_string_lossy().into_owned(), deeds: deeds.collect() }
    };
    paths.iter().map(|path| read(path)).collect()
}

/// What such a file would hold.
pub fn file<D: ToString>(deeds: &[D]) -> String {
    let lines: Vec<String> = deeds.iter().map(ToString::to_string).collect();
    format!("# why\n{}\n", lines.join("\n"))
}
