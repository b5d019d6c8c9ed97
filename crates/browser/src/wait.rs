//! The three ways a guest can wait in a browser. It must never know what is waited for.

pub use amphi_core::protocol::Waiting;
use wasm_bindgen::JsValue;

/// All ways, the best first: shared memory is the quickest, JSPI needs no isolated page.
pub const WAYS: [Waiting; 3] = [Waiting::Shared, Waiting::Jspi, Waiting::None];

/// The best way this browser has, on this page.
#[must_use]
pub fn best() -> Waiting {
    WAYS.into_iter().find(|way| available(*way)).unwrap_or(Waiting::None)
}

/// True when this browser, on this page, can wait in this way.
#[must_use]
pub fn available(way: Waiting) -> bool {
    let global = js_sys::global();
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).unwrap_or_default();
    match way {
        Waiting::Shared => {
            get(&global, "crossOriginIsolated").is_truthy() && get(&global, "SharedArrayBuffer").is_function()
        }
        Waiting::Jspi => get(&get(&global, "WebAssembly"), "Suspending").is_function(),
        Waiting::None => true,
    }
}

/// The name in the page's address (`?wait=jspi`) and in messages.
#[must_use]
pub fn name(way: Waiting) -> &'static str {
    match way {
        Waiting::Shared => "shared",
        Waiting::Jspi => "jspi",
        Waiting::None => "none",
    }
}

/// The way of this name.
#[must_use]
pub fn named(text: &str) -> Option<Waiting> {
    WAYS.into_iter().find(|way| name(*way) == text)
}

/// One sentence for the reader of the page.
#[must_use]
pub fn explanation(way: Waiting) -> &'static str {
    match way {
        Waiting::Shared => "Shared memory: input() and sleep() put the worker to sleep, and the page wakes it.",
        Waiting::Jspi => "JSPI: input() and sleep() suspend the program, and the browser resumes it.",
        Waiting::None => {
            "Neither shared memory nor JSPI: input() reads lines given in advance, sleep() keeps a core busy, and Stop ends the program at once."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{WAYS, name, named};

    #[test]
    fn names_are_found_again() {
        for way in WAYS {
            assert_eq!(named(name(way)), Some(way), "{}", name(way));
        }
        assert_eq!(named("magic"), None);
    }
}
