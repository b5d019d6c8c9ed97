//! Values of Python as JavaScript has them, by their declared types and without. This file never knows functions.

use std::sync::Arc;

use super::names::{kebab, spellings};
use super::{Engine, Held, Outcome, SAFE, place};
use crate::error::HostError;
use crate::handle::Handle;
use crate::types::{Scalar, Signature, Type};
use crate::value::{BigInt, Value};

/// A value as JavaScript has it.
pub(super) fn to_js<E: Engine>(engine: &E, value: Value, ty: &Type) -> Outcome<E::Value> {
    let each = |items: Vec<Value>, ty: &dyn Fn(usize) -> Option<Type>| {
        let items = items.into_iter().enumerate();
        let items: Result<Vec<_>, _> =
            items.map(|(at, item)| to_js(engine, item, &ty(at).unwrap_or(Type::Any))).collect();
        engine.list(items?)
    };
    match (ty, value) {
        (Type::Scalar(Scalar::S64 | Scalar::U64), value @ (Value::Int(_) | Value::Big(_))) => big(engine, &value),
        (Type::Option(item), value) => {
            let nests = matches!(**item, Type::Option(_));
            match value {
                Value::None if nests => tagged(engine, "none", None),
                Value::None => Ok(engine.nothing()),
                Value::Some(value) if nests => tagged(engine, "some", Some(to_js(engine, *value, item)?)),
                Value::Some(value) => to_js(engine, *value, item),
                value => to_js(engine, value, item),
            }
        }
        (Type::List(item), Value::List(items)) => each(items, &|_| Some((**item).clone())),
        (Type::Tuple(types), Value::Tuple(items)) => each(items, &|at| types.get(at).cloned()),
        (Type::Result(ok, _), Value::Ok(payload)) => {
            let payload = payload.map(|value| to_js(engine, *value, ok.as_deref().unwrap_or(&Type::Any)));
            tagged(engine, "ok", payload.transpose()?)
        }
        (Type::Result(_, err), Value::Err(payload)) => {
            let payload = payload.map(|value| to_js(engine, *value, err.as_deref().unwrap_or(&Type::Any)));
            tagged(engine, "err", payload.transpose()?)
        }
        (Type::Record { fields, .. }, Value::Record(given)) => {
            let mut pairs = Vec::with_capacity(given.len() * 2);
            for (name, value) in given {
                let declared = fields.iter().find(|(field, _)| *field == name).map(|(_, ty)| ty);
                let [camel, _] = spellings(&name);
                pairs.push(engine.text(&camel)?);
                pairs.push(to_js(engine, value, declared.unwrap_or(&Type::Any))?);
            }
            object(engine, pairs)
        }
        (Type::Variant { cases, .. }, Value::Variant(case, payload)) => {
            let Some((name, declared)) = cases.get(case as usize) else { return Ok(engine.nothing()) };
            let payload =
                payload.map(|value| to_js(engine, *value, declared.as_ref().unwrap_or(&Type::Any))).transpose()?;
            tagged(engine, &kebab(name), payload)
        }
        (Type::Enum { cases, .. }, Value::Enum(case)) => {
            engine.text(&cases.get(case as usize).map(|name| kebab(name)).unwrap_or_default())
        }
        (Type::Flags { flags, .. }, Value::Flags(words)) => {
            let mut pairs = Vec::with_capacity(flags.len() * 2);
            for (at, flag) in flags.iter().enumerate() {
                let [camel, _] = spellings(flag);
                pairs.push(engine.text(&camel)?);
                pairs.push(engine.truth(words.get(at / 32).is_some_and(|word| word >> (at % 32) & 1 == 1)));
            }
            object(engine, pairs)
        }
        (Type::Callable { signature, .. }, Value::Handle(handle)) => {
            thing(engine, handle, Some(Arc::new((**signature).clone())))
        }
        (_, value) => untyped(engine, value),
    }
}

/// A value that nothing is declared of.
fn untyped<E: Engine>(engine: &E, value: Value) -> Outcome<E::Value> {
    match value {
        Value::None => Ok(engine.nothing()),
        Value::Bool(truth) => Ok(engine.truth(truth)),
        #[expect(clippy::cast_precision_loss, reason = "it is safe, so nothing is lost")]
        Value::Int(number) if (-SAFE..=SAFE).contains(&number) => Ok(engine.number(number as f64)),
        value @ (Value::Int(_) | Value::Big(_)) => big(engine, &value),
        Value::Float(number) => Ok(engine.number(number)),
        Value::Str(text) => engine.text(&text),
        Value::Bytes(bytes) => engine.bytes(&bytes),
        Value::List(items) | Value::Tuple(items) => {
            let items: Result<Vec<_>, _> = items.into_iter().map(|item| untyped(engine, item)).collect();
            engine.list(items?)
        }
        Value::Record(fields) => {
            let mut pairs = Vec::with_capacity(fields.len() * 2);
            for (name, value) in fields {
                pairs.push(engine.text(&name)?);
                pairs.push(untyped(engine, value)?);
            }
            object(engine, pairs)
        }
        Value::Some(value) => untyped(engine, *value),
        Value::Handle(handle) => thing(engine, handle, None),
        value @ (Value::Enum(_) | Value::Flags(_) | Value::Variant(..) | Value::Ok(_) | Value::Err(_)) => {
            // Only a declaration makes these.
            Err(HostError::type_error(format!("{value} cannot cross to JavaScript without a declaration")).into())
        }
    }
}

/// A callable or a resource: one of JavaScript's is itself.
fn thing<E: Engine>(engine: &E, handle: Handle, signature: Option<Arc<Signature>>) -> Outcome<E::Value> {
    match engine.own(&handle) {
        Some(number) => engine.tool("holding", vec![place(engine, number)]),
        None => {
            let number = engine.table().hold(Held::Handle(handle, signature));
            engine.tool("python", vec![place(engine, number)])
        }
    }
}

/// A bigint.
fn big<E: Engine>(engine: &E, value: &Value) -> Outcome<E::Value> {
    let wide;
    let number = match value {
        Value::Big(number) => number,
        value => {
            wide = BigInt::from_i128(value.as_integer().unwrap_or_default());
            &wide
        }
    };
    let digits: String = number.as_le_bytes().iter().rev().map(|byte| format!("{byte:02x}")).collect();
    engine.tool("integer", vec![engine.text(&digits)?])
}

fn object<E: Engine>(engine: &E, pairs: Vec<E::Value>) -> Outcome<E::Value> {
    engine.tool("object", vec![engine.list(pairs)?])
}

fn tagged<E: Engine>(engine: &E, tag: &str, payload: Option<E::Value>) -> Outcome<E::Value> {
    let mut pairs = vec![engine.text("tag")?, engine.text(tag)?];
    if let Some(payload) = payload {
        pairs.extend([engine.text("val")?, payload]);
    }
    object(engine, pairs)
}
