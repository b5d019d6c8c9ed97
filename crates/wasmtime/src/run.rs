//! Owns one run: from a fresh instance to its outcome.
//! It must never know Python, nor how calls are served.

use crate::control::{Control, End, Interrupt};
use crate::engine::Checks;
use crate::mounts::Mount;
use crate::output::{Output, Sink};
use crate::sandbox::{Linked, Sandbox};
use crate::stdin::Stdin;
use crate::store::{MemoryLimit, Run, State, store};
use crate::watch::{self, Watched};
use crate::{Error, p1, shim};
use amphi_core::abi::HostCalls;
use amphi_core::{ChangedFile, Exit, Limit, Limits, Outcome, SendModule, Timing, trap};
use amphi_wasi::{Determinism, Gate};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{Instance, InstancePre, Store, Trap};

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
}

/// Host modules written in Rust.
#[derive(Default)]
pub struct Registered(pub Vec<SendModule>);

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
        }
    }
}

/// A run whose guest stands at its first instruction.
pub struct Running {
    guest: Guest,
    control: Arc<Control>,
    output: Arc<Output>,
    instantiate: Duration,
}

enum Guest {
    Wasmtime(Box<Ready<p1::World>>, p1::Folders),
    Shim(Box<Ready<shim::World>>, shim::Back),
}

/// A store and the instance in it, or why there is none.
struct Ready<W: 'static> {
    store: Store<State<W>>,
    instance: wasmtime::Result<Instance>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("control", &self.control).finish_non_exhaustive()
    }
}

impl Running {
    pub(crate) fn new(sandbox: &Sandbox, start: Start) -> Result<Self, Error> {
        let begin = Instant::now();
        let Start { args, env, mounts, stdin, stdout, stderr, limits, registered, determinism, gate } = start;
        let engine = sandbox.engine.wasmtime(sandbox.checks)?;
        let control = Control::new(&sandbox.engine, limits.wall_ms.map(Duration::from_millis), sandbox.asks)
            .map_err(|error| Error::io("cannot watch the wall limit", error))?;
        let output = Arc::new(Output::new(stdout, stderr, limits.output_bytes));
        let stdin = Arc::new(stdin);
        let registry = sandbox.hosts.registry(&sandbox.engine, &control, limits.memory_bytes, registered.0)?;
        let mut calls = HostCalls::new(registry, limits.memory_bytes);
        if gate.is_some() {
            calls.watch();
        }
        let run = Run::new(control.clone(), calls, MemoryLimit::new(limits.memory_bytes));
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
        Ok(Self { guest, control, output, instantiate: begin.elapsed() })
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

    fn end(self, last: bool) -> Result<Outcome, Error> {
        let Self { guest, control: _control, output, instantiate } = self;
        let begin = Instant::now();
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
        Ok(Outcome { stdout: stdout.into(), stderr: stderr.into(), exit, files, mounts: Vec::new(), timings })
    }
}

impl<W: Watched + 'static> Ready<W> {
    fn new(engine: &wasmtime::Engine, checks: Checks, linked: &InstancePre<State<W>>, world: W, run: Run) -> Box<Self> {
        let mut store = store(engine, checks, world, run);
        // A start function may already call WASI and exit, so what happens here is part of the run.
        let instance = linked.instantiate(&mut store);
        Box::new(Self { store, instance })
    }

    fn run(&mut self) -> Exit {
        let instance = std::mem::replace(&mut self.instance, Err(wasmtime::Error::msg("the guest ran already")));
        let ended = instance.and_then(|instance| {
            let start = instance.get_typed_func::<(), ()>(&mut self.store, "_start")?;
            start.call(&mut self.store, ())
        });
        watch::finish(self.store.data_mut());
        let run = &self.store.data().run;
        exit(ended).caused_by_memory(run.memory_limit.refused() || run.calls.memory_refused())
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
