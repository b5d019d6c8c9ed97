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

/// What the names of lessons begin with; they are in their order.
const LESSON: &str = "lesson-";

/// What a first visit shows.
const FIRST: &str = "hello";

/// The example of that name, or the first one to show.
#[must_use]
pub fn find(name: Option<&str>) -> Project {
    name.and_then(named).or_else(|| named(FIRST)).unwrap_or_else(Project::empty)
}

/// The example of that name.
#[must_use]
pub fn named(name: &str) -> Option<Project> {
    let example = EXAMPLES.iter().find(|example| example.name == name)?;
    let files = example.files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
    Some(Project::new(example.name, files))
}

/// The lesson that follows one of that name, if one does.
#[must_use]
pub fn lesson_after(name: &str) -> Option<&'static str> {
    let lessons = || EXAMPLES.iter().filter(|example| example.name.starts_with(LESSON)).map(|example| example.name);
    let at = lessons().position(|lesson| lesson == name)?;
    lessons().nth(at + 1)
}

/// The list to choose from.
#[component]
pub fn ExamplePicker(
    /// The name of the program that is shown.
    #[prop(into)]
    chosen: Signal<String>,
    /// The names of those that are kept.
    #[prop(into)]
    kept: Signal<Vec<String>>,
    /// Another was chosen.
    on_choose: Callback<String>,
) -> impl IntoView {
    let own = Memo::new(move |_| {
        let is_own = |name: &String| !EXAMPLES.iter().any(|example| example.name == name);
        let mut own: Vec<String> = kept.get().into_iter().filter(is_own).collect();
        // What is shown and not kept yet has a place, too.
        let shown = chosen.get();
        if is_own(&shown) && !own.contains(&shown) {
            own.push(shown);
        }
        own
    });
    let option = move |name: String, title: String| {
        let (value, this) = (name.clone(), name.clone());
        let title = move || {
            let changed = kept.with(|kept| kept.contains(&this)) && EXAMPLES.iter().any(|example| example.name == this);
            if changed { format!("{title} (changed)") } else { title.clone() }
        };
        view! { <option value=value prop:selected=move || chosen.get() == name>{title}</option> }
    };
    let options = move |lessons: bool| {
        let some = EXAMPLES.iter().filter(move |example| example.name.starts_with(LESSON) == lessons);
        some.map(|example| option(example.name.to_owned(), find(Some(example.name)).title())).collect_view()
    };
    view! {
        <div class="field">
            <label for="examples">"Program"</label>
            <select id="examples" data-testid="examples" on:change=move |event| on_choose.run(event_target_value(&event))>
                <Show when=move || !own.with(Vec::is_empty)>
                    <optgroup label="Yours">
                        {move || own.get().into_iter().map(|name| option(name.clone(), name)).collect_view()}
                    </optgroup>
                </Show>
                <optgroup label="Lessons">{options(true)}</optgroup>
                <optgroup label="Examples">{options(false)}</optgroup>
            </select>
        </div>
    }
}
