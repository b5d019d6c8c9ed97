//! Sizes and times as people write them: `256 MiB`, `10s`. This file never knows what is measured.

use crate::names::closest;

/// Why a text is no size or time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// No number in front.
    #[error("'{text}' does not start with a number; write for instance {example}")]
    Number {
        /// What was written.
        text: String,
        /// What would do.
        example: &'static str,
    },
    /// An unknown unit.
    #[error("'{unit}' is no unit; expected one of {known}{hint}")]
    Unit {
        /// What was written.
        unit: String,
        /// What would do.
        known: String,
        /// What may have been meant.
        hint: String,
    },
    /// A number too great.
    #[error("'{0}' is too large")]
    Large(String),
}

const SIZES: [(&str, u128); 10] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

const TIMES: [(&str, u128); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Bytes, from `1024`, `64 KiB` or `1.5GB`.
///
/// # Errors
/// See [`UnitError`].
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    parse(text, &SIZES, Some(1), "\"256 MiB\"")
}

/// Nanoseconds, from `10s`, `1.5 min` or `250ms`; a unit must be there.
///
/// # Errors
/// See [`UnitError`].
pub fn parse_time(text: &str) -> Result<u64, UnitError> {
    parse(text, &TIMES, None, "\"10s\"")
}

/// `256 MiB`; the largest unit in which it is a whole number.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    show(bytes, &units, "bytes")
}

/// `10 s`, for milliseconds; the largest unit in which it is a whole number.
#[must_use]
pub fn show_time(milliseconds: u64) -> String {
    let units = [("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    show(milliseconds, &units, "ms")
}

fn show(number: u64, units: &[(&str, u64)], smallest: &str) -> String {
    units
        .iter()
        .find(|(_, worth)| number >= *worth && number.is_multiple_of(*worth))
        .map_or_else(|| format!("{number} {smallest}"), |(unit, worth)| format!("{} {unit}", number / worth))
}

fn parse(text: &str, units: &[(&str, u128)], no_unit: Option<u128>, example: &'static str) -> Result<u64, UnitError> {
    let large = || UnitError::Large(text.to_owned());
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != '_');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number = number.replace('_', "");
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || part.contains('.') || (number.contains('.') && part.is_empty()) {
        return Err(UnitError::Number { text: text.to_owned(), example });
    }
    let unit = unit.trim();
    let worth = units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, worth)| *worth)
        .or(no_unit.filter(|_| unit.is_empty()))
        .ok_or_else(|| unknown(unit, units))?;
    // Nine digits after the point are more than any unit here has.
    let part: String = part.chars().chain("000000000".chars()).take(9).collect();
    let digits: u128 = format!("{whole}{part}").parse().map_err(|_| large())?;
    let amount = digits.checked_mul(worth).ok_or_else(large)? / 1_000_000_000;
    u64::try_from(amount).map_err(|_| large())
}

fn unknown(unit: &str, units: &[(&str, u128)]) -> UnitError {
    let names = || units.iter().map(|(name, _)| *name);
    let same = names().find(|name| name.eq_ignore_ascii_case(unit));
    let hint = same.or_else(|| closest(unit, names()));
    UnitError::Unit {
        unit: unit.to_owned(),
        known: names().collect::<Vec<_>>().join(", "),
        hint: hint.map_or(String::new(), |hint| format!(" (did you mean {hint}?)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("1024", 1024),
            ("1_000", 1000),
            ("256 MiB", 256 << 20),
            ("1.5KiB", 1536),
            ("2 GB", 2_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for (text, ns) in [("10s", 10_000_000_000), ("0.5 ms", 500_000), ("2 min", 120_000_000_000)] {
            assert_eq!(parse_time(text), Ok(ns), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_told() {
        for (given, message) in [
            (
                parse_size("256 mib"),
                "'mib' is no unit; expected one of B, KiB, MiB, GiB, TiB, kB, KB, MB, GB, TB (did you mean MiB?)",
            ),
            (parse_size("lots"), "'lots' does not start with a number; write for instance \"256 MiB\""),
            (parse_size("-1"), "'-1' does not start with a number; write for instance \"256 MiB\""),
            (parse_size("99999999999 TiB"), "'99999999999 TiB' is too large"),
            (parse_time("10"), "'' is no unit; expected one of ns, us, ms, s, min, h"),
            (parse_time("1.s"), "'1.s' does not start with a number; write for instance \"10s\""),
        ] {
            assert_eq!(given.expect_err("refused").to_string(), message);
        }
    }

    #[test]
    fn sizes_and_times_are_shown_round() {
        assert_eq!(show_size(256 << 20), "256 MiB");
        assert_eq!(show_size(1000), "1000 bytes");
        assert_eq!(show_time(90_000), "90 s");
        assert_eq!(show_time(1), "1 ms");
    }
}
