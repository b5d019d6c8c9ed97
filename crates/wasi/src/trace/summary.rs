//! What a run did in all: how often each call was made, how often it failed, how long it took.

use std::collections::BTreeMap;

use super::entry::Entry;

/// A count of all calls, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The totals here are those of timed calls alone.
    calls: BTreeMap<String, Tally>,
    seen: u64,
    last: Option<u64>,
}

/// What one call did in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was made.
    pub count: u64,
    /// How often it failed.
    pub errors: u64,
    /// How often it was timed.
    pub timed: u64,
    /// How long it took in all, waiting included, in nanoseconds. Where not all were timed it is reckoned from those that
    /// were.
    pub total_ns: u64,
    /// How long the slowest took.
    pub slowest_ns: u64,
    /// Which that was.
    pub slowest: u64,
}

impl Summary {
    /// Counts a call.
    pub fn add(&mut self, entry: &Entry) {
        self.seen += 1;
        self.last = Some(entry.number);
        if let Some(tally) = self.calls.get_mut(entry.name()) {
            tally.add(entry);
        } else {
            let mut tally = Tally::default();
            tally.add(entry);
            self.calls.insert(entry.name().to_owned(), tally);
        }
    }

    /// Each call with its tally, the longest in all first.
    #[must_use]
    pub fn by_time(&self) -> Vec<(&str, Tally)> {
        let mut calls: Vec<_> = self.calls.iter().map(|(name, tally)| (name.as_str(), tally.reckoned())).collect();
        calls.sort_by_key(|(_, tally)| (std::cmp::Reverse(tally.total_ns), std::cmp::Reverse(tally.count)));
        calls
    }

    /// All calls together.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.calls.values().map(Tally::reckoned).fold(Tally::default(), |all, one| {
            let (slowest_ns, slowest) = (all.slowest_ns, all.slowest).max((one.slowest_ns, one.slowest));
            Tally {
                count: all.count + one.count,
                errors: all.errors + one.errors,
                timed: all.timed + one.timed,
                total_ns: all.total_ns.saturating_add(one.total_ns),
                slowest_ns,
                slowest,
            }
        })
    }

    /// How many calls were made but not seen, because there was no room to keep them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.last.map_or(0, |last| last.saturating_add(1).saturating_sub(self.seen))
    }
}

impl Tally {
    fn add(&mut self, entry: &Entry) {
        self.count += 1;
        self.errors += u64::from(entry.failed());
        let Some(duration_ns) = entry.duration_ns else { return };
        self.timed += 1;
        self.total_ns = self.total_ns.saturating_add(duration_ns);
        if self.timed == 1 || duration_ns > self.slowest_ns {
            (self.slowest_ns, self.slowest) = (duration_ns, entry.number);
        }
    }

    /// The same with a total for all calls, as if those that were not timed took as long as those that were.
    fn reckoned(&self) -> Self {
        let total = u128::from(self.total_ns) * u128::from(self.count) / u128::from(self.timed.max(1));
        Self { total_ns: u64::try_from(total).unwrap_or(u64::MAX), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use crate::trace::{Entry, Reply, What};

    #[test]
    fn numbers_beyond_reason_are_the_largest_there_are() {
        let what = What::Host { function: "f".to_owned(), args: String::new(), reply: Reply::Value(String::new()) };
        let entry = Entry { guest: None, line: None, number: u64::MAX, begin_ns: 0, duration_ns: Some(u64::MAX), what };
        let mut summary = Summary::default();
        summary.add(&entry);
        summary.add(&entry);
        assert_eq!(summary.total().total_ns, u64::MAX);
        assert_eq!(summary.dropped(), u64::MAX - 2);
    }

    #[test]
    fn what_was_not_timed_is_reckoned() {
        let mut summary = Summary::default();
        for (number, name, duration_ns) in
            [(0, "f", Some(10)), (1, "f", None), (2, "f", Some(30)), (3, "f", None), (4, "g", None)]
        {
            let what =
                What::Host { function: name.to_owned(), args: String::new(), reply: Reply::Value(String::new()) };
            summary.add(&Entry { guest: None, line: None, number, begin_ns: 0, duration_ns, what });
        }
        let told: Vec<_> =
            summary.by_time().into_iter().map(|(name, f)| (name, f.count, f.timed, f.total_ns, f.slowest)).collect();
        assert_eq!(told, [("f", 4, 2, 80, 2), ("g", 1, 0, 0, 0)]);
        assert_eq!((summary.total().timed, summary.total().total_ns), (2, 80));
    }
}
