//! Writes a report of hand-built counterexamples to target/report-preview, to look at its design.

#[path = "../tests/hand_built/mod.rs"]
mod hand_built;

use sim::report::{index_html, storyboard, summary, terminal};

fn main() -> std::io::Result<()> {
    let (scenarios, findings) = hand_built::preview();
    let folder = std::path::Path::new("target/report-preview");
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("index.html"), index_html(&scenarios, &findings))?;
    std::fs::write(folder.join("summary.txt"), summary(&scenarios, &findings))?;
    let text: String = scenarios.iter().map(|scenario| terminal(scenario, &findings, false)).collect();
    std::fs::write(folder.join("terminal.txt"), text)?;
    let boards: String = findings.counterexamples.iter().map(storyboard).collect();
    std::fs::write(folder.join("storyboards.txt"), boards)
}
