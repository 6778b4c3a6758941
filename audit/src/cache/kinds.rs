//! The kinds of Redis keys, and how the kind of a key is determined.

use crate::cache::template::Template;
use crate::mapping::Redis;

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A tenant's hash.
    Quota,
    /// The warm-up lock of such a hash.
    Warming,
    /// An idempotency key.
    Idempotency,
    /// The hash of an API key.
    ApiKey,
    /// A counter of the amount that an API key has spent.
    Counter,
    /// A cached principal.
    Principal,
}

impl Kind {
    /// The name of the kind for messages.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Quota => "quota hash",
            Kind::Warming => "warm-up lock",
            Kind::Idempotency => "idempotency key",
            Kind::ApiKey => "API key hash",
            Kind::Counter => "budget counter",
            Kind::Principal => "principal",
        }
    }

    /// Whether it is a hash with known fields.
    pub fn is_hash(self) -> bool {
        matches!(self, Kind::Quota | Kind::ApiKey)
    }
}

/// A key that matches the mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The whole key.
    pub key: String,
    /// Its kind.
    pub kind: Kind,
    /// The parts that it names, first hole first: one list for each way in which it fits.
    pub parts: Vec<Vec<String>>,
}

/// The templates, in descending order of their literal length.
#[derive(Clone, Debug)]
pub struct Kinds {
    prefix: String,
    templates: Vec<(Kind, Template)>,
}

impl Kinds {
    /// The kinds of a mapping.
    pub fn new(mapping: &Redis) -> Kinds {
        let templates = [
            (Kind::Quota, &mapping.quota),
            (Kind::Warming, &mapping.warming),
            (Kind::Idempotency, &mapping.idempotency),
            (Kind::ApiKey, &mapping.key),
            (Kind::Counter, &mapping.counter),
            (Kind::Principal, &mapping.principal),
        ];
        let named = templates.into_iter().filter_map(|(kind, keys)| keys.0.clone().map(|template| (kind, template)));
        let mut templates: Vec<(Kind, Template)> = named.collect();
        templates.sort_by_key(|(_, template)| std::cmp::Reverse(template.literal_length()));
        Kinds { prefix: mapping.prefix.clone(), templates }
    }

    /// Whether there are keys of this kind.
    pub fn has(&self, kind: Kind) -> bool {
        self.templates.iter().any(|(of, _)| *of == kind)
    }

    /// The pattern for SCAN: the prefix, literally.
    pub fn pattern(&self) -> String {
        let mut pattern = String::new();
        for letter in self.prefix.chars() {
            if matches!(letter, '*' | '?' | '[' | ']' | '\\' | '^') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern + "*"
    }

    /// The kind of a key; `None` if it fits no template.
    pub fn name(&self, key: Vec<u8>) -> Option<Named> {
        let key = String::from_utf8(key).ok()?;
        let rest = key.strip_prefix(&self.prefix)?;
        let owned = |parts: Vec<&str>| parts.into_iter().map(str::to_owned).collect();
        let (kind, parts) = self.templates.iter().find_map(|(kind, template)| {
            let fits = template.fits(rest);
            (!fits.is_empty()).then(|| (*kind, fits.into_iter().map(owned).collect()))
        })?;
        Some(Named { key, kind, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_that_lays_down_more_is_meant() {
        let kinds = Kinds::new(&Redis { prefix: "p[1]:".to_owned(), ..Redis::default() });
        let kind = |key: &str| kinds.name(key.as_bytes().to_vec()).map(|named| named.kind);
        assert_eq!(kind("p[1]:quota:acme"), Some(Kind::Quota));
        assert_eq!(kind("p[1]:quota:acme:warming"), Some(Kind::Warming));
        assert_eq!(kind("p[1]:apikey:7"), Some(Kind::ApiKey));
        assert_eq!(kind("p[1]:apikey:budget:7"), Some(Kind::Counter));
        assert_eq!(kind("quota:acme"), None);
        assert_eq!(kinds.pattern(), "p\\[1\\]:*");
    }
}
