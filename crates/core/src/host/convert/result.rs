//! What a host function's Rust result becomes. This file never knows how the function was called.

use super::{IntoValue, Types};
use crate::error::HostError;
use crate::types::Type;
use crate::value::Value;

/// What a host function may give: a type of the boundary, or a `Result` of one whose [`HostError`] raises.
#[diagnostic::on_unimplemented(
    message = "a host function cannot give `{Self}` to Python",
    label = "cannot be given",
    note = "a struct or enum can with `#[derive(HostType)]`, a resource with `#[host]` before its `impl`",
    note = "a function that may fail gives `Result<T, HostError>`"
)]
pub trait HostResult: Sized {
    /// Whether it fits one slot, or is nothing.
    const FLAT: bool;

    /// The declared result.
    fn result_ty(types: &mut Types) -> Option<Type>;

    /// The result as a value.
    ///
    /// # Errors
    /// What the function said.
    fn reply(self) -> Result<Value, HostError>;

    /// The result as a slot; asked only where [`Self::FLAT`] is true.
    ///
    /// # Errors
    /// What the function said.
    fn reply_slot(self) -> Result<u64, HostError>;
}

impl<T: IntoValue> HostResult for T {
    const FLAT: bool = T::FLAT;

    fn result_ty(types: &mut Types) -> Option<Type> {
        types.going(true, T::payload_ty)
    }

    fn reply(self) -> Result<Value, HostError> {
        Ok(self.into_payload().unwrap_or_default())
    }

    #[inline]
    fn reply_slot(self) -> Result<u64, HostError> {
        Ok(self.into_slot())
    }
}

impl<T: IntoValue> HostResult for Result<T, HostError> {
    const FLAT: bool = T::FLAT;

    fn result_ty(types: &mut Types) -> Option<Type> {
        types.going(true, T::payload_ty)
    }

    fn reply(self) -> Result<Value, HostError> {
        self.map(|value| value.into_payload().unwrap_or_default())
    }

    #[inline]
    fn reply_slot(self) -> Result<u64, HostError> {
        self.map(IntoValue::into_slot)
    }
}
