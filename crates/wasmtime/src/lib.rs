//! The habitats `wasmtime` and `shim`: one guest, run natively on wasmtime with real folders or with amphi's own WASI.
//!
//! A [`Sandbox`] is a module made ready once; [`Sandbox::start`] gives a fresh instance of it, a [`Running`], whose
//! [`Running::finish`] leaves an outcome. Only this crate and the command above it name wasmtime. It must never know
//! browsers.

// What the macros write names this crate as others do, here too.
extern crate self as amphi_wasmtime;

mod bell;
mod cache;
mod checkpoint;
mod control;
mod engine;
mod error;
pub mod folder;
mod footprint;
mod guests;
mod habitat;
mod host;
mod mounts;
mod output;
mod p1;
mod pool;
mod preview1;
mod ready;
mod run;
mod sandbox;
mod shim;
mod snapshot;
mod stack;
mod start;
mod stdin;
mod stopwatch;
mod store;
mod streams;
mod sync;
mod wasm;
mod watch;
mod watchdog;

#[doc(hidden)]
pub use amphi_core::__macros;
pub use amphi_core::{
    Callable, Cx, FromValue, Handle, HostError, HostFn, HostFunction, HostModule, HostType, Interface, IntoValue,
    ModuleError, Resource, Scalar, Signature, Type, Value, host,
};
pub use cache::{Cache, Notice};
pub use control::{Interrupt, Renew};
pub use engine::Engine;
pub use error::Error;
pub use habitat::Native;
pub use host::{Renewal, Renewals};
pub use mounts::Mount;
pub use output::{Sink, Writer};
pub use pool::{Pool, Pooled};
pub use run::Running;
pub use sandbox::{Kind, Python, Sandbox};
pub use snapshot::snapshot;
pub use start::{Registered, Start};
pub use stdin::Stdin;
pub use wasm::Wasm;
