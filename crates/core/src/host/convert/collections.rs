//! What is made of other values: lists, tuples, options, results, the fields of records. This file never knows scalars.

use super::{FromValue, HostType, IntoValue, Lent, Types, refused};
use crate::error::HostError;
use crate::types::Type;
use crate::value::Value;

impl<T: HostType> HostType for Vec<T> {
    fn ty(types: &mut Types) -> Type {
        T::list_ty(types)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        T::list_from_value(value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        T::list_into_value(self)
    }
}

impl<T: FromValue> Lent for [T] {
    type Kept = Vec<T>;

    fn lend(kept: &Vec<T>) -> &Self {
        kept
    }
}

impl<T: FromValue> Lent for Vec<T> {
    type Kept = Self;

    fn lend(kept: &Self) -> &Self {
        kept
    }
}

impl<T: HostType> HostType for &[T] {
    fn ty(types: &mut Types) -> Type {
        T::list_ty(types)
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Value {
        T::list_into_value(self.to_vec())
    }
}

impl<T: HostType> HostType for Option<T> {
    fn ty(types: &mut Types) -> Type {
        Type::Option(Box::new(T::ty(types)))
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::None => Ok(None),
            Value::Some(value) => T::from_value(*value).map(Some),
            other => Err(refused::<Self>(other)),
        }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::None, |value| Value::Some(Box::new(value.into_value())))
    }
}

impl<T: HostType, E: HostType> HostType for Result<T, E> {
    fn ty(types: &mut Types) -> Type {
        let ok = T::payload_ty(types).map(Box::new);
        Type::Result(ok, E::payload_ty(types).map(Box::new))
    }
}

impl<T: FromValue, E: FromValue> FromValue for Result<T, E> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Ok(payload) => T::from_payload(payload.map(|value| *value)).map(Ok),
            Value::Err(payload) => E::from_payload(payload.map(|value| *value)).map(Err),
            other => Err(refused::<Self>(other)),
        }
    }
}

impl<T: IntoValue, E: IntoValue> IntoValue for Result<T, E> {
    fn into_value(self) -> Value {
        match self {
            Ok(value) => Value::Ok(value.into_payload().map(Box::new)),
            Err(error) => Value::Err(error.into_payload().map(Box::new)),
        }
    }
}

/// The traits of a tuple of so many items.
macro_rules! tuple {
    ($count:literal: $($name:ident)*) => {
        impl<$($name: HostType),*> HostType for ($($name,)*) {
            fn ty(types: &mut Types) -> Type {
                Type::Tuple(vec![$($name::ty(types)),*])
            }
        }

        impl<$($name: FromValue),*> FromValue for ($($name,)*) {
            fn from_value(value: Value) -> Result<Self, HostError> {
                match value {
                    Value::Tuple(items) if items.len() == $count => {
                        let mut items = items.into_iter();
                        // There is a value for each, as was just counted.
                        Ok(($($name::from_value(items.next().unwrap_or_default())?,)*))
                    }
                    other => Err(refused::<Self>(other)),
                }
            }
        }

        impl<$($name: IntoValue),*> IntoValue for ($($name,)*) {
            #[expect(non_snake_case, reason = "an item is bound by the name of its type")]
            fn into_value(self) -> Value {
                let ($($name,)*) = self;
                Value::Tuple(vec![$($name.into_value()),*])
            }
        }
    };
}

tuple!(1: A);
tuple!(2: A B);
tuple!(3: A B C);
tuple!(4: A B C D);
tuple!(5: A B C D E);
tuple!(6: A B C D E F);
tuple!(7: A B C D E F G);
tuple!(8: A B C D E F G H);

/// The fields of a record, taken one by one in their declared order.
#[derive(Debug)]
pub struct NamedFields(std::vec::IntoIter<(String, Value)>);

impl NamedFields {
    /// The fields of a record of that type.
    ///
    /// # Errors
    /// It is no record.
    pub fn of<T: HostType>(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Record(fields) => Ok(Self(fields.into_iter())),
            other => Err(refused::<T>(other)),
        }
    }

    /// The next field; `name` is as Rust has it.
    ///
    /// # Errors
    /// The next is another, or its value is of another type.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Result<T, HostError> {
        match self.0.next() {
            // Python's name of a keyword ends in `_`.
            Some((given, value)) if given.strip_suffix('_') == Some(name) || given == name => T::from_value(value),
            _ => Err(HostError::value_error(format!("a value: field '{name}' is missing"))),
        }
    }
}

/// What a variant's case carries.
///
/// # Errors
/// It is of another type.
pub fn carried<T: FromValue>(payload: Option<Box<Value>>) -> Result<T, HostError> {
    T::from_payload(payload.map(|value| *value))
}

/// The value that a variant's case carries.
pub fn carry<T: IntoValue>(payload: T) -> Option<Box<Value>> {
    payload.into_payload().map(Box::new)
}
