//! The standard library's zip. Most scripts run on what the snapshot holds and never open it, so no run waits for it:
//! the page sends it when it has time, and a guest that asks before that waits while it is fetched.
//!
//! It must never know what is inside.

use std::cell::RefCell;
use std::sync::OnceLock;

use amphi_wasi::Content;
use js_sys::Uint8Array;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::words;

#[wasm_bindgen(module = "/src/library.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch_library() -> Result<Uint8Array, JsValue>;
}

static BYTES: OnceLock<Vec<u8>> = OnceLock::new();

thread_local! {
    static SENT: RefCell<Option<Uint8Array>> = const { RefCell::new(None) };
    static FAILED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lends the bytes, which are had at the first look.
struct Library;

impl AsRef<[u8]> for Library {
    fn as_ref(&self) -> &[u8] {
        BYTES.get_or_init(|| match SENT.take().map_or_else(fetch_library, Ok) {
            Ok(bytes) => bytes.to_vec(),
            Err(error) => {
                FAILED.set(Some(format!("Python's standard library could not be loaded: {}.", words(&error))));
                Vec::new()
            }
        })
    }
}

/// The file that a guest sees.
pub(super) fn content() -> Content {
    Content::shared(Library)
}

/// The page has the bytes.
pub(super) fn sent(bytes: Uint8Array) {
    if BYTES.get().is_none() {
        SENT.set(Some(bytes));
    }
}

/// In words, once: why the guest that just looked for the library found none. It must not go on.
pub(super) fn failure() -> Option<String> {
    FAILED.take()
}
