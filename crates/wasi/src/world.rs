//! The world outside as handlers see it: the platform's own, or one whose clocks and random numbers are the same in
//! every run. Owns what is repeatable; must never know a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use std::convert::Infallible;

use rand_core::{Rng as _, SeedableRng as _, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::platform::{Input, Platform, Refused, Stream};
use crate::types::Clock;

/// Clocks and random numbers that are the same in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Determinism {
    /// What the realtime clock shows first, in nanoseconds since 1970. The monotonic clock begins at 0.
    pub clock_ns: u64,
    /// How much later both clocks are after each look at one of them, in nanoseconds.
    pub step_ns: u64,
    /// The seed of the random numbers.
    pub seed: u64,
}

/// Two clocks that stand still but for a step whenever the guest looks at one, and when it waits. Clones are the same
/// clocks.
#[derive(Debug, Clone)]
pub struct SteppedClock {
    start_ns: u64,
    step_ns: u64,
    elapsed_ns: Arc<AtomicU64>,
}

impl SteppedClock {
    /// Clocks that begin.
    #[must_use]
    pub fn new(Determinism { clock_ns, step_ns, .. }: Determinism) -> Self {
        Self { start_ns: clock_ns, step_ns, elapsed_ns: Arc::default() }
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn realtime_ns(&self) -> u64 {
        self.start_ns.saturating_add(self.monotonic_ns())
    }

    /// Nanoseconds since the run began.
    #[must_use]
    pub fn monotonic_ns(&self) -> u64 {
        self.elapsed_ns.load(Ordering::Relaxed)
    }

    /// The guest has looked at one of them.
    pub fn step(&self) {
        self.elapsed_ns.fetch_add(self.step_ns, Ordering::Relaxed);
    }

    /// Moves on to a moment of the monotonic clock: a guest that waits for it need not.
    pub fn skip_to(&self, monotonic_ns: u64) {
        self.elapsed_ns.fetch_max(monotonic_ns, Ordering::Relaxed);
    }

    /// The smallest step.
    #[must_use]
    pub fn resolution_ns(&self) -> u64 {
        self.step_ns.max(1)
    }
}

/// Random numbers that a seed decides. Not for secrets.
#[derive(Debug, Clone)]
pub struct SeededRandom(Xoshiro256PlusPlus);

impl SeededRandom {
    /// The numbers of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }
}

impl TryRng for SeededRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        // One number a byte, as wasmtime-wasi draws them: the bytes are the same however they are asked for.
        out.fill_with(|| (self.0.next_u32() & 0xFF) as u8);
        Ok(())
    }
}

/// What handlers see as their platform.
#[derive(Debug)]
pub(crate) struct World<P> {
    pub(crate) platform: P,
    fixed: Option<(SteppedClock, SeededRandom)>,
}

impl<P: Platform> World<P> {
    pub(crate) fn new(platform: P, determinism: Option<Determinism>) -> Self {
        let fixed = determinism.map(|fixed| (SteppedClock::new(fixed), SeededRandom::new(fixed.seed)));
        Self { platform, fixed }
    }

    /// A clock that the guest looks at.
    pub(crate) fn look(&self, read: impl FnOnce(&Self) -> u64) -> u64 {
        let time = read(self);
        if let Some((clock, _)) = &self.fixed {
            clock.step();
        }
        time
    }

    /// Moves time on to a moment, where time is ours. False: the habitat must wait.
    pub(crate) fn skip_to(&self, monotonic_ns: u64) -> bool {
        self.fixed.as_ref().map(|(clock, _)| clock.skip_to(monotonic_ns)).is_some()
    }
}

impl<P: Platform> Platform for World<P> {
    fn realtime_ns(&self) -> u64 {
        self.fixed.as_ref().map_or_else(|| self.platform.realtime_ns(), |(clock, _)| clock.realtime_ns())
    }

    fn monotonic_ns(&self) -> u64 {
        self.fixed.as_ref().map_or_else(|| self.platform.monotonic_ns(), |(clock, _)| clock.monotonic_ns())
    }

    fn seen_ns(&self) -> u64 {
        self.fixed.as_ref().map_or_else(|| self.platform.seen_ns(), |(clock, _)| clock.monotonic_ns())
    }

    fn glance_ns(&self) -> Option<u64> {
        self.fixed.as_ref().map_or_else(|| self.platform.glance_ns(), |(clock, _)| Some(clock.monotonic_ns()))
    }

    fn resolution_ns(&self, which: Clock) -> u64 {
        self.fixed.as_ref().map_or_else(|| self.platform.resolution_ns(which), |(clock, _)| clock.resolution_ns())
    }

    fn random(&mut self, out: &mut [u8]) {
        match &mut self.fixed {
            Some((_, random)) => random.fill_bytes(out),
            None => self.platform.random(out),
        }
    }

    fn read_stdin(&mut self, out: &mut [u8]) -> Input {
        self.platform.read_stdin(out)
    }

    fn stdin_ready(&self) -> bool {
        self.platform.stdin_ready()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        self.platform.write(stream, bytes)
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        self.platform.is_terminal(stream)
    }
}
