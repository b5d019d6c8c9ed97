//! The page: what is on it and where. It must never know how a program runs.

use amphi_browser::page::Habitat;
use leptos::ev;
use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;

use crate::editor::Editor;
use crate::examples::{self, ExamplePicker};
use crate::exports::ExportForms;
use crate::mark::Mark;
use crate::modules::{self, Module};
use crate::output::{OutputLog, Screen};
use crate::preference::Preference;
use crate::project::{Problem, Project};
use crate::run_button::RunButton;
use crate::runner::Runner;
use crate::status::{Ground, RunStatus};
use crate::stdin::StdinEntry;
use crate::tabs::FileTabs;

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
    // What "Start over" gives back.
    let original = StoredValue::new(project.get_untracked());
    let beside = RwSignal::new(first_beside(&project.get_untracked()));
    let problem = RwSignal::new(None::<Problem>);
    let offered = RwSignal::new(Vec::<Module>::new());
    let vim = Preference::new("vim");

    let prepare = move || {
        let prepared = project.with_untracked(Project::prepare);
        problem.set(prepared.as_ref().err().cloned());
        if let Ok(prepared) = &prepared {
            offered.set(modules::of_program(prepared));
        }
        prepared.ok()
    };
    let look = move || {
        if let Some(prepared) = prepare() {
            runner.compare(&prepared);
        }
    };
    // A mistake that keeps a program from running is shown; one that is only noticed while its reader writes elsewhere
    // is told by its tab.
    let reveal = move || {
        let file = problem.with_untracked(|problem| problem.as_ref().map(|problem| problem.file.clone()));
        if let Some(file) = file.filter(|file| project.with_untracked(Project::beside).contains(file)) {
            beside.set(file);
        }
    };
    let renew = move || match prepare() {
        Some(prepared) => runner.renew(&prepared),
        None => reveal(),
    };
    // The program as it was started.
    let started = StoredValue::new(None::<Project>);
    let start = move || match prepare() {
        Some(prepared) => {
            started.set_value(Some(project.get_untracked()));
            runner.start(prepared);
        }
        None => {
            reveal();
            runner.refuse();
        }
    };
    let marks = Memo::new(move |_| {
        let mut marks = runner.raised.get();
        project.with(|project| {
            // An exception is in a line of the text that ran.
            let ran = |file: &str| {
                let then =
                    started.with_value(|started| started.as_ref().map(|then| (then.name.clone(), then.text(file))));
                then == Some((project.name.clone(), project.text(file)))
            };
            marks.retain(|mark| ran(&mark.file));
        });
        marks.extend(problem.with(|problem| problem.as_ref().and_then(|problem| problem.mark.clone())));
        marks
    });
    let press = Callback::new(move |()| if runner.state.get_untracked().is_free() { start() } else { runner.stop() });
    let choose = Callback::new(move |name: String| {
        let chosen = examples::find(Some(&name));
        // What starts over shows the file that it showed.
        let stays = project.with_untracked(|project| project.name == chosen.name);
        if !stays || !chosen.beside().contains(&beside.get_untracked()) {
            beside.set(first_beside(&chosen));
        }
        original.set_value(chosen.clone());
        project.set(chosen);
        offered.set(Vec::new());
        look();
    });
    let changed = Memo::new(move |_| project.with(|project| original.with_value(|original| project != original)));
    let pause = StoredValue::new(None::<TimeoutHandle>);
    let look_soon = move || {
        if let Some(before) = pause.get_value() {
            before.clear();
        }
        pause.set_value(set_timeout_with_handle(look, PAUSE).ok());
    };
    let edit = Callback::new(move |(path, text): (String, String)| {
        project.update(|project| project.set_text(&path, text));
        look_soon();
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
    } else {
        // Not while the page is being put up.
        look_soon();
    }

    view! {
        <div class="page">
            <a class="skip" href="#output">"Skip to the output"</a>
            <Header />
            <main class="main">
                <div class="tools">
                    <RunButton state=runner.state on_press=press />
                    <kbd aria-hidden="true">"Ctrl+Enter"</kbd>
                    <ExamplePicker chosen=Signal::derive(move || project.with(|project| project.name.clone())) on_choose=choose />
                    // It stays where it is, so that who pressed it does too.
                    <button
                        type="button"
                        data-testid="start-over"
                        title="The editors can undo it"
                        aria-disabled=move || (!changed.get()).then_some("true")
                        on:click=move |_| choose.run(project.with_untracked(|project| project.name.clone()))
                    >
                        "Start over"
                    </button>
                    <label class="check">
                        <input type="checkbox" data-testid="vim" prop:checked=move || vim.get() on:change=move |event| vim.set(event_target_checked(&event)) />
                        "Vim keys"
                    </label>
                    <p class="about">{move || with_code(&project.with(Project::about))}</p>
                </div>
                <div class="panes">
                    <ScriptPane project problem marks offered vim edit />
                    <BesidePane project beside problem marks offered vim edit edited=runner.edited.into() on_renew=Callback::new(move |()| renew()) on_add=Callback::new(move |()| look()) />
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
    marks: Memo<Vec<Mark>>,
    offered: RwSignal<Vec<Module>>,
    vim: Preference,
    edit: Callback<(String, String)>,
) -> impl IntoView {
    let name = Memo::new(move |_| project.with(|project| project.name.clone()));
    let path = Memo::new(move |_| project.with(Project::script));
    let text = Memo::new(move |_| project.with(|project| project.text(&path.get())));
    let change = Callback::new(move |text| edit.run((path.get_untracked(), text)));
    view! {
        <section class="pane" aria-label="Script">
            <header>
                <h2>"Script"</h2>
                <span class="path">{path}</span>
            </header>
            <Editor id="script" label="Script" project=name path text on_change=change marks invalid=is_in(problem, path.into()) modules=offered vim=vim.signal() />
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
    marks: Memo<Vec<Mark>>,
    offered: RwSignal<Vec<Module>>,
    vim: Preference,
    edit: Callback<(String, String)>,
    edited: Signal<bool>,
    on_renew: Callback<()>,
    on_add: Callback<()>,
) -> impl IntoView {
    let name = Memo::new(move |_| project.with(|project| project.name.clone()));
    let paths = Memo::new(move |_| project.with(Project::beside));
    let text = Memo::new(move |_| project.with(|project| project.text(&beside.get())));
    let has_hosts = Memo::new(move |_| project.with(|project| !project.hosts().is_empty()));
    let change = Callback::new(move |text| edit.run((beside.get_untracked(), text)));
    let add = move |_| {
        project.update(|project| beside.set(project.add_host()));
        on_add.run(());
    };
    let wrong = Memo::new(move |_| {
        let mistake = problem.with(|problem| problem.as_ref().map(|problem| problem.file.clone()));
        marks.get().into_iter().map(|mark| mark.file).chain(mistake).collect::<Vec<String>>()
    });
    view! {
        <section class="pane" aria-label="Host functions and files">
            <header>
                <h2>"Host functions"</h2>
                <FileTabs label="Files" panel="beside" paths chosen=beside wrong />
                <Show when=move || edited.get()>
                    <button type="button" data-testid="renew" title="Control+S" on:click=move |_| on_renew.run(())>"Use now"</button>
                </Show>
                <Show when=move || !has_hosts.get()>
                    <button type="button" data-testid="add-host" on:click=add>"Add a host function"</button>
                </Show>
            </header>
            <div id="beside" class="panel" role="tabpanel" aria-label=move || beside.get()>
                <Editor id="host" label="Host function or file" project=name path=beside text on_change=change marks invalid=is_in(problem, beside.into()) modules=offered vim=vim.signal() />
            </div>
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
