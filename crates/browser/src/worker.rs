//! The worker's side: a fresh guest made ready beforehand, one run after another, and messages in between.
//!
//! JavaScript loads it (`web/assets/worker.js`) and hands every message to [`receive`]. It must never know the page.

mod clock;
mod crossing;
mod glue;
mod hosts;
mod imports;
mod inbox;
mod javascript;
mod library;
mod lines;
mod memory;
mod output;
mod platform;
mod promise;
mod renewal;
mod run;
mod serving;
mod start;

use std::cell::{Cell, RefCell};

use amphi_core::protocol::Waiting;
use amphi_core::{HostModule, Prepared, PreparedHost};
use js_sys::{ArrayBuffer, Promise, SharedArrayBuffer};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DedicatedWorkerGlobalScope;

use crate::message::{ToPage, ToWorker};
use crate::{Control, wait, words};

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
    /// python.wasm as it comes, in the worker that loads it, until somebody waits for it.
    static LOADING: RefCell<Option<Promise>> = const { RefCell::new(None) };
    /// True while host modules of the next run are loaded.
    static STARTING: Cell<bool> = const { Cell::new(false) };
    /// What the page said before the worker was prepared, or before the run under way could hear it.
    static EARLY: RefCell<Vec<ToWorker>> = const { RefCell::new(Vec::new()) };
}

/// Calls that may have to wait; the guest is suspended in no other.
const WAITING_CALLS: [&str; 2] = ["fd_read", "poll_oneoff"];

/// What does not depend on a program.
#[derive(Debug, Clone)]
struct Worker {
    waiting: Waiting,
    control: Option<Control>,
    /// python.wasm, compiled, or in words why it is not there.
    python: Result<JsValue, String>,
    /// True while an instance of Python is there that has not run.
    fresh: bool,
}

/// This worker loads Python: `module` becomes a `WebAssembly.Module`. Called before any message.
#[wasm_bindgen]
pub fn loads_python(module: Promise) {
    LOADING.set(Some(module));
}

/// Takes a message from the page.
#[wasm_bindgen]
pub fn receive(message: &JsValue) {
    let Some(message) = ToWorker::from_js(message) else {
        return post(&ToPage::Failed("The page is from another build than its worker. Reload the page.".to_owned()));
    };
    serve(message);
}

fn serve(message: ToWorker) {
    match message {
        ToWorker::Prepare { wait, control, module } => prepare(&wait, &control, module),
        ToWorker::Library(bytes) => library::sent(bytes),
        early if STARTING.get() || WORKER.with_borrow(Option::is_none) => {
            EARLY.with_borrow_mut(|kept| kept.push(early))
        }
        ToWorker::Start { program, terminal, module, stays } => start(&program, terminal, module, stays),
        ToWorker::Call(call) => serving::call(&call),
        ToWorker::Leave => serving::leave(),
        ToWorker::Stdin(bytes) => with_inbox(|inbox| inbox.push(&bytes.to_vec())),
        ToWorker::StdinEnd => with_inbox(inbox::Inbox::end),
        ToWorker::Signal(number) => with_inbox(|inbox| inbox.signal(number)),
        ToWorker::Renew(hosts) => renewal::came(&hosts),
    }
}

fn with_inbox(act: impl FnOnce(&inbox::Inbox)) {
    // A message that comes after the end of its run is for nobody.
    if let Some(inbox) = run::inbox() {
        act(&inbox);
        glue::wake_up();
    }
}

fn prepare(way: &str, control: &JsValue, python: JsValue) {
    std::panic::set_hook(Box::new(|panic| {
        post(&ToPage::Failed(format!("The worker failed, which is a fault of amphi: {panic}")))
    }));
    glue::attach(&wasm_bindgen::exports());
    let waiting = wait::named(way).unwrap_or(Waiting::None);
    let control = control.dyn_ref::<SharedArrayBuffer>().map(Control::over);
    let prepared = move |python| {
        WORKER.set(Some(Worker { waiting, control, python, fresh: false }));
        make_ready();
        EARLY.take().into_iter().for_each(serve);
    };
    match LOADING.take() {
        None => prepared(if python.is_undefined() {
            Err("Python is not loaded in this worker.".to_owned())
        } else {
            Ok(python)
        }),
        Some(loading) => spawn_local(async move {
            let python = JsFuture::from(loading).await.map_err(|error| {
                let why = words(&error);
                format!("Python could not be loaded: {why}. Reload the page once python.wasm is served beside it.")
            });
            match &python {
                Ok(module) => post(&ToPage::Python(module.clone())),
                Err(why) => post(&ToPage::NoPython(why.clone())),
            }
            prepared(python);
        }),
    }
}

/// Instantiates Python, so that the next run only has to start it.
fn make_ready() {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else { return };
    let none = js_sys::Array::new();
    let fresh = match worker.python.as_ref().map(|python| instantiate(python, worker.waiting, false, &none, &[])) {
        Ok(Ok(())) => true,
        Ok(Err(why)) => return post(&ToPage::Failed(why)),
        // Other guests can run.
        Err(_) => false,
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

/// `opens`: host functions may give promises, so that calls of them suspend the guest, however it waits else. `typed`: the
/// functions of `hosts` that the guest imports by name.
fn instantiate(
    module: &JsValue,
    waiting: Waiting,
    opens: bool,
    typed: &js_sys::Array,
    hosts: &[PreparedHost],
) -> Result<(), String> {
    let missing = glue::missing_imports(module, typed);
    if !missing.is_empty() {
        return Err(start::missing(&missing, hosts));
    }
    let waits = WAITING_CALLS.iter().map(|name| (*name).to_owned()).collect();
    glue::guest_instantiate(module, opens || waiting == Waiting::Jspi, waits, opens, typed)
        .map_err(|error| format!("The browser could not instantiate the guest: {}.", words(&error)))
}

fn start(program: &[u8], terminal: bool, module: JsValue, stays: bool) {
    let prepared = match start::read(program) {
        Ok(prepared) => prepared,
        Err(why) => return refuse(why),
    };
    javascript::forget();
    renewal::forget();
    let sources = start::in_javascript(&prepared);
    if sources.is_empty() {
        return begin(prepared, Vec::new(), terminal, &module, stays);
    }
    STARTING.set(true);
    spawn_local(async move {
        let mut modules = Vec::new();
        let mut failed = None;
        for (name, source, interface) in sources {
            match javascript::module(&name, &source, interface.as_ref()).await {
                Ok(module) => modules.push(module),
                Err(why) => failed = failed.or(Some(why)),
            }
        }
        STARTING.set(false);
        match failed {
            None => begin(prepared, modules, terminal, &module, stays),
            Some(why) => {
                // What was said to a run that does not come is for nobody.
                EARLY.take();
                refuse(why);
            }
        }
    });
}

fn refuse(why: String) {
    post(&ToPage::Refused(why));
    make_ready();
}

fn begin(prepared: Prepared, modules: Vec<HostModule>, terminal: bool, module: &JsValue, stays: bool) {
    let Some(worker) = WORKER.with_borrow(Clone::clone) else { return };
    let opens = !modules.is_empty() && worker.waiting != Waiting::None && wait::available(Waiting::Jspi);
    let suspending = opens || worker.waiting == Waiting::Jspi;
    let started = match start::start(worker, prepared, modules, (opens, stays), terminal, module) {
        Ok(started) => started,
        Err(why) => return refuse(why),
    };
    // What was said while host modules were loaded is for this run.
    EARLY.take().into_iter().for_each(serve);
    set_fresh(false);
    if started.is_over() {
        finish(started, String::new());
    } else if suspending {
        spawn_local(async move {
            let ending = JsFuture::from(glue::guest_run_suspending(started.entry)).await;
            ran(started, ending.ok().and_then(|ending| ending.as_string()).unwrap_or_default());
        });
    } else {
        let ending = glue::guest_run(started.entry);
        ran(started, ending);
    }
}

/// The program has run: the guest stays to be called, or the run is over.
fn ran(started: start::Started, ending: String) {
    if let Some(started) = serving::begin(started, &ending) {
        finish(started, ending);
    }
}

fn finish(started: start::Started, ending: String) {
    if let Some(outcome) = started.finish(ending) {
        match borsh::to_vec(&outcome) {
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
