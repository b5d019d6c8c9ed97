//! Owns the snapshot: runs a module's initialising export and freezes the memory it left into a new module.
//! The same input gives the same bytes: clocks and random numbers are fixed while it runs. It must never know Python.

use crate::{Error, engine};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmtime::{Linker, Store};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{Deterministic, FsPerms, HostMonotonicClock, HostWallClock, WasiCtxBuilder};
use wasmtime_wizer::Wizer;

/// The wall clock while a module initialises: 2025-06-11T12:00:00Z, a moment that means nothing and never moves.
const FIXED_TIME: Duration = Duration::from_secs(1_749_643_200);

/// What every reading of the monotonic clock adds, so that a guest that waits for time to pass gets on.
const TICK_NS: u64 = 1_000;

/// Runs the export `init` of `wasm` and returns the module with its memory and globals as `init` left them.
///
/// `dirs` are folders the guest may read while it initialises: (host folder, guest path). The returned module no longer
/// exports `init`. Imports other than WASI preview1 trap when `init` calls them.
///
/// # Errors
/// [`Error::Mount`] for a folder that cannot be opened; [`Error::Snapshot`] when the module does not fit, or `init` fails.
pub fn snapshot(wasm: &[u8], init: &str, dirs: &[(PathBuf, &str)]) -> Result<Vec<u8>, Error> {
    let wasi = fixed_world(dirs)?;
    let engine = wasmtime::Engine::new(engine::config().epoch_interruption(false)).map_err(Error::engine)?;
    let mut store = Store::new(&engine, wasi);
    let mut wizer = Wizer::new();
    wizer.init_func(init);
    let work = wizer.run(&mut store, wasm, async |store, module| {
        let mut linker: Linker<WasiP1Ctx> = Linker::new(module.engine());
        p1::add_to_linker_async(&mut linker, |wasi| wasi)?;
        linker.define_unknown_imports_as_traps(module)?;
        linker.instantiate_async(store, module).await
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| Error::io("cannot start the snapshot", error))?;
    runtime.block_on(work).map_err(|error| Error::Snapshot(format!("{error:#}")))
}

/// A WASI world without chance: what it says depends on `dirs` alone. The guest's standard error is ours, for its complaints.
fn fixed_world(dirs: &[(PathBuf, &str)]) -> Result<WasiP1Ctx, Error> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.inherit_stdout()
        .inherit_stderr()
        .allow_blocking_current_thread(true)
        .secure_random(Deterministic::new((0..=255).collect()))
        .insecure_random(Deterministic::new((0..=255).collect()))
        .insecure_random_seed(0)
        .wall_clock(FixedWall)
        .monotonic_clock(Ticks(AtomicU64::new(0)));
    for (host, guest) in dirs {
        wasi.preopened_dir(host, guest, FsPerms::ReadOnly)
            .map_err(|error| Error::Mount { path: host.clone(), reason: format!("{error:#}") })?;
    }
    Ok(wasi.build_p1())
}

/// A wall clock that stands still.
struct FixedWall;

impl HostWallClock for FixedWall {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        FIXED_TIME
    }
}

/// A monotonic clock that moves by [`TICK_NS`] with every reading.
struct Ticks(AtomicU64);

impl HostMonotonicClock for Ticks {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(TICK_NS, Ordering::Relaxed)
    }
}
