//! Text with the name of its file, and errors that point into it. This file never knows what the text means.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A text and the file it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Source {
    /// The file's name, for messages.
    pub file: String,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// A text and the name of its file.
    #[must_use]
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    /// The error at this byte of the text.
    #[must_use]
    pub fn error(&self, at: usize, message: impl Into<String>) -> SourceError {
        let at = at.min(self.text.len());
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next());
        let left = self.text.as_bytes().get(start..at).unwrap_or_default();
        SourceError {
            file: self.file.clone(),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(left).chars().count() + 1,
            message: message.into(),
            text: line.unwrap_or_default().to_owned(),
        }
    }
}

/// A mistake in a text, and where. Its `Display` has several lines, the last of which is a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct SourceError {
    /// The file's name.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line itself.
    pub text: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, text } = self;
        write!(out, "{file}:{line}:{column}: {message}")?;
        // A line of generated text would drown the message.
        if text.trim().is_empty() || text.len() > 400 {
            return Ok(());
        }
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay tabs, so that the caret stands under its place however wide they are.
        let indent = text.chars().take(column - 1);
        let indent: String = indent.map(|letter| if letter == '\t' { '\t' } else { ' ' }).collect();
        write!(out, "\n {number} | {text}\n {margin} | {indent}^")
    }
}

impl std::error::Error for SourceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_place() {
        let source = Source::new("demo.wat", "(module\n\té x)\n");
        for (at, shown) in [
            (0, "demo.wat:1:1: wrong\n 1 | (module\n   | ^"),
            (12, "demo.wat:2:4: wrong\n 2 | \té x)\n   | \t  ^"),
            (99, "demo.wat:3:1: wrong"),
        ] {
            assert_eq!(source.error(at, "wrong").to_string(), shown);
        }
    }
}
