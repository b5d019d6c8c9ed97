//! The descriptors and files of the guest as they were after the call that is looked at. It must never know how they are
//! known.

use amphi_wasi::{NodeKind, OpenFd, Replay, Stands, Stream, TreeNode};
use leptos::prelude::*;

use super::Calls;
use crate::words::bytes;

/// So many files are listed; a run may leave a hundred thousand.
const LISTED: usize = 500;

/// What a reader sees of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
struct World {
    descriptors: Vec<OpenFd>,
    files: Vec<TreeNode>,
    more: usize,
    lost: Option<u64>,
}

/// Both, side by side.
#[component]
pub fn WorldThen(
    /// Whose.
    calls: Calls,
) -> impl IntoView {
    let world = Memo::new(move |_| calls.with_world(seen));
    let descriptors =
        move || world.with(|world| world.as_ref().map(|world| world.descriptors.clone()).unwrap_or_default());
    let files = move || world.with(|world| world.as_ref().map(|world| world.files.clone()).unwrap_or_default());
    let more = move || world.with(|world| world.as_ref().map_or(0, |world| world.more));
    let lost = move || world.with(|world| world.as_ref().and_then(|world| world.lost));
    view! {
        <div class="world">
            <table data-testid="descriptors">
                <caption>"Descriptors after this call"</caption>
                <thead><tr><th scope="col">"Number"</th><th scope="col">"Stands for"</th><th scope="col">"State"</th></tr></thead>
                <tbody>
                    {move || descriptors().into_iter().map(|open| {
                        let (stands, state) = told(&open.stands);
                        view! { <tr><td>{open.number}</td><td><code>{stands}</code></td><td>{state}</td></tr> }
                    }).collect_view()}
                </tbody>
            </table>
            <table data-testid="files-then">
                <caption>"Files after this call, in " <code>"/work"</code></caption>
                <thead><tr><th scope="col">"Path"</th><th scope="col">"Size"</th><th scope="col"></th></tr></thead>
                <tbody>
                    {move || files().into_iter().map(|node| {
                        let (path, size) = file(&node);
                        let changed = if node.changed { "changed" } else { "" };
                        view! { <tr class:changed=node.changed><td><code>{path}</code></td><td>{size}</td><td>{changed}</td></tr> }
                    }).collect_view()}
                </tbody>
            </table>
            <p class="hint">
                {move || (more() > 0).then(|| format!("{} more are not listed. ", more()))}
                {move || lost().map(|number| format!("From call {number} on this may not be as it was: that call came out otherwise when it was made again."))}
            </p>
        </div>
    }
}

fn seen(replay: &Replay) -> World {
    let mut nodes = replay.tree().nodes_under("/work");
    let files = nodes.by_ref().take(LISTED).collect();
    World { descriptors: replay.descriptors(), files, more: nodes.count(), lost: replay.lost() }
}

/// What a descriptor stands for, and its state.
fn told(stands: &Stands) -> (String, String) {
    let nameless = || "a file without a name".to_owned();
    match stands {
        Stands::Stream(Stream::Stdin) => ("standard input".to_owned(), String::new()),
        Stands::Stream(Stream::Stdout) => ("standard output".to_owned(), String::new()),
        Stands::Stream(Stream::Stderr) => ("standard error".to_owned(), String::new()),
        Stands::File { path, offset, size, read, write, append } => {
            let may = match (read, write, append) {
                (_, true, true) => "appends",
                (true, true, _) => "reads and writes",
                (false, true, _) => "writes",
                _ => "reads",
            };
            // The library's own bytes are not here.
            let state = match path {
                Some(path) if path.starts_with("/lib/") => may.to_owned(),
                _ => format!("{may}, at {offset} of {}", bytes(*size)),
            };
            (path.clone().unwrap_or_else(nameless), state)
        }
        Stands::Directory { path, preopen, writable } => {
            let given = if *preopen { "given at the start" } else { "opened" };
            let may = if *writable { "" } else { ", read-only" };
            (
                path.clone().unwrap_or_else(|| "a directory that was removed".to_owned()),
                format!("a directory, {given}{may}"),
            )
        }
    }
}

/// The path of a file, and how large it is.
fn file(node: &TreeNode) -> (String, String) {
    match &node.kind {
        NodeKind::File(size) => (node.path.clone(), bytes(*size)),
        NodeKind::Directory => (format!("{}/", node.path), String::new()),
        NodeKind::Symlink(target) => (format!("{} \u{2192} {target}", node.path), String::new()),
    }
}
