//! The browser habitat: a guest in a web worker, served by the same WASI and the same host-function ABI as natively.
//!
//! Two sides, linked into two wasm files: [`page`] owns the workers and [`worker`] serves one guest. What they share
//! is here: how a run waits ([`wait`]) and the memory through which it is woken ([`Control`]). This crate knows how a
//! browser does things, and must never know what a WASI call or a host function means, nor what a page looks like.

mod control;
mod message;
pub mod wait;
mod world;

#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "worker")]
pub mod worker;

pub use control::Control;
use wasm_bindgen::JsValue;

/// What JavaScript threw, in words.
fn words(error: &JsValue) -> String {
    let message =
        js_sys::Reflect::get(error, &JsValue::from_str("message")).ok().and_then(|message| message.as_string());
    message
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| js_sys::Object::from(error.clone()).to_string().into())
}
