//! What is said about the run, and about what it runs on.

use std::time::Duration;

use amphi_browser::wait;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::clock::now_ms;
use crate::runner::Runner;
use crate::words::{bytes, duration, plural};

/// How the run is or went.
#[component]
pub fn RunStatus(
    /// The run.
    runner: Runner,
) -> impl IntoView {
    let verdict = runner.verdict;
    let elapsed = elapsed(runner);
    view! {
        <div class="exit" data-testid="status" role="status">
            <span
                data-testid="exit"
                data-kind=move || verdict.with(|verdict| verdict.kind.name())
                data-code=move || verdict.with(|verdict| verdict.code.map(|code| code.to_string()))
            >
                {move || verdict.with(|verdict| verdict.words.clone())}
            </span>
            <span class="figures" data-testid="figures">{move || verdict.with(|verdict| verdict.figures.clone())}</span>
            // Nobody wants to be told of every tenth of a second.
            <span class="figures" aria-hidden="true" data-testid="elapsed">{elapsed}</span>
        </div>
    }
}

/// How long the run under way has taken, its memory and its calls so far; nothing for a short one.
fn elapsed(runner: Runner) -> impl Fn() -> Option<String> + Copy + Send {
    const TICK: Duration = Duration::from_millis(100);
    const SHORT: f64 = 1_000.0;
    let (milliseconds, ticks) = (RwSignal::new(0.0), StoredValue::new(None::<IntervalHandle>));
    let runs = Memo::new(move |_| !runner.state.get().is_free());
    Effect::new(move |_| {
        if let Some(before) = ticks.get_value() {
            before.clear();
        }
        milliseconds.set(0.0);
        let began = now_ms();
        let tick = move || milliseconds.set(now_ms() - began);
        // Without a timer the end of the run tells.
        ticks.set_value(if runs.get() { set_interval_with_handle(tick, TICK).ok() } else { None });
    });
    move || {
        let took = Some(milliseconds.get()).filter(|milliseconds| *milliseconds >= SHORT).map(duration)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes, up to 4 GiB")]
        let memory = runner.memory.get() as u64;
        let memory = if memory == 0 { String::new() } else { format!(", {}", bytes(memory)) };
        Some(format!("{took}{memory}, {}", plural(runner.calls.count.get(), "call")))
    }
}

/// What this page runs on: the way to wait, and which Python.
#[component]
pub fn Ground(
    /// The run.
    runner: Runner,
) -> impl IntoView {
    let waiting = runner.waiting();
    let python = RwSignal::new(None::<String>);
    spawn_local(async move {
        python.set(amphi_browser::page::sha256().await);
    });
    view! {
        <footer class="foot">
            <span data-testid="wait-way" data-way=wait::name(waiting)>{wait::explanation(waiting)}</span>
            <Show when=move || python.with(Option::is_some)>
                <span>"python.wasm SHA-256 " <code data-testid="python-sha">{move || python.get()}</code></span>
            </Show>
        </footer>
    }
}
