//! Owns how a traced call and the totals look to a person.

use amphi_wasi::trace::{Entry, Names, Summary, Tally};
use std::fmt::{self, Write as _};

/// One call: number, seconds since the run began, the call, how long it took.
pub(super) fn line(out: &mut String, entry: &Entry, names: &Names, whole: bool) -> fmt::Result {
    let (number, begin_ns) = (entry.number, entry.begin_ns);
    write!(out, "{number:>6} {:>4}.{:06}  ", begin_ns / 1_000_000_000, begin_ns % 1_000_000_000 / 1000)?;
    entry.write_line(out, names, whole)?;
    match entry.duration_ns {
        Some(took) => writeln!(out, "  ({})", duration(took)),
        None => writeln!(out),
    }
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
        let time = format!("{}{}", reckoned(tally), duration(tally.total_ns));
        let slowest = duration(tally.slowest_ns);
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

fn duration(ns: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", ns / unit, ns % unit / (unit / 10));
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} us", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} ms", tenths(1_000_000)),
        _ => format!("{} s", tenths(1_000_000_000)),
    }
}
