//! Owns the clocks of wasmtime-wasi's guests: this machine's, or stepped ones that are the same in every run.
//! It must never know a call.

use crate::stopwatch::{Stopwatch, nanoseconds};
use amphi_wasi::{Determinism, SteppedClock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// The clocks of one guest. The monotonic one begins with the run.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    Machine(Stopwatch),
    Stepped(SteppedClock),
}

/// When a sleep is over.
pub(super) enum Until {
    /// It need not be waited for.
    Now,
    /// A moment of this machine's; `None` is beyond all time.
    Moment(Option<Instant>),
}

impl Clock {
    /// Clocks whose monotonic one was 0 then, where they are this machine's.
    pub(crate) fn new(determinism: Option<Determinism>, began: Instant) -> Self {
        determinism.map_or(Self::Machine(Stopwatch::since(began)), |fixed| Self::Stepped(SteppedClock::new(fixed)))
    }

    pub(super) fn give(&self, wasi: &mut WasiCtxBuilder) {
        wasi.monotonic_clock(self.clone());
        if let Self::Stepped(_) = self {
            wasi.wall_clock(self.clone());
        }
    }

    /// The monotonic clock for whoever watches the guest.
    pub(super) fn seen_ns(&self) -> u64 {
        match self {
            Self::Machine(stopwatch) => stopwatch.ns(),
            Self::Stepped(clock) => clock.monotonic_ns(),
        }
    }

    /// When so much time has passed.
    pub(super) fn after(&self, duration: Duration) -> Until {
        match self {
            Self::Machine(_) => Until::Moment(Instant::now().checked_add(duration)),
            Self::Stepped(clock) => {
                clock.skip_to(clock.monotonic_ns().saturating_add(nanoseconds(duration)));
                Until::Now
            }
        }
    }

    /// When the realtime clock shows so much.
    pub(super) fn at_realtime(&self, since_1970: Duration) -> Until {
        match self {
            Self::Machine(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                self.after(since_1970.saturating_sub(now))
            }
            Self::Stepped(clock) => self.after(since_1970.saturating_sub(Duration::from_nanos(clock.realtime_ns()))),
        }
    }

    /// When the monotonic clock shows so much.
    pub(super) fn at_monotonic(&self, time: Duration) -> Until {
        match self {
            Self::Machine(stopwatch) => Until::Moment(stopwatch.start().checked_add(time)),
            Self::Stepped(clock) => {
                clock.skip_to(nanoseconds(time));
                Until::Now
            }
        }
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        match self {
            Self::Machine(_) => 1,
            Self::Stepped(clock) => clock.resolution_ns(),
        }
    }

    fn now(&self) -> u64 {
        match self {
            Self::Machine(stopwatch) => nanoseconds(stopwatch.start().elapsed()),
            Self::Stepped(clock) => {
                let now = clock.monotonic_ns();
                clock.step();
                now
            }
        }
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(HostMonotonicClock::resolution(self))
    }

    fn now(&self) -> Duration {
        match self {
            Self::Machine(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Self::Stepped(clock) => {
                let now = Duration::from_nanos(clock.realtime_ns());
                clock.step();
                now
            }
        }
    }
}
