//! Calls both ways: Python's of what a host module exports, and JavaScript's of what Python gave. This file never knows
//! how a value crosses.

use super::from_js::{any, from_js, property};
use super::into_js::to_js;
use super::thrown::{declared_error, host_error, thrown_python};
use super::{Engine, Failure, Held, Outcome, kind, place};
use crate::check;
use crate::error::HostError;
use crate::host::{Cx, raised};
use crate::types::{Function, Place, Signature, Type};
use crate::value::Value;

/// Calls an exported function, the whole way. The arguments were checked, the result will be.
///
/// # Errors
/// What it throws, as Python raises it.
pub fn call<E: Engine>(engine: &E, function: &Function, args: Vec<Value>) -> Result<Value, HostError> {
    let given = invoke(engine, function, args).and_then(|given| engine.settle(given));
    conclude(engine, function.signature.result.as_ref(), given)
}

/// Calls an exported function; what it gives may be a promise.
///
/// # Errors
/// What it throws.
pub fn invoke<E: Engine>(engine: &E, function: &Function, args: Vec<Value>) -> Outcome<E::Value> {
    let params = function.signature.params.iter().map(|param| &param.ty);
    let args: Result<Vec<_>, _> = args.into_iter().zip(params).map(|(value, ty)| to_js(engine, value, ty)).collect();
    let mut args = args?;
    let exports = engine.exports();
    let class = |name: &str| engine.get(&exports, name.trim_end_matches('_'));
    let (callee, this) = match &function.place {
        Place::Free => (method(engine, &exports, function)?, engine.nothing()),
        Place::Constructor(name) => return engine.tool("make", vec![class(name)?, engine.list(args)?]),
        Place::Static(name) => {
            let class = class(name)?;
            (method(engine, &class, function)?, class)
        }
        Place::Method(_) if args.is_empty() => return Err(HostError::type_error("a method needs a thing").into()),
        Place::Method(_) => {
            let this = args.remove(0);
            (method(engine, &this, function)?, this)
        }
    };
    engine.tool("call", vec![callee, this, engine.list(args)?])
}

/// A function that belongs to an object: by the name it was declared with, as jco spells it, or with `_`.
pub(super) fn method<E: Engine>(engine: &E, object: &E::Value, function: &Function) -> Outcome<E::Value> {
    let found = engine.get(object, &function.source_name)?;
    if kind(engine, &found)? == "function" { Ok(found) } else { property(engine, object, &function.name) }
}

/// What Python gets of a settled call; `result` is what is declared, none for nothing.
///
/// # Errors
/// What was thrown, as Python raises it.
pub fn conclude<E: Engine>(engine: &E, result: Option<&Type>, given: Outcome<E::Value>) -> Result<Value, HostError> {
    let given = match (given, result) {
        (Ok(given), _) => given,
        (Err(Failure::Thrown(thrown)), Some(Type::Result(_, err))) => {
            return Err(declared_error(engine, thrown, err.as_deref()));
        }
        (Err(failure), _) => return Err(host_error(engine, failure)),
    };
    let value = match result {
        // A function of JavaScript gives something whether it means to or not.
        None | Some(Type::Result(None, _)) => Ok(Value::None),
        Some(Type::Result(Some(ok), _)) => from_js(engine, &given, ok),
        Some(ty) => from_js(engine, &given, ty),
    };
    let value = value.map_err(|failure| host_error(engine, failure))?;
    Ok(match result {
        Some(Type::Result(None, _)) => Value::Ok(None),
        Some(Type::Result(Some(_), _)) => Value::Ok(Some(Box::new(value))),
        _ => value,
    })
}

/// Calls the function of JavaScript that Python holds and the prelude has under that number.
///
/// # Errors
/// What it throws, as Python raises it; an argument or a result that is not as declared.
pub fn call_function<E: Engine>(
    engine: &E,
    number: u32,
    declared: Option<&Signature>,
    args: Vec<Value>,
) -> Result<Value, HostError> {
    let given = invoke_function(engine, number, declared, args).and_then(|given| engine.settle(given));
    conclude_function(engine, declared, given)
}

/// Calls such a function; what it gives may be a promise.
///
/// # Errors
/// What it throws, and an argument that is not as declared.
pub fn invoke_function<E: Engine>(
    engine: &E,
    number: u32,
    declared: Option<&Signature>,
    args: Vec<Value>,
) -> Outcome<E::Value> {
    let Some(declared) = declared else {
        return called(engine, number, args.into_iter().map(|value| (value, Type::Any)).collect());
    };
    let (wanted, given) = (declared.params.len(), args.len());
    if !declared.may_have(given) {
        let message = format!("the function takes {wanted} arguments {declared}, not {given}");
        return Err(HostError::type_error(message).into());
    }
    let args = args.into_iter().chain(std::iter::repeat(Value::None));
    let args = declared.params.iter().zip(args).map(|(param, value)| {
        let value = check::value_of(value, &param.ty);
        let value = value.map_err(|why| why.into_error(&format!("argument '{}'", param.name)))?;
        Ok((value, param.ty.clone()))
    });
    let args = args.collect::<Result<Vec<_>, HostError>>()?;
    called(engine, number, args)
}

/// What Python gets of a settled call of such a function.
///
/// # Errors
/// What was thrown, as Python raises it; a result that is not as declared.
pub fn conclude_function<E: Engine>(
    engine: &E,
    declared: Option<&Signature>,
    given: Outcome<E::Value>,
) -> Result<Value, HostError> {
    let Some(declared) = declared else { return conclude(engine, Some(&Type::Any), given) };
    let value = conclude(engine, declared.result.as_ref(), given)?;
    match (&declared.result, value) {
        (None, value) => Ok(value),
        (Some(ty), value) => check::value_of(value, ty).map_err(|why| why.into_error("the result")),
    }
}

fn called<E: Engine>(engine: &E, number: u32, args: Vec<(Value, Type)>) -> Outcome<E::Value> {
    let callee = engine.tool("holding", vec![place(engine, number)])?;
    let args: Result<Vec<_>, _> = args.into_iter().map(|(value, ty)| to_js(engine, value, &ty)).collect();
    engine.tool("call", vec![callee, engine.nothing(), engine.list(args?)?])
}

/// Calls the thing of Python's that JavaScript holds under that number; `cx` is the call of Python's under way.
///
/// # Errors
/// What it raises, as JavaScript catches it.
pub fn call_python<E: Engine>(
    engine: &E,
    cx: Option<&mut Cx<'_>>,
    number: u32,
    args: Vec<E::Value>,
) -> Outcome<E::Value> {
    let held = engine.table().get(number);
    let declared = match &held {
        Some(Held::Handle(_, declared)) => declared.clone(),
        _ => None,
    };
    let gives = declared.as_deref().and_then(|declared| declared.result.as_ref());
    let called = match (cx, held) {
        (Some(cx), Some(Held::Handle(handle, declared))) => {
            let declared = declared.as_deref();
            arguments(engine, declared, &args).and_then(|args| {
                let value = raised(handle.call(cx, args)?, gives)?;
                result(engine, declared, value)
            })
        }
        (None, _) => Err(HostError::new(
            "RuntimeError",
            "Python can be called only while Python waits for a host function; this one has returned",
        )
        .into()),
        (_, _) => Err(HostError::type_error("this cannot be called").into()),
    };
    match called {
        Err(Failure::Host(error)) => Err(Failure::Thrown(thrown_python(engine, error, gives.and_then(Type::err))?)),
        called => called,
    }
}

fn arguments<E: Engine>(
    engine: &E,
    declared: Option<&Signature>,
    args: &[E::Value],
) -> Result<Vec<Value>, Failure<E::Value>> {
    let Some(declared) = declared else {
        return args.iter().map(|value| any(engine, value)).collect();
    };
    // JavaScript calls with more or less than a function takes: what is more is dropped, what is missing is undefined.
    let nothing = engine.nothing();
    let args = args.iter().chain(std::iter::repeat(&nothing));
    let args = declared.params.iter().zip(args).map(|(param, value)| {
        let value = check::value_of(from_js(engine, value, &param.ty)?, &param.ty);
        value.map_err(|why| why.into_error(&format!("argument '{}'", param.name)).into())
    });
    args.collect()
}

fn result<E: Engine>(engine: &E, declared: Option<&Signature>, value: Value) -> Outcome<E::Value> {
    let Some(declared) = declared else { return to_js(engine, value, &Type::Any) };
    let (ty, value) = match (&declared.result, value) {
        (None, _) => return Ok(engine.nothing()),
        // What fails is raised, so what is given is an ok.
        (Some(Type::Result(None, _)), _) => return Ok(engine.nothing()),
        (Some(Type::Result(Some(ok), _)), Value::Ok(value)) => (&**ok, value.map_or(Value::None, |value| *value)),
        (Some(Type::Result(Some(ok), _)), value) => (&**ok, value),
        (Some(ty), value) => (ty, value),
    };
    let value = check::value_of(value, ty).map_err(|why| why.into_error("the result of the callable"))?;
    to_js(engine, value, ty)
}
