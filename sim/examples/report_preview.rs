//! Writes reports of hand-built counterexamples to target/report-preview, to look at their design.

#[path = "../tests/hand_built/mod.rs"]
mod hand_built;

use sim::report::{Labels, claims, overview, pages, short_index, storyboard, summary, terminal, verdicts};

fn main() -> std::io::Result<()> {
    let (scenarios, judged, findings) = hand_built::preview();
    let folder = std::path::Path::new("target/report-preview");
    std::fs::create_dir_all(folder.join("scenarios"))?;
    for (path, text) in pages(&scenarios, &judged, &findings) {
        std::fs::write(folder.join(path), text)?;
    }
    std::fs::write(folder.join("short.html"), short_index(&scenarios, &judged, &findings))?;
    std::fs::write(folder.join("verdicts.txt"), verdicts(&scenarios, &findings))?;
    std::fs::write(folder.join("summary.txt"), summary(&scenarios, &findings))?;
    std::fs::write(folder.join("claims.txt"), claims(&scenarios, &judged, &findings))?;
    std::fs::write(folder.join("overview.txt"), overview(&scenarios, &findings))?;
    let text: String = scenarios.iter().map(|scenario| terminal(scenario, &findings, false)).collect();
    std::fs::write(folder.join("terminal.txt"), text)?;
    let boards: String = findings.counterexamples.iter().map(|found| storyboard(found, &mut Labels::new())).collect();
    std::fs::write(folder.join("storyboards.txt"), boards)
}
