//! The page: what is on it and where. It must never know how a program runs.

use amphi_browser::page::Habitat;
use amphi_core::link::{self, LinkError};
use leptos::ev;
use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;

use crate::calls::CallDock;
use crate::examples::{self, ExamplePicker};
use crate::exports::ExportForms;
use crate::faults::Faults;
use crate::files::{self, FileDock};
use crate::keeper::Keeping;
use crate::lesson::LessonPane;
use crate::modules::{self, Module};
use crate::output::{OutputLog, Screen};
use crate::panes::{BesidePane, ScriptPane};
use crate::preference::Preference;
use crate::project::{Problem, Project};
use crate::run_button::RunButton;
use crate::runner::Runner;
use crate::share::{self, BrokenLink, LinkNotice, ShareBox};
use crate::shelf::Shelf;
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
    /// The program that came by link, if one did.
    came: Option<Result<Project, LinkError>>,
    /// True to run the example at once.
    run_at_once: bool,
) -> impl IntoView {
    let screen = Screen::default();
    let runner = Runner::new(habitat, screen.clone());
    let run_at_once = run_at_once && came.is_none();
    let shelf = Shelf::new(example.as_deref(), came.clone().and_then(Result::ok));
    let (broken, trusted) = (StoredValue::new(came.and_then(Result::err)), RwSignal::new(false));
    let project = shelf.project;
    let beside = RwSignal::new(first_beside(&project.get_untracked()));
    let problem = RwSignal::new(None::<Problem>);
    let offered = RwSignal::new(Vec::<Module>::new());
    let vim = Preference::new("vim");
    let (sure, went_on) = (RwSignal::new(false), RwSignal::new(false));
    let (faults, calls_open, files_open) = (Faults::default(), Preference::new("calls"), Preference::new("files"));

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
    let asks_for_trust =
        move || project.with_untracked(Project::program).is_ok_and(|program| share::needs_trust(&program));
    let is_refused = move || shelf.linked.get_untracked() && !trusted.get_untracked() && asks_for_trust();
    let renew = move || match prepare() {
        Some(_) if is_refused() => runner.refuse(share::NOT_TRUSTED),
        Some(prepared) => runner.renew(&prepared),
        None => reveal(),
    };
    // The program as it was started.
    let started = StoredValue::new(None::<Project>);
    let start = move || match prepare() {
        Some(_) if is_refused() => runner.refuse(share::NOT_TRUSTED),
        Some(mut prepared) => {
            prepared.program.watch.faults.extend(faults.get());
            started.set_value(Some(project.get_untracked()));
            runner.start(prepared);
        }
        None => {
            reveal();
            runner.refuse("Not started: there is a mistake in the program.");
        }
    };
    // A line is one of the text that ran.
    let ran = move |file: &str| {
        project.with(|project| {
            let is_same =
                |then: &Project| then.name == project.name && then.files().get(file) == project.files().get(file);
            started.with_value(|started| started.as_ref().is_some_and(is_same))
        })
    };
    // The one that made the call that is looked at.
    let here = Memo::new(move |_| runner.calls.chosen_line().filter(|(file, _)| ran(file)));
    let marks = Memo::new(move |_| {
        let mut marks = runner.raised.get();
        marks.retain(|mark| ran(&mark.file));
        marks.extend(problem.with(|problem| problem.as_ref().and_then(|problem| problem.mark.clone())));
        marks
    });
    let press = Callback::new(move |()| if runner.state.get_untracked().is_free() { start() } else { runner.stop() });
    let (dropped_note, inspected) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    // Another program is shown, or the same from its start.
    Effect::new(move |before: Option<String>| {
        shelf.turned.track();
        let name = project.with_untracked(|project| project.name.clone());
        if let Some(before) = before {
            let is_other = before != name;
            // What starts over shows the file that it showed.
            if is_other || !project.with_untracked(Project::beside).contains(&beside.get_untracked()) {
                beside.set(project.with_untracked(first_beside));
            }
            if is_other {
                faults.clear();
                trusted.set(false);
                runner.disown();
            }
            inspected.set(None);
            offered.set(Vec::new());
            look();
        }
        name
    });
    let choose_next = move || {
        if let Some(next) = project.with_untracked(|project| examples::lesson_after(&project.name)) {
            shelf.choose(next.to_owned());
        }
    };
    let lesson = Memo::new(move |_| {
        project.with(|project| Some((project.lesson()?.clone(), project.title(), project.name.clone())))
    });
    let changed = Memo::new(move |_| shelf.is_changed());
    let pause = StoredValue::new(None::<TimeoutHandle>);
    let look_soon = move || {
        if let Some(before) = pause.get_value() {
            before.clear();
        }
        let pass = move || {
            look();
            shelf.keep();
        };
        pause.set_value(set_timeout_with_handle(pass, PAUSE).ok());
    };
    Effect::new(move |before: Option<()>| {
        project.track();
        if before.is_some() {
            look_soon();
        }
    });
    let show_file = Callback::new(move |file: String| {
        if project.with_untracked(Project::beside).contains(&file) {
            beside.set(file);
        }
    });
    let edit = Callback::new(move |(path, text): (String, String)| {
        project.update(|project| project.set_text(&path, text));
    });
    // A file that is taken out is edited no more.
    Effect::new(move |_| {
        let next =
            project.with(|project| (!project.files().contains_key(&beside.get())).then(|| first_beside(project)));
        if let Some(next) = next.filter(|next| *next != beside.get_untracked()) {
            beside.set(next);
        }
    });
    // There is room for one of them.
    Effect::new(move |_| {
        if calls_open.get() {
            files_open.set(false)
        }
    });
    Effect::new(move |_| {
        if files_open.get() {
            calls_open.set(false)
        }
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
    // Another link in the same tab is another program.
    let linking = window_event_listener(ev::hashchange, move |_| {
        if window().location().hash().is_ok_and(|hash| link::is_link(&hash)) {
            shelf.keep();
            let _ = window().location().reload();
        }
    });
    // A tab that is left may never be seen again.
    let leaving = window_event_listener(ev::visibilitychange, move |_| shelf.keep());
    let hiding = window_event_listener(ev::pagehide, move |_| shelf.keep());
    on_cleanup(move || {
        keys.remove();
        linking.remove();
        leaving.remove();
        hiding.remove();
    });
    if run_at_once {
        start();
    } else {
        // Not while the page is being put up.
        look_soon();
    }

    view! {
        <div
            class="page"
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| {
                if files::dropped(&event, project, dropped_note, inspected) {
                    files_open.set(true);
                }
            }
        >
            <a class="skip" href="#output">"Skip to the output"</a>
            <Header />
            <main class="main">
                <div class="tools">
                    <RunButton state=runner.state on_press=press />
                    <kbd aria-hidden="true">"Ctrl+Enter"</kbd>
                    <ExamplePicker chosen=Signal::derive(move || project.with(|project| project.name.clone())) kept=shelf.keeper.names on_choose=Callback::new(move |name| shelf.choose(name)) />
                    <button type="button" data-testid="new" on:click=move |_| shelf.add_new()>"New"</button>
                    // It stays where it is, so that who pressed it does too.
                    <button
                        type="button"
                        data-testid="start-over"
                        title="The editors can undo it"
                        aria-disabled=move || (!changed.get()).then_some("true")
                        on:click=move |_| {
                            // Files that did not come with it no editor has.
                            let asks = changed.get_untracked() && untrack(|| shelf.has_more()) && !sure.get_untracked();
                            sure.set(asks);
                            if !asks {
                                shelf.start_over();
                            }
                        }
                        on:blur=move |_| sure.set(false)
                    >
                        {move || if sure.get() { "Really? Files you added go" } else { "Start over" }}
                    </button>
                    <ShareBox project />
                    <label class="check">
                        <input type="checkbox" data-testid="vim" prop:checked=move || vim.get() on:change=move |event| vim.set(event_target_checked(&event)) />
                        "Vim keys"
                    </label>
                    <p class="about">{move || with_code(&project.with(Project::about))}</p>
                </div>
                {broken.get_value().map(|error| view! { <BrokenLink error /> })}
                <Show when=move || shelf.linked.get()><LinkNotice project trusted /></Show>
                <Show when=move || shelf.keeper.state.with(Keeping::asks_for_a_copy)>
                    <div class="notice" role="alert" data-testid="elsewhere">
                        <p>{move || shelf.keeper.state.with(Keeping::words)}</p>
                        <button type="button" data-testid="copy-here" on:click=move |_| shelf.copy()>"Keep a copy here"</button>
                    </div>
                </Show>
                <div class="panes" data-lesson=move || lesson.with(|lesson| lesson.is_some().then_some("yes"))>
                    {move || lesson.get().map(|(lesson, title, name)| view! {
                        <LessonPane
                            lesson
                            title
                            runner
                            has_next=examples::lesson_after(&name).is_some()
                            on_solve=Callback::new(move |()| project.update(Project::solve))
                            on_next=Callback::new(move |()| choose_next())
                            went_on
                        />
                    })}
                    <ScriptPane project problem marks here offered vim edit />
                    <BesidePane project beside problem marks here offered vim edit edited=runner.edited.into() on_renew=Callback::new(move |()| renew()) on_add=Callback::new(move |()| look()) />
                    <section class="pane output" aria-label="Output">
                        <header><h2>"Output"</h2></header>
                        <OutputLog screen />
                        <StdinEntry runner />
                        <RunStatus runner />
                        <ExportForms runner on_reset=Callback::new(move |()| start()) />
                    </section>
                </div>
                <div class="docks">
                <CallDock calls=runner.calls open=calls_open faults on_file=show_file on_again=Callback::new(move |()| start()) />
                <FileDock
                    project
                    changed=runner.changed
                    open=files_open
                    on_open=Callback::new(move |path: String| beside.set(path))
                    kept=Signal::derive(move || shelf.keeper.state.with(Keeping::words))
                    own=Signal::derive(move || shelf.is_own())
                    on_remove=Callback::new(move |()| shelf.remove())
                    said=dropped_note
                    inspected
                    on_run=Callback::new(move |path: String| shelf.add_module(&path))
                />
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
