//! Owns where a program runs: the names of the habitats, and the way into each.

mod browser;
mod native;

use crate::renewal::Files;
use crate::streams::ProcessStreams;
use amphi_core::habitat::Habitat;
use amphi_core::{Interface, Outcome, Program};
use amphi_wasmtime::Kind;
use anyhow::Result;
use browser::{Browser, Engine};

/// A habitat as the user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Name {
    /// On this machine, with real folders: wasmtime and its own WASI.
    #[default]
    Wasmtime,
    /// On this machine, files in memory: wasmtime with the WASI that browsers get.
    Shim,
    /// In a headless Chromium.
    Chromium,
    /// In a headless Firefox.
    Firefox,
    /// In WebKitGTK's MiniBrowser, on a display that nobody sees.
    Webkit,
}

/// What runs programs.
enum Place {
    Native(Kind),
    Browser(Engine),
}

/// A habitat that programs run in one after the other. `python`: some of them are Python's.
///
/// # Errors
/// It cannot be made ready; the message says why and what to do.
pub(crate) fn open(name: Name, python: bool) -> Result<Box<dyn Habitat>> {
    Ok(match name.place() {
        Place::Native(kind) => Box::new(native::open(kind, python)?),
        Place::Browser(engine) => Box::new(Browser::start(engine)?),
    })
}

/// What a program's host modules offer, once those that are written in Python have run.
///
/// # Errors
/// One of them cannot be made ready or does not start; the message is for the user.
pub(crate) fn offered(program: Program) -> Result<Vec<Interface>> {
    native::offered(program)
}

impl Name {
    /// Every habitat.
    pub(crate) const ALL: &[Self] = &[Self::Wasmtime, Self::Shim, Self::Chromium, Self::Firefox, Self::Webkit];

    /// As the user writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self.place() {
            Place::Native(kind) => kind.name(),
            Place::Browser(engine) => engine.habitat(),
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Wasmtime => Place::Native(Kind::Wasmtime),
            Self::Shim => Place::Native(Kind::Shim),
            Self::Chromium => Place::Browser(Engine::Chromium),
            Self::Firefox => Place::Browser(Engine::Firefox),
            Self::Webkit => Place::Browser(Engine::Webkit),
        }
    }
}

/// Runs a program on this process's own streams, and gives the exit code. Records of its calls, where it asks for them,
/// go to `trace`.
///
/// # Errors
/// The program could not begin; the message says why and what to do.
pub(crate) fn run(name: Name, program: Program, trace: impl FnMut(&[u8]) + Send + 'static) -> Result<i32> {
    Ok(outcome(name, program, trace)?.exit.process_code())
}

/// The same for a session, whose host modules are renewed from `files` while it goes on.
pub(crate) fn session(name: Name, program: Program, files: Files) -> Result<i32> {
    Ok(begin(name, program, Some(files), |_| {})?.exit.process_code())
}

/// The same, for the whole outcome; how the run ended is told the user already.
pub(crate) fn outcome(name: Name, program: Program, trace: impl FnMut(&[u8]) + Send + 'static) -> Result<Outcome> {
    begin(name, program, None, trace)
}

fn begin(
    name: Name,
    program: Program,
    files: Option<Files>,
    trace: impl FnMut(&[u8]) + Send + 'static,
) -> Result<Outcome> {
    let limits = program.limits.clone();
    let outcome: Outcome = match name.place() {
        Place::Native(kind) => native::run(kind, program, files, trace)?,
        Place::Browser(engine) => Browser::start(engine)?.session(&program, files, &mut ProcessStreams::new(trace))?,
    };
    if let Some(message) = outcome.exit.message(&limits) {
        crate::say(&message);
    }
    Ok(outcome)
}
