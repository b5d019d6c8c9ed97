//! The worker's clocks and its source of random bytes.

use std::cell::Cell;

use wasm_bindgen::JsCast as _;
use web_sys::{DedicatedWorkerGlobalScope, Performance};

use super::glue;

/// Browsers give at most this many random bytes at once.
const RANDOM_AT_ONCE: usize = 65_536;

/// What the worker's global scope has of time and chance.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    scope: DedicatedWorkerGlobalScope,
    /// Milliseconds from 1970 to the performance clock's nought.
    origin_ms: f64,
    glances: Cell<Glances>,
}

/// Looks at the clock for records of calls.
#[derive(Debug, Clone, Copy, Default)]
struct Glances {
    /// When the clock was last looked at, in its milliseconds.
    last_ms: f64,
    /// Calls that are let pass before it is looked at again.
    left: u32,
    /// Calls that were let pass before the last look.
    passed: u32,
}

impl Glances {
    /// Calls that follow each other this closely are not all timed: a look takes half a microsecond in Chromium.
    const CLOSE_MS: f64 = 0.01;
    /// How many are let pass then for each that is timed.
    const LET_PASS: u32 = 15;
}

impl Clock {
    pub(super) fn new() -> Self {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let origin_ms = scope.performance().as_ref().map_or(0.0, Performance::time_origin);
        Self { scope, origin_ms, glances: Cell::default() }
    }

    /// Milliseconds on a clock that never goes back.
    pub(super) fn now_ms(&self) -> f64 {
        glue::now_ms()
    }

    /// The same in nanoseconds.
    pub(super) fn monotonic_ns(&self) -> u64 {
        nanoseconds(self.now_ms())
    }

    /// The same for a record of a call, or none: see [`Glances`].
    pub(super) fn glance_ns(&self) -> Option<u64> {
        let Glances { last_ms, left, passed } = self.glances.get();
        if let Some(left) = left.checked_sub(1) {
            self.glances.set(Glances { last_ms, left, passed });
            return None;
        }
        let now_ms = self.now_ms();
        let close = now_ms - last_ms < Glances::CLOSE_MS * f64::from(passed + 1);
        let left = if close { Glances::LET_PASS } else { 0 };
        self.glances.set(Glances { last_ms: now_ms, left, passed: left });
        Some(nanoseconds(now_ms))
    }

    /// Nanoseconds since 1970, as finely as the browser tells.
    pub(super) fn realtime_ns(&self) -> u64 {
        // The two are added as integers: their sum has more digits than a float keeps.
        nanoseconds(self.origin_ms).saturating_add(self.monotonic_ns())
    }

    /// The step of both clocks: browsers round to 5 µs on isolated pages and to 100 µs on others.
    pub(super) fn resolution_ns(isolated: bool) -> u64 {
        if isolated { 5_000 } else { 100_000 }
    }

    /// Fills `out` with random bytes.
    pub(super) fn random(&self, out: &mut [u8]) {
        let Ok(crypto) = self.scope.crypto() else { return };
        for part in out.chunks_mut(RANDOM_AT_ONCE) {
            // It fails only for more bytes than are asked for here.
            let _ = crypto.get_random_values_with_u8_array(part);
        }
    }
}

fn nanoseconds(milliseconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest integer in range"
    )]
    let nanoseconds = (milliseconds * 1e6) as u64;
    nanoseconds
}
