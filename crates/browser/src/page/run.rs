//! One run as the page sees it: what it says, what it is sent, and how it is ended when it does not end by itself.
//!
//! It must never know what the guest does.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::{Rc, Weak};

use amphi_core::habitat::OutputStream;
use amphi_core::protocol::Waiting;
use amphi_core::{Bytes, Exit, ExportCall, Guest, Interface, Limit, Outcome, Prepared, PreparedHost, Reply};
use gloo_timers::callback::Timeout;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Habitat;
use super::sandbox::Sandbox;
use crate::control::{Control, Posted};
use crate::message::{ToPage, ToWorker};
use crate::words;

/// The number of Ctrl-C.
const SIGINT: u32 = 2;
/// How long a guest may take to end after an interrupt, in milliseconds.
const PATIENCE_MS: u32 = 1_000;
/// A worker that keeps the wall time itself is given so much more before it is ended, in milliseconds.
const GRACE_MS: u64 = 250;
/// How long a worker that reads a letter is given, in milliseconds.
const BUSY_MS: u32 = 5;
/// When the next run's worker is made, in milliseconds after a run began: the run's own first output comes first.
const SPARE_AFTER_MS: u32 = 300;

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// The guest wrote.
    Output(OutputStream, Vec<u8>),
    /// The guest made calls.
    Trace {
        /// Their records, in the form of `amphi_wasi::trace`.
        records: Vec<u8>,
        /// Bytes of memory that it has by now.
        memory: f64,
    },
    /// The guest waits for input.
    WantsInput,
    /// The program has run, and its guest stays: this can be called.
    Serves(Interface),
    /// What a call of it came to.
    Reply(Reply),
    /// The guest ended; the last event.
    Finished {
        /// What it left; its output came before.
        outcome: Box<Outcome>,
        /// True when it did not end by itself and its worker was ended.
        killed: bool,
    },
    /// The program could not be started, or its worker failed; in words, and the last event.
    Failed(String),
}

/// A run; a handle that clones share.
#[derive(Clone)]
pub struct Run(Rc<Inner>);

struct Inner {
    habitat: Habitat,
    /// None once the run is over.
    sandbox: RefCell<Option<Rc<Sandbox>>>,
    listener: Box<dyn Fn(Event)>,
    /// Input that has no room in the shared memory yet.
    backlog: RefCell<VecDeque<u8>>,
    input_ended: Cell<bool>,
    /// Host modules that the worker has not seen yet, for all that the page knows.
    renewed: RefCell<Vec<PreparedHost>>,
    wall_ms: Option<u64>,
    /// Dropped, and so undone, when the run is over.
    timers: RefCell<Vec<Timeout>>,
}

impl Habitat {
    /// Runs a program. `terminal`: a person reads stdout as it comes. `stays`: what the program exports is called
    /// afterwards. Events come after this call returned.
    pub fn start(&self, prepared: &Prepared, terminal: bool, stays: bool, listener: impl Fn(Event) + 'static) -> Run {
        let run = Run(Rc::new(Inner {
            habitat: self.clone(),
            sandbox: RefCell::default(),
            listener: Box::new(listener),
            backlog: RefCell::default(),
            input_ended: Cell::default(),
            renewed: RefCell::default(),
            wall_ms: prepared.program.limits.wall_ms,
            timers: RefCell::default(),
        }));
        match run.begin(prepared, terminal, stays) {
            Ok(()) => {}
            Err(why) => {
                let run = run.clone();
                spawn_local(async move { run.over(Event::Failed(why)) });
            }
        }
        run
    }
}

impl Run {
    fn begin(&self, prepared: &Prepared, terminal: bool, stays: bool) -> Result<(), String> {
        let habitat = &self.0.habitat;
        if let Some(why) = habitat.python_error().filter(|_| prepared.program.is_python()) {
            return Err(why);
        }
        let sandbox = habitat.take()?;
        sandbox.used();
        let weak = Rc::downgrade(&self.0);
        sandbox.listener(move |message| Self::told(&weak, message));
        self.0.sandbox.replace(Some(Rc::clone(&sandbox)));
        let habitat = habitat.clone();
        self.after(SPARE_AFTER_MS, move |_| habitat.make_spare());
        self.watch_wall();
        match prepared.program.guest.module() {
            None => sandbox.send(&start(prepared, terminal, stays, JsValue::UNDEFINED)?),
            Some(bytes) => {
                // The module travels compiled; the worker needs no copy of its bytes.
                let module = compile(bytes);
                let mut prepared = prepared.clone();
                match &mut prepared.program.guest {
                    Guest::Python { extended, .. } => *extended = None,
                    Guest::Wasm(bytes) => *bytes = Bytes::default(),
                }
                let run = self.clone();
                spawn_local(async move {
                    let message = match JsFuture::from(module).await {
                        Ok(module) => start(&prepared, terminal, stays, module),
                        Err(error) => Err(format!(
                            "The guest is not a WebAssembly module that this browser can run: {}.",
                            words(&error)
                        )),
                    };
                    match message {
                        Ok(message) => sandbox.send(&message),
                        Err(why) => run.over(Event::Failed(why)),
                    }
                });
            }
        }
        Ok(())
    }

    /// Ends the worker if it does not keep the wall time itself.
    fn watch_wall(&self) {
        // Timers hold at most 2^31 milliseconds; a longer limit is the worker's alone.
        let wall = self
            .0
            .wall_ms
            .and_then(|wall| i32::try_from(wall + GRACE_MS).ok())
            .and_then(|wall| u32::try_from(wall).ok());
        if let Some(wall) = wall {
            self.after(wall, |run| run.kill(Exit::Limit(Limit::Wall)));
        }
    }

    fn after(&self, milliseconds: u32, act: impl FnOnce(&Self) + 'static) {
        let weak = Rc::downgrade(&self.0);
        let timer = Timeout::new(milliseconds, move || {
            if let Some(run) = weak.upgrade().map(Self) {
                act(&run);
            }
        });
        self.0.timers.borrow_mut().push(timer);
    }

    /// Gives the guest input.
    pub fn input(&self, bytes: &[u8]) {
        self.0.backlog.borrow_mut().extend(bytes);
        self.send_input();
    }

    /// No more input follows.
    pub fn end_input(&self) {
        self.0.input_ended.set(true);
        self.send_input();
    }

    fn send_input(&self) {
        let Some(sandbox) = self.0.sandbox.borrow().clone() else { return };
        let mut backlog = self.0.backlog.borrow_mut();
        match &sandbox.control {
            Some(control) => {
                let count = control.push(backlog.make_contiguous());
                backlog.drain(..count);
                if backlog.is_empty() && self.0.input_ended.get() {
                    control.end();
                }
            }
            None => {
                if !backlog.is_empty() {
                    sandbox.send(&ToWorker::Stdin(Uint8Array::from(&*backlog.make_contiguous())));
                    backlog.clear();
                }
                if self.0.input_ended.get() {
                    sandbox.send(&ToWorker::StdinEnd);
                }
            }
        }
    }

    /// Calls what the program exports, once it [serves](Event::Serves); one call at a time.
    pub fn call(&self, call: &ExportCall) {
        self.watch_wall();
        self.send(&ToWorker::Call(borsh::to_vec(call).unwrap_or_default()));
    }

    /// Calls no more: the run is over soon.
    pub fn leave(&self) {
        self.send(&ToWorker::Leave);
    }

    fn send(&self, message: &ToWorker) {
        if let Some(sandbox) = &*self.0.sandbox.borrow() {
            sandbox.send(message);
        }
    }

    /// Has host modules take the places of those of their names: the next call of one of their functions is theirs. One that
    /// cannot is told in the run's standard error, and the old one stays. A guest that can wait in no way hears of none.
    pub fn renew(&self, hosts: &[PreparedHost]) {
        let Some(sandbox) = self.0.sandbox.borrow().clone() else { return };
        let mut renewed = self.0.renewed.borrow_mut();
        if !sandbox.control.as_ref().is_some_and(Control::has_letter) {
            renewed.clear();
        }
        renewed.retain(|before| hosts.iter().all(|host| host.name != before.name));
        renewed.extend_from_slice(hosts);
        drop(renewed);
        self.post_renewed(&sandbox);
    }

    fn post_renewed(&self, sandbox: &Rc<Sandbox>) {
        let hosts = borsh::to_vec(&*self.0.renewed.borrow()).unwrap_or_default();
        let Some(control) = &sandbox.control else { return sandbox.send(&ToWorker::Renew(hosts)) };
        match control.post(&hosts) {
            Posted::Done => {}
            Posted::Busy => {
                let weak = Rc::downgrade(sandbox);
                self.after(BUSY_MS, move |run| {
                    if let Some(sandbox) = weak.upgrade() {
                        run.post_renewed(&sandbox);
                    }
                });
            }
            Posted::TooLarge => {
                let why = "amphi: the host modules are too large to take others' places while a program runs\n";
                self.tell(Event::Output(OutputStream::Stderr, why.into()));
            }
        }
    }

    /// Ctrl-C: the guest may handle it and go on. Where a guest cannot hear of it, its worker is ended.
    pub fn interrupt(&self) {
        let Some(sandbox) = self.0.sandbox.borrow().clone() else { return };
        match (&sandbox.control, self.0.habitat.waiting()) {
            (Some(control), _) => control.signal(SIGINT),
            (None, Waiting::None) => self.kill(Exit::Interrupted),
            (None, _) => sandbox.send(&ToWorker::Signal(SIGINT)),
        }
    }

    /// Ctrl-C, and the end of the worker if the guest has not ended a second later.
    pub fn stop(&self) {
        self.interrupt();
        if self.0.sandbox.borrow().is_some() {
            self.after(PATIENCE_MS, |run| run.kill(Exit::Interrupted));
        }
    }

    /// Ends the worker at once.
    pub fn end(&self) {
        self.kill(Exit::Interrupted);
    }

    fn kill(&self, exit: Exit) {
        let Some(sandbox) = self.0.sandbox.take() else { return };
        sandbox.end();
        self.0.habitat.make_spare();
        let outcome = Outcome {
            stdout: Bytes::default(),
            stderr: Bytes::default(),
            exit,
            files: Vec::new(),
            mounts: Vec::new(),
            replies: Vec::new(),
            timings: Vec::new(),
        };
        self.over(Event::Finished { outcome: Box::new(outcome), killed: true });
    }

    fn told(weak: &Weak<Inner>, message: ToPage) {
        let Some(run) = weak.upgrade().map(Self) else { return };
        match message {
            // The run was started before its worker was ready.
            ToPage::Ready => run.0.habitat.settle(Ok(())),
            ToPage::Output { stderr, bytes } => {
                let stream = if stderr { OutputStream::Stderr } else { OutputStream::Stdout };
                run.tell(Event::Output(stream, bytes.to_vec()));
            }
            ToPage::Trace { records, memory } => run.tell(Event::Trace { records: records.to_vec(), memory }),
            ToPage::Waiting => {
                let more = !run.0.backlog.borrow().is_empty();
                if more {
                    run.send_input();
                } else {
                    run.tell(Event::WantsInput);
                }
            }
            ToPage::Serves(exports) => run.pauses(borsh::from_slice(&exports).map(Event::Serves)),
            ToPage::Reply(reply) => run.pauses(borsh::from_slice(&reply).map(Event::Reply)),
            ToPage::Ended(outcome) => {
                run.give_back();
                run.over(match borsh::from_slice(&outcome) {
                    Ok(outcome) => Event::Finished { outcome: Box::new(outcome), killed: false },
                    Err(error) => Event::Failed(format!("The worker's outcome could not be read: {error}.")),
                });
            }
            ToPage::Refused(why) => {
                run.give_back();
                run.over(Event::Failed(why));
            }
            ToPage::Failed(why) => {
                if let Some(sandbox) = run.0.sandbox.take() {
                    sandbox.end();
                }
                run.0.habitat.make_spare();
                run.over(Event::Failed(why));
            }
            // Its sandbox passes these on.
            ToPage::Python(_) | ToPage::NoPython(_) => {}
        }
    }

    /// The guest is idle, and may be for long.
    fn pauses(&self, event: io::Result<Event>) {
        self.0.timers.take();
        self.0.habitat.make_spare();
        self.tell(event.unwrap_or_else(|error| Event::Failed(format!("The worker could not be understood: {error}."))));
    }

    fn give_back(&self) {
        if let Some(sandbox) = self.0.sandbox.take() {
            self.0.habitat.give_back(sandbox);
        }
    }

    /// The last event.
    fn over(&self, event: Event) {
        self.0.timers.take();
        self.tell(event);
    }

    fn tell(&self, event: Event) {
        (self.0.listener)(event);
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Run").field("over", &self.0.sandbox.borrow().is_none()).finish_non_exhaustive()
    }
}

fn start(prepared: &Prepared, terminal: bool, stays: bool, module: JsValue) -> Result<ToWorker, String> {
    let program = borsh::to_vec(prepared).map_err(|error| format!("The program could not be sent: {error}."))?;
    Ok(ToWorker::Start { program, terminal, module, stays })
}

fn compile(bytes: &[u8]) -> Promise {
    js_sys::WebAssembly::compile(&Uint8Array::from(bytes).into())
}
