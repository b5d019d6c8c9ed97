//! A run whose guest has nothing that could be called. It must never know what the functions do.

use amphi_core::abi::{GuestExport, GuestMemory, HostCalls};
use amphi_core::{Crossing, Cx, GuestId, HostError, HostModule, Registry, Value};

/// A run whose guest calls host functions, and has nothing that could be called.
pub(crate) struct Run {
    calls: HostCalls,
    memory: &'static mut [u8],
}

impl Run {
    pub(crate) fn of(module: HostModule) -> Self {
        let mut registry = Registry::new();
        registry.add(module).expect("the first of its name");
        Self { calls: HostCalls::new(registry, 0, 10), memory: &mut [] }
    }

    pub(crate) fn call(&mut self, function: &str, args: Vec<Value>) -> Result<Value, String> {
        let (module, at) = self.calls.registry().find("demo", function).map_err(|error| error.to_string())?;
        module.call(at, &mut Cx::new(self), args).map_err(|error| error.to_string())
    }

    /// The same with slots; the values of arguments and result are those of their scalars.
    pub(crate) fn call_flat(&mut self, function: &str, args: &[Value]) -> Result<Value, String> {
        let (module, at) = self.calls.registry().find("demo", function).map_err(|error| error.to_string())?;
        let flat = module.flat(at).expect("scalars only").clone();
        let slots = flat.params.iter().zip(args).map(|(scalar, value)| scalar.slot(value).expect("of the type"));
        let mut slots: Vec<u64> = slots.collect();
        slots.resize(flat.slots(), 0);
        let called = module.call_with_slots(at, &mut Cx::new(self), &mut slots);
        called.map_err(|error| error.to_string())?;
        Ok(flat.result.map_or(Value::None, |scalar| scalar.value(slots.first().copied().expect("a slot"))))
    }
}

impl Crossing for Run {
    fn with(&mut self, _: GuestId, act: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory)) -> Result<(), HostError> {
        act(&mut self.calls, &mut self.memory);
        Ok(())
    }

    fn enter(&mut self, _: GuestId, _: GuestExport, _: &mut [u64]) -> Result<(), HostError> {
        Err(HostError::host("this guest exports nothing"))
    }
}

pub(crate) fn record(fields: &[(&str, Value)]) -> Value {
    Value::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

pub(crate) fn point(x: f64, y: f64) -> Value {
    record(&[("x", x.into()), ("y", y.into())])
}

pub(crate) fn some(value: impl Into<Value>) -> Value {
    Value::Some(Box::new(value.into()))
}
