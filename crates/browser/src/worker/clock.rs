//! The worker's clocks and its source of random bytes.

use wasm_bindgen::JsCast as _;
use web_sys::{DedicatedWorkerGlobalScope, Performance};

/// Browsers give at most this many random bytes at once.
const RANDOM_AT_ONCE: usize = 65_536;

/// What the worker's global scope has of time and chance.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    scope: DedicatedWorkerGlobalScope,
    performance: Option<Performance>,
    /// Milliseconds from 1970 to the performance clock's nought.
    origin_ms: f64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let performance = scope.performance();
        let origin_ms = performance.as_ref().map_or(0.0, Performance::time_origin);
        Self { scope, performance, origin_ms }
    }

    /// Milliseconds on a clock that never goes back.
    pub(super) fn now_ms(&self) -> f64 {
        self.performance.as_ref().map_or_else(js_sys::Date::now, Performance::now)
    }

    /// The same in nanoseconds.
    pub(super) fn monotonic_ns(&self) -> u64 {
        nanoseconds(self.now_ms())
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
