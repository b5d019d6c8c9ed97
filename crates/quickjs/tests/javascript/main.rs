//! Host functions in JavaScript on QuickJS: what crosses, how calls nest, what is kept in limits.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod calls;
mod limits;
mod values;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use amphi_core::abi::{GuestExport, GuestMemory, HostCalls};
use amphi_core::{Crossing, Cx, GuestId, HostError, HostModule, Source, Value, wit};
use amphi_quickjs::World;

/// A crossing that reaches no guest.
struct Nobody;

impl Crossing for Nobody {
    fn with(&mut self, _: GuestId, _: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory)) -> Result<(), HostError> {
        Err(HostError::host("no guest"))
    }

    fn enter(&mut self, _: GuestId, _: GuestExport, _: &mut [u64]) -> Result<(), HostError> {
        Err(HostError::host("no guest"))
    }
}

/// A host module, what its console said, and what ends it.
struct Demo {
    module: HostModule,
    said: Arc<Mutex<String>>,
    interrupt: Arc<AtomicBool>,
}

impl Demo {
    fn new(text: &str, wit: Option<&str>) -> Result<Self, String> {
        let said = Arc::new(Mutex::new(String::new()));
        let interrupt = Arc::new(AtomicBool::new(false));
        let world = World {
            memory_bytes: 16 << 20,
            interrupted: Arc::new({
                let interrupt = interrupt.clone();
                move || interrupt.load(Ordering::SeqCst)
            }),
            stderr: Arc::new({
                let said = said.clone();
                move |bytes| said.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap())
            }),
        };
        let interface = wit.map(|text| {
            let text = format!("interface demo {{ {text} }}");
            wit::parse(&Source::new("demo.wit", text)).unwrap().remove(0)
        });
        let source = Source::new("demo.js", text);
        let module = amphi_quickjs::module("demo", &source, interface.as_ref(), world);
        module.map(|module| Self { module, said, interrupt }).map_err(|error| error.to_string())
    }

    fn plain(text: &str) -> Self {
        Self::new(text, None).unwrap()
    }

    fn declared(wit: &str, text: &str) -> Self {
        Self::new(text, Some(wit)).unwrap()
    }

    fn call(&self, name: &str, args: Vec<Value>) -> Result<Value, HostError> {
        self.call_in(&mut Cx::new(&mut Nobody), name, args)
    }

    fn call_in(&self, cx: &mut Cx<'_>, name: &str, args: Vec<Value>) -> Result<Value, HostError> {
        let functions = &self.module.interface().functions;
        let at = functions.iter().position(|function| function.path() == name);
        self.module.call(at.unwrap_or_else(|| panic!("no function {name}")), cx, args)
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

/// The words of an error.
fn words<T>(result: Result<T, HostError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn list(items: Vec<Value>) -> Value {
    Value::List(items)
}
