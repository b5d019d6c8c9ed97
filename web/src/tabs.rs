//! A row of tabs, one for each file, which arrow keys walk along. It must never know what the files are.

use leptos::prelude::*;
use leptos::web_sys::{HtmlElement, KeyboardEvent};
use wasm_bindgen::JsCast as _;

/// The tabs.
#[component]
pub fn FileTabs(
    /// What the row is called.
    label: &'static str,
    /// The panel that shows the chosen file, by its id.
    panel: &'static str,
    /// The files.
    #[prop(into)]
    paths: Signal<Vec<String>>,
    /// The one that is shown.
    chosen: RwSignal<String>,
    /// Those with mistakes in them.
    #[prop(into)]
    wrong: Signal<Vec<String>>,
) -> impl IntoView {
    let on_key = move |event: KeyboardEvent| {
        let paths = paths.get_untracked();
        // With one of these a key is the browser's.
        if paths.is_empty() || event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        let at = paths.iter().position(|path| *path == chosen.get_untracked()).unwrap_or_default();
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % paths.len(),
            "ArrowLeft" => (at + paths.len() - 1) % paths.len(),
            "Home" => 0,
            "End" => paths.len() - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(path) = paths.get(to) {
            chosen.set(path.clone());
        }
        let row = event.current_target().and_then(|row| row.dyn_into::<HtmlElement>().ok());
        let tab = row.and_then(|row| row.children().item(u32::try_from(to).unwrap_or_default()));
        if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
            // One that is not on the page any more cannot have the focus.
            let _ = tab.focus();
        }
    };
    let tab = move |path: String| {
        let (of, test, is_wrong, pressed) = (path.clone(), format!("file-{path}"), path.clone(), path.clone());
        let selected = Memo::new(move |_| chosen.with(|chosen| *chosen == of));
        // One of them is always reached by Tab.
        let reached = {
            let path = path.clone();
            move || {
                let (first, known) =
                    paths.with(|paths| (paths.first() == Some(&path), chosen.with(|chosen| paths.contains(chosen))));
                if selected.get() || (first && !known) { "0" } else { "-1" }
            }
        };
        let is_wrong = Memo::new(move |_| wrong.with(|wrong| wrong.contains(&is_wrong)));
        view! {
            <button
                type="button"
                role="tab"
                class="tab"
                data-testid=test
                aria-controls=panel
                aria-selected=move || selected.get().to_string()
                tabindex=reached
                class:wrong=move || is_wrong.get()
                on:click=move |_| chosen.set(pressed.clone())
            >
                {path}
                <Show when=move || is_wrong.get()>
                    <span class="unseen">" (with a mistake)"</span>
                </Show>
            </button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=on_key>
            <For each=move || paths.get() key=String::clone children=tab />
        </div>
    }
}
