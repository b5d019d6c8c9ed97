//! One worker with a fresh guest: made ready beforehand, used for a run, ready again after it.
//!
//! It must never know what a message means for a run, only where to pass it.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use amphi_core::protocol::Waiting;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::files::File;
use super::python;
use crate::message::{ToPage, ToWorker};
use crate::{Control, wait, words};

/// Who is told what the worker says.
type Listener = Box<dyn Fn(ToPage)>;
/// Who is told that python.wasm is compiled, or in words why not.
pub(super) type Loaded = Box<dyn Fn(Result<JsValue, String>)>;
/// What the browser calls with an event.
type Hears<E> = Closure<dyn Fn(E)>;

/// The name of the worker that loads Python; `boot.js` and `worker.js` know it too.
const LOADS_PYTHON: &str = "loads-python";

/// One worker, the memory shared with it, and what waits to be sent.
pub(super) struct Sandbox {
    worker: Worker,
    /// Only where the way to wait is [`Waiting::Shared`].
    pub(super) control: Option<Control>,
    listener: RefCell<Option<Rc<Listener>>>,
    /// Where this worker loads Python.
    loaded: Option<Loaded>,
    /// True once the worker has the standard library, or it is on its way.
    has_library: Cell<bool>,
    ended: Cell<bool>,
    ready: Cell<bool>,
    runs: Cell<u32>,
    on_message: RefCell<Option<Hears<MessageEvent>>>,
    on_error: RefCell<Option<Hears<ErrorEvent>>>,
}

impl Sandbox {
    /// Starts a worker. With `loaded` it loads Python, and `boot.js` may have started it already.
    ///
    /// # Errors
    /// In words, when the browser makes no worker.
    pub(super) fn new(waiting: Waiting, loaded: Option<Loaded>) -> Result<Rc<Self>, String> {
        let (worker, early) = match loaded.as_ref().and_then(|_| python::take_worker()) {
            Some(taken) => taken,
            None => {
                let options = WorkerOptions::new();
                options.set_type(WorkerType::Module);
                if loaded.is_some() {
                    options.set_name(LOADS_PYTHON);
                }
                let started = File::Worker.address().and_then(|file| Worker::new_with_options(&file, &options));
                let refused = |error| format!("The browser started no worker: {}.", words(&error));
                (started.map_err(refused)?, Array::new())
            }
        };
        let sandbox = Rc::new(Self {
            worker,
            control: (waiting == Waiting::Shared).then(Control::new),
            listener: RefCell::default(),
            loaded,
            has_library: Cell::default(),
            ended: Cell::default(),
            ready: Cell::default(),
            runs: Cell::default(),
            on_message: RefCell::default(),
            on_error: RefCell::default(),
        });
        sandbox.listen();
        sandbox.pass_on(early);
        Ok(sandbox)
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| tell(&weak, said(&event)));
        self.worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let weak = Rc::downgrade(self);
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| tell(&weak, failed(&event)));
        self.worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        self.on_message.replace(Some(on_message));
        self.on_error.replace(Some(on_error));
    }

    /// Passes on what the worker said before anybody listened; later, when somebody does.
    fn pass_on(self: &Rc<Self>, early: Array) {
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            for event in early.iter() {
                let message = event.dyn_ref().map_or_else(|| failed(event.unchecked_ref()), said);
                tell(&weak, message);
            }
        });
    }

    /// Sends what every run needs. `python`: python.wasm, compiled, or undefined.
    pub(super) fn prepare(&self, waiting: Waiting, python: JsValue) {
        self.send(&ToWorker::Prepare {
            wait: wait::name(waiting).to_owned(),
            control: self.control.as_ref().map_or(JsValue::UNDEFINED, Control::buffer),
            module: python,
        });
    }

    /// Sends the standard library, unless the worker has it.
    pub(super) fn lend(&self, library: &Uint8Array) {
        if !self.has_library.replace(true) {
            self.send(&ToWorker::Library(library.clone()));
        }
    }

    /// Sends a message. What comes before `Prepare` the worker keeps until then.
    pub(super) fn send(&self, message: &ToWorker) {
        if let Err(error) = self.worker.post_message(&message.to_js()) {
            self.told(ToPage::Failed(format!("The browser sent the worker nothing: {}.", words(&error))));
        }
    }

    /// Who is told from now on.
    pub(super) fn listener(&self, listener: impl Fn(ToPage) + 'static) {
        self.listener.replace(Some(Rc::new(Box::new(listener))));
    }

    /// True once a fresh guest is there, until it is used.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.get()
    }

    /// True when it has served so many runs that another should take its place: each stopped run leaves a little of
    /// the shim's stack behind, since JavaScript's exceptions do not restore it.
    pub(super) fn is_worn(&self) -> bool {
        self.runs.get() >= 200
    }

    /// The fresh guest is used now.
    pub(super) fn used(&self) {
        self.ready.set(false);
        self.runs.set(self.runs.get() + 1);
        if let Some(control) = &self.control {
            control.reset();
        }
    }

    /// True when the worker is no more.
    pub(super) fn is_ended(&self) -> bool {
        self.ended.get()
    }

    /// Ends the worker at once.
    pub(super) fn end(&self) {
        self.ended.set(true);
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }

    fn told(&self, message: ToPage) {
        let loaded = |python| {
            if let Some(loaded) = &self.loaded {
                loaded(python);
            }
        };
        match message {
            ToPage::Python(module) => return loaded(Ok(module)),
            ToPage::NoPython(why) => return loaded(Err(why)),
            ToPage::Ready => self.ready.set(true),
            _ => {}
        }
        // Cloned out first: the listener may replace itself.
        let listener = self.listener.borrow().clone();
        if let Some(listener) = listener {
            listener(message);
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end();
    }
}

fn tell(sandbox: &Weak<Sandbox>, message: ToPage) {
    if let Some(sandbox) = sandbox.upgrade() {
        sandbox.told(message);
    }
}

fn said(event: &MessageEvent) -> ToPage {
    let other_build = "The worker is from another build than the page. Reload the page.";
    ToPage::from_js(&event.data()).unwrap_or_else(|| ToPage::Failed(other_build.to_owned()))
}

fn failed(event: &ErrorEvent) -> ToPage {
    // A worker that could not be loaded fires a plain event without a message.
    let why = js_sys::Reflect::get(event, &"message".into()).ok().and_then(|why| why.as_string());
    let why = why.filter(|why| !why.is_empty()).unwrap_or_else(|| "it could not be loaded".to_owned());
    ToPage::Failed(format!("The worker failed: {why}. Reload the page."))
}
