//! The comments of a WIT text that its parser cannot read. This file never knows what a declaration is.

/// The text with blanks for each `/**/`: wit-parser takes it for documentation, looks for the end that was its beginning,
/// and panics. Places in the text stay what they are.
pub(super) fn without_empty(text: &str) -> String {
    const EMPTY: &str = "/**/";
    let mut out = text.to_owned();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += if depth == 0 && rest.starts_with(EMPTY) {
            out.replace_range(at..at + EMPTY.len(), "    ");
            EMPTY.len()
        } else if depth == 0 && rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            depth += 1;
            2
        } else if depth > 0 && rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::without_empty;

    #[test]
    fn only_empty_comments_are_blanks() {
        for (text, expected) in [
            ("interface a {}", "interface a {}"),
            ("/**/interface é {} /**/", "    interface é {}     "),
            ("//**/\n/**/", "//**/\n    "),
            ("/* /**/ */ /**/", "/* /**/ */     "),
            ("/***/ /** docs */ /*/ */", "/***/ /** docs */ /*/ */"),
            ("/* without end /**/", "/* without end /**/"),
            ("*/ /**/", "*/     "),
        ] {
            assert_eq!(without_empty(text), expected);
        }
    }
}
