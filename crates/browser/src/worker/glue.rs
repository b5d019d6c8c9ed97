//! Bindings to `glue.js`, `memory.js` and `suspend.js`, the JavaScript between guest and shim. What each function does is written there.

use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a call answers when it cannot finish yet; `suspend.js` knows the same number.
pub(super) const WAIT: i32 = i32::MIN + 1;

#[wasm_bindgen(module = "/src/memory.js")]
extern "C" {
    pub(super) fn guest_size() -> u32;
    pub(super) fn guest_read(at: u32, to: *mut u8, length: usize) -> bool;
    pub(super) fn guest_write(at: u32, from: *const u8, length: usize) -> bool;
}

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    pub(super) fn attach(exports: &JsValue);

    pub(super) fn now_ms() -> f64;

    pub(super) fn missing_imports(module: &JsValue, typed: &Array) -> String;
    pub(super) fn imports(module: &JsValue, from: &str, name: &str) -> bool;

    #[wasm_bindgen(catch)]
    pub(super) fn guest_instantiate(
        module: &JsValue,
        suspending: bool,
        waits: Vec<String>,
        opens: bool,
        typed: &Array,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn guest_add(number: u32, module: &JsValue, typed: &Array) -> Result<bool, JsValue>;
    pub(super) fn guest_turn(number: u32);
    pub(super) fn guest_drop();
    pub(super) fn guest_has(entry: &str) -> bool;
    pub(super) fn guest_enter(name: &str, core: *mut u64, params: usize, result: &str) -> Option<String>;
    pub(super) fn guest_run(entry: &str) -> String;
    pub(super) fn guest_run_suspending(entry: &str) -> Promise;

    pub(super) fn hosts_drop();
    pub(super) fn host_export(guest: u32, name: &str, params: &str, results: &str) -> u32;
    pub(super) fn host_call(number: u32, slots: *mut u64) -> Option<String>;

    /// Never returns: it throws, and unwinds the guest and the frames of this shim. Nothing may be borrowed, and
    /// nothing may wait to be dropped, where it is called.
    pub(super) fn stop();
}

#[wasm_bindgen(module = "/src/suspend.js")]
extern "C" {
    pub(super) fn wake_up();
}
