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

#[cfg(test)]
mod tests {
    use super::{bytes, duration};

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
}
