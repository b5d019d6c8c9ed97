//! Owns the way into the habitats of this machine: the interpreter, the engine, the cache, Ctrl-C.

use crate::interrupt;
use crate::native_python::NativePython;
use crate::renewal::Files;
use amphi_core::{Entry, Guest, Interface, Outcome, Program, prepare};
use amphi_wasmtime::{Cache, Engine, Kind, Native, Notice, Python, Renewals, Sink, Wasm};
use anyhow::Result;
use std::sync::Arc;

/// A module of this size, in bytes, takes long enough to compile to say so.
const NOTICED: usize = 1 << 20;

/// Runs a program on this process's own streams; its host modules are renewed from `files`.
pub(super) fn run(
    kind: Kind,
    program: Program,
    files: Option<Files>,
    trace: impl FnMut(&[u8]) + Send + 'static,
) -> Result<Outcome> {
    let prepared = prepare(&program)?;
    let limits = program.limits.clone();
    let python = Arc::new(NativePython::load(&prepared.hosts)?);
    let native = open(kind, program.needs_python())?;
    let sandbox = native.sandbox(&prepared, &mut tell)?;
    let mut start = native.start(&prepared.program, trace)?;
    start.stdout = Sink::Process;
    start.stderr = Sink::Process;
    start.registered = python.modules();
    let edited = files.is_some();
    start.renewals = files.map(|mut files| {
        files.begin(&prepared.hosts, python.clone());
        Box::new(files) as Box<dyn Renewals>
    });
    let running = sandbox.start(start)?;
    if edited {
        Files::look_often(running.renew());
    }
    python.heed(running.interrupt());
    interrupt::to(running.interrupt())?;
    running.on_overdue(move |exit| {
        if let Some(message) = exit.message(&limits) {
            crate::say(&message);
        }
        std::process::exit(exit.process_code());
    });
    let outcome = running.finish_last()?;
    // The process ends now.
    std::mem::forget((sandbox, native));
    Ok(outcome)
}

/// What a program's host modules offer, once those that are written in Python have run.
pub(super) fn offered(program: Program) -> Result<Vec<Interface>> {
    let program = Program { guest: Guest::python(Entry::Command(String::new())), ..program };
    let native = open(Kind::Shim, true)?;
    let prepared = prepare(&program)?;
    let python = NativePython::load(&prepared.hosts)?;
    let mut start = native.start(&program, |_| {})?;
    start.registered = python.modules();
    let sandbox = native.sandbox(&prepared, &mut tell)?;
    Ok(sandbox.start(start)?.offered()?)
}

/// One of the habitats, with the interpreter where it is needed.
pub(super) fn open(kind: Kind, python: bool) -> Result<Native> {
    let python = match python {
        true => {
            let artifact = amphi_python::artifact()?;
            let wasm = Wasm::known("python.wasm", artifact.python_wasm, artifact.sha256);
            Some(Python { wasm, stdlib: artifact.stdlib_zip })
        }
        false => None,
    };
    let cache = Cache::new(amphi_python::cache_folder().map(|folder| folder.join("compiled")));
    Ok(Native::new(Engine::new(), cache, kind, python))
}

fn tell(notice: Notice) {
    match notice {
        // Nobody waits long enough for a small one to wonder.
        Notice::Compiling { bytes, .. } if bytes < NOTICED => {}
        Notice::Compiling { name, .. } => {
            crate::say(&format!("compiling {name} for this machine; this happens once …"))
        }
        Notice::NotKept { reason } => crate::say(&format!("{reason}; it will be compiled again next time")),
        _ => {}
    }
}
