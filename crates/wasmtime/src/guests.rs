//! Owns how the guests of a run are made: which there are, and what each has of the world. It must never know how they
//! are run.

use crate::checkpoint::{Pristine, Saved};
use crate::engine::Checks;
use crate::host::{self, Instance};
use crate::mounts::Mount;
use crate::ready::{HostGuest, Modules, Ready};
use crate::sandbox::{Python, Sandbox};
use crate::start::{Registered, Start};
use crate::store::{Guest, Run};
use crate::streams::Streams;
use crate::watch::Watched;
use crate::{Error, p1, shim};
use amphi_core::abi::HostCalls;
use amphi_core::{Limits, Program, Registry, wasm_module};
use amphi_wasi::{Determinism, Gate};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

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

/// The guests of a run, and what outlives them, to see what they left.
pub(crate) struct Made<W: 'static, K> {
    pub(crate) ready: Box<Ready<W>>,
    /// What is kept of the guests' worlds: of those in the run's store, the program's first; then of the modules.
    pub(crate) worlds: Vec<K>,
    /// The host modules that are wasm.
    pub(crate) modules: Vec<Arc<Instance<W>>>,
}

impl Place {
    /// That of a guest behind a host module, which runs this program.
    fn of_host(&self, name: &str, program: &Program, python: Option<&Python>) -> Result<Self, Error> {
        let Start { args, env, mounts, limits, determinism, .. } = Start::of(program, python)?;
        let gate = self.gate.as_ref().map(|gate| gate.of_guest(name));
        Ok(Self { args, env, mounts, limits, determinism, gate, streams: self.streams.of_host(), began: self.began })
    }

    /// A world of wasmtime-wasi, and its folders; `cache` is where some of them are kept.
    pub(crate) fn p1(self, cache: Option<&Path>) -> Result<(p1::World, p1::Folders), Error> {
        let Self { args, env, mounts, determinism, gate, streams, began, .. } = self;
        let folders = p1::Folders::make(mounts, cache)?;
        let clock = p1::Clock::new(determinism, began);
        let world = p1::World::new(&args, &env, &folders, streams, clock, determinism, gate)?;
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

impl<W: Watched + Send + 'static, K> Made<W, K> {
    /// Makes all guests of a run ready, with a world for each.
    pub(crate) fn new(
        sandbox: &Sandbox,
        modules: &Modules<W>,
        program: Place,
        registered: Registered,
        mut world: impl FnMut(Place) -> Result<(W, K), Error>,
    ) -> Result<Self, Error> {
        let mut guest = |place: Place| -> Result<(Guest<W>, K), Error> {
            let (memory, preopens) = (place.limits.memory_bytes, place.mounts.len());
            let (world, kept) = world(place)?;
            Ok((Guest::new(world, memory, preopens), kept))
        };
        let control = program.streams.control.clone();
        let mut offered = registered.0;
        let (mut kept, mut instances) = (Vec::new(), Vec::new());
        for ((name, host, _), module) in sandbox.hosts.wasm().zip(&modules.wasm_hosts) {
            let failed = |reason: String| Error::Host { name: name.to_owned(), reason };
            let (guest, keep) = guest(program.of_host(name, &host.guest, None)?)?;
            let engine = sandbox.engine.wasmtime(Checks::Compiled)?;
            let instance = Arc::new(Instance::new(engine, module, host, guest, &control).map_err(failed)?);
            let module = wasm_module(host, instance.clone()).map_err(|error| failed(error.to_string()))?;
            offered.push(Arc::new(module));
            instances.push(instance);
            kept.push(keep);
        }
        let Limits { memory_bytes, call_depth, .. } = program.limits;
        for (name, source, interface) in sandbox.hosts.javascript() {
            let world = host::world(&control, &program.streams.output, memory_bytes);
            let module = amphi_quickjs::module(name, source, interface, world);
            let failed = |reason: String| Error::Host { name: name.to_owned(), reason };
            offered.push(Arc::new(module.map_err(|error| failed(error.to_string()))?));
        }
        let mut calls = HostCalls::new(sandbox.hosts.registry(offered)?, memory_bytes, call_depth);
        if program.gate.is_some() {
            calls.watch();
        }
        let (mut hosts, mut worlds) = (Vec::new(), Vec::new());
        for (name, runs, interface) in sandbox.hosts.guests() {
            let place = program.of_host(name, runs, sandbox.python.as_ref())?;
            let id = calls.add_guest(place.limits.memory_bytes);
            let (guest, keep) = guest(place)?;
            hosts.push((HostGuest { id, name: name.to_owned(), interface: interface.cloned() }, guest));
            worlds.push(keep);
        }
        let (program, keep) = guest(program)?;
        worlds.insert(0, keep);
        worlds.extend(kept);
        let engine = sandbox.engine.wasmtime(sandbox.checks)?;
        let ready = Ready::new(engine, sandbox.checks, modules, program, hosts, Run::new(control, calls));
        Ok(Self { ready, worlds, modules: instances })
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
