//! Owns typed imports: a guest that imports `module.name` with core wasm types gets the host function of that name.
//! What nobody offers is told here, with what was offered.

use super::Native;
use super::build::Hosts;
use super::imports::ended;
use super::module::{core, slot};
use crate::store::State;
use crate::watch::Watched;
use crate::{Error, Wasm};
use amphi_core::abi::{self, AbiCall};
use amphi_core::{CoreType, Flat, Function, GuestId, MAX_FLAT_PARAMS};
use wasmtime::{AsContextMut as _, Caller, ExternType, FuncType, Linker, Module, Val, ValType};

/// Links every import that WASI and the host-call ABI do not serve to the host function of that name.
///
/// # Errors
/// [`Error::MissingImport`]: nobody offers one of them. [`Error::Unfit`]: it is offered with another type.
pub(crate) fn link<W: Watched + 'static>(
    linker: &mut Linker<State<W>>,
    wasm: &Wasm,
    module: &Module,
    hosts: &Hosts,
) -> Result<(), Error> {
    let mut missing = Vec::new();
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if served(from, name) {
            continue;
        }
        let found = hosts.interfaces().find_map(|(first, interface)| {
            let at = interface.functions.iter().position(|function| interface.name == from && named(function, name))?;
            Some((first.checked_add(u32::try_from(at).ok()?)?, interface.functions.get(at)?))
        });
        let Some((number, function)) = found else {
            missing.push(format!("{from}.{name}"));
            continue;
        };
        let unfit = |reason: String| Error::Unfit { name: wasm.name().to_owned(), reason };
        let flat = Flat::of(&function.signature).ok_or_else(|| {
            unfit(format!(
                "imports {from}.{name}, which takes or gives more than core wasm values: {}",
                function.signature
            ))
        })?;
        let offered = function_type(linker.engine(), &flat);
        match import.ty() {
            ExternType::Func(wanted) if wanted.matches(&offered) => {}
            other => {
                let wanted = other.func().map_or("something that is no function".to_owned(), ToString::to_string);
                return Err(unfit(format!("imports {from}.{name} as {wanted}, but it is offered as {offered}")));
            }
        }
        let serve = move |mut caller: Caller<'_, State<W>>, params: &[Val], results: &mut [Val]| {
            let mut slots = [0; MAX_FLAT_PARAMS];
            for (place, (scalar, value)) in slots.iter_mut().zip(flat.params.iter().zip(params)) {
                *place = slot(*scalar, value);
            }
            let used = slots.get_mut(..flat.slots()).unwrap_or_default();
            let registry = caller.data().run.calls.registry();
            let found = registry.function(number).map(|(module, at)| (module.clone(), at));
            let called = found.and_then(|(module, at)| {
                let crossing = &mut Native(caller.as_context_mut());
                abi::call_typed(crossing, GuestId::PROGRAM, &module, at, used)
            });
            ended(&mut caller.data_mut().run)?;
            // A core wasm import has no way to answer with an error.
            called.map_err(|error| wasmtime::Error::msg(format!("a host function failed: {error}")))?;
            if let (Some(scalar), Some(result)) = (flat.result, results.first_mut()) {
                *result = core(scalar, slots[0]);
            }
            Ok(())
        };
        linker.func_new(from, name, offered, serve).map_err(Error::engine)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingImport { name: wasm.name().to_owned(), missing: missing.join(", "), offered: offered(hosts) })
}

fn served(module: &str, name: &str) -> bool {
    (module == amphi_wasi::MODULE && amphi_wasi::Call::from_name(name).is_some())
        || (module == abi::MODULE && AbiCall::ALL.iter().any(|call| call.name() == name))
}

/// A function answers to its name in Python and to the one its author gave it.
fn named(function: &Function, name: &str) -> bool {
    function.name == name || function.source_name == name
}

fn function_type(engine: &wasmtime::Engine, flat: &Flat) -> FuncType {
    let core = |scalar: &amphi_core::Scalar| match scalar.core_type() {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
    };
    FuncType::new(engine, flat.params.iter().map(core), flat.result.iter().map(core))
}

/// A sentence that lists everything a module may import.
fn offered(hosts: &Hosts) -> String {
    let abi: Vec<&str> = AbiCall::ALL.iter().map(|call| call.name()).collect();
    let wasi = amphi_wasi::MODULE;
    let mut sentence = format!(
        "Offered are all {} functions of {wasi}, {}.{{{}}}",
        amphi_wasi::Call::ALL.len(),
        abi::MODULE,
        abi.join(", ")
    );
    for (_, interface) in hosts.interfaces() {
        let names: Vec<&str> = interface.functions.iter().map(|function| function.source_name.as_str()).collect();
        sentence.push_str(&format!(", {}.{{{}}}", interface.name, names.join(", ")));
    }
    sentence.push_str("; offer more with --host NAME=FILE or [host.NAME] in amphi.toml.");
    sentence
}
