//! Holds values against their declared types and gives them the one shape the type asks for. This file never knows
//! where a value came from or where it goes.

use std::fmt;

use crate::error::HostError;
use crate::types::{Function, Param, Scalar, Signature, Type, narrow};
use crate::value::Value;

/// Why a value is not of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where inside the value, outermost first; empty for the value itself.
    place: Vec<String>,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// Another type altogether.
    Type { expected: String, given: String },
    /// A number outside its type's range.
    Range { expected: Scalar, given: String },
    /// The right kind of value, but not one this type has.
    Other(String),
}

impl Mismatch {
    fn new(expected: &Type, given: &Value) -> Self {
        Self { place: Vec::new(), what: What::Type { expected: expected.to_string(), given: given_text(given) } }
    }

    fn range(expected: Scalar, given: &Value) -> Self {
        Self { place: Vec::new(), what: What::Range { expected, given: given.to_string() } }
    }

    fn other(message: String) -> Self {
        Self { place: Vec::new(), what: What::Other(message) }
    }

    fn inside(mut self, place: String) -> Self {
        self.place.insert(0, place);
        self
    }

    /// The error of a caller who gave this for what `subject` names.
    pub(crate) fn into_error(self, subject: &str) -> HostError {
        let kind = match self.what {
            What::Type { .. } => "TypeError",
            What::Range { .. } => "OverflowError",
            What::Other(_) => "ValueError",
        };
        HostError::new(kind, format!("{subject}{self}"))
    }
}

/// `, item 3: expected s32, got 'x' (str)`, to stand after the words that name the whole value.
impl fmt::Display for Mismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.place {
            write!(out, ", {place}")?;
        }
        match &self.what {
            What::Type { expected, given } => write!(out, ": expected {expected}, got {given}"),
            What::Range { expected, given } => {
                write!(out, ": expected {}, got {given}", expected.name())?;
                match expected.range() {
                    Some((least, greatest)) => {
                        write!(out, ", which is outside {least} to {greatest}")
                    }
                    None => Ok(()),
                }
            }
            What::Other(message) => write!(out, ": {message}"),
        }
    }
}

/// `'x' (str)`, or `None` alone.
fn given_text(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        _ => format!("{value} ({})", value.type_name()),
    }
}

/// Checks the arguments of a call and shapes them. Options at the end may be left out.
///
/// # Errors
/// `TypeError`: wrong number or type. `OverflowError`: an integer out of range. `ValueError`: no such case or flag,
/// fields that do not match. Each names function, parameter, expected type and given value.
pub fn arguments(interface: &str, function: &Function, args: Vec<Value>) -> Result<Vec<Value>, HostError> {
    let params = &function.signature.params;
    if !function.signature.may_have(args.len()) {
        return Err(arity(interface, function, args.len()));
    }
    params
        .iter()
        .zip(args.into_iter().chain(std::iter::repeat(Value::None)))
        .map(|(param, value)| {
            value_of(value, &param.ty).map_err(|mismatch| argument_error(interface, function, param, mismatch))
        })
        .collect()
}

/// The error of a call with the wrong number of arguments.
fn arity(interface: &str, function: &Function, given: usize) -> HostError {
    let signature = &function.signature;
    HostError::type_error(format!(
        "{interface}.{}() takes {} {}, but {given} {} given",
        function.path(),
        signature.takes(given),
        Signature { params: signature.params.clone(), result: None },
        if given == 1 { "was" } else { "were" },
    ))
}

fn argument_error(interface: &str, function: &Function, param: &Param, mismatch: Mismatch) -> HostError {
    mismatch.into_error(&format!("{interface}.{}() argument '{}'", function.path(), param.name))
}

/// The error for a slot that holds no value of its scalar.
pub(crate) fn slot_error(interface: &str, function: &Function, param: &Param, scalar: Scalar, slot: u64) -> HostError {
    let given = scalar.value(slot);
    let mismatch = range_or_type(scalar, &given);
    argument_error(interface, function, param, mismatch)
}

/// Checks what a function gave back and shapes it.
///
/// # Errors
/// `HostError`: the result is not what the declaration says, which is the host's mistake, not the caller's.
pub fn result(interface: &str, function: &Function, value: Value) -> Result<Value, HostError> {
    let checked = match &function.signature.result {
        Some(ty) => value_of(value, ty),
        None if value == Value::None => Ok(value),
        None => Err(Mismatch::other(format!("expected nothing, got {}", given_text(&value)))),
    };
    checked.map_err(|mismatch| result_error(interface, function, &mismatch))
}

pub(crate) fn result_error(interface: &str, function: &Function, why: &Mismatch) -> HostError {
    HostError::host(format!("{interface}.{}() result{why}", function.path()))
}

/// The error for a flat result that holds no value of its scalar.
pub(crate) fn result_slot_error(interface: &str, function: &Function, scalar: Scalar, slot: u64) -> HostError {
    result_error(interface, function, &range_or_type(scalar, &scalar.value(slot)))
}

/// Checks one value and gives it the shape of its type: a float for `f32`, declared order for a record's fields,
/// [`Value::Some`] for an `option` with a value.
///
/// # Errors
/// What differs, and where inside the value.
pub fn value_of(value: Value, ty: &Type) -> Result<Value, Mismatch> {
    match (ty, value) {
        (Type::Scalar(scalar), value) => scalar_of(value, *scalar),
        (Type::Any, value)
        | (Type::String, value @ Value::Str(_))
        | (Type::Bytes, value @ Value::Bytes(_))
        | (Type::Option(_), value @ Value::None) => Ok(value),
        (Type::Handle { name, .. }, Value::Handle(handle)) if handle.resource() == Some(name) => {
            Ok(Value::Handle(handle))
        }
        (Type::Callable { .. }, Value::Handle(handle)) if handle.resource().is_none() => Ok(Value::Handle(handle)),
        (Type::Bytes, Value::List(items)) => octets(items),
        (Type::List(item), Value::List(items) | Value::Tuple(items)) => {
            items_of(items, std::iter::repeat(&**item)).map(Value::List)
        }
        (Type::Tuple(types), Value::Tuple(items) | Value::List(items)) => {
            if items.len() == types.len() {
                items_of(items, types.iter()).map(Value::Tuple)
            } else {
                let message = format!("expected {ty}, got {} items", items.len());
                Err(Mismatch::other(message))
            }
        }
        (Type::Option(item), Value::Some(value)) => Ok(Value::Some(Box::new(value_of(*value, item)?))),
        (Type::Option(item), value) => Ok(Value::Some(Box::new(value_of(value, item)?))),
        (Type::Result(ok, _), Value::Ok(value)) => payload_of(value, ok.as_deref(), "ok").map(Value::Ok),
        (Type::Result(_, err), Value::Err(value)) => payload_of(value, err.as_deref(), "err").map(Value::Err),
        (Type::Record { fields, .. }, Value::Record(given)) => record_of(given, fields),
        (Type::Variant { name, cases }, Value::Variant(case, value)) => {
            let declared = usize::try_from(case).ok().and_then(|at| cases.get(at));
            let (case_name, payload) =
                declared.ok_or_else(|| Mismatch::other(format!("variant {name} has no case {case}")))?;
            let payload = payload_of(value, payload.as_ref(), case_name)?;
            Ok(Value::Variant(case, payload))
        }
        (Type::Enum { name, cases }, Value::Enum(case)) => {
            if usize::try_from(case).is_ok_and(|at| at < cases.len()) {
                Ok(Value::Enum(case))
            } else {
                Err(Mismatch::other(format!("enum {name} has no case {case}")))
            }
        }
        (Type::Flags { name, flags }, Value::Flags(words)) => flags_of(words, flags.len())
            .ok_or_else(|| Mismatch::other(format!("flags {name} has only {}", flags.len()))),
        (ty, value) => Err(Mismatch::new(ty, &value)),
    }
}

fn scalar_of(value: Value, scalar: Scalar) -> Result<Value, Mismatch> {
    let shaped = match (scalar, &value) {
        // Python's own functions take an int where a float is due; so do these.
        #[expect(clippy::cast_precision_loss, reason = "Python's float(int) rounds just so")]
        (Scalar::F64 | Scalar::F32, Value::Int(number)) => Value::Float(*number as f64),
        _ => value,
    };
    match (scalar, &shaped) {
        (Scalar::F32, Value::Float(number)) => {
            let narrowed = f64::from(narrow(*number));
            if number.is_finite() && !narrowed.is_finite() {
                return Err(Mismatch::range(scalar, &shaped));
            }
            Ok(Value::Float(narrowed))
        }
        _ if scalar.slot(&shaped).is_some() => Ok(shaped),
        _ => Err(range_or_type(scalar, &shaped)),
    }
}

fn range_or_type(scalar: Scalar, given: &Value) -> Mismatch {
    match given {
        Value::Int(_) | Value::Big(_) if scalar.range().is_some() => Mismatch::range(scalar, given),
        _ => Mismatch::new(&Type::Scalar(scalar), given),
    }
}

fn octets(items: Vec<Value>) -> Result<Value, Mismatch> {
    let octet = |(at, item): (usize, Value)| match item {
        Value::Int(number) => {
            u8::try_from(number).map_err(|_| range_or_type(Scalar::U8, &item).inside(format!("item {at}")))
        }
        _ => Err(range_or_type(Scalar::U8, &item).inside(format!("item {at}"))),
    };
    let bytes: Result<Vec<u8>, Mismatch> = items.into_iter().enumerate().map(octet).collect();
    bytes.map(Value::Bytes)
}

fn items_of<'a>(items: Vec<Value>, types: impl Iterator<Item = &'a Type>) -> Result<Vec<Value>, Mismatch> {
    items
        .into_iter()
        .zip(types)
        .enumerate()
        .map(|(at, (item, ty))| value_of(item, ty).map_err(|why| why.inside(format!("item {at}"))))
        .collect()
}

fn payload_of(value: Option<Box<Value>>, ty: Option<&Type>, case: &str) -> Result<Option<Box<Value>>, Mismatch> {
    match (value, ty) {
        (Some(value), Some(ty)) => match value_of(*value, ty) {
            Ok(value) => Ok(Some(Box::new(value))),
            Err(why) => Err(why.inside(format!("case '{case}'"))),
        },
        (None, None) => Ok(None),
        // Python's way to say "nothing" is a value; a case that carries nothing takes it.
        (Some(value), None) if *value == Value::None => Ok(None),
        (None, Some(Type::Option(_) | Type::Any)) => Ok(Some(Box::new(Value::None))),
        (None, Some(ty)) => Err(Mismatch::other(format!("case '{case}' carries {ty}"))),
        (Some(_), None) => Err(Mismatch::other(format!("case '{case}' carries nothing"))),
    }
}

fn record_of(mut given: Vec<(String, Value)>, fields: &[(String, Type)]) -> Result<Value, Mismatch> {
    if given.len() > fields.len() {
        // One more than there are is enough: among those one is unknown, or two are the same.
        let mut some = given.iter().take(fields.len() + 1);
        let unknown = some.find(|(name, _)| !fields.iter().any(|(field, _)| field == name));
        let message =
            unknown.map_or("a field is given twice".to_owned(), |(name, _)| format!("there is no field '{name}'"));
        return Err(Mismatch::other(message));
    }
    let mut shaped = Vec::with_capacity(fields.len());
    for (at, (name, ty)) in fields.iter().enumerate() {
        // A well-behaved sender keeps the declared order, so that the search is usually one look.
        let found = if given.get(at).is_some_and(|(given, _)| given == name) {
            Some(at)
        } else {
            given.iter().position(|(given, _)| given == name)
        };
        let Some((_, slot)) = found.and_then(|at| given.get_mut(at)) else {
            return Err(Mismatch::other(format!("field '{name}' is missing")));
        };
        let value = value_of(std::mem::take(slot), ty).map_err(|why| why.inside(format!("field '{name}'")))?;
        shaped.push((name.clone(), value));
    }
    // Every field was found and no more were given, so none is unknown.
    Ok(Value::Record(shaped))
}

/// Exactly the words that so many flags need; none where a bit beyond the last flag is set.
fn flags_of(mut words: Vec<u32>, flags: usize) -> Option<Value> {
    let beyond = |at: usize, word: u32| {
        let free = flags.saturating_sub(at.saturating_mul(32)).min(32);
        let mask = u32::try_from(free).map_or(0, |free| u32::MAX.checked_shl(free).unwrap_or(0));
        word & mask
    };
    if words.iter().enumerate().any(|(at, word)| beyond(at, *word) != 0) {
        return None;
    }
    words.resize(flags.div_ceil(32), 0);
    Some(Value::Flags(words))
}

#[cfg(test)]
mod tests;
