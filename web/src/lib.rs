//! The playground page: what a reader sees and does. Programs run in `amphi_browser`; what they mean is `amphi_core`'s.
//!
//! A library, so that each part is public, documented and testable; `main.rs` only opens it. The worker is another
//! wasm file of this package and links none of this.
#![cfg(feature = "page")]

pub mod ansi;
pub mod app;
pub mod automation;
pub mod calls;
pub mod clock;
pub mod download;
pub mod editor;
pub mod examples;
pub mod exports;
pub mod faults;
pub mod files;
pub mod inspector;
pub mod keeper;
pub mod lesson;
pub mod mark;
pub mod markdown;
pub mod modules;
pub mod output;
pub mod panes;
pub mod preference;
pub mod project;
pub mod run_button;
pub mod runner;
pub mod share;
pub mod shelf;
pub mod state;
pub mod status;
pub mod stdin;
pub mod store;
pub mod tabs;
pub mod transcript;
pub mod words;

use amphi_browser::page::Habitat;
use amphi_browser::wait;
use leptos::prelude::*;
use leptos::web_sys::UrlSearchParams;

/// Opens the page in the browser's window.
///
/// `?example=NAME` chooses what is shown, `?run` runs it at once (only what came with the page can be named so), and
/// `?wait=shared|jspi|none` asks for a way to wait. A program behind the `#` is shown instead, and never runs by itself.
pub fn open() {
    let query = window().location().search().ok().and_then(|search| UrlSearchParams::new_with_str(&search).ok());
    let ask = |name: &str| query.as_ref().and_then(|query| query.get(name));
    // A way that this browser does not have is not taken: the page shows which one is.
    let asked = ask("wait").and_then(|name| wait::named(&name)).filter(|way| wait::available(*way));
    let habitat = Habitat::new(asked.unwrap_or_else(wait::best));
    automation::install(&habitat);
    let (example, run_at_once) = (ask("example"), ask("run").is_some());
    let came = share::of_address().map(|shared| shared.map(project::Project::from));
    mount_to_body(move || view! { <app::App habitat example came run_at_once /> });
}
