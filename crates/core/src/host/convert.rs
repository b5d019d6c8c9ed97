//! Rust's own types as host functions take and give them. This file owns the traits; it never knows functions or modules.

mod collections;
mod flags;
mod handles;
mod plain;
mod result;
mod scalars;
#[cfg(test)]
mod tests;
mod types;

pub use collections::{NamedFields, carried, carry};
pub use flags::{is_set, words};
pub use handles::{CallArgs, Callable, HostResource, Resource, owned};
pub use result::HostResult;
pub use types::{TypeError, Types};

use crate::check;
use crate::error::HostError;
use crate::types::Type;
use crate::value::Value;

/// A Rust type that has a type of the boundary. Derived for records, flags, enums and variants.
///
/// | Rust | WIT | Python |
/// | --- | --- | --- |
/// | `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64`, `char` | the scalar | `bool`, `int`, `float`, `str` |
/// | `String`, `&str` | `string` | `str` |
/// | `Vec<u8>`, `&[u8]` | `list<u8>` | `bytes` |
/// | `Vec<T>`, `&[T]` | `list<T>` | `list` |
/// | tuples of up to 8 | `tuple<…>` | `tuple` |
/// | `Option<T>` | `option<T>` | the value or `None` |
/// | `Result<T, E>` | `result<T, E>` | the value; a function's `Err` raises |
/// | a struct or enum with `#[derive(HostType)]` | `record`, `enum`, `variant` | a class |
/// | the same with `#[host_type(flags)]`, of `bool`s | `flags` | a class |
/// | `&T`, [`Resource<T>`], and `T` as a result | `borrow<T>`, `own<T>` | a class whose things stay with the host |
/// | [`Callable<(A, B), R>`](Callable) | a resource with a method `call` | a callable |
/// | [`Value`], [`Handle`](crate::Handle) | | anything, any callable |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross between Python and host functions",
    label = "no type of the boundary",
    note = "a struct or enum does with `#[derive(HostType)]`, a resource with `#[host]` before its `impl`",
    note = "integers have 8 to 64 bits: `u64` instead of `usize`; `Value` stands for anything"
)]
pub trait HostType {
    /// Whether a value fits one slot of a flat call, or is nothing at all: a scalar or `()`.
    const FLAT: bool = false;

    /// The type; named types inside it are added to `types`.
    fn ty(types: &mut Types) -> Type;

    /// The type as what a function gives or a case carries: none for `()`.
    fn payload_ty(types: &mut Types) -> Option<Type> {
        Some(Self::ty(types))
    }

    /// The type of a list of these; bytes are not like other lists.
    fn list_ty(types: &mut Types) -> Type {
        Type::List(Box::new(Self::ty(types)))
    }
}

/// A Rust type that is made of what Python gives.
#[diagnostic::on_unimplemented(
    message = "a host function cannot take `{Self}` from Python",
    label = "cannot be taken",
    note = "a struct or enum can with `#[derive(HostType)]`; a resource is taken as `&T` or `Resource<T>`"
)]
pub trait FromValue: HostType + Sized {
    /// Takes a value that a check has shaped; others are refused, or lack the check's patience.
    ///
    /// # Errors
    /// It is no value of the type; the message says what was expected.
    fn from_value(value: Value) -> Result<Self, HostError>;

    /// Takes a checked slot; none where [`HostType::FLAT`] is false.
    #[must_use]
    fn from_slot(slot: u64) -> Option<Self> {
        let _ = slot;
        None
    }

    /// Takes what a case carries or a function gave.
    ///
    /// # Errors
    /// As [`Self::from_value`].
    fn from_payload(payload: Option<Value>) -> Result<Self, HostError> {
        Self::from_value(payload.unwrap_or_default())
    }

    /// Takes a list.
    ///
    /// # Errors
    /// As [`Self::from_value`].
    fn list_from_value(value: Value) -> Result<Vec<Self>, HostError> {
        match value {
            Value::List(items) => items.into_iter().map(Self::from_value).collect(),
            other => Err(refused::<Vec<Self>>(other)),
        }
    }
}

/// A Rust type that Python can be given.
#[diagnostic::on_unimplemented(
    message = "a host function cannot give `{Self}` to Python",
    label = "cannot be given",
    note = "a struct or enum can with `#[derive(HostType)]`, a resource with `#[host]` before its `impl`",
    note = "a function that may fail gives `Result<T, HostError>`"
)]
pub trait IntoValue: HostType + Sized {
    /// The value.
    fn into_value(self) -> Value;

    /// The slot, where [`HostType::FLAT`] is true and it is not `()`.
    fn into_slot(self) -> u64 {
        0
    }

    /// The value as what a case carries: none for `()`.
    fn into_payload(self) -> Option<Value> {
        Some(self.into_value())
    }

    /// The value of a list of these.
    fn list_into_value(items: Vec<Self>) -> Value {
        Value::List(items.into_iter().map(Self::into_value).collect())
    }
}

/// A type that a function may take by reference: what is kept while it runs, and lent to it.
#[diagnostic::on_unimplemented(
    message = "a host function cannot take `&{Self}` from Python",
    label = "cannot be lent",
    note = "references are to `str`, to slices, to types with `#[derive(HostType)]` and to resources; take others by value"
)]
pub trait Lent {
    /// What is kept.
    type Kept: FromValue;

    /// Lends it.
    fn lend(kept: &Self::Kept) -> &Self;
}

/// Takes any value: one that was not checked is checked first.
///
/// # Errors
/// It is no value of the type; the message says what was expected, and where.
pub(crate) fn from_unchecked<T: FromValue>(value: Value) -> Result<T, HostError> {
    let value = match T::payload_ty(&mut Types::default()) {
        Some(ty) => check::value_of(value, &ty).map_err(|why| why.into_error("a value"))?,
        None => value,
    };
    T::from_payload(Some(value))
}

/// The error for a value that is not of the type.
#[must_use]
pub fn refused<T: HostType>(value: Value) -> HostError {
    let ty = T::ty(&mut Types::default());
    match check::value_of(value, &ty) {
        Err(why) => why.into_error("a value"),
        // The check would have given it another shape, for instance an int that becomes a float.
        Ok(value) => HostError::type_error(format!("a value: expected {ty}, got {value} before it was checked")),
    }
}
