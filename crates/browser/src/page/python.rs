//! What the page itself fetches of Python, and the worker that `boot.js` started. It must never know what runs.

use amphi_core::protocol::Waiting;
use js_sys::{Array, JsString, Object, Promise, Reflect, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::files::File;

/// What `boot.js` holds under this name.
const BOOT: &str = "amphiBoot";

/// The standard library's zip; over shared memory where there is some, so that a worker gets it without a copy.
/// None where it cannot be had: a guest that needs it fetches it too, and tells why it cannot.
pub(super) async fn library(waiting: Waiting) -> Option<Uint8Array> {
    let bytes = Uint8Array::new(&fetch(File::Library, Response::array_buffer).await.ok()?);
    if waiting != Waiting::Shared {
        return Some(bytes);
    }
    let shared = Uint8Array::new(&SharedArrayBuffer::new(bytes.length()));
    shared.set(&bytes, 0);
    Some(shared)
}

/// The SHA-256 of the python.wasm that runs here, in hexadecimal, from the python.json beside it; none where that
/// file is not there or says nothing.
pub async fn sha256() -> Option<String> {
    let text: String = fetch(File::About, Response::text).await.ok()?.dyn_into::<JsString>().ok()?.into();
    let about: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(about.get("wasm")?.get("sha256")?.as_str()?.to_owned())
}

/// The worker that `boot.js` started to load Python, once, and the events it fired so far.
pub(super) fn take_worker() -> Option<(web_sys::Worker, Array)> {
    let boot = Reflect::get(&js_sys::global(), &BOOT.into()).ok()?;
    let worker = Reflect::get(&boot, &"worker".into()).ok()?.dyn_into().ok()?;
    let early = Reflect::get(&boot, &"early".into()).ok()?.dyn_into().ok()?;
    let _ = Reflect::delete_property(js_sys::global().unchecked_ref::<Object>(), &BOOT.into());
    Some((worker, early))
}

async fn fetch(file: File, body: fn(&Response) -> Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let response: Response = JsFuture::from(window.fetch_with_str(&file.address()?)).await?.dyn_into()?;
    if !response.ok() {
        return Err(response.status_text().into());
    }
    JsFuture::from(body(&response)?).await
}
