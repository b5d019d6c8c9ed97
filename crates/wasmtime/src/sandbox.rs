//! Owns a module made ready to run many times: compiled, linked, its imports resolved. Each run is a fresh instance.
//! It must never know Python or where a program came from.

use crate::cache::{Cache, Notice};
use crate::engine::Checks;
use crate::host::{self, Hosts};
use crate::run::{Running, Start};
use crate::store::State;
use crate::watch::Watched;
use crate::{Engine, Error, Wasm, p1, shim};
use amphi_core::PreparedHost;
use amphi_core::abi::{self, AbiCall};
use wasmtime::{ExternType, InstancePre, Linker, Module};

/// Which of this crate's two habitats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// wasmtime-wasi over real folders.
    Wasmtime,
    /// amphi's own WASI, files in memory.
    Shim,
}

impl Kind {
    /// Its name, as users and `--habitat` know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wasmtime => "wasmtime",
            Self::Shim => "shim",
        }
    }
}

/// A module ready to run, again and again, each time from a clean state.
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) cache: Cache,
    pub(crate) name: String,
    pub(crate) hosts: Hosts,
    pub(crate) linked: Linked,
    /// The guest asks for signals, as Python does; others are ended by their first interrupt.
    pub(crate) asks: bool,
    pub(crate) checks: Checks,
}

/// The module with its imports resolved, for one habitat's state.
pub(crate) enum Linked {
    Wasmtime(InstancePre<State<p1::World>>),
    Shim(InstancePre<State<shim::World>>),
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes a module ready, its host modules too. `tell` hears when something is compiled, which can take seconds.
    ///
    /// # Errors
    /// It is no core module, lacks `_start`, imports what nobody offers, or a host module does not compile.
    pub fn new(
        engine: &Engine,
        cache: &Cache,
        kind: Kind,
        wasm: &Wasm,
        hosts: &[PreparedHost],
        tell: &mut dyn FnMut(Notice),
    ) -> Result<Self, Error> {
        let module = cache.module(engine, wasm, tell)?;
        check_start(wasm, &module)?;
        let hosts = Hosts::compile(engine, cache, hosts, tell)?;
        let asks =
            module.imports().any(|import| import.module() == abi::MODULE && import.name() == AbiCall::Interrupt.name());
        let linked = match kind {
            Kind::Wasmtime => Linked::Wasmtime(link(engine, wasm, &module, &hosts, p1::add_to_linker)?),
            Kind::Shim => Linked::Shim(link(engine, wasm, &module, &hosts, shim::add_to_linker)?),
        };
        let name = wasm.name().to_owned();
        Ok(Self { engine: engine.clone(), cache: cache.clone(), name, hosts, linked, asks, checks: wasm.checks() })
    }

    /// A fresh instance with its own world, about to run.
    ///
    /// # Errors
    /// A mount or host module cannot be had, or the module wants more memory than the limit at its very start.
    pub fn start(&self, start: Start) -> Result<Running, Error> {
        Running::new(self, start)
    }
}

fn link<W: Watched + 'static>(
    engine: &Engine,
    wasm: &Wasm,
    module: &Module,
    hosts: &Hosts,
    add_wasi: impl FnOnce(&mut Linker<State<W>>) -> wasmtime::Result<()>,
) -> Result<InstancePre<State<W>>, Error> {
    let mut linker = Linker::new(engine.wasmtime(wasm.checks())?);
    add_wasi(&mut linker).and_then(|()| host::add_to_linker(&mut linker)).map_err(Error::engine)?;
    host::link(&mut linker, wasm, module, hosts)?;
    linker.instantiate_pre(module).map_err(|error| Error::Unfit {
        name: wasm.name().to_owned(),
        reason: format!("does not fit what is offered: {error:#}"),
    })
}

fn check_start(wasm: &Wasm, module: &Module) -> Result<(), Error> {
    let fits = match module.get_export("_start") {
        Some(ExternType::Func(start)) => start.params().len() == 0 && start.results().len() == 0,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let exports: Vec<&str> = module.exports().map(|export| export.name()).collect();
    let listed = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
    let reason = format!(
        "has no function _start to run; it exports {listed}. Build it as a command (wasm32-wasip1), not as a library"
    );
    Err(Error::Unfit { name: wasm.name().to_owned(), reason })
}
