//! The button that starts a run, or stops the one under way.

use leptos::prelude::*;

use crate::state::RunState;

/// Starts a run, or stops the one under way; the parent owns the run.
#[component]
pub fn RunButton(
    /// Where the run is.
    #[prop(into)]
    state: Signal<RunState>,
    /// Pressed.
    on_press: Callback<()>,
) -> impl IntoView {
    let label = move || match state.get() {
        RunState::Idle | RunState::Serving => "Run",
        RunState::Running | RunState::Waiting => "Stop",
        RunState::Stopping => "Stopping…",
    };
    view! {
        <button
            type="button"
            class="run"
            data-testid="run"
            data-state=move || if state.get().is_free() { "idle" } else { "running" }
            aria-keyshortcuts="Control+Enter"
            on:click=move |_| on_press.run(())
        >
            {label}
        </button>
    }
}
