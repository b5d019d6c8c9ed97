//! The page's clock, and marks on it.

use leptos::prelude::window;

/// Milliseconds since the page was opened.
#[must_use]
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Leaves a mark on the browser's timeline, for whoever measures the page.
pub fn mark_time(name: &str) {
    if let Some(performance) = window().performance() {
        let _ = performance.mark(name);
    }
}
