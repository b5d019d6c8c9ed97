//! Owns the engine's settings: every setting that changes compiled code or the shape of memory stands here and nowhere else.
//! It must never know WASI, Python or a program.

use crate::{Error, stack};
use std::sync::{Arc, OnceLock};
use wasmtime::{Config, Engine as Wasmtime, OptLevel};

/// A snapshot of Python holds tens of MiB of initialised memory with holes between; up to this size wasmtime keeps it
/// as one image that is mapped copy-on-write, instead of copying it into every new instance.
const DENSE_IMAGE: u64 = 256 << 20;

/// All of a 32-bit guest's memory is reserved, so that compiled code needs no bounds checks and memory never moves.
const RESERVATION: u64 = 4 << 30;

/// Reads of a 32-bit address plus a 32-bit offset end inside the guard.
const GUARD: u64 = 32 << 20;

/// How a module is kept from running on when its run has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Checks {
    /// Every function and loop looks at a counter. It works for any module and costs an interpreter about a sixth.
    Compiled,
    /// The module asks the host by itself, often enough.
    Own,
}

/// The compiler and its settings, shared by all modules and runs of a process. Cheap to make and to clone.
#[derive(Clone, Default)]
pub struct Engine {
    compiled: Arc<OnceLock<Wasmtime>>,
    own: Arc<OnceLock<Wasmtime>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for this machine's processor. Nothing is started until a module needs it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// wasmtime's own engine for modules with such checks.
    pub(crate) fn wasmtime(&self, checks: Checks) -> Result<&Wasmtime, Error> {
        let place = match checks {
            Checks::Compiled => &self.compiled,
            Checks::Own => &self.own,
        };
        if let Some(engine) = place.get() {
            return Ok(engine);
        }
        let engine = Wasmtime::new(config().epoch_interruption(checks == Checks::Compiled)).map_err(Error::engine)?;
        Ok(place.get_or_init(|| engine))
    }

    /// Makes all code with compiled checks look at what it has to.
    pub(crate) fn nudge(&self) {
        if let Some(engine) = self.compiled.get() {
            engine.increment_epoch();
        }
    }
}

/// The settings of every engine of the project; the cache's keys are derived from them by wasmtime itself.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(true)
        .max_wasm_stack(stack::GUEST)
        // The snapshot runs on a fiber, whose stack must hold the guest's and some of ours.
        .async_stack_size(stack::GUEST + (4 << 20))
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(DENSE_IMAGE)
        .memory_reservation(RESERVATION)
        .memory_guard_size(GUARD);
    config
}
