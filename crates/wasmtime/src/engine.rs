//! Owns the engine's settings: every setting that changes compiled code or the shape of memory stands here and nowhere else.
//! It must never know WASI, Python or a program.

use crate::Error;
use wasmtime::{Config, Engine as Wasmtime, OptLevel};

/// Bytes of native stack a guest may use. CPython's recursion limit needs far more than wasmtime's half MiB.
const GUEST_STACK: usize = 16 << 20;

/// A snapshot of Python holds tens of MiB of initialised memory with holes between; up to this size wasmtime keeps it
/// as one image that is mapped copy-on-write, instead of copying it into every new instance.
const DENSE_IMAGE: u64 = 256 << 20;

/// All of a 32-bit guest's memory is reserved, so that compiled code needs no bounds checks and memory never moves.
const RESERVATION: u64 = 4 << 30;

/// Reads of a 32-bit address plus a 32-bit offset end inside the guard.
const GUARD: u64 = 32 << 20;

/// The compiler and its settings, shared by all modules and runs of a process. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Wasmtime,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for this machine's processor.
    ///
    /// # Errors
    /// The processor or system cannot run compiled wasm.
    pub fn new() -> Result<Self, Error> {
        let inner = Wasmtime::new(&config()).map_err(Error::engine)?;
        Ok(Self { inner })
    }

    /// wasmtime's own engine.
    pub(crate) fn wasmtime(&self) -> &Wasmtime {
        &self.inner
    }
}

/// The settings of every engine of the project; the cache's keys are derived from them by wasmtime itself.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(true)
        .max_wasm_stack(GUEST_STACK)
        // The snapshot runs on a fiber, whose stack must hold the guest's and some of ours.
        .async_stack_size(GUEST_STACK + (4 << 20))
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(DENSE_IMAGE)
        .memory_reservation(RESERVATION)
        .memory_guard_size(GUARD)
        .epoch_interruption(true);
    config
}
