//! Which program is shown: one that came with the page, one that came by link, one of the reader's own; and what it was
//! when it came. It must never know how it looks or runs.

use amphi_core::manifest::FILE;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::examples;
use crate::keeper::{Keeper, Keeping};
use crate::preference;
use crate::project::Project;
use crate::store::Files;

/// What is remembered of the program that was shown last.
const LAST: &str = "last";
/// What is remembered of programs that came by link, before their names.
const LINKED: &str = "linked.";
/// What a new program is called.
const NEW: &str = "untitled";

/// The program that is shown, and those that could be; a handle that copies share.
#[derive(Clone, Copy)]
pub struct Shelf {
    /// The program that is shown.
    pub project: RwSignal<Project>,
    /// What it was when it came; none for one of the reader's own.
    original: RwSignal<Option<Project>>,
    /// How often somebody asked for another program: what is read for one who asked before is for nobody.
    asked: StoredValue<u32>,
    /// Moves when another program is shown, or the same from its start.
    pub turned: RwSignal<u32>,
    /// Whether it came by link.
    pub linked: RwSignal<bool>,
    /// What keeps it.
    pub keeper: Keeper,
}

impl Shelf {
    /// Shows what came by link, else the example of that name, else what was shown last.
    #[must_use]
    pub fn new(example: Option<&str>, came: Option<Project>) -> Self {
        let linked = came.is_some();
        let last = preference::get(LAST).filter(|_| example.is_none());
        let first = came.map_or_else(|| examples::find(example.or(last.as_deref())), named_as_linked);
        let shelf = Self {
            original: RwSignal::new(Some(first.clone())),
            project: RwSignal::new(first),
            asked: StoredValue::default(),
            turned: RwSignal::default(),
            linked: RwSignal::new(linked),
            keeper: Keeper::default(),
        };
        shelf.keeper.shows(&shelf.name(), None);
        if linked {
            preference::set(&mark(&shelf.name()), Some("yes"));
            preference::set(LAST, Some(&shelf.name()));
        }
        spawn_local(async move {
            shelf.keeper.open().await;
            let wanted = if linked { shelf.name() } else { last.unwrap_or_else(|| shelf.name()) };
            // Who was quicker than the browser goes on with what is written.
            if shelf.asked.get_value() == 0 && !untrack(|| shelf.is_changed()) {
                shelf.show_kept(&wanted).await;
            }
        });
        shelf
    }

    fn name(self) -> String {
        self.project.with_untracked(|project| project.name.clone())
    }

    /// Whether it is another than when it came.
    #[must_use]
    pub fn is_changed(self) -> bool {
        self.project.with(|project| {
            self.original.with(|original| original.as_ref().is_some_and(|original| original != project))
        })
    }

    /// Whether files would be gone for good that did not come with it.
    #[must_use]
    pub fn has_more(self) -> bool {
        let came = |path: &String| {
            self.original.with(|original| original.as_ref().is_some_and(|original| original.files().contains_key(path)))
        };
        self.project.with(|project| !project.files().keys().all(came))
    }

    /// Whether it is the reader's own, or kept as they changed it.
    #[must_use]
    pub fn is_own(self) -> bool {
        let is_here = self.keeper.state.with(|state| !state.asks_for_a_copy());
        is_here && self.project.with(|project| self.keeper.names.with(|names| names.contains(&project.name)))
    }

    /// Shows the program of that name: as it is kept, else as it came with the page.
    pub fn choose(self, name: String) {
        self.keep();
        spawn_local(async move {
            if !self.show_kept(&name).await {
                let chosen = examples::find(Some(&name));
                self.show(chosen.clone(), Some(chosen), None);
            }
        });
    }

    /// Shows a program as it is kept; false if there is none of that name, and nobody has asked for another since.
    async fn show_kept(self, name: &str) -> bool {
        let asked = self.ask();
        let read = self.keeper.read(name).await;
        if self.asked.get_value() != asked {
            return true;
        }
        let (files, state) = match read {
            // What was written meanwhile is another than what is kept.
            Ok(Some(_)) if self.name() == name && untrack(|| self.is_changed()) => {
                self.keeper.state.set(Keeping::Taken);
                return true;
            }
            Ok(Some(kept)) => kept,
            Ok(None) => return false,
            Err(why) => {
                self.keeper.state.set(Keeping::Refused(format!("{name} cannot be read: {why}")));
                // The list of programs names the one that is shown.
                self.project.notify();
                return true;
            }
        };
        self.keep();
        let paths = files.iter().map(|(path, bytes)| (path.clone(), bytes.0.clone()));
        let project = Project::new(name, paths);
        let came = untrack(|| self.linked.get()) && self.name() == name;
        let original = if came { self.original.get_untracked() } else { examples::named(name) };
        self.show(project, original, Some((files, state)));
        true
    }

    fn ask(self) -> u32 {
        self.asked.update_value(|asked| *asked = asked.wrapping_add(1));
        self.asked.get_value()
    }

    fn show(self, project: Project, original: Option<Project>, kept: Option<(Files, Keeping)>) {
        self.ask();
        preference::set(LAST, Some(&project.name));
        // What came by link stays so, whatever this browser remembers.
        let stays = self.name() == project.name && self.linked.get_untracked();
        self.linked.set(stays || preference::get(&mark(&project.name)).is_some());
        self.keeper.shows(&project.name, kept);
        self.original.set(original);
        self.project.set(project);
        self.turned.update(|turned| *turned = turned.wrapping_add(1));
    }

    /// Shows the program as it came.
    pub fn start_over(self) {
        if !untrack(|| self.is_changed()) {
            return;
        }
        if let Some(original) = self.original.get_untracked() {
            self.keeper.forget(&original.name);
            self.show(original.clone(), Some(original), None);
        }
    }

    /// Shows a new program, which is the reader's own.
    pub fn add_new(self) {
        self.begin(NEW, Project::empty);
    }

    /// Shows a new program that is a module of the one that is shown.
    pub fn add_module(self, path: &str) {
        let Some(module) = self.project.with_untracked(|project| project.files().get(path).cloned()) else { return };
        let like = path.rsplit('/').next().unwrap_or(path).rsplit_once('.').map_or(path, |(name, _)| name).to_owned();
        self.begin(&like, move || {
            let manifest = "wasm = \"program.wasm\"\n".to_owned();
            let files = [(FILE.to_owned(), manifest.into_bytes()), ("program.wasm".to_owned(), module.0)];
            Project::new("", files)
        });
    }

    /// Shows a copy, which is this tab's to keep.
    pub fn copy(self) {
        let project = self.project.get_untracked();
        self.begin(&project.name.clone(), move || project);
    }

    /// Shows a program under a name like this one. What is made of something that came by link did so, too.
    fn begin(self, like: &str, make: impl FnOnce() -> Project + 'static) {
        self.keep();
        let (asked, like, linked) = (self.ask(), like.to_owned(), self.linked.get_untracked());
        spawn_local(async move {
            self.keeper.refresh().await;
            if self.asked.get_value() != asked {
                return;
            }
            self.keep();
            let mut project = make();
            let is_taken = |name: &str| examples::named(name).is_some();
            // A name is a folder's.
            let like: String =
                like.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect();
            project.name = self.keeper.free_name(if like.is_empty() { NEW } else { &like }, is_taken);
            if linked && like != NEW {
                preference::set(&mark(&project.name), Some("yes"));
            }
            self.show(project, None, None);
            self.keep();
        });
    }

    /// Forgets the program that is shown, and shows what its place has.
    pub fn remove(self) {
        let name = self.name();
        self.keeper.forget(&name);
        match examples::named(&name) {
            Some(original) => self.show(original.clone(), Some(original), None),
            None => {
                let first = examples::find(None);
                self.show(first.clone(), Some(first.clone()), None);
                spawn_local(async move {
                    let _ = self.show_kept(&first.name).await;
                });
            }
        }
    }

    /// Keeps the program as it is now.
    pub fn keep(self) {
        self.project.with_untracked(|project| {
            self.original.with_untracked(|original| {
                self.keeper.keep(&project.name, project.files(), original.as_ref().map(Project::files));
            });
        });
    }
}

/// A program is kept no more: nothing need be remembered of it.
pub fn forgotten(name: &str) {
    preference::set(&mark(name), None);
}

fn mark(name: &str) -> String {
    format!("{LINKED}{name}")
}

/// A program that came by link, under a name that no other program has, and the same one each time that it comes.
fn named_as_linked(mut project: Project) -> Project {
    // FNV-1a, which is the same in every build.
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xFF]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    };
    for (path, bytes) in project.files() {
        add(path.as_bytes());
        add(bytes);
    }
    project.name = format!("{}-{:08x}", project.name, hash >> 32);
    project
}
