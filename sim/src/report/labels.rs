//! The names of the steps, given where a label first appears in a document.

use std::collections::BTreeSet;

use model::step::Step;

use crate::report::text::paragraph;
use crate::suite::verdict::Counterexample;

/// The labels that a document has explained so far.
#[derive(Debug, Default)]
pub struct Labels {
    explained: BTreeSet<Step>,
}

impl Labels {
    /// For a new document, in which no label is explained yet.
    pub fn new() -> Labels {
        Labels::default()
    }

    /// The text, in which each label that is new in the document is followed by its name in parentheses.
    pub fn explained(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(begin) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
            let (before, word) = rest.split_at(begin);
            let end = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            out.push_str(before);
            out.push_str(word);
            // A word of a longer name, such as the design `P0-3 A1-b`, is not a label.
            let alone = !before.ends_with('-') && !after.starts_with('-');
            if let Some(step) = word.parse::<Step>().ok().filter(|step| alone && *step != Step::Reply)
                && self.explained.insert(step)
            {
                out.push_str(&format!(" ({})", step.title()));
            }
            rest = after;
        }
        out + rest
    }

    /// Those of these labels that are new in the document, in the order of the flows.
    pub fn new_ones(&mut self, labels: impl IntoIterator<Item = Step>) -> Vec<Step> {
        let here: BTreeSet<Step> = labels.into_iter().filter(|step| *step != Step::Reply).collect();
        here.into_iter().filter(|step| self.explained.insert(*step)).collect()
    }

    /// The labels in the story of a counterexample.
    pub(super) fn of_story(found: &Counterexample) -> impl Iterator<Item = Step> {
        found.run.entries.iter().flat_map(|entry| [entry.did.mv.step(), entry.did.last]).flatten()
    }

    /// A line for each new label with its name; empty if there are none.
    pub fn legend(&mut self, labels: impl IntoIterator<Item = Step>) -> String {
        let line = |step: Step| paragraph(&format!("{:5}", step.label()), step.title());
        self.new_ones(labels).into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_explained_where_it_stands_first() {
        let mut labels = Labels::new();
        assert_eq!(
            labels.explained("Between T3a and T6, as T6 commits; T3ab is none, nor is x-T4b."),
            "Between T3a (Read of the quota for what the row has as the balance before) and T6 (COMMIT), \
             as T6 commits; T3ab is none, nor is x-T4b."
        );
        assert_eq!(labels.explained("T3a again"), "T3a again");
        assert_eq!(labels.legend([Step::T6, Step::T2, Step::Reply]), "T2   BEGIN\n");
    }
}
