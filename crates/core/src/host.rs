//! Host functions: what one is, and how several make a module that Python imports. This file never knows guest memory
//! or bytes; `registry` calls what is defined here.
//!
//! Whether a host function may move between threads depends on the habitat: wasmtime keeps it in a store that must be
//! `Send`, a browser's function holds JavaScript values, which are not. So modules and the registry are generic over
//! the boxed trait object: [`SendModule`] and [`SendRegistry`] hold `dyn HostFunction + Send`, [`LocalModule`] and
//! [`LocalRegistry`] hold `dyn HostFunction`.

mod module;
mod registry;

pub use module::{Builder, HostModule, ModuleError};
pub use registry::Registry;

use crate::error::HostError;
use crate::types::Signature;
use crate::value::Value;

/// A module whose functions may move between threads, as native habitats need it.
pub type SendModule = HostModule<dyn HostFunction + Send>;

/// A module whose functions stay on their thread, as a browser needs it.
pub type LocalModule = HostModule<dyn HostFunction>;

/// A registry of [`SendModule`]s.
pub type SendRegistry = Registry<dyn HostFunction + Send>;

/// A registry of [`LocalModule`]s.
pub type LocalRegistry = Registry<dyn HostFunction>;

/// One function the guest may call. It never touches guest memory.
pub trait HostFunction {
    /// What it takes and gives.
    fn signature(&self) -> &Signature;

    /// Calls it. The registry has checked the arguments and will check the result.
    ///
    /// # Errors
    /// An error becomes a Python exception, never a trap.
    fn call(&mut self, args: &[Value]) -> Result<Value, HostError>;

    /// Calls it with slots, see [`crate::Scalar`]: one for each parameter, the result's replaces the first.
    ///
    /// Asked only of functions that have a [`crate::Flat`] form; `slots` then has [`crate::Flat::slots`] of them,
    /// each checked. None, the default, has the registry take the way through values.
    fn call_flat(&mut self, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let _ = slots;
        None
    }
}

/// How a boxed trait object is made of a function: `dyn HostFunction + Send` takes only what is `Send`.
pub trait Holds<T>: HostFunction {
    /// Boxes the function.
    fn hold(function: T) -> Box<Self>;
}

impl<T: HostFunction + 'static> Holds<T> for dyn HostFunction {
    fn hold(function: T) -> Box<Self> {
        Box::new(function)
    }
}

impl<T: HostFunction + Send + 'static> Holds<T> for dyn HostFunction + Send {
    fn hold(function: T) -> Box<Self> {
        Box::new(function)
    }
}
