//! Hides the parts of a name that differ from run to run: UUIDs, digests and other generated ids, and digits.

/// Hexadecimal digits in a row that are taken for a digest.
const DIGEST: usize = 8;
/// Letters and digits in a row, with a digit among them, that are taken for a generated id such as a ULID.
const GENERATED: usize = 20;

/// `text` with `*` in the place of what differs from run to run.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if run == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else if uuid(rest) {
            out.push('*');
            rest = &rest[36..];
        } else {
            mask_run(&rest[..run], &mut out);
            rest = &rest[run..];
        }
    }
    out
}

/// Whether a whole UUID begins here.
fn uuid(text: &str) -> bool {
    let Some((candidate, after)) = text.split_at_checked(36) else { return false };
    let fits = |(at, c): (usize, char)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() };
    candidate.char_indices().all(fits) && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn mask_run(mut run: &str, out: &mut String) {
    let digit = |c: char| c.is_ascii_digit();
    let hex = |c: char| c.is_ascii_hexdigit();
    if (run.len() >= GENERATED && run.contains(digit)) || (run.len() >= DIGEST && run.chars().all(hex)) {
        return out.push('*');
    }
    while let Some(first) = run.chars().next() {
        let digest = &run[..run.find(|c| !hex(c)).unwrap_or(run.len())];
        let digits = run.find(|c| !digit(c)).unwrap_or(run.len());
        let masked = if digest.len() >= DIGEST && digest.contains(digit) { digest.len() } else { digits };
        out.push(if masked > 0 { '*' } else { first });
        run = &run[masked.max(1)..];
    }
}
