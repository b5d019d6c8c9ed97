//! Owns plain text under headings, no wider than a terminal.
//! It must never know what it says.

use std::fmt::Write as _;

/// The width that every terminal has.
const WIDTH: usize = 80;

/// A space at which no line ends.
pub(super) const TIE: char = '\u{A0}';

/// Text that grows line by line.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A line at the margin, with an empty one before it.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(0, text);
    }

    /// A line that begins at this column; what does not fit goes on below, a little further in.
    pub(super) fn line(&mut self, column: usize, text: &str) {
        self.wrapped(&" ".repeat(column), column + 4, text);
    }

    /// A line with a label of up to `width` letters before it; what does not fit goes on below the text.
    pub(super) fn labelled(&mut self, label: &str, width: usize, text: &str) {
        self.wrapped(&format!("  {label:width$}  "), width + 4, text);
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn wrapped(&mut self, start: &str, indent: usize, text: &str) {
        let mut line = start.to_owned();
        let mut empty = true;
        for word in visible(text).split(' ') {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                // Writing to a string cannot fail.
                let _ = writeln!(self.0, "{line}");
                line = " ".repeat(indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&word.replace(TIE, " "));
            empty = false;
        }
        let _ = writeln!(self.0, "{line}");
    }
}

/// The text with every character visible: names in a module may be anything, and a terminal would obey some.
fn visible(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_control()
            || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Page, TIE};

    #[test]
    fn lines_are_as_wide_as_a_terminal_at_most() {
        let mut page = Page::default();
        page.heading("Title");
        page.line(2, "word ".repeat(20).trim_end());
        page.labelled("label", 8, &format!("{} the{TIE}end", "x".repeat(90)));
        page.heading("Odd");
        page.line(2, "a\u{1b}[31m\u{202e}b");
        let (words, long) = ("word ".repeat(15), "x".repeat(90));
        let expected = [
            "Title",
            &format!("  {}", words.trim_end()),
            "      word word word word word",
            &format!("  label     {long}"),
            "            the end",
            "",
            "Odd",
            "  a\\u{1b}[31m\\u{202e}b",
            "",
        ];
        assert_eq!(page.finish(), expected.join("\n"));
    }
}
