//! The report as lines.

use std::fmt::Write as _;

use super::{calls, count};
use crate::Compared;

/// One program in a few lines: alike, or each difference.
#[must_use]
pub fn text(compared: &Compared) -> String {
    let Compared { program, runs, differences } = compared;
    let habitats: Vec<&str> = runs.iter().map(|run| run.habitat.as_str()).collect();
    let mut out = if differences.is_empty() {
        format!("{program}: alike in {} ({})\n", habitats.join(", "), calls(compared))
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
