//! python.wasm and its library, fetched and compiled once for the page.
//!
//! `boot.js` began before this code was there; what it holds is taken over. This file must never know what runs.

use amphi_core::protocol::Waiting;
use js_sys::{Array, JsString, Object, Promise, Reflect, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::words;

/// What `boot.js` holds under this name.
const BOOT: &str = "amphiBoot";

/// Python as the page has it: compiled code, and bytes that workers can read.
#[derive(Debug, Clone)]
pub(super) struct Python {
    /// A `WebAssembly.Module`.
    pub(super) module: JsValue,
    /// A `Uint8Array`; over shared memory where there is some, so that a worker gets it without a copy.
    pub(super) library: JsValue,
}

impl Python {
    /// Waits until both are there.
    ///
    /// # Errors
    /// In words: what could not be fetched or compiled, and what to do.
    pub(super) async fn load(waiting: Waiting) -> Result<Self, String> {
        let module = boot("module").await.map_err(|error| {
            format!(
                "Python could not be loaded: {}. Reload the page once python.wasm is served beside it.",
                words(&error)
            )
        })?;
        let library = boot("library")
            .await
            .map_err(|error| format!("Python's standard library could not be loaded: {}.", words(&error)))?;
        let bytes = Uint8Array::new(&library);
        let library = if waiting == Waiting::Shared {
            let shared = Uint8Array::new(&SharedArrayBuffer::new(bytes.length()));
            shared.set(&bytes, 0);
            shared
        } else {
            bytes
        };
        Ok(Self { module, library: library.into() })
    }
}

/// The SHA-256 of the python.wasm that runs here, in hexadecimal, from the python.json beside it; none where that
/// file is not there or says nothing.
pub async fn sha256() -> Option<String> {
    let text: String = boot("about").await.ok()?.dyn_into::<JsString>().ok()?.into();
    let about: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(about.get("wasm")?.get("sha256")?.as_str()?.to_owned())
}

/// The worker that `boot.js` started, once, and the events it fired so far.
pub(super) fn take_worker() -> Option<(web_sys::Worker, Array)> {
    let boot = Reflect::get(&js_sys::global(), &BOOT.into()).ok()?;
    let worker = Reflect::get(&boot, &"worker".into()).ok()?.dyn_into().ok()?;
    let early = Reflect::get(&boot, &"early".into()).ok()?.dyn_into().ok()?;
    let _ = Reflect::delete_property(boot.unchecked_ref::<Object>(), &"worker".into());
    Some((worker, early))
}

async fn boot(name: &str) -> Result<JsValue, JsValue> {
    let boot = Reflect::get(&js_sys::global(), &BOOT.into())?;
    if boot.is_undefined() {
        return Err("boot.js did not run".into());
    }
    let promise: Promise = Reflect::get(&boot, &name.into())?.dyn_into()?;
    JsFuture::from(promise).await
}
