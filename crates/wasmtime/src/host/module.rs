//! Owns a host module that is itself wasm: one instance a run, in a store of its own, and a host function for each of
//! its exports. It sees no guest memory and imports nothing.

use crate::control::Control;
use crate::store::{MemoryLimit, watch};
use amphi_core::{CoreType, HostError, HostFunction, MAX_FLAT_PARAMS, Scalar, Signature, Type, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{Engine, Func, Module, Store, Trap, Val};

/// One run's instance of a host module. Its functions share it: a global that one sets, another reads.
#[derive(Clone)]
pub(crate) struct Instance {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    store: Store<Host>,
    instance: wasmtime::Instance,
}

struct Host {
    control: Arc<Control>,
    memory_limit: MemoryLimit,
}

impl Instance {
    /// Instantiates the module for a run; `memory` is the most bytes that its own memory may have.
    ///
    /// # Errors
    /// It imports something, or its start function fails; the message is for the user.
    pub(crate) fn new(engine: &Engine, module: &Module, control: &Arc<Control>, memory: u64) -> Result<Self, String> {
        if let Some(import) = module.imports().next() {
            return Err(format!(
                "it imports {}.{}, but host modules may not import anything",
                import.module(),
                import.name()
            ));
        }
        let host = Host { control: control.clone(), memory_limit: MemoryLimit::new(memory) };
        let mut store = Store::new(engine, host);
        store.limiter(|host| &mut host.memory_limit);
        watch(&mut store, |host| &host.control);
        let instance = wasmtime::Instance::new(&mut store, module, &[]).map_err(|error| reason(&error))?;
        Ok(Self { inner: Arc::new(Mutex::new(Inner { store, instance })) })
    }

    /// Calls an export that takes and gives nothing, such as `_initialize`.
    ///
    /// # Errors
    /// There is none, or it failed; the message is for the user.
    pub(crate) fn call(&self, export: &str) -> Result<(), String> {
        let mut inner = self.lock();
        let Inner { store, instance } = &mut *inner;
        let function = instance.get_typed_func::<(), ()>(&mut *store, export).map_err(|error| reason(&error))?;
        function.call(store, ()).map_err(|error| reason(&error))
    }

    /// The host function of an export with a declared signature of scalars; several results are a tuple of them.
    ///
    /// # Errors
    /// There is no such function, or the signature is of types that core wasm has not; the message is for the user.
    pub(crate) fn function(&self, export: &str, signature: &Signature) -> Result<Exported, String> {
        let plain = || format!("{export}{signature} has types that a plain wasm export cannot carry");
        let params: Vec<Scalar> =
            signature.params.iter().map(|param| param.ty.scalar()).collect::<Option<_>>().ok_or_else(plain)?;
        let results: Vec<Scalar> = match &signature.result {
            None => Vec::new(),
            Some(Type::Tuple(items)) => items.iter().map(Type::scalar).collect::<Option<_>>().ok_or_else(plain)?,
            Some(ty) => vec![ty.scalar().ok_or_else(plain)?],
        };
        let mut inner = self.lock();
        let Inner { store, instance } = &mut *inner;
        let function = instance.get_func(store, export).ok_or_else(|| format!("it exports no function {export}"))?;
        drop(inner);
        Ok(Exported { instance: self.clone(), function, signature: signature.clone(), params, results })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One export as a host function.
pub(crate) struct Exported {
    instance: Instance,
    function: Func,
    signature: Signature,
    params: Vec<Scalar>,
    results: Vec<Scalar>,
}

impl Exported {
    fn enter(&self, params: &[Val], results: &mut [Val]) -> Result<(), HostError> {
        let mut inner = self.instance.lock();
        self.function.call(&mut inner.store, params, results).map_err(|error| HostError::host(reason(&error)))
    }
}

impl HostFunction for Exported {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&mut self, args: &[Value]) -> Result<Value, HostError> {
        let slots = self.params.iter().zip(args).map(|(scalar, arg)| {
            // The registry has checked the arguments, so each has a slot.
            core(*scalar, scalar.slot(arg).unwrap_or_default())
        });
        let params: Vec<Val> = slots.collect();
        let mut results = vec![Val::I32(0); self.results.len()];
        self.enter(&params, &mut results)?;
        let mut values = self.results.iter().zip(&results).map(|(scalar, result)| scalar.value(slot(*scalar, result)));
        Ok(match &self.signature.result {
            Some(Type::Tuple(_)) => Value::Tuple(values.collect()),
            _ => values.next().unwrap_or_default(),
        })
    }

    fn call_flat(&mut self, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let mut params = [const { Val::I32(0) }; MAX_FLAT_PARAMS];
        let given = self.params.iter().zip(slots.iter());
        for (param, (scalar, slot)) in params.iter_mut().zip(given) {
            *param = core(*scalar, *slot);
        }
        let params = params.get(..self.params.len())?;
        let mut result = [Val::I32(0)];
        let done = self.enter(params, result.get_mut(..self.results.len())?);
        if let (Some(scalar), Some(place), [result]) = (self.results.first(), slots.first_mut(), &result) {
            *place = slot(*scalar, result);
        }
        Some(done)
    }
}

/// The core value of a slot.
pub(super) fn core(scalar: Scalar, slot: u64) -> Val {
    let bits = scalar.core_from_slot(slot);
    let [a, b, c, d, ..] = bits.to_le_bytes();
    let low = u32::from_le_bytes([a, b, c, d]);
    match scalar.core_type() {
        CoreType::I32 => Val::I32(low.cast_signed()),
        CoreType::I64 => Val::I64(bits.cast_signed()),
        CoreType::F32 => Val::F32(low),
        CoreType::F64 => Val::F64(bits),
    }
}

/// The slot of a core value of the scalar's core type.
pub(super) fn slot(scalar: Scalar, value: &Val) -> u64 {
    scalar.slot_from_core(match value {
        Val::I32(bits) => u64::from(bits.cast_unsigned()),
        Val::I64(bits) => bits.cast_unsigned(),
        Val::F32(bits) => u64::from(*bits),
        Val::F64(bits) => *bits,
        _ => 0,
    })
}

/// What a person is told about a host module that failed, without the engine's frames.
fn reason(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => format!("the host function trapped: {trap}"),
        None => format!("the host function failed: {}", error.root_cause()),
    }
}
