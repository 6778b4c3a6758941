//! The files in `found/`: in each why it is there, after `#`, and one operation a line.

use std::path::Path;

/// A case that differed once.
#[derive(Debug)]
pub struct Found<D> {
    pub name: String,
    pub actions: Vec<D>,
}

/// Every case of a folder, by name, each line of it read so.
pub fn cases<D>(folder: &str, read: impl Fn(&str) -> Result<D, String>) -> Vec<Found<D>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/found").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let case = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# "), "{} does not say why it is there", path.display());
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let action = |(place, line)| read(line).unwrap_or_else(|why| panic!("{}:{}: {why}", path.display(), place + 1));
        Found { name: path.file_stem().unwrap().to_string_lossy().into_owned(), actions: lines.map(action).collect() }
    };
    paths.iter().map(|path| case(path)).collect()
}

/// What such a file would hold.
pub fn file<D: ToString>(actions: &[D]) -> String {
    let lines: Vec<String> = actions.iter().map(ToString::to_string).collect();
    format!("# why\n{}\n", lines.join("\n"))
}
