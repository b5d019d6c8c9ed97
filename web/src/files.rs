//! The program's files: a tree, with what the last run did to them; opened, added, taken out, downloaded. It must never
//! know where they are kept.

use std::collections::HashMap;

use amphi_core::manifest::FILE;
use amphi_core::{Access, Bytes, Change, ChangedFile};
use leptos::ev::DragEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::FileList;

use crate::download::{download, zipped};
use crate::inspector::Inspector;
use crate::preference::Preference;
use crate::project::Project;
use crate::store::contents;
use crate::words::{bytes, plural};

/// A file that is larger is not taken: a program with it could hardly be kept, and never be shared.
const LARGEST: f64 = 64e6;

/// So many files are listed: a run may leave a hundred thousand.
const LISTED: usize = 500;

/// What stands on a line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    path: String,
    /// What a reader sees of it: its name, behind its folders.
    depth: usize,
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Folder,
    /// Of so many bytes, and what the last run did to it.
    File(u64, &'static str),
    /// The run made it, and the program has it not.
    Made(u64),
    /// A folder beside the program's, and what the guest may do with it.
    Mount(&'static str),
}

/// The files, at the foot of the page: a line that says how many, and opens.
#[component]
pub fn FileDock(
    /// The program.
    project: RwSignal<Project>,
    /// What the last run did to its files.
    changed: RwSignal<Vec<ChangedFile>>,
    /// Whether it is open.
    open: Preference,
    /// A file is to be edited.
    on_open: Callback<String>,
    /// What is said of keeping the program.
    kept: Signal<String>,
    /// Whether the program is one of the reader's own, and can be removed.
    own: Signal<bool>,
    /// It is to be removed.
    on_remove: Callback<()>,
    /// What is said of files that are added.
    said: RwSignal<String>,
    /// The module that is looked at.
    inspected: RwSignal<Option<String>>,
    /// A module is to be a program of its own.
    on_run: Callback<String>,
) -> impl IntoView {
    let lines = Memo::new(move |_| project.with(|project| changed.with(|changed| tree(project, changed))));
    let picker = NodeRef::<Input>::new();
    let count = move || {
        let files = project.with(|project| project.files().len());
        let changed = changed.with(Vec::len);
        let changed = if changed == 0 { String::new() } else { format!(", the run changed {changed}") };
        format!("{}{changed}", plural(files as u64, "file"))
    };
    let picked = move |_| {
        let Some(picker) = picker.get_untracked() else { return };
        if let Some(files) = picker.files() {
            take(files, project, said, inspected);
        }
        // The same file can be chosen again.
        picker.set_value("");
    };
    let new_file = NodeRef::<Input>::new();
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = new_file.get_untracked() else { return };
        let path = input.value().trim().to_owned();
        if project.with_untracked(|project| project.files().contains_key(&path)) {
            said.set(format!("{path} is there already."));
            on_open.run(path);
            return;
        }
        match project.try_update(|project| project.add(&path, Bytes::default())) {
            Some(Ok(())) => {
                input.set_value("");
                said.set(String::new());
                on_open.run(path);
            }
            Some(Err(why)) => said.set(why),
            None => {}
        }
    };
    let all = move |_| {
        let (name, files) = project.with_untracked(|project| (project.name.clone(), project.files().clone()));
        let archive = zipped(&name, files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref())));
        download(&format!("{name}.zip"), "application/zip", &archive);
    };
    let sure = RwSignal::new(false);
    let one = move |line: Line| view! { <FileLine line project changed inspected on_open said /> };
    let inspector = move || {
        let path = inspected.get()?;
        let module = project.with_untracked(|project| project.files().get(&path).cloned())?;
        Some(view! { <Inspector path module=module.0 on_run on_close=Callback::new(move |()| inspected.set(None)) /> })
    };
    view! {
        <section class="dock" aria-label="Files" data-open=move || open.get().then_some("yes")>
            <header>
                <button type="button" class="opens" data-testid="files-open" aria-expanded=move || open.get().to_string() aria-controls="files" on:click=move |_| open.set(!open.get())>
                    "Files"
                </button>
                <span class="said" data-testid="files-said">{count}</span>
                <span class="said" role="status" data-testid="kept">{move || kept.get()}</span>
            </header>
            <Show when=move || open.get()>
                <div id="files" class="files">
                    <div class="acts">
                        <button type="button" data-testid="upload" on:click=move |_| { if let Some(picker) = picker.get_untracked() { picker.click(); } }>"Add files from this machine"</button>
                        <input class="unseen" type="file" multiple tabindex="-1" aria-hidden="true" data-testid="uploads" node_ref=picker on:change=picked />
                        <form on:submit=add>
                            <label for="new-file">"New file"</label>
                            <input id="new-file" data-testid="new-file" type="text" placeholder="notes.txt" autocomplete="off" spellcheck="false" node_ref=new_file />
                            <button type="submit" data-testid="new-file-add">"Add"</button>
                        </form>
                        <button type="button" data-testid="download-all" on:click=all>"Download all (zip)"</button>
                        <Show when=move || own.get()>
                            <button
                                type="button"
                                data-testid="remove"
                                on:click=move |_| if sure.get_untracked() { sure.set(false); on_remove.run(()) } else { sure.set(true) }
                                on:blur=move |_| sure.set(false)
                            >
                                {move || if sure.get() { "Really remove this program?" } else { "Remove this program" }}
                            </button>
                        </Show>
                        <p role="status" data-testid="files-note">{move || said.get()}</p>
                    </div>
                    {inspector}
                    <table>
                        <caption class="unseen">"Files of the program"</caption>
                        <thead><tr><th scope="col">"Path"</th><th scope="col">"Size"</th><th scope="col">"Last run"</th><th scope="col"><span class="unseen">"What can be done"</span></th></tr></thead>
                        <tbody><For each=move || lines.get() key=|line| format!("{line:?}") let(line)>{one(line)}</For></tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

/// A line of the tree.
#[component]
fn FileLine(
    line: Line,
    project: RwSignal<Project>,
    changed: RwSignal<Vec<ChangedFile>>,
    inspected: RwSignal<Option<String>>,
    on_open: Callback<String>,
    said: RwSignal<String>,
) -> impl IntoView {
    let Line { path, depth, name, kind } = line;
    let (size, state, is_file, is_made) = match kind {
        Kind::Folder => (String::new(), "", false, false),
        Kind::File(size, state) => (bytes(size), state, true, false),
        Kind::Made(size) => (bytes(size), "made", true, true),
        Kind::Mount(access) => (String::new(), access, false, false),
    };
    let left = {
        let path = path.clone();
        move || {
            changed.with_untracked(|changed| {
                let file = changed.iter().find(|file| file.path == path)?;
                match &file.change {
                    Change::Added(bytes) | Change::Modified(bytes) => Some(bytes.clone()),
                    Change::Removed => None,
                }
            })
        }
    };
    let own = {
        let path = path.clone();
        move || project.with_untracked(|project| project.files().get(&path).cloned())
    };
    let (open, save, keep, delete, look) = (path.clone(), path.clone(), path.clone(), path.clone(), path.clone());
    let is_module = is_wasm(&path);
    let (made, kept) = (left.clone(), left.clone());
    let is_changed = matches!(state, "made" | "changed");
    let is_text = own().is_some_and(|bytes| str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\0')));
    view! {
        <tr class:changed=!state.is_empty() data-testid=format!("path-{path}")>
            <td style:padding-left=format!("{}rem", depth)><code>{name.clone()}</code></td>
            <td>{size}</td>
            <td>{state}</td>
            <td class="can"><div>
                {(is_file && is_text && !is_made).then(|| view! { <button type="button" aria-label=format!("Open {name}") on:click=move |_| on_open.run(open.clone())>"Open"</button> })}
                {(is_module && is_file && !is_made).then(|| view! { <button type="button" aria-label=format!("Inspect {name}") on:click=move |_| inspected.set(Some(look.clone()))>"Inspect"</button> })}
                {is_file.then(|| view! {
                    <button type="button" aria-label=format!("Download {name}") on:click=move |_| {
                        // What the run left of it is what its reader wants.
                        if let Some(bytes) = made().or_else(&own) {
                            download(save.rsplit('/').next().unwrap_or_default(), "application/octet-stream", &bytes);
                        }
                    }>"Download"</button>
                })}
                {is_changed.then(|| view! {
                    <button type="button" aria-label=format!("Keep {name} as the run left it") title="Put it into the program as the run left it" on:click=move |_| {
                        if let Some(bytes) = kept() {
                            match project.try_update(|project| project.add(&keep, bytes)) {
                                Some(Err(why)) => said.set(why),
                                _ => changed.update(|changed| changed.retain(|file| file.path != keep)),
                            }
                        }
                    }>"Keep"</button>
                })}
                {(is_file && !is_made && path != FILE).then(|| view! { <button type="button" aria-label=format!("Take out {name}") on:click=move |_| project.update(|project| project.remove(&delete))>"Take out"</button> })}
            </div></td>
        </tr>
    }
}

/// The lines of the tree: folders before what is in them, then what is mounted.
fn tree(project: &Project, changed: &[ChangedFile]) -> Vec<Line> {
    let by_path: HashMap<&str, &Change> = changed.iter().map(|file| (file.path.as_str(), &file.change)).collect();
    let mut files: Vec<(&str, Kind)> = project
        .files()
        .iter()
        .map(|(path, bytes)| {
            let state = match by_path.get(path.as_str()) {
                Some(Change::Added(_) | Change::Modified(_)) => "changed",
                Some(Change::Removed) => "removed",
                None => "",
            };
            (path.as_str(), Kind::File(bytes.len() as u64, state))
        })
        .collect();
    let is_new = |file: &&ChangedFile| !project.files().contains_key(&file.path);
    files.extend(changed.iter().filter(is_new).filter_map(|file| match &file.change {
        Change::Added(bytes) | Change::Modified(bytes) => Some((file.path.as_str(), Kind::Made(bytes.len() as u64))),
        Change::Removed => None,
    }));
    files.sort_by_key(|(path, _)| *path);
    let mut lines: Vec<Line> = Vec::new();
    let mut under: Vec<&str> = Vec::new();
    let more = files.len().saturating_sub(LISTED);
    for (path, kind) in files.into_iter().take(LISTED) {
        let mut parts: Vec<&str> = path.split('/').collect();
        let Some(name) = parts.pop() else { continue };
        let same = parts.iter().zip(&under).take_while(|(one, other)| one == other).count();
        for depth in same..parts.len() {
            let Some(name) = parts.get(depth) else { break };
            let path = parts.get(..=depth).unwrap_or_default().join("/");
            lines.push(Line { path, depth, name: format!("{name}/"), kind: Kind::Folder });
        }
        lines.push(Line { path: path.to_owned(), depth: parts.len(), name: name.to_owned(), kind });
        under = parts;
    }
    if more > 0 {
        let name = format!("and {} that are not listed", plural(more as u64, "file"));
        lines.push(Line { path: String::new(), depth: 0, name, kind: Kind::Folder });
    }
    if let Ok(program) = project.program() {
        lines.extend(program.all_mounts().map(|mount| {
            let access = if mount.access == Access::ReadOnly { "mounted, read-only" } else { "mounted" };
            Line { path: mount.guest.clone(), depth: 0, name: mount.guest.clone(), kind: Kind::Mount(access) }
        }));
    }
    lines
}

/// Files that were dropped on the page; false for anything else that was.
pub fn dropped(
    event: &DragEvent,
    project: RwSignal<Project>,
    said: RwSignal<String>,
    inspected: RwSignal<Option<String>>,
) -> bool {
    let files = event.data_transfer().and_then(|data| data.files()).filter(|files| files.length() > 0);
    if let Some(files) = files {
        event.prevent_default();
        take(files, project, said, inspected);
        return true;
    }
    false
}

fn is_wasm(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("wasm"))
}

/// Puts files of the reader's machine into the program; a module is looked into at once.
fn take(files: FileList, project: RwSignal<Project>, said: RwSignal<String>, inspected: RwSignal<Option<String>>) {
    for file in (0..files.length()).filter_map(|at| files.get(at)) {
        let name = file.name();
        if file.size() > LARGEST {
            said.set(format!(
                "{name} is larger than 64 MB, and is not taken: natively, `amphi run --dir` shows a guest any folder."
            ));
            continue;
        }
        let program = project.with_untracked(|project| project.name.clone());
        spawn_local(async move {
            let added = match contents(&file).await {
                // It was meant for the program that was shown then.
                Ok(_) if project.with_untracked(|project| project.name != program) => {
                    Err(format!("{name} is not added: another program is shown by now."))
                }
                Ok(bytes) => project.try_update(|project| project.add(&name, Bytes(bytes))).unwrap_or(Ok(())),
                Err(why) => Err(format!("{name} cannot be read: {why}.")),
            };
            if added.is_ok() && is_wasm(&name) {
                inspected.set(Some(name.clone()));
            }
            said.set(added.err().unwrap_or_else(|| format!("{name} is added.")));
        });
    }
}

#[cfg(test)]
mod tests {
    use amphi_core::{Bytes, Change, ChangedFile};

    use super::tree;
    use crate::project::Project;

    #[test]
    fn a_tree_has_folders_and_tells_what_a_run_did() {
        let files = ["amphi.toml", "main.py", "data/a.txt", "data/deep/b.txt", "z.txt"];
        let project = Project::new("test", files.map(|path| (path.to_owned(), Vec::new())));
        let changed = |path: &str, change| ChangedFile { path: path.to_owned(), change };
        let changed = [
            changed("data/a.txt", Change::Modified(Bytes::from("x"))),
            changed("data/c.txt", Change::Added(Bytes::from("xy"))),
            changed("z.txt", Change::Removed),
        ];
        let lines: Vec<String> = tree(&project, &changed)
            .iter()
            .map(|line| format!("{}{} {:?}", "-".repeat(line.depth), line.name, line.kind))
            .collect();
        assert_eq!(
            lines,
            [
                "amphi.toml File(0, \"\")",
                "data/ Folder",
                "-a.txt File(0, \"changed\")",
                "-c.txt Made(2)",
                "-deep/ Folder",
                "--b.txt File(0, \"\")",
                "main.py File(0, \"\")",
                "z.txt File(0, \"removed\")",
            ]
        );
    }
}
