//! How the HTML report looks: on a desk, on a phone, on paper.

/// The style sheet.
pub(super) const STYLE: &str = include_str!("style.css");
