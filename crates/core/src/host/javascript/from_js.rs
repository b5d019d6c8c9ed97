//! Values of JavaScript as Python has them, by their declared types and without. What is declared comes as close to its
//! type as it gets: [`crate::check`] says what is wrong with it. This file never knows functions.

use std::sync::Arc;

use super::names::{kebab, spellings};
use super::{Engine, Failure, Held, Outcome, Role, SAFE, kind, whole};
use crate::error::HostError;
use crate::types::{Scalar, Type};
use crate::value::{BigInt, Value};

/// The greatest depth of values that come without a declaration, which bounds the walk through an object in itself.
const DEPTH: u32 = 64;

/// A value that JavaScript gave.
pub(super) fn from_js<E: Engine>(engine: &E, value: &E::Value, ty: &Type) -> Result<Value, Failure<E::Value>> {
    match ty {
        Type::Scalar(Scalar::F32 | Scalar::F64) => match engine.as_number(value) {
            Some(number) => Ok(Value::Float(number)),
            None => any(engine, value),
        },
        Type::Option(item) => match (&**item, kind(engine, value)?.as_str()) {
            (_, "nothing") => Ok(Value::None),
            (Type::Option(_), "object") => match tag_of(engine, value)?.as_str() {
                "none" => Ok(Value::None),
                _ => Ok(Value::Some(Box::new(from_js(engine, &engine.get(value, "val")?, item)?))),
            },
            _ => Ok(Value::Some(Box::new(from_js(engine, value, item)?))),
        },
        Type::List(item) if kind(engine, value)? == "list" => {
            let items = items(engine, value)?;
            let items: Result<Vec<_>, _> = items.iter().map(|value| from_js(engine, value, item)).collect();
            items.map(Value::List)
        }
        Type::Tuple(types) if kind(engine, value)? == "list" => {
            let items = items(engine, value)?;
            let declared = types.iter().chain(std::iter::repeat(&Type::Any));
            let items: Result<Vec<_>, _> =
                items.iter().zip(declared).map(|(value, ty)| from_js(engine, value, ty)).collect();
            items.map(Value::Tuple)
        }
        Type::Result(ok, err) => match tag_of(engine, value)?.as_str() {
            "ok" => payload(engine, value, ok.as_deref()).map(Value::Ok),
            "err" => payload(engine, value, err.as_deref()).map(Value::Err),
            _ => any(engine, value),
        },
        Type::Record { name: record, fields } if is_object(engine, value)? => {
            let keys = engine.as_list(&engine.tool("fields", vec![value.clone()])?).unwrap_or_default();
            for key in keys.iter().filter_map(|key| engine.as_text(key)) {
                if !fields.iter().any(|(name, _)| spellings(name).contains(&key)) {
                    let message = format!("record {record} has no field '{key}'");
                    return Err(HostError::value_error(message).into());
                }
            }
            let mut given = Vec::with_capacity(fields.len());
            for (name, ty) in fields {
                let field = property(engine, value, name)?;
                if kind(engine, &field)? == "nothing" && !matches!(ty, Type::Option(_) | Type::Any) {
                    // A field without a value is a field that is missing, which the check says better.
                    continue;
                }
                given.push((name.clone(), from_js(engine, &field, ty)?));
            }
            Ok(Value::Record(given))
        }
        Type::Variant { name, cases } => {
            let tag = tag_of(engine, value)?;
            let case = cases.iter().position(|(case, _)| named(case, &tag));
            match case.and_then(|at| Some((u32::try_from(at).ok()?, cases.get(at)?))) {
                Some((at, (_, ty))) => Ok(Value::Variant(at, payload(engine, value, ty.as_ref())?)),
                None if tag.is_empty() => any(engine, value),
                None => Err(HostError::value_error(format!("variant {name} has no case '{tag}'")).into()),
            }
        }
        Type::Enum { name, cases } => match engine.as_text(value) {
            Some(text) => match cases.iter().position(|case| named(case, &text)).map(u32::try_from) {
                Some(Ok(at)) => Ok(Value::Enum(at)),
                _ => Err(HostError::value_error(format!("enum {name} has no case '{text}'")).into()),
            },
            None => any(engine, value),
        },
        Type::Flags { flags, .. } if is_object(engine, value)? => {
            let mut words = vec![0_u32; flags.len().div_ceil(32)];
            for (at, flag) in flags.iter().enumerate() {
                let set = property(engine, value, flag)?;
                if let (Some(true), Some(word)) = (engine.as_truth(&set), words.get_mut(at / 32)) {
                    *word |= 1 << (at % 32);
                }
            }
            Ok(Value::Flags(words))
        }
        Type::Handle { name, .. } => match kind(engine, value)?.as_str() {
            "python" => any(engine, value),
            "nothing" | "bool" | "number" | "big" | "text" => any(engine, value),
            _ => {
                let class = engine.get(&engine.exports(), name.trim_end_matches('_'))?;
                if kind(engine, &class)? == "function" {
                    let is = engine.tool("is", vec![value.clone(), class])?;
                    if engine.as_truth(&is) != Some(true) {
                        let given = engine.tool("name", vec![value.clone()])?;
                        let given = engine.as_text(&given).unwrap_or_default();
                        return Err(HostError::type_error(format!("expected {ty}, got {given}")).into());
                    }
                }
                hold(engine, value, Role::Resource(name.clone()))
            }
        },
        Type::Callable { signature, .. } if kind(engine, value)? == "function" => {
            hold(engine, value, Role::Callable(Some(Arc::new((**signature).clone()))))
        }
        _ => any(engine, value),
    }
}

/// A value that JavaScript gave, and nothing is declared of.
pub(super) fn any<E: Engine>(engine: &E, value: &E::Value) -> Result<Value, Failure<E::Value>> {
    undeclared(engine, value, DEPTH)
}

fn undeclared<E: Engine>(engine: &E, value: &E::Value, depth: u32) -> Result<Value, Failure<E::Value>> {
    if let Some(truth) = engine.as_truth(value) {
        return Ok(Value::Bool(truth));
    }
    if let Some(number) = engine.as_number(value) {
        return Ok(integral(number).map_or(Value::Float(number), Value::Int));
    }
    if let Some(text) = engine.as_text(value) {
        return Ok(Value::Str(text));
    }
    let Some(below) = depth.checked_sub(1) else {
        return Err(HostError::value_error(format!("a value nests deeper than {DEPTH}, or holds itself")).into());
    };
    match kind(engine, value)?.as_str() {
        "nothing" => Ok(Value::None),
        "big" => {
            let digits = engine.tool("digits", vec![value.clone()])?;
            Ok(integer(&engine.as_text(&digits).unwrap_or_default()))
        }
        "bytes" => {
            let bytes = engine.tool("bytes", vec![value.clone()])?;
            Ok(Value::Bytes(engine.as_bytes(&bytes).unwrap_or_default()))
        }
        "list" => {
            let items = items(engine, value)?;
            let items: Result<Vec<_>, _> = items.iter().map(|value| undeclared(engine, value, below)).collect();
            items.map(Value::List)
        }
        "object" => {
            let pairs = engine.tool("pairs", vec![value.clone()])?;
            let pairs = engine.as_list(&pairs).unwrap_or_default();
            let fields =
                pairs.as_chunks::<2>().0.iter().map(|[name, value]| {
                    Ok((engine.as_text(name).unwrap_or_default(), undeclared(engine, value, below)?))
                });
            fields.collect::<Result<_, Failure<E::Value>>>().map(Value::Record)
        }
        "function" => hold(engine, value, Role::Callable(None)),
        "python" => {
            let number = engine.tool("number", vec![value.clone()])?;
            match whole(engine, &number).and_then(|number| engine.table().get(number)) {
                Some(Held::Handle(handle, _)) => Ok(Value::Handle(handle)),
                _ => Err(HostError::type_error("an exception cannot be given to Python as a value").into()),
            }
        }
        _ => {
            let name = engine.tool("name", vec![value.clone()])?;
            let name = engine.as_text(&name).unwrap_or_default();
            Err(HostError::type_error(format!("JavaScript's {name} cannot cross to Python")).into())
        }
    }
}

fn hold<E: Engine>(engine: &E, value: &E::Value, role: Role) -> Result<Value, Failure<E::Value>> {
    let number = engine.tool("hold", vec![value.clone()])?;
    let number = whole(engine, &number).ok_or_else(|| HostError::host("JavaScript holds too much"))?;
    Ok(Value::Handle(engine.handle(number, role)))
}

/// The integer of these digits in two's complement, an even or odd number of them.
fn integer(digits: &str) -> Value {
    let negative = digits.chars().next().and_then(|digit| digit.to_digit(16)).is_some_and(|digit| digit >= 8);
    let fill = if negative { 0xf } else { 0 };
    let digits: Vec<u8> = digits.chars().rev().filter_map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let bytes = digits.chunks(2).map(|pair| match pair {
        [low, high] => high << 4 | low,
        [low] => fill << 4 | low,
        _ => 0,
    });
    let number = BigInt::from_le_bytes(bytes.collect());
    number.to_i128().map_or_else(|| Value::Big(number.clone()), Value::integer)
}

fn integral(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "only safe integers are taken")]
    (number.trunc() == number && number.abs() <= SAFE as f64).then_some(number as i64)
}

fn payload<E: Engine>(
    engine: &E,
    value: &E::Value,
    ty: Option<&Type>,
) -> Result<Option<Box<Value>>, Failure<E::Value>> {
    let Some(ty) = ty else { return Ok(None) };
    Ok(Some(Box::new(from_js(engine, &engine.get(value, "val")?, ty)?)))
}

/// The `tag` of an object; empty if it has none.
fn tag_of<E: Engine>(engine: &E, value: &E::Value) -> Result<String, Failure<E::Value>> {
    if !is_object(engine, value)? {
        return Ok(String::new());
    }
    Ok(engine.as_text(&engine.get(value, "tag")?).unwrap_or_default())
}

fn is_object<E: Engine>(engine: &E, value: &E::Value) -> Result<bool, Failure<E::Value>> {
    Ok(kind(engine, value)? == "object")
}

/// A field by any of its spellings.
pub(super) fn property<E: Engine>(engine: &E, object: &E::Value, name: &str) -> Outcome<E::Value> {
    let [camel, snake] = spellings(name);
    let found = engine.get(object, &camel)?;
    if camel == snake || kind(engine, &found)? != "nothing" {
        return Ok(found);
    }
    engine.get(object, &snake)
}

fn named(case: &str, given: &str) -> bool {
    case == given || kebab(case) == given
}

fn items<E: Engine>(engine: &E, value: &E::Value) -> Result<Vec<E::Value>, Failure<E::Value>> {
    let list = engine.tool("list", vec![value.clone()])?;
    Ok(engine.as_list(&list).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_twos_complement() {
        for (digits, number) in [("00", 0), ("7f", 127), ("ff", -1), ("fff", -1), ("0ff", 255), ("80", -128)] {
            assert_eq!(integer(digits), Value::Int(number), "{digits}");
        }
        assert_eq!(integer("0ffffffffffffffff"), Value::from(u64::MAX));
    }

    #[test]
    fn only_safe_integers_are_integers() {
        for (number, expected) in [
            (3.0, Some(3)),
            (-0.0, Some(0)),
            (3.5, None),
            (9_007_199_254_740_991.0, Some(SAFE)),
            (9_007_199_254_740_992.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(integral(number), expected, "{number}");
        }
    }
}
