//! Owns a host module that is itself wasm: one instance a run, in a store of its own, and a host function for each of
//! its exports. It sees no guest memory and imports nothing.

use crate::control::Control;
use crate::store::{MemoryLimit, watch};
use amphi_core::{CoreType, Cx, HostError, HostFunction, MAX_FLAT_PARAMS, Scalar, Signature, Type, Value, trap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{Engine, Func, Module, Store, Trap, Val, ValRaw, ValType};

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
    /// There is no such function, or its core types are other than the signature's; the message is for the user.
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
        let function =
            instance.get_func(&mut *store, export).ok_or_else(|| format!("it exports no function {export}"))?;
        let found = function.ty(&*store);
        drop(inner);
        if !are(found.params(), &params) || !are(found.results(), &results) {
            return Err(format!("its export {export} is {found}, which is not {export}{signature}"));
        }
        Ok(Exported { instance: self.clone(), function, signature: signature.clone(), params, results })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether core types are those that carry the scalars, in order.
fn are(mut found: impl ExactSizeIterator<Item = ValType>, scalars: &[Scalar]) -> bool {
    found.len() == scalars.len()
        && scalars.iter().all(|scalar| {
            matches!(
                (scalar.core_type(), found.next()),
                (CoreType::I32, Some(ValType::I32))
                    | (CoreType::I64, Some(ValType::I64))
                    | (CoreType::F32, Some(ValType::F32))
                    | (CoreType::F64, Some(ValType::F64))
            )
        })
}

/// One export as a host function.
pub(crate) struct Exported {
    instance: Instance,
    /// Takes the core types of `params` and gives those of `results`.
    function: Func,
    signature: Signature,
    params: Vec<Scalar>,
    results: Vec<Scalar>,
}

impl Exported {
    /// Calls the export; `values` has room for its parameters, and for its results, which take their place.
    #[allow(unsafe_code, reason = "looking at every value's type anew doubles the time of a small call")]
    fn enter(&self, values: &mut [ValRaw]) -> Result<(), HostError> {
        debug_assert!(values.len() >= self.params.len().max(self.results.len()));
        let mut inner = self.instance.lock();
        // SAFETY: the callers give room for all parameters and results, and the parameters are of the function's own
        // types, which `Instance::function` compared. None of them is a reference. Nothing here is async.
        unsafe { self.function.call_unchecked(&mut inner.store, values) }
            .map_err(|error| HostError::host(reason(&error)))
    }
}

impl HostFunction for Exported {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, _: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        // The registry has checked the arguments, so each is there and has a slot; 0 would stand for another.
        let params = self.params.iter().enumerate().map(|(at, scalar)| {
            let slot = args.get(at).and_then(|arg| scalar.slot(arg));
            raw(*scalar, slot.unwrap_or_default())
        });
        let mut values: Vec<ValRaw> = params.collect();
        values.resize(values.len().max(self.results.len()), ValRaw::i64(0));
        self.enter(&mut values)?;
        let results = self.results.iter().zip(&values);
        let mut results = results.map(|(scalar, value)| scalar.value(slot_of_raw(*scalar, value)));
        Ok(match &self.signature.result {
            Some(Type::Tuple(_)) => Value::Tuple(results.collect()),
            _ => results.next().unwrap_or_default(),
        })
    }

    fn call_flat(&self, _: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let mut values = [ValRaw::i64(0); MAX_FLAT_PARAMS];
        if self.params.len() > slots.len() || self.params.len() > values.len() || self.results.len() > 1 {
            return None;
        }
        let given = self.params.iter().zip(slots.iter());
        for (value, (scalar, slot)) in values.iter_mut().zip(given) {
            *value = raw(*scalar, *slot);
        }
        if let Err(error) = self.enter(&mut values) {
            return Some(Err(error));
        }
        if let (Some(scalar), Some(slot)) = (self.results.first(), slots.first_mut()) {
            *slot = slot_of_raw(*scalar, &values[0]);
        }
        Some(Ok(()))
    }

    fn needs_cx(&self) -> bool {
        false
    }
}

/// The core value of a slot, as compiled code takes it.
fn raw(scalar: Scalar, slot: u64) -> ValRaw {
    let bits = scalar.core_from_slot(slot);
    match scalar.core_type() {
        CoreType::I32 => ValRaw::i32(low_half(bits).cast_signed()),
        CoreType::I64 => ValRaw::i64(bits.cast_signed()),
        CoreType::F32 => ValRaw::f32(low_half(bits)),
        CoreType::F64 => ValRaw::f64(bits),
    }
}

/// The slot of a core value of the scalar's core type, as compiled code gives it.
fn slot_of_raw(scalar: Scalar, value: &ValRaw) -> u64 {
    scalar.slot_from_core(match scalar.core_type() {
        CoreType::I32 => u64::from(value.get_u32()),
        CoreType::I64 => value.get_u64(),
        CoreType::F32 => u64::from(value.get_f32()),
        CoreType::F64 => value.get_f64(),
    })
}

/// The low 32 bits.
pub(super) fn low_half(bits: u64) -> u32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The core value of a slot.
pub(super) fn core(scalar: Scalar, slot: u64) -> Val {
    let bits = scalar.core_from_slot(slot);
    match scalar.core_type() {
        CoreType::I32 => Val::I32(low_half(bits).cast_signed()),
        CoreType::I64 => Val::I64(bits.cast_signed()),
        CoreType::F32 => Val::F32(low_half(bits)),
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
        Some(trap) => format!("the host function trapped: {}", trap::words(&trap.to_string())),
        None => format!("the host function failed: {}", error.root_cause()),
    }
}
