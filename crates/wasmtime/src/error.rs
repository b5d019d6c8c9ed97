//! Owns what may go wrong before a guest runs, each as one sentence for the user.
//! A guest's own mistakes are errnos or the end of its run, never an `Error`.

use std::path::PathBuf;

/// Why a module could not be made ready or a run could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// wasmtime cannot work on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// The bytes are no wasm module.
    #[error("{name} is not a WebAssembly module: {reason}")]
    NotWasm {
        /// What the user called it.
        name: String,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// The bytes are a component, not a core module.
    #[error(
        "{name} is a WebAssembly component; amphi runs core modules made for wasm32-wasip1 (build it with that target, or extract the core module)"
    )]
    Component {
        /// What the user called it.
        name: String,
    },
    /// The module asks for something that nobody offers.
    #[error("{name}: unknown import {missing}. {offered}")]
    MissingImport {
        /// What the user called the module.
        name: String,
        /// `module::name`, once or several times.
        missing: String,
        /// A sentence that lists what was offered.
        offered: String,
    },
    /// The module lacks an export that a run needs, or has it with another type.
    #[error("{name} {reason}")]
    Unfit {
        /// What the user called the module.
        name: String,
        /// What it lacks and what to do.
        reason: String,
    },
    /// A Python program, and no interpreter.
    #[error("there is no python.wasm to run Python programs on")]
    NoPython,
    /// A host module cannot be used.
    #[error("the host module {name}: {reason}")]
    Host {
        /// The name Python imports.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A program whose exports are to be called cannot serve.
    #[error("the program cannot serve: {0}")]
    NotServing(String),
    /// Arguments or environment cannot be given to a guest.
    #[error("{0}")]
    Arguments(String),
    /// A fault that a program asks for cannot be read.
    #[error("{0}")]
    Fault(amphi_wasi::FaultError),
    /// A folder to mount is not there or is no folder.
    #[error("cannot mount {}: {reason}", path.display())]
    Mount {
        /// The folder on the host.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system refused something the run needs.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Initialising a module for its snapshot failed.
    #[error("the snapshot failed: {0}")]
    Snapshot(String),
}

impl Error {
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}
