//! The page: what is on it and where. It must never know how a program runs.

use amphi_browser::page::Habitat;
use leptos::ev;
use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;

use crate::editor::Editor;
use crate::examples::{self, ExamplePicker};
use crate::exports::ExportForms;
use crate::output::{OutputLog, Screen};
use crate::project::{Problem, Project};
use crate::run_button::RunButton;
use crate::runner::Runner;
use crate::status::{Ground, RunStatus};
use crate::stdin::StdinEntry;

/// How long after the last key a text is looked at for mistakes.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(400);

/// The whole page.
#[component]
pub fn App(
    /// Where programs run.
    habitat: Habitat,
    /// The name of the example to begin with.
    example: Option<String>,
    /// True to run it at once.
    run_at_once: bool,
) -> impl IntoView {
    let screen = Screen::default();
    let runner = Runner::new(habitat, screen.clone());
    let project = RwSignal::new(examples::find(example.as_deref()));
    let beside = RwSignal::new(first_beside(&project.get_untracked()));
    let problem = RwSignal::new(None::<Problem>);

    let look = move || {
        let prepared = project.with_untracked(Project::prepare);
        problem.set(prepared.as_ref().err().cloned());
        if let Ok(prepared) = prepared {
            runner.compare(&prepared.hosts);
        }
    };
    let renew = move || {
        let prepared = project.with_untracked(Project::prepare);
        problem.set(prepared.as_ref().err().cloned());
        if let Ok(prepared) = prepared {
            runner.renew(prepared.hosts);
        }
    };
    let start = move || {
        let prepared = project.with_untracked(Project::prepare);
        problem.set(prepared.as_ref().err().cloned());
        match prepared {
            Ok(prepared) => runner.start(prepared),
            Err(_) => runner.refuse(),
        }
    };
    let press = Callback::new(move |()| if runner.state.get_untracked().is_free() { start() } else { runner.stop() });
    let choose = Callback::new(move |name: String| {
        let chosen = examples::find(Some(&name));
        beside.set(first_beside(&chosen));
        problem.set(None);
        project.set(chosen);
    });
    let pause = StoredValue::new(None::<TimeoutHandle>);
    let edit = Callback::new(move |(path, text): (String, String)| {
        project.update(|project| project.set_text(&path, text));
        if let Some(before) = pause.get_value() {
            before.clear();
        }
        pause.set_value(set_timeout_with_handle(look, PAUSE).ok());
    });

    let keys = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && runner.state.get_untracked().is_free() {
            event.prevent_default();
            start();
        }
        if event.key() == "s" && (event.ctrl_key() || event.meta_key()) {
            // There is no file for the browser to save.
            event.prevent_default();
            renew();
        }
    });
    on_cleanup(move || keys.remove());
    if run_at_once {
        start();
    }

    view! {
        <div class="page">
            <a class="skip" href="#output">"Skip to the output"</a>
            <Header />
            <main class="main">
                <div class="tools">
                    <RunButton state=runner.state on_press=press />
                    <span class="unseen" id="editor-keys">"Control+Enter runs. Control+S has a program that runs use the host functions as they are now. Tab indents; Escape, then Tab, leaves the editor."</span>
                    <kbd aria-hidden="true">"Ctrl+Enter"</kbd>
                    <ExamplePicker chosen=Signal::derive(move || project.with(|project| project.name.clone())) on_choose=choose />
                    <p class="about">{move || with_code(&project.with(Project::about))}</p>
                </div>
                <div class="panes">
                    <ScriptPane project problem edit />
                    <BesidePane project beside problem edit edited=runner.edited.into() on_renew=Callback::new(move |()| renew()) />
                    <section class="pane output" aria-label="Output">
                        <header><h2>"Output"</h2></header>
                        <OutputLog screen />
                        <StdinEntry runner />
                        <RunStatus runner />
                        <ExportForms runner on_reset=Callback::new(move |()| start()) />
                    </section>
                </div>
            </main>
            <Ground runner />
        </div>
    }
}

/// A sentence whose words between backquotes are code.
fn with_code(text: &str) -> Vec<AnyView> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| {
            let part = part.to_owned();
            if at % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
        })
        .collect()
}

/// The first text beside the script.
fn first_beside(project: &Project) -> String {
    project.beside().into_iter().next().unwrap_or_default()
}

#[component]
fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <div class="brand">
                <svg viewBox="0 0 32 32" aria-hidden="true">
                    <path class="a" d="M16 3a13 13 0 0 0-13 13h13z" />
                    <path class="b" d="M16 29a13 13 0 0 0 13-13H16z" />
                    <circle class="a" cx="22.5" cy="9.5" r="3.5" />
                    <circle class="b" cx="9.5" cy="22.5" r="3.5" />
                </svg>
                <h1>"amphi"</h1>
            </div>
            <p>"One Python, two habitats: write the script and the host functions it calls, and run both right here."</p>
        </header>
    }
}

/// The editor of the script.
#[component]
fn ScriptPane(
    project: RwSignal<Project>,
    problem: RwSignal<Option<Problem>>,
    edit: Callback<(String, String)>,
) -> impl IntoView {
    let path = Memo::new(move |_| project.with(Project::script));
    let text = Memo::new(move |_| project.with(|project| project.text(&path.get())));
    let change = Callback::new(move |text| edit.run((path.get_untracked(), text)));
    view! {
        <section class="pane" aria-label="Script">
            <header>
                <label for="script">"Script"</label>
                <span class="path">{path}</span>
            </header>
            <Editor id="script" text on_change=change invalid=is_in(problem, path.into()) />
            <ProblemNote problem path=path.into() />
        </section>
    }
}

/// The editor of what is beside the script: host functions first.
#[component]
fn BesidePane(
    project: RwSignal<Project>,
    beside: RwSignal<String>,
    problem: RwSignal<Option<Problem>>,
    edit: Callback<(String, String)>,
    edited: Signal<bool>,
    on_renew: Callback<()>,
) -> impl IntoView {
    let paths = Memo::new(move |_| project.with(Project::beside));
    let text = Memo::new(move |_| project.with(|project| project.text(&beside.get())));
    let has_hosts = Memo::new(move |_| project.with(|project| !project.hosts().is_empty()));
    let change = Callback::new(move |text| edit.run((beside.get_untracked(), text)));
    let add = move |_| project.update(|project| beside.set(project.add_host()));
    // A mistake in a text that is not shown is shown by showing the text.
    Effect::new(move |_| {
        let file = problem.with(|problem| problem.as_ref().map(|problem| problem.file.clone()));
        if let Some(file) = file.filter(|file| paths.get_untracked().contains(file)) {
            beside.set(file);
        }
    });
    let option = move |path: String| {
        let (value, shown) = (path.clone(), path.clone());
        view! { <option value=value selected=move || beside.get() == path>{shown}</option> }
    };
    view! {
        <section class="pane" aria-label="Host functions and files">
            <header>
                <label for="host">"Host functions"</label>
                <select data-testid="host-file" aria-label="File" on:change=move |event| beside.set(event_target_value(&event))>
                    <For each=move || paths.get() key=String::clone children=option />
                </select>
                <Show when=move || edited.get()>
                    <button type="button" data-testid="renew" title="Control+S" on:click=move |_| on_renew.run(())>"Use now"</button>
                </Show>
                <Show when=move || !has_hosts.get()>
                    <button type="button" data-testid="add-host" on:click=add>"Add a host function"</button>
                </Show>
            </header>
            <Editor id="host" text on_change=change invalid=is_in(problem, beside.into()) />
            <ProblemNote problem path=beside.into() />
        </section>
    }
}

fn is_in(problem: RwSignal<Option<Problem>>, path: Signal<String>) -> Signal<bool> {
    Signal::derive(move || problem.with(|problem| problem.as_ref().is_some_and(|problem| problem.file == path.get())))
}

/// The mistake in a text, if there is one, under it.
#[component]
fn ProblemNote(problem: RwSignal<Option<Problem>>, path: Signal<String>) -> impl IntoView {
    let here = is_in(problem, path);
    view! {
        <Show when=move || here.get()>
            <div class="problem" data-testid="problem" role="alert">
                {move || problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))}
            </div>
        </Show>
    }
}
