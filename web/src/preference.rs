//! What the reader of the page prefers, which the browser keeps.

use leptos::prelude::*;

/// Something that is wanted or not; a handle that copies share.
#[derive(Clone, Copy)]
pub struct Preference {
    name: &'static str,
    wanted: RwSignal<bool>,
}

impl Preference {
    /// The one of that name, as it was last left.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, wanted: RwSignal::new(get(name).is_some()) }
    }

    /// Whether it is wanted.
    #[must_use]
    pub fn get(self) -> bool {
        self.wanted.get()
    }

    /// The same as a signal.
    #[must_use]
    pub fn signal(self) -> Signal<bool> {
        self.wanted.into()
    }

    /// Changes it. A browser that keeps nothing forgets it with the page.
    pub fn set(self, wanted: bool) {
        self.wanted.set(wanted);
        set(self.name, wanted.then_some("yes"));
    }
}

/// What is remembered under a name.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok().flatten()
}

/// Remembers something under a name, or forgets it, as far as this browser remembers.
pub fn set(name: &str, value: Option<&str>) {
    if let Some(storage) = storage() {
        let key = key(name);
        let _ = match value {
            Some(value) => storage.set_item(&key, value),
            None => storage.remove_item(&key),
        };
    }
}

fn key(name: &str) -> String {
    format!("amphi.{name}")
}

fn storage() -> Option<leptos::web_sys::Storage> {
    window().local_storage().ok().flatten()
}
