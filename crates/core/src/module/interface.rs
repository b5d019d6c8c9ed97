//! A module's exports as an interface, where nobody declared one. This file never knows bytes.

use crate::module::{Export, Module};
use crate::names::{is_python_name, python_name};
use crate::prepared::HostExport;
use crate::types::{CoreType, Function, Interface, Param, Place, Signature, Type};

/// The interface of a module that nobody declared: every export that Python can name and call.
///
/// `i32` is `s32`, `i64` is `s64`, several results are a tuple. Parameters have the names of the module's own, or else
/// `arg0`, `arg1`. What a compiler adds for itself (`_initialize`, `malloc`, `cabi_…`, `__…`) is passed over.
///
/// # Errors
/// There is no such export; the words say why, export by export.
pub fn infer(name: &str, module: &Module) -> Result<Interface, String> {
    let mut interface = Interface::new(name);
    let mut passed = Vec::new();
    for export in &module.exports {
        if is_for_the_compiler(&export.name) {
            continue;
        }
        match function(export) {
            Ok(function) if interface.functions.iter().any(|f| f.name == function.name) => {
                passed.push(format!("{} (Python sees two of that name)", export.name));
            }
            Ok(function) => interface.functions.push(function),
            Err(why) => passed.push(format!("{} ({why})", export.name)),
        }
    }
    if !interface.functions.is_empty() {
        return Ok(interface);
    }
    if !passed.is_empty() {
        let passed = passed.join(", ");
        return Err(format!("it exports no function that Python can call, only {passed}"));
    }
    let message = if module.exports.iter().any(|export| export.name == "_start") {
        "it is a program, with _start and no other function; a host module is a library that exports functions: in Go \
         //go:wasmexport before each and -buildmode=c-shared, in Rust crate-type = [\"cdylib\"], in C -mexec-model=reactor"
    } else {
        "it exports no function; write for instance (func (export \"demo\") (param i32 i32) (result i32) …)"
    };
    Err(message.to_owned())
}

fn is_for_the_compiler(name: &str) -> bool {
    const EXACT: [&str; 8] = ["_initialize", "_start", "malloc", "calloc", "realloc", "free", "go_scheduler", "resume"];
    EXACT.contains(&name) || ["cabi_", "asyncify_", "__"].iter().any(|prefix| name.starts_with(prefix))
}

fn function(export: &Export) -> Result<Function, String> {
    let name = python_name(&export.name);
    if !is_python_name(&name) {
        return Err("no name in Python".to_owned());
    }
    let core = core_signature(export)?;
    let mut signature = Signature::new();
    for (at, core) in core.params.iter().enumerate() {
        let named = export.param_names.get(at).and_then(Option::as_deref);
        let own = named
            .map(python_name)
            .filter(|name| is_python_name(name))
            .filter(|name| signature.params.iter().all(|param| param.name != *name));
        signature.params.push(Param { name: own.unwrap_or_else(|| format!("arg{at}")), ty: core.scalar().into() });
    }
    signature.result = match core.results.as_slice() {
        [] => None,
        [one] => Some(one.scalar().into()),
        several => {
            let types = several.iter().map(|core| core.scalar().into());
            Some(Type::Tuple(types.collect()))
        }
    };
    Ok(Function { name, source_name: export.name.clone(), docs: String::new(), signature, place: Place::Free })
}

pub(super) fn core_signature(export: &Export) -> Result<HostExport, String> {
    let all = |types: &[Result<CoreType, String>], what: &str| {
        let known = types.iter();
        let known = known.map(|ty| ty.clone().map_err(|ty| format!("a {what} is {ty}")));
        known.collect::<Result<Vec<_>, _>>()
    };
    Ok(HostExport {
        name: export.name.clone(),
        params: all(&export.params, "parameter")?,
        results: all(&export.results, "result")?,
    })
}
