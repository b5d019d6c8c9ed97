//! Owns one run: from a fresh instance to its outcome.
//! It must never know Python, nor how calls are served.

use crate::control::{Control, End, Interrupt};
use crate::engine::Checks;
use crate::host::Native;
use crate::mounts::Mount;
use crate::output::{Output, Sink};
use crate::sandbox::{Linked, Sandbox};
use crate::stdin::Stdin;
use crate::store::{MemoryLimit, Run, State, store};
use crate::watch::{self, Watched};
use crate::{Error, p1, shim};
use amphi_core::abi::{GuestExport, HostCalls};
use amphi_core::{
    ChangedFile, Crossing as _, Cx, Exit, ExportCall, Exports, GuestId, HostError, HostModule, Interface, Limit,
    Limits, Outcome, Reply, Timing, Value, trap,
};
use amphi_wasi::{Determinism, Gate};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{AsContextMut as _, Instance, InstancePre, Store, Trap};

/// What a run begins with.
#[derive(Debug)]
pub struct Start {
    /// The arguments, the guest's own name first.
    pub args: Vec<String>,
    /// The environment, in order.
    pub env: Vec<(String, String)>,
    /// What the guest sees of files: descriptors 3, 4, … in order.
    pub mounts: Vec<Mount>,
    /// Standard input.
    pub stdin: Stdin,
    /// Standard output.
    pub stdout: Sink,
    /// Standard error.
    pub stderr: Sink,
    /// What the run may use.
    pub limits: Limits,
    /// Host modules written in Rust, for this run.
    pub registered: Registered,
    /// Clocks and random numbers that are the same in every run.
    pub determinism: Option<Determinism>,
    /// What watches the guest's calls.
    pub gate: Option<Gate>,
    /// Functions that the program exports, called once it has run.
    pub calls: Vec<ExportCall>,
}

/// Host modules written in Rust.
#[derive(Default)]
pub struct Registered(pub Vec<Arc<HostModule>>);

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|module| &module.interface().name)).finish()
    }
}

impl Start {
    /// A run without arguments, environment, files or input, whose output is kept for the outcome.
    #[must_use]
    pub fn new(args: Vec<String>) -> Self {
        Self {
            args,
            env: Vec::new(),
            mounts: Vec::new(),
            stdin: Stdin::empty(),
            stdout: Sink::Capture,
            stderr: Sink::Capture,
            limits: Limits::default(),
            registered: Registered::default(),
            determinism: None,
            gate: None,
            calls: Vec::new(),
        }
    }
}

/// A run whose guest stands at its first instruction.
pub struct Running {
    guest: Guest,
    control: Arc<Control>,
    output: Arc<Output>,
    instantiate: Duration,
    calls: Vec<ExportCall>,
    /// Since when it serves, and what.
    served: Option<Instant>,
    exports: Option<Exports>,
}

enum Guest {
    Wasmtime(Box<Ready<p1::World>>, p1::Folders),
    Shim(Box<Ready<shim::World>>, shim::Back),
}

/// A store and the instance in it, or why there is none.
struct Ready<W: 'static> {
    store: Store<State<W>>,
    instance: wasmtime::Result<Instance>,
    /// The program has run with this code, and the guest stays ready.
    serving: Option<u32>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("control", &self.control).finish_non_exhaustive()
    }
}

impl Running {
    pub(crate) fn new(sandbox: &Sandbox, start: Start) -> Result<Self, Error> {
        let begin = Instant::now();
        let Start { args, env, mounts, stdin, stdout, stderr, limits, registered, determinism, gate, calls } = start;
        let engine = sandbox.engine.wasmtime(sandbox.checks)?;
        let control = Control::new(&sandbox.engine, limits.wall_ms.map(Duration::from_millis), sandbox.asks)
            .map_err(|error| Error::io("cannot watch the wall limit", error))?;
        let output = Arc::new(Output::new(stdout, stderr, limits.output_bytes));
        let stdin = Arc::new(stdin);
        let registry = sandbox.hosts.registry(&sandbox.engine, &control, limits.memory_bytes, registered.0)?;
        let mut host_calls = HostCalls::new(registry, limits.memory_bytes, limits.call_depth);
        if gate.is_some() {
            host_calls.watch();
        }
        let run = Run::new(control.clone(), host_calls, MemoryLimit::new(limits.memory_bytes));
        let guest = match &sandbox.linked {
            Linked::Wasmtime(linked) => {
                let folders = p1::Folders::make(mounts, sandbox.cache.folder())?;
                let streams = p1::Streams { stdin: &stdin, output: &output, control: &control };
                let world = p1::World::new(&args, &env, &folders, &streams, determinism, gate)?;
                Guest::Wasmtime(Ready::new(engine, sandbox.checks, linked, world, run), folders)
            }
            Linked::Shim(linked) => {
                let platform = shim::Native::new(&stdin, &output, &control);
                let (mut world, back) = shim::world(args, env, mounts, &limits, determinism, platform)?;
                world.watch(gate);
                Guest::Shim(Ready::new(engine, sandbox.checks, linked, world, run), back)
            }
        };
        let instantiate = begin.elapsed();
        Ok(Self { guest, control, output, instantiate, calls, served: None, exports: None })
    }

    /// Interrupts or ends this run from another thread.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        Interrupt::of(&self.control)
    }

    /// What to do when the run has to end and does not notice within a second, which only happens to a guest that
    /// checks by itself ([`crate::Wasm::asking`]) in the middle of one long step. Nothing can end it but the end of the
    /// process: `then` is called on another thread, the run's temporary folders are removed before.
    pub fn on_overdue(&self, then: impl FnOnce(Exit) + Send + 'static) {
        let folders = match &self.guest {
            Guest::Wasmtime(_, folders) => folders.temporary(),
            Guest::Shim(..) => Vec::new(),
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
        let begin = Instant::now();
        let served = match &mut self.guest {
            Guest::Wasmtime(ready, _) => ready.serve(),
            Guest::Shim(ready, _) => ready.serve(),
        };
        self.served = Some(begin);
        let (code, exports) = served?;
        self.exports = Some(exports);
        Ok(code)
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
        match &mut self.guest {
            Guest::Wasmtime(ready, _) => ready.with(|cx| exports.call(cx, name, args)),
            Guest::Shim(ready, _) => ready.with(|cx| exports.call(cx, name, args)),
        }
    }

    /// Whether the guest can be called no more: it exited, trapped or met a limit.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.guest {
            Guest::Wasmtime(ready, _) => ready.store.data().run.ending.is_some(),
            Guest::Shim(ready, _) => ready.store.data().run.ending.is_some(),
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
            let reply = match &mut self.guest {
                Guest::Wasmtime(ready, _) => ready.with(|cx| exports.call_text(cx, call)),
                Guest::Shim(ready, _) => ready.with(|cx| exports.call_text(cx, call)),
            };
            if self.is_over() {
                break;
            }
            replies.push(reply);
        }
        replies
    }

    fn end(mut self, last: bool) -> Result<Outcome, Error> {
        let replies = self.make_calls();
        let Self { guest, control: _control, output, instantiate, served, .. } = self;
        let begin = served.unwrap_or_else(Instant::now);
        let (exit, files): (Exit, Vec<ChangedFile>) = match guest {
            Guest::Wasmtime(mut ready, folders) => {
                let exit = ready.run();
                // The guest's descriptors close before its folders are looked at and go.
                ready.leave(last);
                let changes = folders.changes();
                (exit, changes.map_err(|error| Error::io("cannot read what the guest left", error))?)
            }
            Guest::Shim(mut ready, back) => {
                let exit = ready.run();
                let tree = ready.store.data().wasi.tree();
                back.write_back(tree)?;
                let changes = back.changes(tree);
                ready.leave(last);
                (exit, changes)
            }
        };
        let (stdout, stderr) = output.take_captured();
        let timings = vec![timing("instantiate", instantiate), timing("run", begin.elapsed())];
        Ok(Outcome { stdout: stdout.into(), stderr: stderr.into(), exit, files, mounts: Vec::new(), replies, timings })
    }
}

impl<W: Watched + 'static> Ready<W> {
    fn new(engine: &wasmtime::Engine, checks: Checks, linked: &InstancePre<State<W>>, world: W, run: Run) -> Box<Self> {
        let mut store = store(engine, checks, world, run);
        // A start function may already call WASI and exit, so what happens here is part of the run.
        let instance = linked.instantiate(&mut store);
        store.data_mut().run.instance = instance.as_ref().ok().copied();
        Box::new(Self { store, instance, serving: None })
    }

    /// Runs the program and has the guest stay ready.
    fn serve(&mut self) -> Result<(u32, Exports), HostError> {
        self.serving = Some(0);
        if let Err(error) = &mut self.instance {
            let error = std::mem::replace(error, wasmtime::Error::msg("the guest could not start"));
            self.store.data_mut().run.ending = Some(error);
        }
        let served = self.with(|cx| Exports::serve(cx, GuestId::PROGRAM))?;
        self.serving = Some(served.0);
        Ok(served)
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        act(&mut Cx::new(&mut Native(self.store.as_context_mut())))
    }

    /// Runs the guest to its end: its program, or what is left to do once it served.
    fn run(&mut self) -> Exit {
        let ended = if self.serving.is_some() { self.leave_serving() } else { self.start() };
        watch::finish(self.store.data_mut());
        let run = &self.store.data().run;
        let ended = match (exit(ended), self.serving) {
            (Exit::Code(0), Some(code)) => Exit::Code(code),
            (exit, _) => exit,
        };
        ended.caused_by_memory(run.memory_limit.refused() || run.calls.memory_refused())
    }

    fn start(&mut self) -> wasmtime::Result<()> {
        let instance = std::mem::replace(&mut self.instance, Err(wasmtime::Error::msg("the guest ran already")))?;
        let start = instance.get_typed_func::<(), ()>(&mut self.store, "_start")?;
        start.call(&mut self.store, ())
    }

    fn leave_serving(&mut self) -> wasmtime::Result<()> {
        // Nothing comes of a guest that ended already; why it did is told below.
        let _ = Native(self.store.as_context_mut()).enter(GuestId::PROGRAM, GuestExport::Finish, &mut [0]);
        self.store.data_mut().run.ending.take().map_or(Ok(()), Err)
    }

    /// Takes it apart, unless the process does that.
    fn leave(self: Box<Self>, last: bool) {
        if last {
            std::mem::forget(self);
        }
    }
}

fn exit(result: wasmtime::Result<()>) -> Exit {
    let Err(error) = result else { return Exit::Code(0) };
    if let Some(end) = error.downcast_ref::<End>() {
        return ended(*end);
    }
    let what = match error.downcast_ref::<Trap>() {
        Some(trap) => trap::words(&trap.to_string()).to_owned(),
        None => error.root_cause().to_string(),
    };
    Exit::Trap(what)
}

fn ended(end: End) -> Exit {
    match end {
        End::Exit(code) => Exit::Code(code),
        End::Interrupted => Exit::Interrupted,
        End::Wall => Exit::Limit(Limit::Wall),
        End::Output | End::Files(amphi_wasi::Limit::Output) => Exit::Limit(Limit::Output),
        End::Files(amphi_wasi::Limit::Files) => Exit::Limit(Limit::Files),
        End::Files(amphi_wasi::Limit::FileBytes) => Exit::Limit(Limit::FileBytes),
        End::Files(amphi_wasi::Limit::Descriptors) => Exit::Limit(Limit::Descriptors),
    }
}

fn timing(name: &str, duration: Duration) -> Timing {
    Timing { name: name.to_owned(), us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX) }
}
