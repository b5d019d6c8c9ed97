//! What was compared, for people and for machines: lines for a terminal, a page, JUnit's XML.

use crate::Compared;

mod html;
mod junit;
mod text;

pub use html::html;
pub use junit::junit;
pub use text::text;

/// The characters that mean something in HTML and XML, replaced; what XML cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}

/// How many calls of a program were compared.
fn calls(compared: &Compared) -> String {
    let calls = compared.runs.iter().map(|run| run.calls).min().unwrap_or(0);
    let first = if compared.runs.iter().any(|run| run.cut) { "the first " } else { "" };
    format!("{first}{}", count(calls, "call"))
}

/// `2 programs`, `1 program`.
fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
