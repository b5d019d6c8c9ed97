//! Owns typed imports: a guest that imports `module.name` with core wasm types gets the host function of that name.
//! What nobody offers is told here, with what was offered.

use super::Native;
use super::build::Hosts;
use super::imports::ended;
use super::module::low_half;
use super::renew::renew;
use crate::engine::Checks;
use crate::store::State;
use crate::watch::Watched;
use crate::{Engine, Error, Wasm};
use amphi_core::abi::{self, AbiCall, TypedImport, TypedOffer};
use amphi_core::{CoreType, Crossing, GuestId, HostError, MAX_FLAT_PARAMS, WasmHost};
use scoped_tls_hkt::scoped_thread_local;
use wasmtime::{AsContextMut as _, Caller, ExternType, FuncType, InstancePre, Linker, Module, Val, ValType};

scoped_thread_local!(
    /// The run in the middle of a call of a wasm host module, for the host functions that this calls in turn.
    pub(super) static mut CROSSING: for<'a> &'a mut (dyn Crossing + 'a)
);

/// A wasm host module with its imports resolved: WASI, and functions of other host modules.
///
/// # Errors
/// It imports a name twice, which the engine refuses, or what nobody offers.
pub(crate) fn instantiable<W: Watched + 'static>(
    engine: &Engine,
    name: &str,
    host: &WasmHost,
    module: &Module,
    add_wasi: impl Fn(&mut Linker<State<W>>) -> wasmtime::Result<()>,
) -> Result<InstancePre<State<W>>, Error> {
    let mut linker = Linker::new(engine.wasmtime(Checks::Compiled)?);
    add_wasi(&mut linker).map_err(Error::engine)?;
    link_module(&mut linker, &host.imports)?;
    let failed = |error: wasmtime::Error| Error::Host { name: name.to_owned(), reason: format!("{error:#}") };
    linker.instantiate_pre(module).map_err(failed)
}

/// Links what a wasm host module imports from other host modules.
fn link_module<W: Watched + 'static>(linker: &mut Linker<State<W>>, imports: &[TypedImport]) -> Result<(), Error> {
    for typed in imports.iter().cloned() {
        let engine = linker.engine().clone();
        let core = |ty: &CoreType| match ty {
            CoreType::I32 => ValType::I32,
            CoreType::I64 => ValType::I64,
            CoreType::F32 => ValType::F32,
            CoreType::F64 => ValType::F64,
        };
        let ty = FuncType::new(&engine, typed.params.iter().map(core), typed.result.iter().map(core));
        let (module, function) = (typed.module.clone(), typed.function.clone());
        let serve = move |_: Caller<'_, State<W>>, params: &[Val], results: &mut [Val]| {
            if !CROSSING.is_set() {
                return Err(wasmtime::Error::msg("a host function was called before the run began"));
            }
            CROSSING.with(|crossing| call(crossing, GuestId::PROGRAM, &typed, params, results))?.map_err(failed)
        };
        linker.func_new(&module, &function, ty, serve).map_err(Error::engine)?;
    }
    Ok(())
}

/// Links every import that WASI and the host-call ABI do not serve to the host function of that name.
///
/// A host module whose functions are known only once it runs is taken at the import's word.
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
        let Some((_, interface)) = hosts.interfaces().find(|(host, _)| *host == from) else {
            missing.push(format!("{from}::{name}"));
            continue;
        };
        let unfit = |reason: String| Error::Unfit { name: wasm.name().to_owned(), reason };
        let (typed, ty) = match import.ty() {
            ExternType::Func(ty) => (typed(from, name, &ty).map_err(unfit)?, ty),
            _ => return Err(unfit(format!("imports {from}::{name} as something that is no function"))),
        };
        match interface.map(|interface| typed.offer(interface)) {
            None | Some(TypedOffer::Fits) => {}
            Some(TypedOffer::Missing) => {
                missing.push(format!("{from}::{name}"));
                continue;
            }
            Some(TypedOffer::Otherwise(offered)) => {
                let wanted = typed.shown();
                return Err(unfit(format!("imports {from}::{name} as {wanted}, but it is offered as {offered}")));
            }
        }
        let serve = move |caller: Caller<'_, State<W>>, params: &[Val], results: &mut [Val]| {
            serve(caller, &typed, params, results)
        };
        linker.func_new(from, name, ty, serve).map_err(Error::engine)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingImport { name: wasm.name().to_owned(), missing: missing.join(", "), offered: offered(hosts) })
}

fn serve<W: Watched + 'static>(
    mut caller: Caller<'_, State<W>>,
    typed: &TypedImport,
    params: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    if caller.data_mut().run.renews() {
        renew(caller.as_context_mut());
        ended(&mut caller.data_mut().run)?;
    }
    let guest = caller.data().guests.id();
    let called = call(&mut Native(caller.as_context_mut()), guest, typed, params, results)?;
    ended(&mut caller.data_mut().run)?;
    called.map_err(failed)
}

/// A core wasm import has no way to answer with an error.
fn failed(error: HostError) -> wasmtime::Error {
    wasmtime::Error::msg(format!("a host function failed: {error}"))
}

fn call(
    crossing: &mut dyn Crossing,
    guest: GuestId,
    typed: &TypedImport,
    params: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<Result<(), HostError>> {
    let mut core = [0; MAX_FLAT_PARAMS];
    for (place, value) in core.iter_mut().zip(params) {
        *place = match value {
            Val::I32(bits) => u64::from(bits.cast_unsigned()),
            Val::I64(bits) => bits.cast_unsigned(),
            Val::F32(bits) => u64::from(*bits),
            Val::F64(bits) => *bits,
            _ => return Err(wasmtime::Error::msg("a host function got what is no number")),
        };
    }
    let called = typed.call(crossing, guest, &mut core);
    if let (Some(core_type), Some(result)) = (typed.result, results.first_mut()) {
        *result = match core_type {
            CoreType::I32 => Val::I32(low_half(core[0]).cast_signed()),
            CoreType::I64 => Val::I64(core[0].cast_signed()),
            CoreType::F32 => Val::F32(low_half(core[0])),
            CoreType::F64 => Val::F64(core[0]),
        };
    }
    Ok(called)
}

/// The import with core types of ours.
fn typed(module: &str, function: &str, ty: &FuncType) -> Result<TypedImport, String> {
    let core = |ty: ValType| match ty {
        ValType::I32 => Ok(CoreType::I32),
        ValType::I64 => Ok(CoreType::I64),
        ValType::F32 => Ok(CoreType::F32),
        ValType::F64 => Ok(CoreType::F64),
        other => Err(format!("imports {module}::{function} with a {other}, which no host function takes or gives")),
    };
    let params: Vec<CoreType> = ty.params().map(core).collect::<Result<_, _>>()?;
    let results: Vec<CoreType> = ty.results().map(core).collect::<Result<_, _>>()?;
    if params.len() > MAX_FLAT_PARAMS || results.len() > 1 {
        let most = format!("{MAX_FLAT_PARAMS} parameters and one result");
        return Err(format!("imports {module}::{function} as {ty}; a host function has at most {most}"));
    }
    let (module, function) = (module.to_owned(), function.to_owned());
    Ok(TypedImport { module, function, params, result: results.first().copied() })
}

fn served(module: &str, name: &str) -> bool {
    (module == amphi_wasi::MODULE && amphi_wasi::Call::from_name(name).is_some())
        || (module == abi::MODULE && AbiCall::ALL.iter().any(|call| call.name() == name))
}

/// A sentence that lists everything a module may import.
fn offered(hosts: &Hosts) -> String {
    let offered = abi::offered(amphi_wasi::Call::ALL.len(), hosts.interfaces());
    format!("{offered}; offer more with --host NAME=FILE or [host.NAME] in amphi.toml.")
}
