//! Mistakes and the lines that they are in: of texts that do not compile, and of an exception that ended a run. It must
//! never know how a line is shown.

use serde::Serialize;

/// Where the program's own files are in the guest.
const WORK: &str = "/work/";

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The file's path in the program.
    #[serde(skip)]
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1; none for the whole line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// The line of each file in which the last exception of a run was raised, from what Python wrote of it.
#[must_use]
pub fn of_traceback(stderr: &str) -> Vec<Mark> {
    // An exception that was raised while another was handled is told after it.
    let lines: Vec<&str> = stderr.lines().collect();
    let is_frame = |line: &&str| line.trim_start().starts_with("File \"") && line.starts_with("  ");
    let Some(last) = lines.iter().rposition(is_frame) else { return Vec::new() };
    let Some(message) = lines.iter().skip(last + 1).find(|line| !line.is_empty() && !line.starts_with(' ')) else {
        return Vec::new();
    };
    let begins = |line: &&str| line.starts_with("Traceback (most recent call last)") || !line.starts_with(' ');
    let first = lines.iter().take(last).rposition(begins).map_or(0, |at| at + 1);
    let mut marks: Vec<Mark> = Vec::new();
    for (file, line) in lines.iter().take(last + 1).skip(first).filter_map(|line| frame(line)) {
        marks.retain(|mark| mark.file != file);
        marks.push(Mark { file: file.to_owned(), line, column: None, message: (*message).to_owned() });
    }
    marks
}

/// The path in the program of a file that the guest knows by this path, if it is the program's.
#[must_use]
pub fn in_program(path: &str) -> Option<&str> {
    path.strip_prefix(WORK)
}

/// The file of the program and the line that a line of a traceback names: `  File "/work/main.py", line 3, in f`.
fn frame(text: &str) -> Option<(&str, usize)> {
    let (path, rest) = text.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    Some((in_program(path)?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::of_traceback;

    #[test]
    fn an_exception_marks_the_lines_it_came_through() {
        const CHAINED: &str = "\
out of order
Traceback (most recent call last):
  File \"/work/main.py\", line 2, in <module>
    int('x')
ValueError: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/work/main.py\", line 4, in <module>
    helper.half(0)
    ~~~~~~~~~~~^^^
  File \"/work/parts/helper.py\", line 7, in half
    return half(1 / number)
  File \"/work/parts/helper.py\", line 8, in half
    return 1 / number
  File \"/lib/python3.13/json/__init__.py\", line 9, in odd
ZeroDivisionError: division by zero
a note
";
        const SYNTAX: &str = "  File \"/work/main.py\", line 3\n    x = = 2\n        ^\nSyntaxError: invalid syntax\n";
        for (stderr, expected) in [
            (
                CHAINED,
                &[
                    ("main.py", 4, "ZeroDivisionError: division by zero"),
                    ("parts/helper.py", 8, "ZeroDivisionError: division by zero"),
                ][..],
            ),
            (SYNTAX, &[("main.py", 3, "SyntaxError: invalid syntax")]),
            ("only words\n", &[]),
            ("  File \"/work/main.py\", line 3, in f\n", &[]),
        ] {
            let marks = of_traceback(stderr);
            let found: Vec<_> =
                marks.iter().map(|mark| (mark.file.as_str(), mark.line, mark.message.as_str())).collect();
            assert_eq!(found, expected);
        }
    }
}
