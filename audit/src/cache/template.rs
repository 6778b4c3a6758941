//! The pattern of the keys of one kind, such as `deduct:{tenant}:{trace}`.

/// A placeholder for a part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hole {
    /// A tenant.
    Tenant,
    /// A trace.
    Trace,
    /// An API key, by its id or by the name that the principal is cached under.
    Key,
}

/// Literal text around one or two holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// One more than the number of holes.
    literals: Vec<String>,
    holes: Vec<Hole>,
}

/// The text of a key in each hole.
pub type Parts<'k> = Vec<&'k str>;

impl Template {
    /// The valid form of a template.
    pub const VALID: &'static str = "a key with {tenant}, {trace} or {key} in it, such as \"quota:{tenant}\", or false";

    /// Reads a template.
    ///
    /// # Errors
    /// A message that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Template, String> {
        let wrong = || format!("\"{text}\" is not a template: expected {}", Template::VALID);
        let (mut literals, mut holes, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(wrong)?;
            holes.push(match name {
                "tenant" => Hole::Tenant,
                "trace" => Hole::Trace,
                "key" => Hole::Key,
                _ => return Err(wrong()),
            });
            literals.push(literal.to_owned());
            rest = after;
        }
        literals.push(rest.to_owned());
        let apart = holes.len() < 2 || !literals[1].is_empty();
        if holes.is_empty() || holes.len() > 2 || !apart { Err(wrong()) } else { Ok(Template { literals, holes }) }
    }

    /// The number of literal characters: if two templates fit, the one with more is used.
    pub fn literal_length(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// Its holes, in order.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Every way in which a key fits: with two holes, one for each occurrence of the text between them.
    pub fn fits<'k>(&self, key: &'k str) -> Vec<Parts<'k>> {
        let (first, last) = (&self.literals[0], &self.literals[self.literals.len() - 1]);
        let middle = key.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let Some(middle) = middle.filter(|middle| !middle.is_empty()) else { return Vec::new() };
        if self.holes.len() == 1 {
            return vec![vec![middle]];
        }
        let between = self.literals[1].as_str();
        let splits = middle.match_indices(between).map(|(at, _)| vec![&middle[..at], &middle[at + between.len()..]]);
        splits.filter(|parts| parts.iter().all(|part| !part.is_empty())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_wherever_the_text_between_its_holes_stands() {
        let template = Template::parse("deduct:{tenant}:{trace}").unwrap();
        assert_eq!(template.fits("deduct:acme:t1"), [["acme", "t1"]]);
        assert_eq!(template.fits("deduct:a:b:c"), [["a", "b:c"], ["a:b", "c"]]);
        assert!(template.fits("deduct:acme:").is_empty() && template.fits("quota:acme").is_empty());
        assert_eq!(Template::parse("quota:{tenant}:warming").unwrap().fits("quota:a:warming"), [["a"]]);
    }

    #[test]
    fn a_template_without_a_hole_or_with_two_that_touch_is_none() {
        for text in ["quota", "{tenant}{trace}", "{tenant", "{user}", "{tenant}:{trace}:{key}"] {
            assert!(Template::parse(text).unwrap_err().contains(text), "{text}");
        }
    }
}
