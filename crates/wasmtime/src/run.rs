//! Owns one run: from fresh instances to its outcome, and back to where its program had run.
//! It must never know Python, nor how calls are served.

use crate::checkpoint::{Pristine, Saved};
use crate::control::{Control, Interrupt, Renew};
use crate::guests::{Made, Place, Ways};
use crate::host::Renewals;
use crate::output::{Output, Stream};
use crate::ready::ended;
use crate::sandbox::{Linked, Sandbox};
use crate::start::{Registered, Start};
use crate::streams::Streams;
use crate::sync::lock;
use crate::{Error, p1, shim};
use amphi_core::{
    ChangedFile, Exit, ExportCall, Exports, GuestId, HostError, Interface, Outcome, Registry, Reply, Timing, Value,
    se2_run,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run whose guest stands at its first instruction.
pub struct Running {
    guests: Guests,
    control: Arc<Control>,
    output: Arc<Output>,
    instantiate: Duration,
    calls: Vec<ExportCall>,
    /// Since when it serves, and what.
    served: Option<Instant>,
    exports: Option<Exports>,
    /// When the guests' monotonic clocks were 0.
    began: Instant,
    /// Nobody watches it, and its clocks are the machine's.
    plain: bool,
    /// What it was once its program had run, if that was kept.
    pub(crate) saved: Option<Saved>,
}

enum Guests {
    Wasmtime(Made<p1::World, p1::Folders>),
    Shim(Made<shim::World, shim::Back>),
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("control", &self.control).finish_non_exhaustive()
    }
}

impl Running {
    pub(crate) fn new(sandbox: &Sandbox, start: Start) -> Result<Self, Error> {
        let (began, plain) = (Instant::now(), start.is_plain());
        let Outside { place, registered, calls, renewals } = Outside::of(sandbox, start, began)?;
        let Streams { control, output, .. } = place.streams.clone();
        let guests = match &sandbox.linked {
            Linked::Wasmtime(modules) => {
                let cache = sandbox.cache.clone();
                let ways = Ways { world: move |place: Place| place.p1(cache.folder()), wasi: p1::add_to_linker };
                Guests::Wasmtime(Made::new(sandbox, modules, place, (registered, renewals), ways)?)
            }
            Linked::Shim(modules) => {
                let ways = Ways { world: Place::shim, wasi: shim::add_to_linker };
                Guests::Shim(Made::new(sandbox, modules, place, (registered, renewals), ways)?)
            }
        };
        let instantiate = began.elapsed();
        Ok(Self { guests, control, output, instantiate, calls, served: None, exports: None, began, plain, saved: None })
    }

    /// Keeps what the program's guest is now, if it can be taken back to it; see [`Sandbox::checkpoint`].
    pub(crate) fn save(&mut self, pristine: &Pristine) {
        self.saved = match &mut self.guests {
            Guests::Wasmtime(made) if self.plain => made.ready.save(pristine),
            Guests::Shim(made) if self.plain => made.ready.save(pristine),
            Guests::Wasmtime(_) | Guests::Shim(_) => None,
        };
    }

    /// Whether these host functions are what its guest knows.
    pub(crate) fn knows(&self, registry: &Registry) -> bool {
        let known = match &self.guests {
            Guests::Wasmtime(made) => made.ready.registry(),
            Guests::Shim(made) => made.ready.registry(),
        };
        known.interfaces().eq(registry.interfaces())
    }

    /// Takes its guest back to what was kept of it, in a fresh world.
    pub(crate) fn put_back(
        &mut self,
        sandbox: &Sandbox,
        (saved, pristine): (&Saved, &Pristine),
        registry: Registry,
        start: Start,
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let Outside { place, calls, .. } = Outside::of(sandbox, start, self.began)?;
        let Streams { control, output, .. } = place.streams.clone();
        match &mut self.guests {
            Guests::Wasmtime(made) => {
                made.put_back((saved, pristine), registry, place, |place| place.p1(sandbox.cache.folder()))
            }
            Guests::Shim(made) => made.put_back((saved, pristine), registry, place, Place::shim),
        }?;
        (self.control, self.output, self.calls) = (control, output, calls);
        (self.instantiate, self.served) = (begin.elapsed(), Some(Instant::now()));
        Ok(())
    }

    /// Interrupts or ends this run from another thread.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        Interrupt::of(&self.control)
    }

    /// Has this run look for new host modules, from another thread; it began with [`Start::renewals`].
    #[must_use]
    pub fn renew(&self) -> Renew {
        Renew::of(&self.control)
    }

    /// Has the wall limit count from now: the run was made ready long before it was wanted.
    pub(crate) fn restart_clock(&self) {
        self.control.restart();
    }

    /// What to do when the run has to end and does not notice within a second, which only happens to a guest that
    /// checks by itself ([`crate::Wasm::asking`]) in the middle of one long step. Nothing can end it but the end of the
    /// process: `then` is called on another thread, the run's temporary folders are removed before.
    pub fn on_overdue(&self, then: impl FnOnce(Exit) + Send + 'static) {
        let folders = match &self.guests {
            Guests::Wasmtime(made) => made.worlds.iter().flat_map(p1::Folders::temporary).collect(),
            Guests::Shim(_) => Vec::new(),
        };
        self.control.on_overdue(Box::new(|end| then(ended(end))), folders);
    }

    /// Runs the guest to its end.
    ///
    /// # Errors
    /// What the guest changed in writable folders could not be written; its own failure is in the outcome.
    pub fn finish(self) -> Result<Outcome, Error> {
        self.end(false)
    }

    /// The same, for a process that ends right after: the guest's memory and descriptors are left to the system, which
    /// takes all of a process apart sooner than its parts one by one.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_last(self) -> Result<Outcome, Error> {
        self.end(true)
    }

    /// Runs a Python program and keeps its guest ready: what the program exports can be called, and what it made stays
    /// until [`Self::finish`]. Gives the program's own exit code.
    ///
    /// # Errors
    /// The run ended before it was ready, which its outcome tells; or the guest cannot serve, in words.
    pub fn serve(&mut self) -> Result<u32, HostError> {
        self.served = Some(Instant::now());
        self.start_hosts().map_err(|error| HostError::host(error.to_string()))?;
        let (code, exports) = match &mut self.guests {
            Guests::Wasmtime(made) => made.ready.serve(),
            Guests::Shim(made) => made.ready.serve(),
        }?;
        self.exports = Some(exports);
        Ok(code)
    }

    /// What the program can import from its host modules. Those that are written in Python start now, if they have not.
    ///
    /// # Errors
    /// [`Error::Host`]: one of them cannot start.
    pub fn offered(&mut self) -> Result<Vec<Interface>, Error> {
        self.start_hosts()?;
        Ok(match &self.guests {
            Guests::Wasmtime(made) => made.ready.interfaces(),
            Guests::Shim(made) => made.ready.interfaces(),
        })
    }

    /// What the program exports, once it [serves](Self::serve).
    #[must_use]
    pub fn exports(&self) -> Option<&Interface> {
        self.exports.as_ref().map(Exports::interface)
    }

    /// Calls a function that the program exports.
    ///
    /// # Errors
    /// There is none of that name, it does not take these arguments, or it raised; the error has the traceback. Whether
    /// the guest goes on tells [`Self::is_over`].
    pub fn call(&mut self, name: &str, args: Vec<Value>) -> Result<Value, HostError> {
        let exports = self.exports.as_ref().ok_or_else(|| HostError::host("the program does not serve"))?;
        match &mut self.guests {
            Guests::Wasmtime(made) => made.ready.with(|cx| exports.call(cx, name, args)),
            Guests::Shim(made) => made.ready.with(|cx| exports.call(cx, name, args)),
        }
    }

    /// Has an SE2 plugin work on a payload, once it [serves](Self::serve); see [`amphi_core::se2_run`].
    ///
    /// # Errors
    /// What the plugin returns as its error; it is no plugin, gives no answer, or ended.
    pub fn call_plugin(&mut self, payload: &[u8]) -> Result<Vec<u8>, HostError> {
        match &mut self.guests {
            Guests::Wasmtime(made) => made.ready.with(|cx| se2_run(cx, GuestId::PROGRAM, payload)),
            Guests::Shim(made) => made.ready.with(|cx| se2_run(cx, GuestId::PROGRAM, payload)),
        }
    }

    /// Whether the guest can be called no more: it exited, trapped or met a limit.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.guests {
            Guests::Wasmtime(made) => made.ready.is_over(),
            Guests::Shim(made) => made.ready.is_over(),
        }
    }

    /// Makes the calls of exports that the run was started with.
    fn make_calls(&mut self) -> Vec<Reply> {
        let calls = std::mem::take(&mut self.calls);
        if calls.is_empty() {
            return Vec::new();
        }
        match self.serve() {
            Ok(0) => {}
            // A program that failed is not called.
            Ok(_) => return Vec::new(),
            // Why a guest ended is told by the outcome.
            Err(_) if self.is_over() => return Vec::new(),
            Err(error) => return vec![Err(error.to_string())],
        }
        let mut replies = Vec::new();
        for call in &calls {
            let Some(exports) = &self.exports else { break };
            let reply = match &mut self.guests {
                Guests::Wasmtime(made) => made.ready.with(|cx| exports.call_text(cx, call)),
                Guests::Shim(made) => made.ready.with(|cx| exports.call_text(cx, call)),
            };
            if self.is_over() {
                break;
            }
            replies.push(reply);
        }
        replies
    }

    fn start_hosts(&mut self) -> Result<(), Error> {
        match &mut self.guests {
            Guests::Wasmtime(made) => made.ready.start_hosts(),
            Guests::Shim(made) => made.ready.start_hosts(),
        }
    }

    fn end(mut self, last: bool) -> Result<Outcome, Error> {
        let begin = *self.served.get_or_insert_with(Instant::now);
        match self.start_hosts() {
            Err(error) if !self.is_over() => return Err(error),
            // Why the run ended in a host module's guest tells its outcome.
            Ok(()) | Err(_) => {}
        }
        let replies = self.make_calls();
        let Self { guests, control: _control, output, instantiate, .. } = self;
        let (exit, files): (Exit, Vec<ChangedFile>) = match guests {
            Guests::Wasmtime(Made { mut ready, worlds, modules }) => {
                let exit = ready.run();
                // The guests' descriptors close before their folders are looked at and go.
                ready.guests_mut().for_each(|guest| guest.wasi.close());
                ready.leave(last);
                drop(modules);
                let changes = worlds.first().map_or_else(|| Ok(Vec::new()), p1::Folders::changes);
                (exit, changes.map_err(|error| Error::io("cannot read what the guest left", error))?)
            }
            Guests::Shim(Made { mut ready, worlds, modules }) => {
                let exit = ready.run();
                let mut changes = None;
                let mut backs = worlds.iter();
                for (guest, back) in ready.guests().zip(&mut backs) {
                    let tree = guest.wasi.tree();
                    back.write_back(tree)?;
                    changes.get_or_insert_with(|| back.changes(tree));
                }
                for (module, back) in lock(&modules).iter() {
                    module.with_guest(|guest| back.write_back(guest.wasi.tree()))?;
                }
                ready.leave(last);
                (exit, changes.unwrap_or_default())
            }
        };
        let (stdout, stderr) = output.take_captured();
        let timings = vec![timing("instantiate", instantiate), timing("run", begin.elapsed())];
        Ok(Outcome { stdout: stdout.into(), stderr: stderr.into(), exit, files, mounts: Vec::new(), replies, timings })
    }
}

/// What a run has of the outside.
struct Outside {
    place: Place,
    registered: Registered,
    calls: Vec<ExportCall>,
    renewals: Option<Box<dyn Renewals>>,
}

impl Outside {
    fn of(sandbox: &Sandbox, start: Start, began: Instant) -> Result<Self, Error> {
        let Start { args, env, mounts, stdin, stdout, stderr, limits, registered, determinism, gate, calls, renewals } =
            start;
        let wall = limits.wall_ms.map(Duration::from_millis);
        let control = Control::new(&sandbox.engine, wall, sandbox.asks)
            .map_err(|error| Error::io("cannot watch the wall limit", error))?;
        let output = Arc::new(Output::new(stdout, stderr, limits.output_bytes));
        let streams = Streams { stdin: Arc::new(stdin), output, stdout: Stream::Stdout, control };
        let place = Place { args, env, mounts, limits, determinism, gate, streams, began };
        Ok(Self { place, registered, calls, renewals })
    }
}

fn timing(name: &str, duration: Duration) -> Timing {
    Timing { name: name.to_owned(), us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX) }
}
