//! Owns where a program runs: the names of the habitats, and the way into each.

pub(crate) mod chromium;
mod native;

use crate::streams::ProcessStreams;
use amphi_core::habitat::Habitat;
use amphi_core::{Outcome, Program};
use amphi_wasmtime::Kind;
use anyhow::Result;

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
}

/// A habitat that programs run in one after the other. `python`: some of them are Python's.
///
/// # Errors
/// It cannot be made ready; the message says why and what to do.
pub(crate) fn open(name: Name, python: bool) -> Result<Box<dyn Habitat>> {
    Ok(match name {
        Name::Wasmtime => Box::new(native::open(Kind::Wasmtime, python)?),
        Name::Shim => Box::new(native::open(Kind::Shim, python)?),
        Name::Chromium => Box::new(chromium::Chromium::start()?),
    })
}

impl Name {
    /// Every habitat.
    pub(crate) const ALL: &[Self] = &[Self::Wasmtime, Self::Shim, Self::Chromium];

    /// As the user writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wasmtime => "wasmtime",
            Self::Shim => "shim",
            Self::Chromium => "chromium",
        }
    }
}

/// Runs a program on this process's own streams, and gives the exit code. Records of its calls, where it asks for them,
/// go to `trace`.
///
/// # Errors
/// The program could not begin; the message says why and what to do.
pub(crate) fn run(name: Name, program: Program, trace: impl FnMut(&[u8]) + Send + 'static) -> Result<i32> {
    let limits = program.limits.clone();
    let outcome: Outcome = match name {
        Name::Wasmtime => native::run(Kind::Wasmtime, program, trace)?,
        Name::Shim => native::run(Kind::Shim, program, trace)?,
        Name::Chromium => chromium::Chromium::start()?.run(&program, &mut ProcessStreams::new(trace))?,
    };
    if let Some(message) = outcome.exit.message(&limits) {
        crate::say(&message);
    }
    Ok(outcome.exit.process_code())
}
