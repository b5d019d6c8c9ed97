//! Figures as a reader likes them.

/// `1 byte`, `12 KB`, `3.4 MB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{} KB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count / 100_000 % 10),
    }
}

/// `4 ms`, `1.25 s`.
#[must_use]
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 1_000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.2} s", milliseconds / 1_000.0)
    }
}

/// The same of nanoseconds: `640 ns`, `4.2 us`, `41.7 ms`.
#[must_use]
pub fn nanoseconds(count: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", count / unit, count % unit / (unit / 10));
    match count {
        0..1_000 => format!("{count} ns"),
        1_000..1_000_000 => format!("{} us", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} ms", tenths(1_000_000)),
        _ => format!("{} s", tenths(1_000_000_000)),
    }
}

/// Nanoseconds as `0.003466`.
#[must_use]
pub fn seconds(nanoseconds: u64) -> String {
    format!("{}.{:06}", nanoseconds / 1_000_000_000, nanoseconds / 1_000 % 1_000_000)
}

/// `1 call`, `12,345 calls`.
#[must_use]
pub fn plural(count: u64, name: &str) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, nanoseconds, plural, seconds};

    #[test]
    fn figures_are_short() {
        for (count, text) in
            [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (65_536, "65 KB"), (3_450_000, "3.4 MB")]
        {
            assert_eq!(bytes(count), text);
        }
        for (time, text) in [(0.04, "0.0 ms"), (4.25, "4.2 ms"), (41.7, "42 ms"), (1_250.0, "1.25 s")] {
            assert_eq!(duration(time), text);
        }
    }

    #[test]
    fn counts_and_moments_are_read_at_a_glance() {
        for (count, text) in [(0, "0 calls"), (1, "1 call"), (999, "999 calls"), (1_234_567, "1,234,567 calls")] {
            assert_eq!(plural(count, "call"), text);
        }
        for (count, text) in [(64, "64 ns"), (4_299, "4.2 us"), (41_700_000, "41.7 ms"), (1_250_000_000, "1.2 s")] {
            assert_eq!(nanoseconds(count), text);
        }
        assert_eq!(seconds(3_466_999), "0.003466");
    }
}
