//! A text editor: the element `<amphi-editor>`, which `web/js/editor.js` makes of CodeMirror. This file is the one place
//! that names it. It must never know what the text means.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::mark::Mark;
use crate::modules::Module;

#[wasm_bindgen]
extern "C" {
    /// What each property is stands in `editor.js`. Set before that file is there, they count once it is.
    #[derive(Debug, Clone)]
    #[wasm_bindgen(extends = HtmlElement)]
    type EditorElement;

    #[wasm_bindgen(method, getter, structural)]
    fn value(this: &EditorElement) -> Option<String>;
    #[wasm_bindgen(method, setter, structural)]
    fn set_value(this: &EditorElement, text: &str);
    #[wasm_bindgen(method, setter, structural)]
    fn set_path(this: &EditorElement, path: &str);
    #[wasm_bindgen(method, setter, structural)]
    fn set_marks(this: &EditorElement, marks: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_here(this: &EditorElement, line: Option<u32>);
    #[wasm_bindgen(method, setter, structural)]
    fn set_modules(this: &EditorElement, modules: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_vim(this: &EditorElement, wanted: bool);
}

/// The keys, for who hears the page.
const KEYS: &str = "Control+Enter runs. Control+S has a program that runs use the host functions as they are now. \
                    Tab indents; Escape, then Tab, leaves the editor.";

/// Edits one file at a time, and keeps what can be undone of each. Tab indents; Escape, then Tab, moves on, so that the
/// keyboard is not caught.
#[component]
pub fn Editor(
    /// For tests: unique on the page.
    id: &'static str,
    /// What a screen reader calls it.
    label: &'static str,
    /// The program that the file is of.
    #[prop(into)]
    project: Signal<String>,
    /// The file.
    #[prop(into)]
    path: Signal<String>,
    /// What is edited.
    #[prop(into)]
    text: Signal<String>,
    /// The text after a change of the reader's.
    on_change: Callback<String>,
    /// The lines with mistakes in them, of all files.
    #[prop(into)]
    marks: Signal<Vec<Mark>>,
    /// A line of a file that is to be seen.
    #[prop(into)]
    here: Signal<Option<(String, u32)>>,
    /// Whether there is a mistake in the file, in a line or not.
    #[prop(into)]
    invalid: Signal<bool>,
    /// What a script can import.
    #[prop(into)]
    modules: Signal<Vec<Module>>,
    /// Whether it has Vim's keys.
    #[prop(into)]
    vim: Signal<bool>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    place.on_load(move |place| {
        // It fails for names that are none.
        let Ok(element) = document().create_element("amphi-editor") else { return };
        let element: EditorElement = element.unchecked_into();
        for (name, value) in [("data-testid", id), ("label", label), ("describedby", KEYS)] {
            let _ = element.set_attribute(name, value);
        }
        let edited = element.clone();
        Effect::new(move |_| {
            // The file first: the text is then its own.
            edited.set_path(&format!("{}/{}", project.get(), path.get()));
            edited.set_value(&text.get());
        });
        let marked = element.clone();
        Effect::new(move |_| {
            let path = path.get();
            let here: Vec<Mark> = marks.with(|marks| marks.iter().filter(|mark| mark.file == path).cloned().collect());
            let _ = marked.toggle_attribute_with_force("invalid", invalid.get() || !here.is_empty());
            marked.set_marks(&as_js(&here));
        });
        let pointed = element.clone();
        Effect::new(move |_| {
            let path = path.get();
            pointed.set_here(here.with(|here| here.as_ref().filter(|(file, _)| *file == path).map(|(_, line)| *line)));
        });
        let offered = element.clone();
        Effect::new(move |_| modules.with(|modules| offered.set_modules(&as_js(modules))));
        let keyed = element.clone();
        Effect::new(move |_| keyed.set_vim(vim.get()));
        let _ = place.append_child(&element);
    });
    let change = move |event: leptos::web_sys::Event| {
        let element = event.target().map(JsCast::unchecked_into::<EditorElement>);
        if let Some(text) = element.and_then(|element| element.value()) {
            on_change.run(text);
        }
    };
    view! {
        <div class="editor" node_ref=place on:input=change>
            <p class="loading">"The editor is loading. If it does not come, reload the page."</p>
        </div>
    }
}

/// A value as JavaScript has it.
fn as_js(value: &impl Serialize) -> JsValue {
    // What is handed over here has texts for keys, and such a value always has a JSON form.
    serde_json::to_string(value).ok().and_then(|text| js_sys::JSON::parse(&text).ok()).unwrap_or_default()
}
