//! Owns how the guests of a run are made: which there are, and what each has of the world. It must never know how they
//! are run.

use crate::cache::Cache;
use crate::checkpoint::{Pristine, Saved};
use crate::engine::Checks;
use crate::host::{self, Instance, Renewals, Renewer};
use crate::mounts::Mount;
use crate::ready::{HostGuest, Modules, Ready};
use crate::sandbox::{Python, Sandbox};
use crate::start::{Registered, Start};
use crate::store::{Guest, Run, State};
use crate::streams::Streams;
use crate::sync::lock;
use crate::watch::Watched;
use crate::{Engine, Error, Wasm, p1, shim};
use amphi_core::abi::HostCalls;
use amphi_core::{
    HostModule, Interface, Limits, PreparedBody, PreparedHost, Program, Registry, Source, WasmHost, wasm_module,
};
use amphi_wasi::{Determinism, Gate};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use wasmtime::{InstancePre, Linker};

/// What a guest has of the world.
pub(crate) struct Place {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) limits: Limits,
    pub(crate) determinism: Option<Determinism>,
    pub(crate) gate: Option<Gate>,
    pub(crate) streams: Streams,
    /// When its monotonic clock was 0.
    pub(crate) began: Instant,
}

/// What all guests of a run share of the world.
#[derive(Clone)]
struct Shared {
    gate: Option<Gate>,
    streams: Streams,
    began: Instant,
}

/// How a habitat makes a world for a guest, and offers its WASI.
pub(crate) struct Ways<W: 'static, F> {
    pub(crate) world: F,
    pub(crate) wasi: fn(&mut Linker<State<W>>) -> wasmtime::Result<()>,
}

/// The host modules of a run that are wasm, and what is kept of their worlds. Some are made while the run goes on.
pub(crate) type Instances<W, K> = Arc<Mutex<Vec<(Arc<Instance<W>>, K)>>>;

/// The guests of a run, and what outlives them, to see what they left.
pub(crate) struct Made<W: 'static, K> {
    pub(crate) ready: Box<Ready<W>>,
    /// What is kept of the worlds of the guests in the run's store, the program's first.
    pub(crate) worlds: Vec<K>,
    /// The host modules that are wasm.
    pub(crate) modules: Instances<W, K>,
}

impl Place {
    fn shared(&self) -> Shared {
        Shared { gate: self.gate.clone(), streams: self.streams.clone(), began: self.began }
    }

    /// A world of wasmtime-wasi, and its folders; `cache` is where some of them are kept.
    pub(crate) fn p1(self, cache: Option<&Path>) -> Result<(p1::World, p1::Folders), Error> {
        let Self { args, env, mounts, determinism, gate, streams, began, limits, .. } = self;
        let folders = p1::Folders::make(mounts, cache)?;
        let clock = p1::Clock::new(determinism, began);
        let world = p1::World::new(&args, &env, &folders, streams, clock, determinism, gate)?
            .with_descriptors(limits.descriptors);
        Ok((world, folders))
    }

    /// A world of amphi's own WASI, and what has to leave it.
    pub(crate) fn shim(self) -> Result<(shim::World, shim::Back), Error> {
        let Self { args, env, mounts, limits, determinism, gate, streams, began } = self;
        let platform = shim::Native::new(streams, began);
        let (mut world, back) = shim::world(args, env, mounts, &limits, determinism, platform)?;
        world.watch(gate);
        Ok((world, back))
    }
}

impl Shared {
    /// The place of a guest behind a host module, which runs this program.
    fn of_host(&self, name: &str, program: &Program, python: Option<&Python>) -> Result<Place, Error> {
        let Start { args, env, mounts, limits, determinism, .. } = Start::of(program, python)?;
        let gate = self.gate.as_ref().map(|gate| gate.of_guest(name));
        Ok(Place { args, env, mounts, limits, determinism, gate, streams: self.streams.of_host(), began: self.began })
    }
}

impl<W: Watched + Send + 'static, K: Send + 'static> Made<W, K> {
    /// Makes all guests of a run ready, with a world for each.
    pub(crate) fn new<F>(
        sandbox: &Sandbox,
        modules: &Modules<W>,
        program: Place,
        (registered, renewals): (Registered, Option<Box<dyn Renewals>>),
        Ways { world, wasi }: Ways<W, F>,
    ) -> Result<Self, Error>
    where
        F: Fn(Place) -> Result<(W, K), Error> + Send + 'static,
    {
        let Limits { memory_bytes, call_depth, .. } = program.limits;
        let workshop = Workshop {
            engine: sandbox.engine.clone(),
            cache: sandbox.cache.clone(),
            shared: program.shared(),
            memory_bytes,
            world,
            wasi,
            made: Instances::default(),
        };
        let mut offered = registered.0;
        for ((name, host, _), module) in sandbox.hosts.wasm().zip(&modules.wasm_hosts) {
            offered.push(Arc::new(workshop.wasm(name, host, module)?));
        }
        for (name, source, interface) in sandbox.hosts.javascript() {
            offered.push(Arc::new(workshop.javascript(name, source, interface)?));
        }
        let mut calls = HostCalls::new(sandbox.hosts.registry(offered)?, memory_bytes, call_depth);
        if program.gate.is_some() {
            calls.watch();
        }
        let (mut hosts, mut worlds) = (Vec::new(), Vec::new());
        for (name, runs, interface) in sandbox.hosts.guests() {
            let place = workshop.shared.of_host(name, runs, sandbox.python.as_ref())?;
            let id = calls.add_guest(place.limits.memory_bytes);
            let (guest, keep) = guest(place, &workshop.world)?;
            hosts.push((HostGuest { id, name: name.to_owned(), interface: interface.cloned() }, guest));
            worlds.push(keep);
        }
        let control = program.streams.control.clone();
        let (program, keep) = guest(program, &workshop.world)?;
        worlds.insert(0, keep);
        let engine = sandbox.engine.wasmtime(sandbox.checks)?;
        let made = workshop.made.clone();
        let mut run = Run::new(control, calls);
        run.renewer = renewals.map(|source| {
            let build = move |host: &PreparedHost| {
                workshop.module(host).map_err(|error| match error {
                    Error::Host { reason, .. } => reason,
                    other => other.to_string(),
                })
            };
            Renewer { source, build: Box::new(build) }
        });
        let ready = Ready::new(engine, sandbox.checks, modules, program, hosts, run);
        Ok(Self { ready, worlds, modules: made })
    }

    /// Takes the program's guest, which is the only one, back to what was kept of it, in a fresh world.
    pub(crate) fn put_back(
        &mut self,
        kept: (&Saved, &Pristine),
        registry: Registry,
        program: Place,
        world: impl FnOnce(Place) -> Result<(W, K), Error>,
    ) -> Result<(), Error> {
        let Limits { memory_bytes, call_depth, .. } = program.limits;
        let (control, preopens) = (program.streams.control.clone(), program.mounts.len());
        let calls = HostCalls::new(registry, memory_bytes, call_depth);
        let (world, keep) = world(program)?;
        self.ready.put_back(kept, Guest::new(world, memory_bytes, preopens), Run::new(control, calls))?;
        self.worlds = vec![keep];
        Ok(())
    }
}

/// Makes the host modules of a run that have no Python, at its beginning and while it goes on.
struct Workshop<W: 'static, K, F> {
    engine: Engine,
    cache: Cache,
    shared: Shared,
    memory_bytes: u64,
    world: F,
    wasi: fn(&mut Linker<State<W>>) -> wasmtime::Result<()>,
    made: Instances<W, K>,
}

impl<W, K, F> Workshop<W, K, F>
where
    W: Watched + Send + 'static,
    F: Fn(Place) -> Result<(W, K), Error>,
{
    /// A host module that nobody has compiled yet.
    fn module(&self, PreparedHost { name, body }: &PreparedHost) -> Result<HostModule, Error> {
        let refused = |why: &str| Err(Error::Host { name: name.clone(), reason: why.to_owned() });
        match body {
            PreparedBody::Wasm(host) => {
                let bytes = Wasm::from_bytes(&format!("the host module {name}"), host.module.0.as_slice());
                let module = self.cache.module(&self.engine, &bytes, &mut |_| {})?;
                self.wasm(name, host, &host::instantiable(&self.engine, name, host, &module, self.wasi)?)
            }
            PreparedBody::JavaScript { source, interface } => self.javascript(name, source, interface.as_ref()),
            PreparedBody::Python { .. } => refused("it is made in a guest of its own"),
            PreparedBody::NativePython { .. } | PreparedBody::Registered { .. } | PreparedBody::Se2 { .. } => {
                refused("nobody made it anew")
            }
        }
    }

    fn wasm(&self, name: &str, host: &WasmHost, module: &InstancePre<State<W>>) -> Result<HostModule, Error> {
        let failed = |reason: String| Error::Host { name: name.to_owned(), reason };
        let (guest, keep) = guest(self.shared.of_host(name, &host.guest, None)?, &self.world)?;
        let engine = self.engine.wasmtime(Checks::Compiled)?;
        let instance = Instance::new(engine, module, host, guest, &self.shared.streams.control).map_err(failed)?;
        let instance = Arc::new(instance);
        let module = wasm_module(host, instance.clone()).map_err(|error| failed(error.to_string()))?;
        lock(&self.made).push((instance, keep));
        Ok(module)
    }

    fn javascript(&self, name: &str, source: &Source, interface: Option<&Interface>) -> Result<HostModule, Error> {
        let Streams { control, output, .. } = &self.shared.streams;
        let module = amphi_quickjs::module(name, source, interface, host::world(control, output, self.memory_bytes));
        module.map_err(|error| Error::Host { name: name.to_owned(), reason: error.to_string() })
    }
}

fn guest<W, K>(place: Place, world: impl Fn(Place) -> Result<(W, K), Error>) -> Result<(Guest<W>, K), Error> {
    let (memory, preopens) = (place.limits.memory_bytes, place.mounts.len());
    let (world, kept) = world(place)?;
    Ok((Guest::new(world, memory, preopens), kept))
}
