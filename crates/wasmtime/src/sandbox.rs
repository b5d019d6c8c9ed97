//! Owns a module made ready to run many times: compiled, linked, its imports resolved. Each run is a fresh instance.
//! It must never know Python or where a program came from.

use crate::cache::{Cache, Notice};
use crate::checkpoint::Pristine;
use crate::engine::Checks;
use crate::host::{self, Hosts};
use crate::ready::Modules;
use crate::run::Running;
use crate::start::Start;
use crate::store::State;
use crate::watch::Watched;
use crate::{Engine, Error, Wasm, p1, shim};
use amphi_core::PreparedHost;
use amphi_core::abi::{self, AbiCall};
use std::path::PathBuf;
use std::sync::OnceLock;
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

/// What Python programs run on, and host modules that are written in Python.
#[derive(Debug, Clone)]
pub struct Python {
    /// The interpreter.
    pub wasm: Wasm,
    /// The standard library's zip, which the guest sees under `/lib`.
    pub stdlib: PathBuf,
}

/// A module ready to run, again and again, each time from a clean state.
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) cache: Cache,
    pub(crate) name: String,
    pub(crate) hosts: Hosts,
    pub(crate) python: Option<Python>,
    pub(crate) linked: Linked,
    /// The guest asks for signals, as Python does; others are ended by their first interrupt.
    pub(crate) asks: bool,
    pub(crate) checks: Checks,
    /// What runs are compared with, made when one is first to be taken back; none where none can be.
    pub(crate) pristine: OnceLock<Option<Pristine>>,
}

/// The modules with their imports resolved, for one habitat's state.
pub(crate) enum Linked {
    Wasmtime(Modules<p1::World>),
    Shim(Modules<shim::World>),
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes a module ready, its host modules too, those in Python on `python`. `tell` hears when something is compiled,
    /// which can take seconds.
    ///
    /// # Errors
    /// It is no core module, lacks `_start`, imports what nobody offers, or a host module does not compile;
    /// [`Error::NoPython`] when a host module is Python and there is none.
    pub fn new(
        engine: &Engine,
        cache: &Cache,
        kind: Kind,
        wasm: &Wasm,
        python: Option<&Python>,
        hosts: &[PreparedHost],
        tell: &mut dyn FnMut(Notice),
    ) -> Result<Self, Error> {
        let module = cache.module(engine, wasm, tell)?;
        check_start(wasm, &module)?;
        let hosts = Hosts::compile(engine, cache, hosts, tell)?;
        let asks =
            module.imports().any(|import| import.module() == abi::MODULE && import.name() == AbiCall::Interrupt.name());
        let guest = match (hosts.guests().next(), python) {
            (None, _) => None,
            (Some(_), None) => return Err(Error::NoPython),
            (Some(_), Some(python)) => {
                // All guests of a run share an engine, and are kept from running on in its way.
                let python = python.wasm.clone().with_checks(wasm.checks());
                let module = cache.module(engine, &python, tell)?;
                Some((python, module))
            }
        };
        let guest = guest.as_ref().map(|(wasm, module)| (wasm, module));
        let linked = match kind {
            Kind::Wasmtime => Linked::Wasmtime(link(engine, (wasm, &module), guest, &hosts, p1::add_to_linker)?),
            Kind::Shim => Linked::Shim(link(engine, (wasm, &module), guest, &hosts, shim::add_to_linker)?),
        };
        Ok(Self {
            engine: engine.clone(),
            cache: cache.clone(),
            name: wasm.name().to_owned(),
            hosts,
            python: python.cloned(),
            linked,
            asks,
            checks: wasm.checks(),
            pristine: OnceLock::new(),
        })
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
    (wasm, module): (&Wasm, &Module),
    python: Option<(&Wasm, &Module)>,
    hosts: &Hosts,
    add_wasi: impl Fn(&mut Linker<State<W>>) -> wasmtime::Result<()>,
) -> Result<Modules<W>, Error> {
    let wasm_hosts = hosts.wasm().map(|(name, host, module)| host::instantiable(engine, name, host, module, &add_wasi));
    let wasm_hosts = wasm_hosts.collect::<Result<_, Error>>()?;
    let mut linker = Linker::new(engine.wasmtime(wasm.checks())?);
    add_wasi(&mut linker).and_then(|()| host::add_to_linker(&mut linker)).map_err(Error::engine)?;
    let python = python.map(|(wasm, module)| instantiable(&linker, wasm, module)).transpose()?;
    host::link(&mut linker, wasm, module, hosts)?;
    Ok(Modules { program: instantiable(&linker, wasm, module)?, python, wasm_hosts })
}

fn instantiable<W: 'static>(
    linker: &Linker<State<W>>,
    wasm: &Wasm,
    module: &Module,
) -> Result<InstancePre<State<W>>, Error> {
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
