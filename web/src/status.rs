//! What is said about the run, and about what it runs on.

use amphi_browser::wait;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::runner::Runner;

/// How the run is or went.
#[component]
pub fn RunStatus(
    /// The run.
    runner: Runner,
) -> impl IntoView {
    let verdict = runner.verdict;
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
        </div>
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
