//! Findings for three readers: text whose diff shows a verdict changing, a terminal, and one HTML file.
//!
//! Every output depends on its arguments alone, byte for byte.

mod counterexample_page;
mod diagram;
mod index_page;
mod matrix;
mod overview;
mod row;
mod scenario_page;
mod storyboard;
mod style;
mod summary;
mod terminal;
mod text;

pub use index_page::index_html;
pub use overview::overview;
pub use storyboard::storyboard;
pub use summary::summary;
pub use terminal::terminal;
pub use text::paragraph;
