//! A text editor: for now a plain text area that a keyboard can use, and leave.
//!
//! It must never know what the text is.

use leptos::prelude::*;
use leptos::web_sys::{HtmlTextAreaElement, KeyboardEvent};
use wasm_bindgen::JsCast as _;

/// What Tab puts in.
const INDENT: &str = "    ";

/// Edits one text. Tab indents; Escape, then Tab, moves on, so that the keyboard is not caught.
#[component]
pub fn Editor(
    /// For tests and for the label: unique on the page.
    id: &'static str,
    /// What is edited.
    #[prop(into)]
    text: Signal<String>,
    /// The text after a change.
    on_change: Callback<String>,
    /// True when there is a mistake in it.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    // Set by Escape and unset by any other key: the next Tab is the browser's.
    let leaving = StoredValue::new(false);
    let on_key = move |event: KeyboardEvent| {
        let leave = leaving.get_value();
        leaving.set_value(event.key() == "Escape");
        let plain = !event.ctrl_key() && !event.alt_key() && !event.meta_key() && !event.shift_key();
        if event.key() == "Tab" && plain && !leave {
            event.prevent_default();
            if let Some(area) = area(&event) {
                insert(&area, INDENT);
                on_change.run(area.value());
            }
        }
    };
    view! {
        <textarea
            id=id
            data-testid=id
            class="code"
            spellcheck="false"
            autocomplete="off"
            autocapitalize="off"
            aria-describedby="editor-keys"
            aria-invalid=move || invalid.get().then_some("true")
            prop:value=move || text.get()
            on:keydown=on_key
            on:input=move |event| on_change.run(event_target_value(&event))
        ></textarea>
    }
}

fn area(event: &KeyboardEvent) -> Option<HtmlTextAreaElement> {
    event.target()?.dyn_into().ok()
}

/// Replaces the selection. The browser's own command is preferred, since it can be undone.
fn insert(area: &HtmlTextAreaElement, text: &str) {
    let undoable = document()
        .dyn_into::<leptos::web_sys::HtmlDocument>()
        .is_ok_and(|document| document.exec_command_with_show_ui_and_value("insertText", false, text).unwrap_or(false));
    if undoable {
        return;
    }
    let (Ok(Some(start)), Ok(Some(end))) = (area.selection_start(), area.selection_end()) else { return };
    let _ = area.set_range_text_with_start_and_end_and_mode(text, start, end, "end");
}
