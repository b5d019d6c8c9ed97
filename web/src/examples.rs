//! The examples that come with the page, and the list to choose from.

use leptos::prelude::*;

use crate::project::Project;

/// One folder of `examples/`, as it was when the page was built.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The folder's name.
    pub name: &'static str,
    /// Its files by path.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// All examples, by name.
pub const EXAMPLES: &[Example] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// What a first visit shows.
const FIRST: &str = "hello";

/// The example of that name, or the first one to show.
#[must_use]
pub fn find(name: Option<&str>) -> Project {
    let named = |name: &str| EXAMPLES.iter().find(|example| example.name == name);
    let example = name.and_then(named).or_else(|| named(FIRST)).or_else(|| EXAMPLES.first());
    example.map_or_else(Project::empty, |example| {
        Project::new(example.name, example.files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())))
    })
}

/// The list to choose from.
#[component]
pub fn ExamplePicker(
    /// The name of the example that is shown.
    #[prop(into)]
    chosen: Signal<String>,
    /// Another was chosen.
    on_choose: Callback<String>,
) -> impl IntoView {
    let options: Vec<_> = EXAMPLES
        .iter()
        .map(|example| {
            let title = find(Some(example.name)).title();
            view! { <option value=example.name selected=move || chosen.get() == example.name>{title}</option> }
        })
        .collect();
    view! {
        <div class="field">
            <label for="examples">"Example"</label>
            <select id="examples" data-testid="examples" on:change=move |event| on_choose.run(event_target_value(&event))>
                {options}
            </select>
        </div>
    }
}
