//! The rules for a single Rust file. Must never know where the file came from.

/// Beyond this a file says why.
const LONG: usize = 400;
/// Beyond this it is split.
const TOO_LONG: usize = 600;
/// How a long file says why, in its head.
const REASON: &str = "//! Long because ";

/// Words that must not stay. They are put together here, so that this file may name them.
const FORBIDDEN: &[&str] =
    &[concat!("to", "do!("), concat!("db", "g!("), concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X ")];

/// Crates that run in every habitat, where a `cfg` for a target would make habitats differ.
const SHARED: &[&str] = &["crates/core/", "crates/wasi/", "crates/parity/"];

/// Every breach in the file `name`, whose path begins at the root of the checkout.
pub(crate) fn check(name: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.starts_with("//!") {
        breaches.push(format!("{name}:1: does not open with `//!`: what the file owns and must never know"));
    }
    let length = text.lines().count();
    if length > TOO_LONG {
        breaches.push(format!("{name}: {length} lines; {TOO_LONG} is the end: split it by meaning"));
    } else if length > LONG && !text.lines().any(|line| line.starts_with(REASON)) {
        breaches.push(format!("{name}: {length} lines; above {LONG} the head gives a reason: `{REASON}...`"));
    }
    let shared = SHARED.iter().any(|folder| name.starts_with(folder));
    for (line, number) in text.lines().zip(1..) {
        for word in FORBIDDEN.iter().filter(|word| line.contains(**word)) {
            breaches.push(format!("{name}:{number}: `{word}` must not stay"));
        }
        if shared
            && ["cfg(target", "cfg!(target", "cfg(not(target", "cfg(any(target"].iter().any(|cfg| line.contains(cfg))
        {
            breaches.push(format!("{name}:{number}: a shared crate has no `cfg` for a target; make it a small trait"));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_breach() {
        let lines = |head: &str, count: usize| format!("{head}\n{}", "// More.\n".repeat(count - 1));
        for (name, path, text, expected) in [
            ("fine", "native/src/a.rs", lines("//! Owns.", 400), None),
            ("headless", "native/src/a.rs", "use std;\n".to_owned(), Some("open with")),
            ("long", "native/src/a.rs", lines("//! Owns.", 401), Some("reason")),
            ("long with a reason", "native/src/a.rs", lines("//! Long because it is a table.", 600), None),
            ("too long", "native/src/a.rs", lines("//! Long because it is a table.", 601), Some("split")),
            ("word", "native/src/a.rs", format!("//! Owns.\n// {} this\n", concat!("FIX", "ME")), Some(":2: ")),
            (
                "target",
                "crates/core/src/a.rs",
                "//! Owns.\n#[cfg(target_family = \"wasm\")]\n".to_owned(),
                Some(":2: a shared"),
            ),
            ("target elsewhere", "native/src/a.rs", "//! Owns.\n#[cfg(target_os = \"linux\")]\n".to_owned(), None),
        ] {
            let found = check(path, &text);
            match expected {
                None => assert!(found.is_empty(), "{name}: {found:?}"),
                Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{name}: {found:?}"),
            }
        }
    }
}
