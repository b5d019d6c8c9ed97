//! Calls that are to fail in the next runs, as a reader asked for them. It must never know how a call fails.

use leptos::prelude::*;

/// What is to fail; a handle that copies share.
#[derive(Clone, Copy, Default)]
pub struct Faults(RwSignal<Vec<String>>);

impl Faults {
    /// Has a call fail: `path_open:ACCES@3`, as `amphi run --fault` takes it.
    pub fn add(self, fault: String) {
        self.0.update(|faults| {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        });
    }

    /// Has nothing fail.
    pub fn clear(self) {
        if !self.0.with_untracked(Vec::is_empty) {
            self.0.set(Vec::new());
        }
    }

    /// All that is to fail.
    #[must_use]
    pub fn get(self) -> Vec<String> {
        self.0.get_untracked()
    }
}

/// What is to fail, each of which can be taken back.
#[component]
pub fn FaultList(
    /// Whose.
    faults: Faults,
) -> impl IntoView {
    let one = move |fault: String| {
        let (name, given) = (format!("Let {fault} succeed again"), fault.clone());
        view! {
            <li>
                <code data-testid="fault">{fault}</code>
                <button type="button" aria-label=name title="Let it succeed again" on:click=move |_| faults.0.update(|all| all.retain(|each| *each != given))>
                    "\u{d7}"
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !faults.0.with(Vec::is_empty)>
            <div class="faults">
                <span>"Fails in the next run:"</span>
                <ul>{move || faults.0.get().into_iter().map(one).collect_view()}</ul>
            </div>
        </Show>
    }
}
