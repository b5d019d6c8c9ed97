//! What the two habitats share: the host-function ABI, programs and their outcomes.
//!
//! The way of a program: [`manifest`] or a link makes a [`Program`], [`prepare`] compiles and resolves its host
//! functions, a [`habitat`] runs it and leaves an [`Outcome`]. The way of a call: [`abi::HostCalls`] takes it from the
//! guest, [`wire`] decodes it, [`check`] holds it against its declaration, a [`Registry`] finds the
//! [`HostFunction`].
//!
//! This crate does no I/O, knows no engine, reads no clock and has no `cfg` for a target. The features `wit` and
//! `wat` bring the parsers; what they make is plain data, so a browser's worker needs neither.

// What the macros write names this crate as others do, here too.
extern crate self as amphi_core;

pub mod abi;
mod bytes;
pub mod check;
mod describe;
mod error;
pub mod frames;
mod guest;
pub mod habitat;
mod handle;
mod host;
mod lesson;
mod limits;
#[cfg(feature = "link")]
pub mod link;
pub mod manifest;
#[cfg(feature = "wat")]
pub mod module;
pub mod names;
mod outcome;
#[cfg(all(feature = "wit", feature = "wat"))]
mod prepare;
mod prepared;
mod program;
pub mod protocol;
mod skeleton;
mod source;
mod stub;
pub mod trap;
mod types;
pub mod units;
mod value;
pub mod wave;
pub mod wire;
#[cfg(feature = "wit")]
pub mod wit;

pub use amphi_macros::HostType;
/// ```
/// use std::sync::atomic::{AtomicI64, Ordering};
///
/// use amphi_core::{HostError, HostModule, HostType};
///
/// /// Adds and multiplies.
/// #[amphi_core::host]
/// fn demo(a: i32, b: i32) -> i32 {
///     (a + b) * 10
/// }
///
/// #[derive(HostType)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// #[amphi_core::host]
/// fn norm(p: &Point) -> Result<f64, HostError> {
///     let norm = p.x.hypot(p.y);
///     if norm.is_finite() { Ok(norm) } else { Err(HostError::value_error("too far away")) }
/// }
///
/// /// Python's class `Counter`.
/// struct Counter(AtomicI64);
///
/// #[amphi_core::host]
/// impl Counter {
///     fn new(start: i64) -> Self {
///         Self(AtomicI64::new(start))
///     }
///
///     /// Adds so many, and tells how many there are.
///     fn add(&self, n: i64) -> i64 {
///         self.0.fetch_add(n, Ordering::SeqCst) + n
///     }
/// }
///
/// let module = HostModule::builder("demo")
///     .host(demo::host())
///     .host(norm::host())
///     .resource::<Counter>()
///     .build()?;
/// let functions: Vec<String> = module.interface().functions.iter().map(|function| function.path()).collect();
/// assert_eq!(functions, ["demo", "norm", "Counter", "Counter.add"]);
/// # Ok::<(), amphi_core::ModuleError>(())
/// ```
pub use amphi_macros::host;
pub use bytes::Bytes;
pub use describe::{DescribeError, Described};
pub use error::{HostError, Raised};
pub use guest::{Entry, Extended, Guest};
pub use habitat::Habitat;
pub use handle::{GuestId, Handle};
pub use host::javascript;
pub use host::{
    Builder, CallArgs, Callable, Crossing, Cx, Exports, FromValue, HostFn, HostFunction, HostMethods, HostModule,
    HostResource, HostResult, HostType, IntoValue, Lent, ModuleError, Registry, Resource, Turns, TypeError, Types,
    WasmInstance, not_renewed, offer_python, renew_python, se2_import, se2_module, se2_run, start_python, wasm_module,
};
pub use lesson::{Lesson, Task};
pub use limits::{Limit, Limits};
pub use outcome::{Change, ChangedFile, Exit, Outcome, Reply, Timing};
#[cfg(all(feature = "wit", feature = "wat"))]
pub use prepare::{PrepareError, prepare};
pub use prepared::{Allocator, HostExport, Prepared, PreparedBody, PreparedHost, WasmHost};
pub use program::{
    Access, Body, Determinism, Expect, ExportCall, HostSource, LIB, Mount, Program, Stdin, Trace, WORK, Watch,
};
pub use skeleton::Language;
pub use source::{Source, SourceError};
pub use types::{
    CoreType, Flat, Function, Interface, MAX_FLAT_PARAMS, NamedType, Param, Place, Scalar, Signature, Type,
};
pub use value::{BigInt, Value};

/// What the code that the macros write names. It is no part of what others may use: it changes with the macros.
#[doc(hidden)]
pub mod __macros {
    pub use crate::host::convert::{
        FromValue, HostResource, HostResult, HostType, IntoValue, Lent, NamedFields, Resource, Types, carried, carry,
        is_set, owned, refused, words,
    };
    pub use crate::host::written::{Args, Declared, Receiver, TypeOf, answer, slot};
    pub use crate::host::{Cx, HostFn, HostMethods};
    pub use crate::names::python_name;
    pub use crate::types::Type;
    pub use crate::{HostError, Value};
}
