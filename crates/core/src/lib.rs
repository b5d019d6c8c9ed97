//! What the two habitats share: the host-function ABI, programs and their outcomes.
//!
//! The way of a program: [`manifest`] or a link makes a [`Program`], [`prepare`] compiles and resolves its host
//! functions, a [`habitat`] runs it and leaves an [`Outcome`]. The way of a call: [`abi::HostCalls`] takes it from the
//! guest, [`wire`] decodes it, [`check`] holds it against its declaration, a [`Registry`] finds the
//! [`HostFunction`].
//!
//! This crate does no I/O, knows no engine, reads no clock and has no `cfg` for a target. The features `wit` and
//! `wat` bring the parsers; what they make is plain data, so a browser's worker needs neither.

pub mod abi;
mod bytes;
pub mod check;
mod describe;
mod error;
pub mod habitat;
mod handle;
mod host;
mod limits;
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

pub use bytes::Bytes;
pub use describe::{DescribeError, Described};
pub use error::HostError;
pub use habitat::Habitat;
pub use handle::{GuestId, Handle};
pub use host::{Builder, Crossing, Cx, Exports, HostFunction, HostModule, ModuleError, Registry};
pub use limits::{Limit, Limits};
pub use outcome::{Change, ChangedFile, Exit, Outcome, Reply, Timing};
#[cfg(all(feature = "wit", feature = "wat"))]
pub use prepare::{PrepareError, prepare};
pub use prepared::{HostExport, Prepared, PreparedBody, PreparedHost};
pub use program::{
    Access, Body, Determinism, Entry, Expect, ExportCall, Guest, HostSource, LIB, Mount, Program, Stdin, Trace, WORK,
    Watch,
};
pub use source::{Source, SourceError};
pub use types::{
    CoreType, Flat, Function, Interface, MAX_FLAT_PARAMS, NamedType, Param, Place, Scalar, Signature, Type,
};
pub use value::{BigInt, Value};
