//! Owns the snapshot: runs a module's initialising export and freezes the memory it left into a new module.
//! The same input gives the same bytes on every machine: the guest sees amphi's own WASI with fixed clocks, random
//! numbers, inodes and file times, all of which would stay behind in its memory. It must never know Python.

mod compact;

use crate::{Error, engine, preview1};
use amphi_wasi::{
    Access, Call, Config, Context, Errno, Flow, Input, Platform, Preopen, Refused, SliceMemory, Stream, Tree,
};
use std::cell::Cell;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use wasmtime::{Caller, Linker, Store};
use wasmtime_wizer::Wizer;

/// The wall clock while a module initialises: 2025-06-11T12:00:00Z, a moment that means nothing and never moves.
const FIXED_TIME_NS: u64 = 1_749_643_200_000_000_000;

/// What every reading of the monotonic clock adds, so that a guest that waits for time to pass gets on.
const TICK_NS: u64 = 1_000;

/// Runs the export `init` of `wasm` and returns the module with its memory and globals as `init` left them.
///
/// `dirs` are folders the guest may read while it initialises: (host folder, guest path). The returned module no longer
/// exports `init`. Imports other than WASI preview1 trap when `init` calls them.
///
/// # Errors
/// [`Error::Mount`] for a folder that cannot be read; [`Error::Snapshot`] when the module does not fit, or `init` fails.
pub fn snapshot(wasm: &[u8], init: &str, dirs: &[(PathBuf, &str)]) -> Result<Vec<u8>, Error> {
    let engine = wasmtime::Engine::new(engine::config().epoch_interruption(false)).map_err(Error::engine)?;
    let mut store = Store::new(&engine, world(dirs)?);
    let mut wizer = Wizer::new();
    wizer.init_func(init);
    let work = wizer.run(&mut store, wasm, async |store, module| {
        let mut linker = Linker::new(module.engine());
        preview1::add_to_linker(&mut linker, serve)?;
        linker.define_unknown_imports_as_traps(module)?;
        linker.instantiate_async(store, module).await
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| Error::io("cannot start the snapshot", error))?;
    let wasm = runtime.block_on(work).map_err(|error| Error::Snapshot(format!("{error:#}")))?;
    compact::compact(&wasm).map_err(|error| Error::Snapshot(error.to_string()))
}

/// A WASI world without chance: what it says depends on the content of `dirs` alone.
fn world(dirs: &[(PathBuf, &str)]) -> Result<Context<Fixed>, Error> {
    let mut tree = Tree::new(FIXED_TIME_NS);
    let mut preopens = Vec::new();
    for (number, (host, guest)) in dirs.iter().enumerate() {
        let dir = format!("/{number}");
        insert_folder(&mut tree, &dir, host)
            .map_err(|error| Error::Mount { path: host.clone(), reason: error.to_string() })?;
        preopens.push(Preopen { guest: (*guest).to_owned(), dir, access: Access::ReadOnly });
    }
    let config = Config { tree, preopens, ..Config::default() };
    Context::new(config, Fixed::default()).map_err(|error| Error::Arguments(error.to_string()))
}

/// Puts a host folder into the tree, in the order of the names, which decides the inodes.
fn insert_folder(tree: &mut Tree, dir: &str, host: &Path) -> io::Result<()> {
    tree.insert_directory(dir).map_err(io::Error::other)?;
    let mut entries: Vec<_> = fs::read_dir(host)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{dir}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            insert_folder(tree, &path, &entry.path())?;
        } else {
            tree.insert_file(&path, fs::read(entry.path())?.into()).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// Serves one call. A wait is called again at once: every reading of the clock moves it on.
fn serve(mut caller: Caller<'_, Context<Fixed>>, call: Call, args: &[u64]) -> wasmtime::Result<i32> {
    let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))?;
    let (bytes, wasi) = memory.data_and_store_mut(&mut caller);
    loop {
        match wasi.dispatch(&mut SliceMemory::new(bytes), call, args) {
            Flow::Done(errno) => return Ok(errno.raw()),
            Flow::Stop(stop) => {
                return Err(wasmtime::Error::msg(format!("the module ended while it initialised: {stop:?}")));
            }
            Flow::Wait(_) => {}
        }
    }
}

/// A machine where nothing is left to chance.
#[derive(Default)]
struct Fixed {
    monotonic_ns: Cell<u64>,
    random: u8,
}

impl Platform for Fixed {
    fn realtime_ns(&self) -> u64 {
        FIXED_TIME_NS
    }

    fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns.update(|now| now.saturating_add(TICK_NS));
        self.monotonic_ns.get()
    }

    fn random(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.random;
            self.random = self.random.wrapping_add(1);
        }
    }

    fn read_stdin(&mut self, _out: &mut [u8]) -> Input {
        Input::End
    }

    fn stdin_ready(&self) -> bool {
        true
    }

    /// The guest's complaints are ours to show.
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        io::stderr().write_all(bytes).map_err(|_| Refused::Errno(Errno::Io))
    }

    fn is_terminal(&self, _stream: Stream) -> bool {
        false
    }
}
