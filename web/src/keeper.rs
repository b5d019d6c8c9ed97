//! Keeps the program that is written, as it is written. It owns when something is kept and by which tab; where, is
//! `store.rs`'s. One thing is done at a time, so that what is read is never half of what is written.

use std::collections::BTreeMap;
use std::rc::Rc;

use amphi_core::Bytes;
use futures_util::lock::Mutex;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::store::{self, Files, Kept, Store};

/// Whether the program is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Keeping {
    /// There is nothing to keep: it is as it came with the page, or nobody has looked yet.
    #[default]
    Nothing,
    /// All of it is kept.
    Kept,
    /// Another tab keeps the program of this name.
    Elsewhere,
    /// Another program of this name is kept, which this tab has not read.
    Taken,
    /// It is not kept, and why.
    Refused(String),
}

impl Keeping {
    /// What is said of it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Kept => "Kept in this browser.".to_owned(),
            Self::Elsewhere => "Open in another tab, which keeps it; what you change here is not kept.".to_owned(),
            Self::Taken => "Another tab has kept a program of this name; what you change here is not kept.".to_owned(),
            Self::Refused(why) => format!("Not kept: {why}. Download it, or share it as a link."),
        }
    }

    /// Whether a copy under another name would be kept.
    #[must_use]
    pub fn asks_for_a_copy(&self) -> bool {
        matches!(self, Self::Elsewhere | Self::Taken)
    }
}

/// Keeps programs; a handle that copies share.
#[derive(Clone, Copy)]
pub struct Keeper {
    store: StoredValue<Option<Store>, LocalStorage>,
    /// The program that this tab keeps. Whoever reads or writes holds it, so that only one does.
    held: StoredValue<Rc<Mutex<Held>>, LocalStorage>,
    /// The program that is shown: its name, and its files as they are kept or about to be; none while nothing is.
    shown: StoredValue<(String, Option<Files>)>,
    /// What is to be kept, by its name; a program without files is to be forgotten.
    next: StoredValue<BTreeMap<String, Files>>,
    is_writing: StoredValue<bool>,
    /// The names of all programs that are kept.
    pub names: RwSignal<Vec<String>>,
    /// Whether the program that is shown is.
    pub state: RwSignal<Keeping>,
}

/// A program that this tab has, and what is kept of it.
#[derive(Debug, Default)]
struct Held {
    name: String,
    /// None: another tab has it.
    lock: Option<Kept>,
    files: Files,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            store: StoredValue::new_local(None),
            held: StoredValue::new_local(Rc::default()),
            shown: StoredValue::default(),
            next: StoredValue::default(),
            is_writing: StoredValue::default(),
            names: RwSignal::default(),
            state: RwSignal::default(),
        }
    }
}

impl Keeper {
    /// Finds out what is kept.
    pub async fn open(self) {
        match Store::open().await {
            Ok(store) => {
                self.store.set_value(Some(store));
                self.refresh().await;
                if store::has_later().await {
                    let why =
                        "programs of a later version of this page are here, which this one cannot read; reload it";
                    self.state.set(Keeping::Refused(why.to_owned()));
                }
            }
            Err(why) => self.state.set(Keeping::Refused(why)),
        }
    }

    /// Finds out what other tabs have kept meanwhile.
    pub async fn refresh(self) {
        let Some(store) = self.store.get_value() else { return };
        if let Ok(names) = store.names().await {
            self.names.set(names);
        }
    }

    /// A program that is kept, from now on by this tab unless another has it; none if there is no such.
    ///
    /// # Errors
    /// The browser says why it cannot be read.
    pub async fn read(self, name: &str) -> Result<Option<(Files, Keeping)>, store::Refused> {
        let Some(store) = self.store.get_value() else { return Ok(None) };
        let held = self.held.get_value();
        // What is still to be written is written first: it may be of this program.
        self.write_all().await;
        let mut held = held.lock().await;
        let Some(files) = store.read(name).await? else { return Ok(None) };
        if held.name != name || held.lock.is_none() {
            // A tab has one: the one before is let go of first.
            *held = Held::default();
            *held = Held { name: name.to_owned(), lock: store::keep(name).await, files: Files::new() };
        }
        held.files.clone_from(&files);
        let state = if held.lock.is_some() { Keeping::Kept } else { Keeping::Elsewhere };
        Ok(Some((files, state)))
    }

    /// Another program is shown, of which so much is kept.
    pub fn shows(self, name: &str, kept: Option<(Files, Keeping)>) {
        let (files, state) = kept.map_or((None, Keeping::Nothing), |(files, state)| (Some(files), state));
        self.shown.set_value((name.to_owned(), files));
        if !matches!(self.state.get_untracked(), Keeping::Refused(_)) || state == Keeping::Kept {
            self.state.set(state);
        }
    }

    /// Keeps the program that is shown as it is now. One that is as it came with the page, `original`, need not be kept.
    pub fn keep(self, name: &str, files: &Files, original: Option<&Files>) {
        let is_original = original == Some(files);
        let as_kept = self.shown.with_value(|(shown, kept)| {
            let kept = kept.as_ref().filter(|_| shown == name);
            kept.map_or(is_original, |kept| kept == files)
        });
        if self.store.with_value(Option::is_none) || as_kept || self.state.get_untracked().asks_for_a_copy() {
            return;
        }
        let wanted = if is_original { Files::new() } else { files.clone() };
        self.shown.set_value((name.to_owned(), (!is_original).then(|| wanted.clone())));
        self.queue(name, wanted);
    }

    /// Forgets a program.
    pub fn forget(self, name: &str) {
        self.queue(name, Files::new());
    }

    fn queue(self, name: &str, files: Files) {
        self.next.update_value(|next| drop(next.insert(name.to_owned(), files)));
        if !self.is_writing.get_value() {
            self.is_writing.set_value(true);
            spawn_local(async move {
                self.write_all().await;
                self.is_writing.set_value(false);
            });
        }
    }

    /// Writes all that is to be kept.
    async fn write_all(self) {
        let held = self.held.get_value();
        let mut held = held.lock().await;
        while let Some((name, files)) = self.next.try_update_value(BTreeMap::pop_first).flatten() {
            let state = self.write(&mut held, &name, files).await;
            if self.shown.with_value(|(shown, _)| *shown == name) {
                if state != Keeping::Kept && state != Keeping::Nothing {
                    // The next change is another try.
                    self.shown.update_value(|(_, kept)| *kept = None);
                }
                self.state.set(state);
            }
        }
    }

    /// Writes what differs from what is kept; a program without files is forgotten.
    async fn write(self, held: &mut Held, name: &str, files: Files) -> Keeping {
        let Some(store) = self.store.get_value() else { return Keeping::Nothing };
        if held.name != name || held.lock.is_none() {
            *held = Held::default();
            let Some(lock) = store::keep(name).await else { return Keeping::Elsewhere };
            match store.read(name).await {
                Ok(there) => {
                    // What this tab has not read it does not write over.
                    let is_other = there.as_ref().is_some_and(|there| *there != files && !files.is_empty());
                    if is_other {
                        return Keeping::Taken;
                    }
                    *held = Held { name: name.to_owned(), lock: Some(lock), files: there.unwrap_or_default() };
                }
                Err(why) => return Keeping::Refused(why),
            }
        }
        let mut failed = None;
        if files.is_empty() {
            match store.forget(name).await {
                Ok(()) => {
                    held.files.clear();
                    crate::shelf::forgotten(name);
                }
                Err(why) => failed = Some(why),
            }
        } else {
            let before = held.files.clone();
            for change in changes(&before, &files) {
                let done = match change {
                    Change::Write(path, bytes) => store.write(name, path, bytes).await,
                    Change::Remove(path) => store.remove(name, path).await,
                };
                match (done, change) {
                    (Ok(()), Change::Write(path, bytes)) => drop(held.files.insert(path.to_owned(), bytes.clone())),
                    (Ok(()), Change::Remove(path)) => drop(held.files.remove(path)),
                    // The other files are kept all the same.
                    (Err(why), _) => failed = failed.or(Some(why)),
                }
            }
        }
        let is_there = !held.files.is_empty();
        self.names.update(|names| {
            names.retain(|other| other != name);
            if is_there {
                names.push(name.to_owned());
                names.sort();
            }
        });
        match failed {
            Some(why) => Keeping::Refused(why),
            None if is_there => Keeping::Kept,
            None => Keeping::Nothing,
        }
    }

    /// A name like this one that no program has.
    #[must_use]
    pub fn free_name(self, like: &str, taken: impl Fn(&str) -> bool) -> String {
        let is_free = |name: &String| !taken(name) && self.names.with_untracked(|names| !names.contains(name));
        let numbered = (2..).map(|number| format!("{like}-{number}"));
        std::iter::once(like.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }
}

/// What is to be done to a file that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    Write(&'a str, &'a Bytes),
    Remove(&'a str),
}

/// What makes the one of the other.
fn changes<'a>(before: &'a Files, now: &'a Files) -> Vec<Change<'a>> {
    let written = now.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes));
    let removed = before.keys().filter(|path| !now.contains_key(*path));
    // A folder may take the place of a file: what is gone goes first.
    removed.map(|path| Change::Remove(path)).chain(written.map(|(path, bytes)| Change::Write(path, bytes))).collect()
}

#[cfg(test)]
mod tests {
    use amphi_core::Bytes;

    use super::{Change, Files, changes};

    #[test]
    fn only_what_differs_is_written() {
        let files = |all: &[(&str, &str)]| -> Files {
            all.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from(*text))).collect()
        };
        let before = files(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let now = files(&[("a", "1"), ("b", "two"), ("c/d", "4")]);
        assert_eq!(
            changes(&before, &now),
            [Change::Remove("c"), Change::Write("b", &"two".into()), Change::Write("c/d", &"4".into())]
        );
        assert_eq!(changes(&now, &now), []);
    }
}
