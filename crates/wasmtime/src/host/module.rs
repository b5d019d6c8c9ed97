//! Owns a host module that is itself wasm: one instance a run, in a store of its own, whose code is checked as any
//! module's is. It must never know what its functions' values are.

use super::Bytes;
use super::typed::CROSSING;
use crate::control::Control;
use crate::engine::Checks;
use crate::ready::exit;
use crate::stack::with_room;
use crate::store::{Guest, Run, State, store};
use crate::sync::lock;
use crate::watch::Watched;
use amphi_core::abi::{GuestMemory, HostCalls};
use amphi_core::{CoreType, Cx, Exit, HostError, HostExport, Registry, Turns, WasmHost, WasmInstance};
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::{Engine, Func, InstancePre, Memory, Store, ValRaw, ValType};

/// One run's instance of a host module. Its functions share it: a global that one sets, another reads.
pub(crate) struct Instance<W: 'static> {
    inner: Mutex<Inner<W>>,
    exports: Vec<Export>,
    /// Whether it calls other host functions.
    calls_hosts: bool,
}

struct Inner<W: 'static> {
    store: Store<State<W>>,
    memory: Option<Memory>,
}

/// A function of the instance, with the types that it was declared by.
struct Export {
    function: Func,
    params: Vec<CoreType>,
    results: Vec<CoreType>,
}

impl<W: Watched + 'static> Instance<W> {
    /// Instantiates a module for a run, as this guest.
    ///
    /// # Errors
    /// Its start function or `_initialize` fails; the message is for the user.
    pub(crate) fn new(
        engine: &Engine,
        module: &InstancePre<State<W>>,
        host: &WasmHost,
        guest: Guest<W>,
        control: &Arc<Control>,
    ) -> Result<Self, String> {
        // It is offered no call of Python's ABI, so that nothing is registered here.
        let run = Run::new(control.clone(), HostCalls::new(Registry::new(), 0, 0));
        let mut store = store(engine, Checks::Compiled, State { guests: Turns::new(guest, []), run });
        let instance = module.instantiate(&mut store).map_err(|error| reason(&error))?;
        if host.initialize {
            let initialize = instance.get_typed_func::<(), ()>(&mut store, "_initialize");
            let called = with_room(|| initialize.and_then(|call| call.call(&mut store, ())));
            called.map_err(|error| reason(&error))?;
        }
        let exports = host.exports.iter().map(|export| {
            let HostExport { name, params, results } = export;
            let function =
                instance.get_func(&mut store, name).ok_or_else(|| format!("it exports no function {name}"))?;
            let found = function.ty(&store);
            if !are(found.params(), params) || !are(found.results(), results) {
                return Err(format!("its export {name} is {found}, which it was not when the program was prepared"));
            }
            Ok(Export { function, params: params.clone(), results: results.clone() })
        });
        let exports = exports.collect::<Result<_, String>>()?;
        let memory = instance.get_memory(&mut store, "memory");
        let calls_hosts = !host.imports.is_empty();
        Ok(Self { inner: Mutex::new(Inner { store, memory }), exports, calls_hosts })
    }

    /// Lends its guest, to see what it left.
    pub(crate) fn with_guest<T>(&self, act: impl FnOnce(&Guest<W>) -> T) -> T {
        act(self.lock().store.data().guests.now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner<W>> {
        lock(&self.inner)
    }
}

impl Export {
    /// Calls it; `core` has room for its parameters, and for its results, which take their place.
    #[allow(unsafe_code, reason = "looking at every value's type anew doubles the time of a small call")]
    fn call<T: 'static>(&self, store: &mut Store<T>, core: &mut [u64]) -> wasmtime::Result<()> {
        const FEW: usize = 8;
        let room = self.params.len().max(self.results.len());
        let mut few = [ValRaw::i64(0); FEW];
        let mut many = Vec::new();
        let values = match few.get_mut(..room) {
            Some(values) => values,
            None => {
                many.resize(room, ValRaw::i64(0));
                many.as_mut_slice()
            }
        };
        for (value, (ty, bits)) in values.iter_mut().zip(self.params.iter().zip(core.iter())) {
            *value = raw(*ty, *bits);
        }
        // SAFETY: there is room for all parameters and results, and the parameters are of the function's own types, which
        // `Instance::new` compared. None of them is a reference. Nothing here is async.
        unsafe { self.function.call_unchecked(store, values) }?;
        for (bits, (ty, value)) in core.iter_mut().zip(self.results.iter().zip(values.iter())) {
            *bits = bits_of(*ty, value);
        }
        Ok(())
    }
}

impl<W: Watched + Send + 'static> WasmInstance for Instance<W> {
    fn call(&self, cx: &mut Cx<'_>, export: u32, core: &mut [u64]) -> Result<(), HostError> {
        let missing = || HostError::host(format!("the host module has no export {export}"));
        let export = self.exports.get(export as usize).ok_or_else(missing)?;
        let mut inner = self.lock();
        let Inner { store, .. } = &mut *inner;
        let called = match self.calls_hosts {
            true => CROSSING.set(cx.crossing(), || export.call(store, core)),
            false => export.call(store, core),
        };
        called.map_err(|error| HostError::host(reason(&error)))
    }

    fn memory(&self, act: &mut dyn FnMut(&mut dyn GuestMemory)) -> Result<(), HostError> {
        let mut inner = self.lock();
        let Inner { store, memory } = &mut *inner;
        let memory = memory.ok_or_else(|| HostError::host("the host module exports no memory named `memory`"))?;
        act(&mut Bytes(memory.data_mut(store)));
        Ok(())
    }
}

/// Whether core types are those, in order.
fn are(mut found: impl ExactSizeIterator<Item = ValType>, types: &[CoreType]) -> bool {
    found.len() == types.len()
        && types.iter().all(|ty| {
            matches!(
                (ty, found.next()),
                (CoreType::I32, Some(ValType::I32))
                    | (CoreType::I64, Some(ValType::I64))
                    | (CoreType::F32, Some(ValType::F32))
                    | (CoreType::F64, Some(ValType::F64))
            )
        })
}

/// A core value as compiled code takes it.
fn raw(ty: CoreType, bits: u64) -> ValRaw {
    match ty {
        CoreType::I32 => ValRaw::i32(low_half(bits).cast_signed()),
        CoreType::I64 => ValRaw::i64(bits.cast_signed()),
        CoreType::F32 => ValRaw::f32(low_half(bits)),
        CoreType::F64 => ValRaw::f64(bits),
    }
}

/// A core value as compiled code gives it.
fn bits_of(ty: CoreType, value: &ValRaw) -> u64 {
    match ty {
        CoreType::I32 => u64::from(value.get_u32()),
        CoreType::I64 => value.get_u64(),
        CoreType::F32 => u64::from(value.get_f32()),
        CoreType::F64 => value.get_f64(),
    }
}

/// The low 32 bits.
pub(super) fn low_half(bits: u64) -> u32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What a person is told about a host module that failed, without the engine's frames.
fn reason(error: &wasmtime::Error) -> String {
    match exit(error) {
        Exit::Trap(why) => format!("the host function trapped: {why}"),
        other => other.of_host_guest().unwrap_or_else(|| format!("the host function failed: {}", error.root_cause())),
    }
}
