//! The worker's side: a fresh guest made ready beforehand, one run after another, and messages in between.
//!
//! JavaScript loads it (`web/assets/worker.js`) and hands every message to [`receive`]. It must never know the page.

mod clock;
mod glue;
mod hosts;
mod imports;
mod inbox;
mod memory;
mod output;
mod platform;
mod run;
mod start;

use std::cell::RefCell;

use amphi_core::protocol::Waiting;
use amphi_wasi::Content;
use js_sys::{ArrayBuffer, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DedicatedWorkerGlobalScope;

use crate::message::{ToPage, ToWorker};
use crate::{Control, wait, words};

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Calls that may have to wait; the guest is suspended in no other.
const WAITING_CALLS: [&str; 2] = ["fd_read", "poll_oneoff"];

/// What does not depend on a program.
#[derive(Debug, Clone)]
struct Worker {
    waiting: Waiting,
    control: Option<Control>,
    /// python.wasm, compiled; undefined where it could not be loaded.
    python: JsValue,
    library: Content,
    /// True while an instance of Python is there that has not run.
    fresh: bool,
}

/// Takes a message from the page.
#[wasm_bindgen]
pub fn receive(message: &JsValue) {
    match ToWorker::from_js(message) {
        Some(ToWorker::Prepare { wait, control, module, library }) => prepare(&wait, &control, module, &library),
        Some(ToWorker::Start { program, terminal, module }) => start(&program, terminal, &module),
        Some(ToWorker::Stdin(bytes)) => with_inbox(|inbox| inbox.push(&bytes.to_vec())),
        Some(ToWorker::StdinEnd) => with_inbox(inbox::Inbox::end),
        Some(ToWorker::Signal(number)) => with_inbox(|inbox| inbox.signal(number)),
        None => post(&ToPage::Failed("The page is from another build than its worker. Reload the page.".to_owned())),
    }
}

fn with_inbox(act: impl FnOnce(&inbox::Inbox)) {
    // A message that comes after the end of its run is for nobody.
    if let Some(inbox) = run::inbox() {
        act(&inbox);
        glue::wake_up();
    }
}

fn prepare(way: &str, control: &JsValue, python: JsValue, library: &JsValue) {
    std::panic::set_hook(Box::new(|panic| {
        post(&ToPage::Failed(format!("The worker failed, which is a fault of amphi: {panic}")))
    }));
    glue::attach(&wasm_bindgen::exports());
    let library = library.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default();
    WORKER.set(Some(Worker {
        waiting: wait::named(way).unwrap_or(Waiting::None),
        control: control.dyn_ref::<SharedArrayBuffer>().map(Control::over),
        python,
        library: Content::from(library),
        fresh: false,
    }));
    make_ready();
}

/// Instantiates Python, so that the next run only has to start it.
fn make_ready() {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else { return };
    let fresh = if worker.python.is_undefined() {
        false
    } else {
        match instantiate(&worker.python, worker.waiting) {
            Ok(()) => true,
            Err(why) => return post(&ToPage::Failed(why)),
        }
    };
    set_fresh(fresh);
    post(&ToPage::Ready);
}

fn set_fresh(fresh: bool) {
    WORKER.with_borrow_mut(|worker| {
        if let Some(worker) = worker {
            worker.fresh = fresh;
        }
    });
}

fn instantiate(module: &JsValue, waiting: Waiting) -> Result<(), String> {
    let missing = glue::missing_imports(module);
    if !missing.is_empty() {
        return Err(start::missing(&missing));
    }
    let waits = WAITING_CALLS.iter().map(|name| (*name).to_owned()).collect();
    glue::guest_instantiate(module, waiting == Waiting::Jspi, waits)
        .map_err(|error| format!("The browser could not instantiate the guest: {}.", words(&error)))
}

fn start(program: &str, terminal: bool, module: &JsValue) {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else { return };
    let suspending = worker.waiting == Waiting::Jspi;
    let started = match start::start(worker, program, terminal, module) {
        Ok(started) => started,
        Err(why) => {
            post(&ToPage::Refused(why));
            return make_ready();
        }
    };
    set_fresh(false);
    if suspending {
        spawn_local(async move {
            let ending = JsFuture::from(glue::guest_run_suspending()).await;
            finish(started, ending.ok().and_then(|ending| ending.as_string()).unwrap_or_default());
        });
    } else {
        finish(started, glue::guest_run());
    }
}

fn finish(started: start::Started, ending: String) {
    if let Some(outcome) = started.finish(ending) {
        match serde_json::to_string(&outcome) {
            Ok(outcome) => post(&ToPage::Ended(outcome)),
            Err(error) => post(&ToPage::Failed(format!("The outcome could not be sent: {error}."))),
        }
    }
    glue::guest_drop();
    make_ready();
}

fn post(message: &ToPage) {
    // It fails only for what cannot be cloned, and messages are plain data.
    let _ = scope().post_message(&message.to_js());
}

/// Sends a message and gives `bytes` away with it, so that they are not copied.
fn post_giving(message: &ToPage, bytes: &ArrayBuffer) {
    let _ = scope().post_message_with_transfer(&message.to_js(), &js_sys::Array::of1(bytes));
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
