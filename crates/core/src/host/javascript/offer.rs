//! What a module's exports offer Python: inferred, or held against a declaration. This file never knows how they are
//! called.

use super::calls::method;
use super::names::{camel, parameters};
use super::{Engine, Failure, host_error, kind};
use crate::error::HostError;
use crate::names::{closest, is_python_name, python_name};
use crate::types::{Function, Interface, Param, Place, Signature, Type};

/// What a module without a declaration offers: its exported functions that Python can name, of whatever they take and
/// give. Classes need a declaration: nothing tells which of their functions are for Python.
///
/// # Errors
/// An export cannot be looked at.
pub fn infer<E: Engine>(engine: &E, name: &str) -> Result<Interface, HostError> {
    let told = |failure| host_error(engine, failure);
    let mut interface = Interface::new(name);
    let pairs = engine.tool("pairs", vec![engine.exports()]).map_err(told)?;
    for [name, export] in engine.as_list(&pairs).unwrap_or_default().as_chunks::<2>().0 {
        let name = engine.as_text(name).unwrap_or_default();
        // A keyword of Python's is a name in JavaScript.
        let python = python_name(&name);
        if !is_python_name(&python) || kind(engine, export).map_err(told)? != "function" {
            continue;
        }
        let declared = engine.tool("declared", vec![export.clone()]).map_err(told)?;
        let declared = engine.as_list(&declared).unwrap_or_default();
        let [text, length] = declared.as_slice() else { continue };
        let Some(count) = super::whole(engine, length).and_then(|count| usize::try_from(count).ok()) else { continue };
        let names = parameters(&engine.as_text(text).unwrap_or_default(), count);
        let ty = |at| if at < count { Type::Any } else { Type::Option(Box::new(Type::Any)) };
        let params = names.into_iter().enumerate().map(|(at, name)| Param { name, ty: ty(at) }).collect();
        interface.functions.push(Function {
            name: python,
            source_name: name,
            docs: String::new(),
            signature: Signature { params, result: Some(Type::Any) },
            place: Place::Free,
        });
    }
    Ok(interface)
}

/// What a declaration has and the module does not export, in words; none if nothing is missing.
///
/// # Errors
/// An export cannot be looked at.
pub fn missing<E: Engine>(engine: &E, declared: &Interface) -> Result<Option<String>, HostError> {
    for function in &declared.functions {
        if let Some((what, wanted)) = wanted(engine, function).map_err(|failure| host_error(engine, failure))? {
            let exports = exports(engine).map_err(|failure| host_error(engine, failure))?;
            let close = closest(&wanted, exports.iter().map(String::as_str));
            let close = close.map_or_else(String::new, |close| format!("; did you mean {close}?"));
            let path = function.path();
            return Ok(Some(format!("{path} is declared, but the module exports no {what} {wanted}{close}")));
        }
    }
    Ok(None)
}

/// What a function needs and is not there: what that is, and its name.
fn wanted<E: Engine>(engine: &E, function: &Function) -> Result<Option<(&'static str, String)>, Failure<E::Value>> {
    let exports = engine.exports();
    let is_function = |value: &E::Value| Ok::<_, Failure<E::Value>>(kind(engine, value)? == "function");
    let Some(resource) = function.place.resource() else {
        let there = is_function(&method(engine, &exports, function)?)?;
        return Ok((!there).then(|| ("function", camel(&function.name))));
    };
    let class_name = resource.trim_end_matches('_');
    let class = engine.get(&exports, class_name)?;
    if !is_function(&class)? {
        // Things of a class that is not exported come from functions, and have their methods with them.
        let needed = !matches!(function.place, Place::Method(_));
        return Ok(needed.then(|| ("class", class_name.to_owned())));
    }
    let owner = match &function.place {
        Place::Constructor(_) | Place::Free => return Ok(None),
        Place::Static(_) => class,
        Place::Method(_) => engine.get(&class, "prototype")?,
    };
    let there = is_function(&method(engine, &owner, function)?)?;
    Ok((!there).then(|| ("method", format!("{class_name}.{}", camel(&function.name)))))
}

fn exports<E: Engine>(engine: &E) -> Result<Vec<String>, Failure<E::Value>> {
    let pairs = engine.tool("pairs", vec![engine.exports()])?;
    let pairs = engine.as_list(&pairs).unwrap_or_default();
    Ok(pairs.as_chunks::<2>().0.iter().filter_map(|[name, _]| engine.as_text(name)).collect())
}
