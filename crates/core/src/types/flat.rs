//! Scalars, and how each stands in a 64-bit slot of a flat call and in a core wasm value. This file never knows lists,
//! strings or names.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::types::{Function, Param, Place, Signature, Type};
use crate::value::Value;

/// A flat call has at most this many parameters, so that its slots fit a small array on the stack.
pub const MAX_FLAT_PARAMS: usize = 16;

/// A value type of core wasm that a host module's functions may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoreType {
    /// 32 bits, sign unknown.
    I32,
    /// 64 bits, sign unknown.
    I64,
    /// A single-precision float.
    F32,
    /// A double-precision float.
    F64,
}

impl CoreType {
    /// Its name in WebAssembly text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// What it becomes where no declaration says more.
    #[must_use]
    pub fn scalar(self) -> Scalar {
        match self {
            Self::I32 => Scalar::S32,
            Self::I64 => Scalar::S64,
            Self::F32 => Scalar::F32,
            Self::F64 => Scalar::F64,
        }
    }
}

/// A function's core type as WebAssembly text has it: `(param i32 i32) (result i32)`.
pub(crate) fn core_text(params: &[CoreType], results: &[CoreType]) -> String {
    let list = |word: &str, types: &[CoreType]| {
        let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
        (!names.is_empty()).then(|| format!("({word} {})", names.join(" ")))
    };
    let parts = [list("param", params), list("result", results)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "without parameters and results".to_owned() } else { parts.join(" ") }
}

/// The core types of parameters, as the component model flattens them: a text or bytes is an address and a length.
///
/// # Errors
/// The first parameter that is neither these nor a scalar.
pub(crate) fn core_params(params: &[Param]) -> Result<Vec<CoreType>, &Param> {
    let mut core = Vec::new();
    for param in params {
        match (param.ty.scalar(), param.ty.is_place()) {
            (Some(scalar), _) => core.push(scalar.core_type()),
            (None, true) => core.extend([CoreType::I32; 2]),
            (None, false) => return Err(param),
        }
    }
    Ok(core)
}

impl Function {
    /// The core types of what it takes and gives, where a WebAssembly body can have it.
    ///
    /// # Errors
    /// It takes or gives something else; the sentence says what.
    pub(crate) fn core(&self) -> Result<(Vec<CoreType>, Vec<CoreType>), String> {
        let name = match self.place {
            Place::Free => self.source_name.clone(),
            _ => self.path(),
        };
        let cannot = |what: &str, ty: &Type| {
            format!(
                "{name}: its {what} is {ty}, but a WebAssembly body takes and gives numbers, bool, char, string and list<u8>"
            )
        };
        let params = core_params(&self.signature.params);
        let params = params.map_err(|param| cannot(&format!("parameter {}", param.name), &param.ty))?;
        let scalar = |ty: &Type| ty.scalar().map(Scalar::core_type).ok_or_else(|| cannot("result", ty));
        let results = match &self.signature.result {
            None => Vec::new(),
            Some(Type::Tuple(types)) => types.iter().map(scalar).collect::<Result<_, _>>()?,
            Some(ty) if ty.is_place() => vec![CoreType::I32],
            Some(ty) => vec![scalar(ty)?],
        };
        Ok((params, results))
    }
}

/// A type whose values fit one slot.
///
/// A slot is 64 bits: `bool` is 0 or 1, signed integers are sign-extended, unsigned ones and `char` zero-extended,
/// `f32` keeps its bits in the low half, `f64` fills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is WIT's type of that name")]
pub enum Scalar {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
}

impl Scalar {
    /// Every scalar.
    pub const ALL: [Self; 12] = [
        Self::Bool,
        Self::S8,
        Self::U8,
        Self::S16,
        Self::U16,
        Self::S32,
        Self::U32,
        Self::S64,
        Self::U64,
        Self::F32,
        Self::F64,
        Self::Char,
    ];

    /// WIT's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
        }
    }

    /// The core wasm type that carries it (the component model's flattening).
    #[must_use]
    pub fn core_type(self) -> CoreType {
        match self {
            Self::S64 | Self::U64 => CoreType::I64,
            Self::F32 => CoreType::F32,
            Self::F64 => CoreType::F64,
            _ => CoreType::I32,
        }
    }

    /// The least and greatest number, for an integer type.
    #[must_use]
    pub fn range(self) -> Option<(i128, i128)> {
        match self {
            Self::S8 => Some((i8::MIN.into(), i8::MAX.into())),
            Self::U8 => Some((0, u8::MAX.into())),
            Self::S16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::U16 => Some((0, u16::MAX.into())),
            Self::S32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::U32 => Some((0, u32::MAX.into())),
            Self::S64 => Some((i64::MIN.into(), i64::MAX.into())),
            Self::U64 => Some((0, u64::MAX.into())),
            Self::Bool | Self::F32 | Self::F64 | Self::Char => None,
        }
    }

    /// Whether negative numbers belong to it.
    fn is_signed(self) -> bool {
        matches!(self, Self::S8 | Self::S16 | Self::S32 | Self::S64)
    }

    /// Whether the slot holds a value of this type, extended as it must be.
    #[must_use]
    pub fn fits(self, slot: u64) -> bool {
        match self {
            Self::Bool => slot <= 1,
            Self::S8 => i8::try_from(slot.cast_signed()).is_ok(),
            Self::U8 => u8::try_from(slot).is_ok(),
            Self::S16 => i16::try_from(slot.cast_signed()).is_ok(),
            Self::U16 => u16::try_from(slot).is_ok(),
            Self::S32 => i32::try_from(slot.cast_signed()).is_ok(),
            Self::U32 | Self::F32 => u32::try_from(slot).is_ok(),
            Self::S64 | Self::U64 | Self::F64 => true,
            Self::Char => u32::try_from(slot).is_ok_and(|code| char::from_u32(code).is_some()),
        }
    }

    /// The slot's value, or the plain number in it where it is no value of this type.
    #[must_use]
    pub fn value(self, slot: u64) -> Value {
        match self {
            Self::Bool if slot <= 1 => Value::Bool(slot == 1),
            Self::F32 => Value::Float(f64::from(f32::from_bits(low_half(slot)))),
            Self::F64 => Value::Float(f64::from_bits(slot)),
            Self::Char if self.fits(slot) => char::from_u32(low_half(slot)).map_or(Value::None, Value::from),
            _ if self.is_signed() => Value::Int(slot.cast_signed()),
            _ => Value::from(slot),
        }
    }

    /// The slot of a value that a check made fit this type; none where it does not.
    #[must_use]
    pub fn slot(self, value: &Value) -> Option<u64> {
        match (self, value) {
            (Self::Bool, Value::Bool(truth)) => Some(u64::from(*truth)),
            (Self::F64, Value::Float(number)) => Some(number.to_bits()),
            (Self::F32, Value::Float(number)) => Some(u64::from(narrow(*number).to_bits())),
            (Self::Char, Value::Str(text)) => {
                let mut letters = text.chars();
                let letter = letters.next()?;
                letters.next().is_none().then_some(u64::from(u32::from(letter)))
            }
            _ => {
                let (least, greatest) = self.range()?;
                let number = value.as_integer()?;
                if number < least || number > greatest {
                    return None;
                }
                match i64::try_from(number) {
                    Ok(number) => Some(number.cast_unsigned()),
                    Err(_) => u64::try_from(number).ok(),
                }
            }
        }
    }

    /// The slot of a core wasm value of [`Scalar::core_type`], given as raw bits (32-bit ones in the low half).
    ///
    /// A number too great for a narrow type stays too great, so that [`Scalar::fits`] can tell.
    #[must_use]
    pub fn slot_from_core(self, bits: u64) -> u64 {
        match self.core_type() {
            CoreType::I64 | CoreType::F64 => bits,
            CoreType::F32 => u64::from(low_half(bits)),
            CoreType::I32 if self.is_signed() => i64::from(low_half(bits).cast_signed()).cast_unsigned(),
            CoreType::I32 => u64::from(low_half(bits)),
        }
    }

    /// The raw bits of the core wasm value of [`Scalar::core_type`] (32-bit ones in the low half) for a slot.
    #[must_use]
    pub fn core_from_slot(self, slot: u64) -> u64 {
        match self.core_type() {
            CoreType::I64 | CoreType::F64 => slot,
            CoreType::I32 | CoreType::F32 => u64::from(low_half(slot)),
        }
    }
}

/// The low 32 bits.
pub(crate) fn low_half(slot: u64) -> u32 {
    let [a, b, c, d, ..] = slot.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The nearest `f32`; WIT's `f32` takes a Python float so.
#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is meant")]
pub(crate) fn narrow(number: f64) -> f32 {
    number as f32
}

/// The scalars of a function that may be called flat: at most [`MAX_FLAT_PARAMS`] scalars in, at most one out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    /// The parameters' scalars.
    pub params: Vec<Scalar>,
    /// The result's scalar, if there is a result.
    pub result: Option<Scalar>,
}

impl Flat {
    /// The flat form of a signature, if it has one.
    #[must_use]
    pub fn of(signature: &Signature) -> Option<Self> {
        if signature.params.len() > MAX_FLAT_PARAMS {
            return None;
        }
        let params = signature.params.iter().map(|param| param.ty.scalar()).collect::<Option<_>>()?;
        let result = match &signature.result {
            Some(ty) => Some(ty.scalar()?),
            None => None,
        };
        Some(Self { params, result })
    }

    /// How many slots a call needs: its parameters, or one for the result alone.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.params.len().max(usize::from(self.result.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_values_agree() {
        for (scalar, value, slot) in [
            (Scalar::Bool, Value::Bool(true), 1),
            (Scalar::S8, Value::Int(-1), u64::MAX),
            (Scalar::U8, Value::Int(255), 255),
            (Scalar::S32, Value::Int(i32::MIN.into()), 0xffff_ffff_8000_0000),
            (Scalar::U64, Value::from(u64::MAX), u64::MAX),
            (Scalar::F32, Value::Float(1.5), u64::from(1.5f32.to_bits())),
            (Scalar::F64, Value::Float(-0.5), (-0.5f64).to_bits()),
            (Scalar::Char, Value::from('é'), 0xe9),
        ] {
            assert_eq!(scalar.slot(&value), Some(slot), "{scalar:?}");
            assert_eq!(scalar.value(slot), value, "{scalar:?}");
            assert!(scalar.fits(slot));
            assert_eq!(scalar.slot_from_core(scalar.core_from_slot(slot)), slot);
        }
    }

    #[test]
    fn what_does_not_fit_is_seen() {
        for (scalar, slot) in [
            (Scalar::Bool, 2),
            (Scalar::S8, 128),
            (Scalar::U8, u64::MAX),
            (Scalar::S32, 1 << 31),
            (Scalar::U32, u64::MAX),
            (Scalar::F32, 1 << 32),
            (Scalar::Char, 0xd800),
            (Scalar::U8, Scalar::U8.slot_from_core(300)),
        ] {
            assert!(!scalar.fits(slot), "{scalar:?} {slot:#x}");
        }
        assert_eq!(Scalar::U8.slot(&Value::Int(256)), None);
        assert_eq!(Scalar::U8.slot(&Value::Int(-1)), None);
        assert_eq!(Scalar::Char.slot(&Value::from("ab")), None);
    }
}
