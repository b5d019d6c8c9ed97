//! Owns the time of records: two looks a call, at the processor's own counter where it has a steady one. A guest is given
//! the system's clock and waits by it; the two drift apart by millionths, so that no guest may see this one.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Nanoseconds since a moment. Clones run on together.
#[derive(Debug, Clone)]
pub(crate) struct Stopwatch {
    start: Instant,
    counter: OnceLock<Counter>,
}

/// The counter, from the first look on.
#[derive(Debug, Clone)]
struct Counter {
    clock: quanta::Clock,
    first: u64,
    first_ns: u64,
}

impl Stopwatch {
    /// Shows nought at that moment, which has passed.
    pub(crate) fn since(start: Instant) -> Self {
        Self { start, counter: OnceLock::new() }
    }

    /// The moment at which it showed nought.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// What it shows. Never goes back.
    pub(crate) fn ns(&self) -> u64 {
        let Counter { clock, first, first_ns } = self.counter.get_or_init(|| {
            // The first clock of a process is held against the system's, which takes a millisecond.
            let clock = quanta::Clock::new();
            Counter { first: clock.raw(), first_ns: nanoseconds(self.start.elapsed()), clock }
        });
        first_ns.saturating_add(clock.delta_as_nanos(*first, clock.raw()))
    }
}

/// As many as fit.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
