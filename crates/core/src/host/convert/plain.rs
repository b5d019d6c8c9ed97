//! Text, values as they are, and what only wraps another type. This file never knows collections or handles.

use super::{FromValue, HostType, IntoValue, Lent, Types, refused};
use crate::error::HostError;
use crate::types::Type;
use crate::value::Value;

impl HostType for String {
    fn ty(_: &mut Types) -> Type {
        Type::String
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Str(text) => Ok(text),
            other => Err(refused::<Self>(other)),
        }
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Str(self)
    }
}

impl Lent for str {
    type Kept = String;

    fn lend(kept: &String) -> &Self {
        kept
    }
}

impl HostType for &str {
    fn ty(_: &mut Types) -> Type {
        Type::String
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

/// Whatever Python sends.
impl HostType for Value {
    fn ty(_: &mut Types) -> Type {
        Type::Any
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, HostError> {
        Ok(value)
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl Lent for Value {
    type Kept = Self;

    fn lend(kept: &Self) -> &Self {
        kept
    }
}

/// As what is in it.
impl<T: HostType> HostType for Box<T> {
    const FLAT: bool = T::FLAT;

    fn ty(types: &mut Types) -> Type {
        T::ty(types)
    }

    fn payload_ty(types: &mut Types) -> Option<Type> {
        T::payload_ty(types)
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        T::from_value(value).map(Self::new)
    }

    fn from_slot(slot: u64) -> Option<Self> {
        T::from_slot(slot).map(Self::new)
    }

    fn from_payload(payload: Option<Value>) -> Result<Self, HostError> {
        T::from_payload(payload).map(Self::new)
    }
}

impl<T: IntoValue> IntoValue for Box<T> {
    fn into_value(self) -> Value {
        (*self).into_value()
    }

    fn into_slot(self) -> u64 {
        (*self).into_slot()
    }

    fn into_payload(self) -> Option<Value> {
        (*self).into_payload()
    }
}
