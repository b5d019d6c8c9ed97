//! Owns how a traced call and the totals look to a person.

use amphi_wasi::trace::{Entry, Names, Summary, Tally};
use std::fmt::Write as _;

/// One call: number, seconds since the run began, the call, how long it took, the line that made it.
pub(super) fn line(out: &mut String, entry: &Entry, names: &Names, whole: bool) {
    let us = entry.begin_ns / 1000;
    padded(out, ' ', 6, entry.number);
    out.push(' ');
    padded(out, ' ', 4, us / 1_000_000);
    out.push('.');
    padded(out, '0', 6, us % 1_000_000);
    out.push_str("  ");
    entry.write_line(out, names, whole);
    if let Some(took) = entry.duration_ns {
        out.push_str("  (");
        duration(out, took);
        out.push(')');
    }
    if let Some(at) = &entry.line {
        out.push_str("  ");
        out.push_str(&at.file);
        out.push(':');
        padded(out, ' ', 0, at.number.into());
    }
    out.push('\n');
}

/// A number in so many places at least. A trace has many lines, which do without `fmt` where they can.
fn padded(out: &mut String, with: char, places: usize, number: u64) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    out.extend(std::iter::repeat_n(with, places.saturating_sub(digits.len())));
    out.push_str(digits);
}

/// The calls with their counts, the longest in all first.
pub(super) fn summary(summary: &Summary) -> String {
    let mut out = String::new();
    let total = summary.total();
    let width = summary.by_time().iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("in all".len());
    // Writing to a string cannot fail.
    let _ =
        writeln!(out, "{:width$}  {:>8}  {:>7}  {:>9}  {:>5}  {:>9}", "call", "count", "errors", "time", "", "slowest");
    let reckoned = |tally: &Tally| if tally.timed < tally.count { "~" } else { "" };
    let mut row = |name: &str, tally: &Tally| {
        let share = tally.total_ns.saturating_mul(100).checked_div(total.total_ns).unwrap_or(0);
        let Tally { count, errors, .. } = tally;
        let errors = if *errors == 0 { String::new() } else { errors.to_string() };
        let (mut time, mut slowest) = (reckoned(tally).to_owned(), String::new());
        duration(&mut time, tally.total_ns);
        duration(&mut slowest, tally.slowest_ns);
        let number = tally.slowest;
        let _ = writeln!(
            out,
            "{name:width$}  {count:>8}  {errors:>7}  {time:>9}  {share:>3} %  {slowest:>9}  number {number}"
        );
    };
    for (name, tally) in summary.by_time() {
        row(name, &tally);
    }
    if total.count > 0 {
        row("in all", &total);
    }
    if total.timed < total.count {
        let _ = writeln!(out, "~ reckoned from {} calls that were timed: this browser's clock is slow", total.timed);
    }
    if summary.dropped() > 0 {
        let _ = writeln!(out, "{} more were not kept or not asked for", summary.dropped());
    }
    out
}

fn duration(out: &mut String, ns: u64) {
    let (unit, name) = match ns {
        0..1_000 => {
            padded(out, ' ', 0, ns);
            out.push_str(" ns");
            return;
        }
        1_000..1_000_000 => (1_000, " us"),
        1_000_000..1_000_000_000 => (1_000_000, " ms"),
        _ => (1_000_000_000, " s"),
    };
    padded(out, ' ', 0, ns / unit);
    out.push('.');
    padded(out, ' ', 0, ns % unit / (unit / 10));
    out.push_str(name);
}
