//! A module's exports as an interface, inferred or held against a declared one. This file never knows bytes.

use crate::module::{Export, Module};
use crate::names::{closest, is_python_name, python_name};
use crate::prepared::HostExport;
use crate::types::{CoreType, Function, Interface, Param, Place, Scalar, Signature, Type};

/// The interface of a module that nobody declared: every export that Python can name and call.
///
/// `i32` is `s32`, `i64` is `s64`, several results are a tuple. Parameters have the names of the module's own, or else
/// `arg0`, `arg1`. What a compiler adds for itself (`_initialize`, `cabi_…`, `__…`) is passed over.
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
        "it is a program, with _start and no other function; a host module is a library that exports functions"
    } else {
        "it exports no function; write for instance (func (export \"demo\") (param i32 i32) (result i32) …)"
    };
    Err(message.to_owned())
}

fn is_for_the_compiler(name: &str) -> bool {
    matches!(name, "_initialize" | "_start") || name.starts_with("cabi_") || name.starts_with("__")
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

fn core_signature(export: &Export) -> Result<HostExport, String> {
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

/// Checks that a module wants nothing, as a host module must.
///
/// # Errors
/// It imports something; the words say what.
pub(crate) fn no_imports(module: &Module) -> Result<(), String> {
    let names: Vec<String> =
        module.imports.iter().take(SHOWN).map(|import| format!("{}::{}", import.module, import.name)).collect();
    let more = match module.imports.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match names.as_slice() {
        [] => Ok(()),
        names => Err(format!("it imports {}{more}, but a host module is offered no imports", names.join(", "))),
    }
}

/// So many imports are named where none should be.
const SHOWN: usize = 4;

/// The export behind each function of an interface, in order: of the declared name, or of Python's.
///
/// # Errors
/// A function has none, its export has another signature, or its declaration needs more than scalars.
pub fn exports_for(interface: &Interface, module: &Module) -> Result<Vec<HostExport>, String> {
    let functions = interface.functions.iter();
    functions.map(|function| export_for(function, module)).collect()
}

fn export_for(function: &Function, module: &Module) -> Result<HostExport, String> {
    let named = |name: &str| module.exports.iter().find(|export| export.name == name);
    let Some(export) = named(&function.source_name).or_else(|| named(&function.name)) else {
        return Err(missing(function, module));
    };
    let declared = flattened(function)?;
    let core = core_signature(export).map_err(|why| format!("export {}: {why}", export.name))?;
    if (&declared.params, &declared.results) == (&core.params, &core.results) {
        return Ok(core);
    }
    Err(format!(
        "{}: func{} needs an export {}, but it is {}",
        function.source_name,
        function.signature,
        shown(&declared),
        shown(&core)
    ))
}

fn missing(function: &Function, module: &Module) -> String {
    let names = || module.exports.iter().map(|export| export.name.as_str());
    let offered = match closest(&function.source_name, names()) {
        Some(close) => format!("did you mean {close}?"),
        None if module.exports.is_empty() => "it exports no function".to_owned(),
        None => format!("it exports {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("{}: func{} is declared, but not exported; {offered}", function.source_name, function.signature)
}

/// The core signature that a declaration asks for.
fn flattened(function: &Function) -> Result<HostExport, String> {
    let scalar = |what: &str, ty: &Type| {
        ty.scalar().map(Scalar::core_type).ok_or_else(|| {
            format!(
                "{}: its {what} is {ty}, but a WebAssembly body takes and gives numbers, bool and char",
                function.source_name
            )
        })
    };
    let params = function.signature.params.iter();
    let params = params.map(|param| scalar(&format!("parameter {}", param.name), &param.ty));
    let results = match &function.signature.result {
        None => Ok(Vec::new()),
        Some(Type::Tuple(types)) => types.iter().map(|ty| scalar("result", ty)).collect(),
        Some(ty) => scalar("result", ty).map(|core| vec![core]),
    };
    Ok(HostExport { name: function.source_name.clone(), params: params.collect::<Result<_, _>>()?, results: results? })
}

/// `(param i32 i32) (result i32)`.
fn shown(core: &HostExport) -> String {
    let list = |word: &str, types: &[CoreType]| {
        let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
        (!names.is_empty()).then(|| format!("({word} {})", names.join(" ")))
    };
    let parts = [list("param", &core.params), list("result", &core.results)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "without parameters and results".to_owned() } else { parts.join(" ") }
}
