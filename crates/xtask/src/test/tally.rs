//! Counts what tests report, in the words of Rust's test harness. Must never run anything.

/// What passed, failed and was left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many passed.
    pub(crate) passed: usize,
    /// How many failed.
    pub(crate) failed: usize,
    /// What is known of each failure.
    pub(crate) failures: Vec<String>,
    /// Names of ignored tests, with the reason where there is one.
    pub(crate) skipped: Vec<String>,
}

impl Tally {
    /// A check that could not be finished.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        let mut tally = Self::default();
        tally.fail(format!("{error:#}"));
        tally
    }

    /// Reads the output of any number of test programs.
    pub(crate) fn of_tests(output: &str) -> Self {
        let mut tally = Self::default();
        let mut program = "";
        let mut lines = output.lines();
        while let Some(line) = lines.next() {
            if let Some(begun) =
                line.trim_start().strip_prefix("Running ").or_else(|| line.trim_start().strip_prefix("Doc-tests "))
            {
                program = begun.split_whitespace().take_while(|word| !word.starts_with('(')).last().unwrap_or(begun);
            } else if let Some(name) = line.strip_prefix("test ").and_then(|test| test.split_once(" ... ignored")) {
                tally.skipped.push(format!("{program}: {}{}", name.0, name.1));
            } else if line == "failures:" {
                // The harness lists failures twice: with their output first, then the bare names.
                let details: Vec<&str> = lines.by_ref().take_while(|line| *line != "failures:").collect();
                tally.failures.push(format!("{program}:\n  {}", details.join("\n  ").trim()));
            } else if let Some(counts) = line.strip_prefix("test result: ") {
                tally.passed += count(counts, " passed");
                tally.failed += count(counts, " failed");
            }
        }
        tally
    }

    /// Adds a failure.
    pub(crate) fn fail(&mut self, what: String) {
        self.failed += 1;
        self.failures.push(what);
    }

    /// Adds all of another.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.skipped.extend(other.skipped);
    }

    /// `12 passed, 0 failed`.
    pub(crate) fn counts(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number before `word` in `ok. 3 passed; 1 failed; 0 ignored`.
fn count(counts: &str, word: &str) -> usize {
    let before = counts.split(word).next().unwrap_or_default();
    before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_failures_and_reasons_are_read() {
        let output = "     Running unittests src/lib.rs (target/release/deps/a-1)\n\
            running 2 tests\ntest good ... ok\ntest later ... ignored, needs a network\n\
            test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            Running tests/b.rs (target/release/deps/b-2)\n\
            test bad ... FAILED\n\nfailures:\n\n---- bad stdout ----\nleft is not right\n\nfailures:\n    bad\n\n\
            test result: FAILED. 10 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n";
        let tally = Tally::of_tests(output);
        assert_eq!((tally.passed, tally.failed), (11, 1));
        assert_eq!(
            tally.failures,
            ["tests/b.rs:\n  ---- bad stdout ----\nleft is not right"
                .replace('\n', "\n  ")
                .replace(":\n    ", ":\n  ")]
        );
        assert_eq!(tally.skipped, ["src/lib.rs: later, needs a network"]);
        assert_eq!(tally.counts(), "11 passed, 1 failed");
    }
}
