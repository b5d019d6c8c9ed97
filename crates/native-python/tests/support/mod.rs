//! Files of Python loaded and called as a run would, without a guest.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use amphi_core::abi::{GuestExport, GuestMemory, HostCalls};
use amphi_core::{Crossing, Cx, GuestId, Handle, HostError, HostModule, Source, Value, wit};

/// A run that has no guest to reach; callables are the test's own.
pub(crate) struct Nowhere;

impl Crossing for Nowhere {
    fn with(&mut self, _: GuestId, _: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory)) -> Result<(), HostError> {
        Err(HostError::host("there is no guest"))
    }

    fn enter(&mut self, _: GuestId, _: GuestExport, _: &mut [u64]) -> Result<(), HostError> {
        Err(HostError::host("there is no guest"))
    }
}

/// A loaded file.
#[derive(Clone)]
pub(crate) struct Loaded(pub(crate) Arc<HostModule>);

impl Loaded {
    pub(crate) fn call(&self, function: &str, args: Vec<Value>) -> Result<Value, HostError> {
        self.call_in(&mut Cx::new(&mut Nowhere), function, args)
    }

    pub(crate) fn call_in(&self, cx: &mut Cx<'_>, function: &str, args: Vec<Value>) -> Result<Value, HostError> {
        let functions = &self.0.interface().functions;
        let at = functions.iter().position(|declared| declared.path() == function);
        self.0.call(at.unwrap_or_else(|| panic!("no {function}")), cx, args)
    }

    /// A call that gives a text, such as a `repr`.
    pub(crate) fn text(&self, function: &str, args: Vec<Value>) -> String {
        match self.call(function, args) {
            Ok(Value::Str(text)) => text,
            other => panic!("{function}: {other:?}"),
        }
    }
}

pub(crate) fn load(text: &str) -> Loaded {
    try_load(text, None).unwrap_or_else(|error| panic!("{error}\n{}", error.traceback))
}

pub(crate) fn try_load(text: &str, declaration: Option<&str>) -> Result<Loaded, HostError> {
    let parsed = |text| wit::parse(&Source::new("demo.wit", text)).unwrap_or_else(|error| panic!("{error}"));
    let declared = declaration.map(|text| parsed(text).remove(0));
    // Lines in tracebacks are found by the file's name.
    static NUMBERS: AtomicU32 = AtomicU32::new(0);
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    let source = Source::new(format!("demo{number}.py"), text);
    let module = amphi_native_python::load("demo", &source, declared.as_ref(), Arc::new(|| false))?;
    Ok(Loaded(Arc::new(module)))
}

/// A callable of the test's.
pub(crate) fn callable(call: impl Fn(Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static) -> Value {
    Value::Handle(Handle::callable(move |_, args| call(args)))
}

pub(crate) fn handle(value: Value) -> Handle {
    match value {
        Value::Handle(handle) => handle,
        other => panic!("no handle: {other:?}"),
    }
}
