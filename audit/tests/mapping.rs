//! A mapping that is wrong is refused with its line, its key and what would be valid.

#![allow(clippy::unwrap_used)]

use audit::mapping::Mapping;

fn refusal(text: &str) -> String {
    Mapping::parse("names.toml", text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_is_the_data_model() {
    assert_eq!(Mapping::parse("names.toml", "").unwrap(), Mapping::default());
    assert_eq!(Mapping::parse("names.toml", "[ledger]\n[redis.key_fields]\n").unwrap(), Mapping::default());
}

#[test]
fn each_mistake_is_named_with_its_line_its_key_and_what_is_valid() {
    let long = format!("[quota]\nbalance = \"{}\"", "x".repeat(64));
    let cases = [
        ("[ledger]\nammount = \"x\"", "names.toml:2: unknown field `ammount`, expected one of `table`, `order`"),
        ("[leger]", "names.toml:1: unknown field `leger`, expected one of `schema`, `ledger`"),
        (
            "\n[quota]\nbalance = 5",
            "names.toml:3: `balance`: invalid type: integer `5`, expected a name of 1 to 63 bytes",
        ),
        ("[quota]\nbalance = true", "names.toml:2: `balance`: expected a name of 1 to 63 bytes, or false"),
        ("[quota]\nbalance = \"\"", "names.toml:2: `balance`: \"\" is not a name: expected a name of 1 to 63 bytes"),
        (long.as_str(), "names.toml:2: `balance`: \"xxxxxx"),
        ("[ledger]\norder = [\"id\", false]", "names.toml:2: `order`: expected a name of 1 to 63 bytes"),
        ("[ledger]\nmidnight_slack = -1", "names.toml:2: `midnight_slack`: invalid value: integer `-1`, expected u32"),
        ("[ledger]\npending = [\"committed\"]", "names.toml:2: `pending`: `committed` is in `effective` too"),
        ("[ledger]\neffective = []", "names.toml:2: `effective`: at least one status must count"),
        ("[ledger]\ntakes = []", "names.toml:2: `takes`: at least one kind must be a charge"),
        ("[budget]\nunit = \"dollars\"", "unknown variant `dollars`, expected one of `units`, `cents`, `micros`"),
        (
            "[redis]\nquota = \"quota\"",
            "names.toml:2: `quota`: \"quota\" is not a template: expected a key with {tenant}",
        ),
        ("[redis]\nquota = \"q:{user}\"", "names.toml:2: `quota`: \"q:{user}\" is not a template"),
        ("[redis]\nquota = \"q:{key}\"", "names.toml:2: `quota`: such a key is recognised by {tenant}"),
        (
            "[redis]\nidempotency = \"i:{trace}\"",
            "names.toml:2: `idempotency`: such a key is recognised by {tenant} and then",
        ),
        ("[ledger\n", "names.toml:1: "),
        ("[ledger]\n[ledger]\n", "names.toml:2: "),
    ];
    for (text, expected) in cases {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text}\nis refused by {refusal}\nand not by {expected}");
        assert!(refusal.starts_with("names.toml:"), "{refusal}");
    }
}
