//! Host functions: what one is, and how several make a module that Python imports. This file never knows guest memory
//! or bytes; `registry` finds what is defined here.

pub(crate) mod convert;
mod cx;
mod exports;
pub mod javascript;
mod module;
mod panics;
mod python;
mod registry;
pub(crate) mod se2;
mod turns;
mod typed;
mod wasm;
pub(crate) mod written;

pub use convert::{
    CallArgs, Callable, FromValue, HostResource, HostResult, HostType, IntoValue, Lent, Resource, TypeError, Types,
};
pub(crate) use cx::Nowhere;
pub use cx::{Crossing, Cx};
pub use exports::Exports;
pub use module::{Builder, HostModule, ModuleError};
pub(crate) use module::{FlatCall, raised};
pub(crate) use python::PythonHost;
pub use python::{not_renewed, offer_python, renew_python, start_python};
pub use registry::Registry;
pub(crate) use se2::Answers;
pub use se2::{se2_import, se2_module, se2_run};
pub use turns::Turns;
pub use typed::HostMethods;
pub use wasm::{WasmInstance, wasm_module};
pub use written::HostFn;

use crate::error::HostError;
use crate::types::Signature;
use crate::value::Value;

/// One function the guest may call. It never touches the memory of the guest that calls.
///
/// Calls may nest: while one is under way, Python may be called back and call the same function again. So a function
/// is called through a shared reference, and keeps what it changes behind a lock or an atomic.
pub trait HostFunction: Send + Sync {
    /// What it takes and gives.
    fn signature(&self) -> &Signature;

    /// Calls it. The arguments were checked, the result will be.
    ///
    /// # Errors
    /// An error becomes a Python exception, never a trap.
    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError>;

    /// Calls it with slots, see [`crate::Scalar`]: one for each parameter, the result's replaces the first.
    ///
    /// Asked only of functions that have a [`crate::Flat`] form; `slots` then has [`crate::Flat::slots`] of them,
    /// each checked. None, the default, has the caller take the way through values.
    fn call_flat(&self, cx: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let _ = (cx, slots);
        None
    }

    /// Whether [`Self::call_flat`] looks at its context. What never does may be called where none can be lent yet, which
    /// is sooner; it then gets one that reaches nothing.
    fn needs_cx(&self) -> bool {
        true
    }

    /// Its number among those that its habitat can call with slots by itself, which then gives core what is not plainly of
    /// the declared types. None, the default, has every call go through core.
    fn straight(&self) -> Option<u32> {
        None
    }
}
