//! Whether a file of JavaScript loads another: a host module is one file, and what an engine could load from elsewhere no
//! program was granted. This file never knows the rest of the language.
//!
//! The text is not parsed. What is taken for an import and is none stands in a comment or a string, and can be written
//! otherwise; what is one is always found, for a keyword has one spelling.

use crate::source::{Source, SourceError};

/// The first import, static or dynamic, or export from elsewhere; none if there is none.
#[must_use]
pub fn import(source: &Source) -> Option<SourceError> {
    let text = source.text.as_str();
    let imports = words(text, "import").find(|at| is_import(text, *at));
    let exports = words(text, "from").find(|at| is_export_from(text, *at));
    let at = imports.into_iter().chain(exports).min()?;
    Some(source.error(at, "a host module in JavaScript is one file, and cannot import another"))
}

/// Where a word stands by itself.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (text.get(..*at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
        !before.ends_with(is_part) && !before.ends_with('#') && !after.starts_with(is_part)
    })
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn is_import(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    // A property of that name is none, unless the dots spread what is imported.
    if before.ends_with('.') && !before.ends_with("...") {
        return false;
    }
    let after = blank(text.get(at + "import".len()..).unwrap_or_default());
    after.starts_with(['(', '"', '\'', '{', '*', '\\']) || after.starts_with(is_part)
}

fn is_export_from(text: &str, at: usize) -> bool {
    blank(text.get(at + "from".len()..).unwrap_or_default()).starts_with(['"', '\''])
        // A name may stand between: `export * as name from "elsewhere"`.
        && text.get(..at).unwrap_or_default().contains("export")
}

/// The text behind what means nothing at its beginning: space and comments.
fn blank(text: &str) -> &str {
    let mut left = text;
    loop {
        left = left.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        let end = match left.get(..2) {
            Some("/*") => left.find("*/").map(|at| at + 2),
            Some("//") => left.find(['\n', '\r', '\u{2028}', '\u{2029}']),
            _ => return left,
        };
        left = end.and_then(|end| left.get(end..)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found() {
        for (text, found) in [
            ("import fs from 'fs';", true),
            ("import 'fs';", true),
            ("import{a}from\"a\"", true),
            ("import * as a from 'a'", true),
            ("const a = await import('a');", true),
            ("import/* ( */ // x\n ('a')", true),
            ("[...import('a')]", true),
            ("export * from 'a'", true),
            ("export { a } from/**/'a'", true),
            ("export * as b from 'a'", true),
            ("`${import('a')}`", true),
            ("export const f = () => import.meta;", false),
            ("object.import('a'); this.#import('a'); important(1)", false),
            ("export const f = Array.from('abc'); const imports = [];", false),
            ("// what is important", false),
        ] {
            assert_eq!(import(&Source::new("demo.js", text)).is_some(), found, "{text}");
        }
        let error = import(&Source::new("demo.js", "export const f = 1;\n import('a')")).map(|error| error.to_string());
        let told = "demo.js:2:2: a host module in JavaScript is one file, and cannot import another\n 2 |  import('a')\n   |  ^";
        assert_eq!(error.as_deref(), Some(told));
    }
}
