//! The report as lines.

use std::fmt::Write as _;

use super::count;
use crate::Compared;

/// One program in a few lines: alike, or each difference.
#[must_use]
pub fn text(compared: &Compared) -> String {
    let Compared { program, runs, differences } = compared;
    let habitats: Vec<&str> = runs.iter().map(|run| run.habitat.as_str()).collect();
    let calls = runs.iter().map(|run| run.calls).min().unwrap_or(0);
    let mut out = if differences.is_empty() {
        let first = if runs.iter().any(|run| run.cut) { "the first " } else { "" };
        format!("{program}: alike in {} ({first}{})\n", habitats.join(", "), count(calls, "call"))
    } else {
        format!("{program}: {}\n", count(differences.len(), "difference"))
    };
    for difference in differences {
        for line in difference.to_string().lines() {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}
