//! The page's side: workers made ready beforehand, and runs in them. It must never know how a page looks.

mod files;
mod python;
mod run;
mod sandbox;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use amphi_core::Program;
use amphi_core::protocol::Waiting;
use amphi_wasi::{Content, Replay};
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::message::ToPage;
use crate::world;
use sandbox::{Loaded, Sandbox};

pub use python::sha256;
pub use run::{Event, Run};

/// The files and descriptors of a program's guest, in which the calls of its run can be made again.
///
/// # Errors
/// In words: no guest starts with this.
pub fn replay(program: Program) -> Result<Replay, String> {
    let (mut config, _) = world::of(program, Content::from(Vec::new()), 0)?;
    // Beyond it is told that the world is not as it was: the page has its own use for memory.
    config.limits.file_bytes = config.limits.file_bytes.min(REPLAYED);
    Replay::new(config).map_err(|error| error.to_string())
}

/// So many workers are kept when nothing runs.
const KEPT: usize = 2;
/// When the standard library is fetched, in milliseconds after the first worker is ready: a first run comes first.
const LIBRARY_AFTER_MS: u32 = 500;

/// Bytes that the calls of a run may have written to be made again.
const REPLAYED: u64 = 256 << 20;

/// Told once, when the first worker is ready or cannot get ready.
type WhenReady = Box<dyn FnOnce(Result<(), String>)>;

/// The browser as a habitat: a handle that clones share.
#[derive(Clone)]
pub struct Habitat(Rc<Inner>);

struct Inner {
    waiting: Waiting,
    /// python.wasm, compiled; none while it loads.
    python: RefCell<Option<Result<JsValue, String>>>,
    /// The worker that loads it.
    loader: RefCell<Weak<Sandbox>>,
    /// The standard library's zip, once it is there.
    library: RefCell<Option<Uint8Array>>,
    /// Workers without a run.
    idle: RefCell<Vec<Rc<Sandbox>>>,
    /// Workers made while Python still loads.
    unprepared: RefCell<Vec<Weak<Sandbox>>>,
    when_ready: RefCell<Vec<WhenReady>>,
    /// What became of getting ready, once it is known.
    readiness: RefCell<Option<Result<(), String>>>,
}

impl Habitat {
    /// Begins to load Python and to make a worker ready.
    #[must_use]
    pub fn new(waiting: Waiting) -> Self {
        let habitat = Self(Rc::new(Inner {
            waiting,
            python: RefCell::default(),
            loader: RefCell::default(),
            library: RefCell::default(),
            idle: RefCell::default(),
            unprepared: RefCell::default(),
            when_ready: RefCell::default(),
            readiness: RefCell::default(),
        }));
        habitat.make_spare();
        let weak = Rc::downgrade(&habitat.0);
        habitat.when_ready(move |_| {
            Timeout::new(LIBRARY_AFTER_MS, move || spawn_local(load_library(weak))).forget();
        });
        habitat
    }

    /// How guests wait here.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.0.waiting
    }

    /// Tells when the first worker is ready, or in words why none gets ready.
    pub fn when_ready(&self, tell: impl FnOnce(Result<(), String>) + 'static) {
        // Cloned out first: who is told may ask again.
        let readiness = self.0.readiness.borrow().clone();
        match readiness {
            Some(readiness) => tell(readiness),
            None => self.0.when_ready.borrow_mut().push(Box::new(tell)),
        }
    }

    /// Why Python cannot run, if it could not be loaded.
    fn python_error(&self) -> Option<String> {
        self.0.python.borrow().as_ref().and_then(|python| python.as_ref().err().cloned())
    }

    fn settle(&self, readiness: Result<(), String>) {
        if self.0.readiness.borrow().is_some() {
            return;
        }
        self.0.readiness.replace(Some(readiness.clone()));
        for tell in self.0.when_ready.take() {
            tell(readiness.clone());
        }
    }

    /// A worker for a run: one that is ready if there is one.
    fn take(&self) -> Result<Rc<Sandbox>, String> {
        let mut idle = self.0.idle.borrow_mut();
        let ready = idle.iter().position(|sandbox| sandbox.is_ready());
        if let Some(at) = ready.or(if idle.is_empty() { None } else { Some(0) }) {
            return Ok(idle.remove(at));
        }
        drop(idle);
        self.make()
    }

    /// Takes a worker back after its run.
    fn give_back(&self, sandbox: Rc<Sandbox>) {
        if sandbox.is_worn() || self.0.idle.borrow().len() >= KEPT {
            sandbox.end();
            self.make_spare();
        } else {
            self.rest(sandbox);
        }
    }

    /// Makes a worker ready for the next run, unless one is there.
    fn make_spare(&self) {
        if !self.0.idle.borrow().is_empty() {
            return;
        }
        match self.make() {
            Ok(sandbox) => self.rest(sandbox),
            Err(why) => self.settle(Err(why)),
        }
    }

    fn make(&self) -> Result<Rc<Sandbox>, String> {
        let loading = self.0.loader.borrow().upgrade().is_some_and(|loader| !loader.is_ended());
        let loads = self.0.python.borrow().is_none() && !loading;
        let sandbox = Sandbox::new(self.0.waiting, loads.then(|| self.loaded()))?;
        if loads {
            self.0.loader.replace(Rc::downgrade(&sandbox));
        }
        if loads || self.0.python.borrow().is_some() {
            self.prepare(&sandbox);
        } else {
            self.0.unprepared.borrow_mut().push(Rc::downgrade(&sandbox));
        }
        Ok(sandbox)
    }

    /// Takes what became of loading Python.
    fn loaded(&self) -> Loaded {
        let habitat = Rc::downgrade(&self.0);
        Box::new(move |python| {
            let Some(habitat) = habitat.upgrade().map(Self) else { return };
            if let Err(why) = &python {
                habitat.settle(Err(why.clone()));
            }
            habitat.0.python.replace(Some(python));
            for sandbox in habitat.0.unprepared.take().iter().filter_map(Weak::upgrade) {
                habitat.prepare(&sandbox);
            }
        })
    }

    fn prepare(&self, sandbox: &Sandbox) {
        let python = self.0.python.borrow().as_ref().and_then(|python| python.as_ref().ok().cloned());
        sandbox.prepare(self.0.waiting, python.unwrap_or_default());
    }

    /// Keeps a worker without a run, and forgets it when it fails.
    fn rest(&self, sandbox: Rc<Sandbox>) {
        let (habitat, weak) = (Rc::downgrade(&self.0), Rc::downgrade(&sandbox));
        sandbox.listener(move |message| {
            let Some(habitat) = habitat.upgrade().map(Self) else { return };
            match message {
                ToPage::Ready => habitat.settle(Ok(())),
                ToPage::Failed(why) | ToPage::Refused(why) => {
                    habitat.0.idle.borrow_mut().retain(|idle| !std::ptr::eq(Rc::as_ptr(idle), weak.as_ptr()));
                    habitat.settle(Err(why));
                }
                // What an ended run still says is for nobody; what is said of Python, its sandbox passes on.
                ToPage::Output { .. }
                | ToPage::Trace { .. }
                | ToPage::Waiting
                | ToPage::Serves(_)
                | ToPage::Reply(_)
                | ToPage::Ended(_)
                | ToPage::Python(_)
                | ToPage::NoPython(_) => {}
            }
        });
        if let Some(library) = &*self.0.library.borrow() {
            sandbox.lend(library);
        }
        self.0.idle.borrow_mut().push(sandbox);
    }
}

/// Fetches the standard library for all workers, so that the first guest that needs it need not wait.
async fn load_library(habitat: Weak<Inner>) {
    let Some(waiting) = habitat.upgrade().map(|habitat| habitat.waiting) else { return };
    let Some(library) = python::library(waiting).await else { return };
    let Some(habitat) = habitat.upgrade() else { return };
    for sandbox in &*habitat.idle.borrow() {
        sandbox.lend(&library);
    }
    habitat.library.replace(Some(library));
}

impl std::fmt::Debug for Habitat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Habitat").field("waiting", &self.0.waiting).finish_non_exhaustive()
    }
}
