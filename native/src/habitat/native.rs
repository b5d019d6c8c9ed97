//! Owns the way into the habitats of this machine: the interpreter, the engine, the cache, Ctrl-C.

use crate::interrupt;
use amphi_core::{Outcome, Program, prepare};
use amphi_wasmtime::{Cache, Engine, Kind, Native, Notice, Python, Sink, Wasm};
use anyhow::Result;

/// Runs a program on this process's own streams.
pub(super) fn run(kind: Kind, program: Program) -> Result<Outcome> {
    let prepared = prepare(&program)?;
    let python = match program.is_python() {
        true => {
            let artifact = amphi_python::artifact()?;
            let wasm = Wasm::known("python.wasm", artifact.python_wasm, artifact.sha256);
            Some(Python { wasm, stdlib: artifact.stdlib_zip })
        }
        false => None,
    };
    let cache = Cache::new(amphi_python::cache_folder().map(|folder| folder.join("compiled")));
    let native = Native::new(Engine::new()?, cache, kind, python);
    let sandbox = native.sandbox(&prepared, &mut tell)?;
    let mut start = native.start(&prepared.program)?;
    start.stdout = Sink::Process;
    start.stderr = Sink::Process;
    let running = sandbox.start(start)?;
    interrupt::to(running.interrupt())?;
    Ok(running.finish()?)
}

fn tell(notice: Notice) {
    match notice {
        Notice::Compiling { name } => crate::say(&format!("compiling {name} for this machine; this happens once …")),
        Notice::NotKept { reason } => crate::say(&format!("{reason}; it will be compiled again next time")),
        _ => {}
    }
}
