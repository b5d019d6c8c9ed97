//! What fits a slot: numbers, `bool`, `char`. This file never knows what is made of several values.

use super::{FromValue, HostType, IntoValue, Types, refused};
use crate::error::HostError;
use crate::types::{Scalar, Type, low_half, narrow};
use crate::value::Value;

/// The traits of a scalar: how it is found in a value and in a slot, and how it is put into a slot. Its value is that of
/// `Value::from`.
macro_rules! scalar {
    ($($rust:ty, $scalar:ident, |$value:pat_param| $from:expr, |$slot:ident| $out:expr, |$given:ident| $in:expr;)*) => {
        $(
            impl HostType for $rust {
                const FLAT: bool = true;

                fn ty(_: &mut Types) -> Type {
                    Scalar::$scalar.into()
                }
            }

            impl FromValue for $rust {
                fn from_value(value: Value) -> Result<Self, HostError> {
                    let found = match &value {
                        $value => $from,
                        _ => None,
                    };
                    found.ok_or_else(|| refused::<Self>(value))
                }

                #[inline]
                fn from_slot($slot: u64) -> Option<Self> {
                    $out
                }
            }

            impl IntoValue for $rust {
                fn into_value(self) -> Value {
                    self.into()
                }

                #[inline]
                fn into_slot(self) -> u64 {
                    let $given = self;
                    $in
                }
            }
        )*
    };
}

scalar! {
    bool, Bool, |Value::Bool(truth)| Some(*truth), |slot| Some(slot != 0), |given| u64::from(given);
    i8, S8, |Value::Int(number)| Self::try_from(*number).ok(), |slot| Self::try_from(slot.cast_signed()).ok(),
        |given| i64::from(given).cast_unsigned();
    i16, S16, |Value::Int(number)| Self::try_from(*number).ok(), |slot| Self::try_from(slot.cast_signed()).ok(),
        |given| i64::from(given).cast_unsigned();
    i32, S32, |Value::Int(number)| Self::try_from(*number).ok(), |slot| Some(low_half(slot).cast_signed()),
        |given| i64::from(given).cast_unsigned();
    i64, S64, |Value::Int(number)| Some(*number), |slot| Some(slot.cast_signed()), |given| given.cast_unsigned();
    u16, U16, |Value::Int(number)| Self::try_from(*number).ok(), |slot| Self::try_from(slot).ok(),
        |given| u64::from(given);
    u32, U32, |Value::Int(number)| Self::try_from(*number).ok(), |slot| Some(low_half(slot)), |given| u64::from(given);
    u64, U64, |value @ (Value::Int(_) | Value::Big(_))| value.as_integer().and_then(|number| Self::try_from(number).ok()),
        |slot| Some(slot), |given| given;
    f32, F32, |Value::Float(number)| Some(narrow(*number)), |slot| Some(Self::from_bits(low_half(slot))),
        |given| u64::from(given.to_bits());
    f64, F64, |Value::Float(number)| Some(*number), |slot| Some(Self::from_bits(slot)), |given| given.to_bits();
    char, Char, |Value::Str(text)| only(text), |slot| Self::from_u32(low_half(slot)),
        |given| u64::from(u32::from(given));
}

/// The one letter of a text.
fn only(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// A number like others by itself; many are bytes.
impl HostType for u8 {
    const FLAT: bool = true;

    fn ty(_: &mut Types) -> Type {
        Scalar::U8.into()
    }

    fn list_ty(_: &mut Types) -> Type {
        Type::Bytes
    }
}

impl FromValue for u8 {
    fn from_value(value: Value) -> Result<Self, HostError> {
        let found = match &value {
            Value::Int(number) => Self::try_from(*number).ok(),
            _ => None,
        };
        found.ok_or_else(|| refused::<Self>(value))
    }

    #[inline]
    fn from_slot(slot: u64) -> Option<Self> {
        Self::try_from(slot).ok()
    }

    fn list_from_value(value: Value) -> Result<Vec<Self>, HostError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(refused::<Vec<Self>>(other)),
        }
    }
}

impl IntoValue for u8 {
    fn into_value(self) -> Value {
        self.into()
    }

    #[inline]
    fn into_slot(self) -> u64 {
        self.into()
    }

    fn list_into_value(items: Vec<Self>) -> Value {
        Value::Bytes(items)
    }
}

/// Nothing: a function without a result, a case that carries nothing. As an item it is the empty tuple.
impl HostType for () {
    const FLAT: bool = true;

    fn ty(_: &mut Types) -> Type {
        Type::Tuple(Vec::new())
    }

    fn payload_ty(_: &mut Types) -> Option<Type> {
        None
    }
}

impl FromValue for () {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Tuple(items) if items.is_empty() => Ok(()),
            other => Err(refused::<Self>(other)),
        }
    }

    fn from_payload(payload: Option<Value>) -> Result<Self, HostError> {
        match payload {
            None | Some(Value::None) => Ok(()),
            Some(other) => Err(HostError::type_error(format!("a value: expected nothing, got {other}"))),
        }
    }
}

impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::Tuple(Vec::new())
    }

    fn into_payload(self) -> Option<Value> {
        None
    }
}
