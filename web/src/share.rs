//! Programs as links: the one that this page makes, and the one that it was opened with. It must never know how a program
//! runs.

use amphi_core::link::{self, LinkError, Shared};
use amphi_core::{Access, Body, Guest, Program};
use leptos::html::Input;
use leptos::prelude::*;

use crate::project::Project;
use crate::words::{bytes, plural};

/// Many a program that passes links on cuts longer ones.
const LONG: usize = 8_000;

/// What is said when a program is not run, because its JavaScript is not trusted.
pub const NOT_TRUSTED: &str =
    "Not started: it came by link, and its JavaScript is not trusted. Say above that it is, or look at it first.";

/// More bytes of files make no link.
const LARGEST: usize = 16 << 20;

/// The program in the address of the page, if one is there.
#[must_use]
pub fn of_address() -> Option<Result<Shared, LinkError>> {
    let hash = window().location().hash().ok().filter(|hash| link::is_link(hash))?;
    Some(Shared::of_link(&hash))
}

/// A link to the program, to be sent.
#[component]
pub fn ShareBox(
    /// The program.
    project: RwSignal<Project>,
) -> impl IntoView {
    let shown = RwSignal::new(None::<String>);
    let said = RwSignal::new("");
    let place = NodeRef::<Input>::new();
    let show = move |_| {
        said.set("");
        shown.update(|shown| {
            *shown = match shown {
                Some(_) => None,
                None if project.with_untracked(Project::size) > LARGEST => Some(String::new()),
                None => Some(address(&project.get_untracked().to_shared())),
            };
        });
    };
    // What was shared is the program as it was then.
    Effect::new(move |_| {
        project.track();
        shown.set(None);
    });
    Effect::new(move |_| {
        if let Some(input) = place.get() {
            let _ = input.focus();
            input.select();
        }
    });
    let copy = move |_| {
        let Some(text) = shown.get_untracked() else { return };
        let written = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            let copied = wasm_bindgen_futures::JsFuture::from(written).await.is_ok();
            said.set(if copied { "Copied." } else { "This browser does not let a page copy: take it from the field." });
        });
    };
    let length = move || shown.with(|shown| shown.as_ref().map_or(0, String::len));
    let note = move || match length() {
        0 => "It has more than 16 MB of files, too much for a link: send the files.",
        1..LONG => "The whole program is in it, and no server sees it.",
        LONG..=link::LONGEST => {
            "The whole program is in it. Not every mail or chat passes so long a link on whole: rather send the files."
        }
        _ => "No browser takes so long a link: send the files.",
    };
    view! {
        <button type="button" data-testid="share" aria-expanded=move || shown.with(Option::is_some).to_string() on:click=show>"Share"</button>
        <Show when=move || shown.with(Option::is_some)>
            <div class="share" role="group" aria-label="A link to this program">
                <label for="link">"Link"</label>
                <input id="link" data-testid="link" type="text" readonly node_ref=place prop:value=move || shown.get() aria-describedby="link-note" />
                <button type="button" data-testid="copy" on:click=copy>"Copy"</button>
                <p id="link-note">{move || format!("{}. {}", plural(length() as u64, "character"), note())} " " <span role="status">{move || said.get()}</span></p>
            </div>
        </Show>
    }
}

/// The address of this page with a program behind it.
fn address(shared: &Shared) -> String {
    let location = window().location();
    let (origin, path) = (location.origin().unwrap_or_default(), location.pathname().unwrap_or_default());
    format!("{origin}{path}{}", shared.to_link())
}

/// Why there is no program in the link that the page was opened with.
#[component]
pub fn BrokenLink(
    /// What is wrong with it.
    error: LinkError,
) -> impl IntoView {
    let words =
        format!("{}. Another program is shown in its place; ask for the link once more.", capital(&error.to_string()));
    view! { <p class="notice bad" role="alert" data-testid="link-notice">{words}</p> }
}

/// What a program that came by link would be given, before it runs.
#[component]
pub fn LinkNotice(
    /// The program.
    project: RwSignal<Project>,
    /// Whether its JavaScript may run.
    trusted: RwSignal<bool>,
) -> impl IntoView {
    let program = Memo::new(move |_| {
        project.with(|project| project.program().ok().map(|program| (told(&program), needs_trust(&program))))
    });
    let words = move || match program.get() {
        Some((words, _)) => words,
        None => "This program came by link. There is a mistake in its amphi.toml.".to_owned(),
    };
    view! {
        <div class="notice" data-testid="link-notice">
            <p>{words}</p>
            <Show when=move || program.get().is_some_and(|(_, asks)| asks)>
                <label class="check">
                    <input type="checkbox" data-testid="trust" prop:checked=move || trusted.get() on:change=move |event| trusted.set(event_target_checked(&event)) />
                    "I trust its JavaScript: it runs in this page's worker, outside the guest"
                </label>
            </Show>
        </div>
    }
}

/// Whether a program brings code that runs outside of a guest.
#[must_use]
pub fn needs_trust(program: &Program) -> bool {
    program.hosts.iter().any(|host| matches!(host.body, Body::JavaScript(_)))
}

fn told(program: &Program) -> String {
    let size = program.files.values().map(|file| file.len() as u64).sum();
    let what = match &program.guest {
        Guest::Python { .. } => "Python",
        Guest::Wasm(_) => "a WebAssembly module",
    };
    let files = format!("{} of its own ({})", plural(program.files.len() as u64, "file"), bytes(size));
    let mounts: Vec<String> = program
        .all_mounts()
        .map(|mount| {
            let access = if mount.access == Access::ReadOnly { ", read-only" } else { "" };
            format!("the folder {}{access}", mount.guest)
        })
        .collect();
    let hosts: Vec<String> = program
        .hosts
        .iter()
        .map(|host| {
            let language = match &host.body {
                Body::Wat(_) | Body::Wasm { .. } => "WebAssembly",
                Body::Go(_) => "Go",
                Body::Python(_) | Body::NativePython(_) => "Python",
                Body::JavaScript(_) => "JavaScript",
                Body::Registered => "the host's own",
            };
            format!("{} ({language})", host.name)
        })
        .collect();
    let hosts =
        if hosts.is_empty() { "no host functions".to_owned() } else { format!("host functions {}", hosts.join(", ")) };
    let given = [vec![files], mounts, vec![hosts]].concat().join(", ");
    format!(
        "This program came by link, and waits for you to run it. It is {what}, and would be given {given}; nothing of your machine."
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{needs_trust, told};
    use crate::project::Project;

    #[test]
    fn what_a_program_would_be_given_is_told() {
        let files = [
            ("amphi.toml", "[host.demo]\njavascript = \"demo.js\"\n"),
            ("main.py", "import demo"),
            ("demo.js", "export const f = () => 1"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let program = Project::new("x", files).program().expect("valid");
        let words = told(&program);
        assert!(words.contains("2 files of its own (35 bytes), host functions demo (JavaScript); nothing"), "{words}");
        assert!(needs_trust(&program));
        assert!(!needs_trust(&Project::empty().program().expect("valid")));
    }
}
