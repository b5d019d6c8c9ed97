//! The two panes that texts are written in: the script, and what is beside it. They must never know what a text means.

use leptos::prelude::*;

use crate::editor::Editor;
use crate::mark::Mark;
use crate::modules::Module;
use crate::preference::Preference;
use crate::project::{Problem, Project};
use crate::tabs::FileTabs;

/// The editor of the script.
#[component]
pub fn ScriptPane(
    /// The program.
    project: RwSignal<Project>,
    /// The mistake that keeps it from running.
    problem: RwSignal<Option<Problem>>,
    /// Lines with mistakes in them.
    marks: Memo<Vec<Mark>>,
    /// The line that made the call that is looked at.
    here: Memo<Option<(String, u32)>>,
    /// What a script can import.
    offered: RwSignal<Vec<Module>>,
    /// Whether editors have Vim's keys.
    vim: Preference,
    /// A text was changed: its path, and what it is now.
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
            <Editor id="script" label="Script" project=name path text on_change=change marks here invalid=is_in(problem, path.into()) modules=offered vim=vim.signal() />
            <ProblemNote problem path=path.into() />
        </section>
    }
}

/// The editor of what is beside the script: host functions first.
#[component]
pub fn BesidePane(
    /// The program.
    project: RwSignal<Project>,
    /// The file that is shown.
    beside: RwSignal<String>,
    /// The mistake that keeps it from running.
    problem: RwSignal<Option<Problem>>,
    /// Lines with mistakes in them.
    marks: Memo<Vec<Mark>>,
    /// The line that made the call that is looked at.
    here: Memo<Option<(String, u32)>>,
    /// What a script can import.
    offered: RwSignal<Vec<Module>>,
    /// Whether editors have Vim's keys.
    vim: Preference,
    /// A text was changed: its path, and what it is now.
    edit: Callback<(String, String)>,
    /// Whether the run under way has other host functions.
    edited: Signal<bool>,
    /// It is to have these.
    on_renew: Callback<()>,
    /// A host function was added.
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
                <Editor id="host" label="Host function or file" project=name path=beside text on_change=change marks here invalid=is_in(problem, beside.into()) modules=offered vim=vim.signal() />
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
