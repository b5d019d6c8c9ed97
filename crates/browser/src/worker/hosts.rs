//! Host modules that have a guest of their own: written in Python, or WebAssembly themselves. Owns how each is made ready
//! and what it offers then. It must never know what a call means.

use std::rc::Rc;
use std::sync::Arc;

use amphi_core::abi::{self, HostCalls, TypedImport};
use amphi_core::{
    CoreType, Cx, GuestId, HostError, HostModule, Interface, PreparedBody, PreparedHost, Program, WasmHost,
    WasmInstance, offer_python, se2_module, start_python, trap, wasm_module,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::crossing::Worker;
use super::glue;
use super::memory::GuestMemory;
use super::{run, start};
use crate::words;

/// A host module that has yet to start.
pub(super) struct Host {
    /// The name Python imports.
    pub(super) name: String,
    /// Its guest.
    pub(super) id: GuestId,
    body: Body,
}

enum Body {
    Python(Option<Interface>),
    Wasm(Box<WasmHost>),
}

/// The host modules of a program, each as a guest more; with what each guest runs.
///
/// # Errors
/// In words: which one no browser has.
pub(super) fn guests(hosts: Vec<PreparedHost>, calls: &mut HostCalls) -> Result<Vec<(Host, Program)>, String> {
    let guests = hosts.into_iter().map(|PreparedHost { name, body }| {
        let (body, program) = match body {
            PreparedBody::Python { guest, interface } => (Body::Python(interface), *guest),
            PreparedBody::Wasm(host) => {
                let program = Program::clone(&host.guest);
                (Body::Wasm(host), program)
            }
            PreparedBody::NativePython { .. } => {
                return Err(format!(
                    "The host module {name} runs in the machine's own Python (native-python), which a browser has not. With `python` instead it runs here, in a guest of its own."
                ));
            }
            // It is loaded before anything starts, and has no guest.
            PreparedBody::JavaScript { .. } => return Ok(None),
            PreparedBody::Se2 { .. } => {
                let added = se2_module().and_then(|module| calls.registry_mut().add(module));
                return added.map(|()| None).map_err(|error| error.to_string());
            }
            PreparedBody::Registered { .. } => {
                return Err(format!(
                    "The host module {name} is written in Rust and registered natively; a browser has none. Give it a `python`, `wat` or `wasm` body to run here."
                ));
            }
        };
        let id = calls.add_guest(program.limits.memory_bytes);
        Ok(Some((Host { name, id, body }, program)))
    });
    guests.filter_map(Result::transpose).collect()
}

/// A host module in WebAssembly that takes another's place: it is a guest more of the run under way.
///
/// # Errors
/// In words: why the browser would not have it.
pub(super) fn renewed(name: &str, host: &WasmHost) -> Result<HostModule, String> {
    let program = Program::clone(&host.guest);
    if !program.mounts.is_empty() {
        return Err("it has folders of its own, which a browser gives it only when a run begins".to_owned());
    }
    let id = run::with(|run| {
        let (platform, gate) = &run.beside;
        let gate = gate.as_ref().map(|gate| gate.of_guest(name));
        let (guest, _) = start::guest(program, platform.of_host(), gate)?;
        let id = run.hosts.add_guest(guest.memory_bytes);
        run.guests.push(guest);
        Ok::<GuestId, String>(id)
    });
    let id = id.ok_or("the run has ended")??;
    Host { name: name.to_owned(), id, body: Body::Wasm(Box::new(host.clone())) }.wasm(host)
}

impl Host {
    /// Whether it is written in Python.
    pub(super) fn is_python(&self) -> bool {
        matches!(self.body, Body::Python(_))
    }

    /// Offers it, if it is declared, before any host module starts.
    ///
    /// # Errors
    /// In words: its name is taken.
    pub(super) fn offer(&self) -> Result<(), String> {
        match &self.body {
            Body::Python(Some(declared)) => {
                let offered = run::with(|run| offer_python(run.hosts.registry_mut(), self.id, declared));
                offered.unwrap_or(Ok(())).map_err(|error| error.message)
            }
            Body::Python(None) | Body::Wasm(_) => Ok(()),
        }
    }

    /// Instantiates it, starts it, and offers its functions to the run under way.
    ///
    /// # Errors
    /// In words: why the browser would not have it, or why it does not start.
    pub(super) fn start(&self, python: &Result<JsValue, String>) -> Result<(), String> {
        match &self.body {
            Body::Python(interface) => {
                let python = python.as_ref().map_err(String::clone)?;
                self.instantiate(python, &[])?;
                let mut worker = Worker;
                start_python(&mut Cx::new(&mut worker), self.id, &self.name, interface.as_ref())
                    .map_err(|error| error.message)
            }
            Body::Wasm(host) => {
                let module = self.wasm(host)?;
                let added = run::with(|run| run.hosts.registry_mut().add(module));
                added.unwrap_or(Ok(())).map_err(|error| error.to_string())
            }
        }
    }

    fn wasm(&self, host: &WasmHost) -> Result<HostModule, String> {
        // Copied: a module is compiled from bytes of its own, not from memory that moves.
        let instance = self.instantiate(&Uint8Array::from(host.module.0.as_slice()), &host.imports)?;
        if host.initialize {
            instance
                .call_by(glue::host_export(self.id.0, "_initialize", "", ""), &mut [])
                .map_err(|error| error.message)?;
        }
        let kinds = |types: &[CoreType]| types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ");
        let exports = host
            .exports
            .iter()
            .map(|export| glue::host_export(self.id.0, &export.name, &kinds(&export.params), &kinds(&export.results)));
        let instance = Instance { exports: exports.collect(), ..instance };
        wasm_module(host, Arc::new(instance)).map_err(|error| error.to_string())
    }

    /// A fresh instance, which has its turn while its start function runs.
    fn instantiate(&self, module: &JsValue, imports: &[TypedImport]) -> Result<Instance, String> {
        let first = run::with(|run| {
            run.typed.extend(imports.iter().cloned().map(Rc::new));
            run.typed.len() - imports.len()
        });
        let typed = typed(imports, first.unwrap_or_default());
        let made = Worker::in_turn(self.id, || {
            // Its start function runs below the program's guest, and cannot be suspended.
            Worker::nested(|| glue::guest_add(self.id.0, module, &typed))
        });
        let imports = made.map_err(|error| error.message)?.map_err(|error| words(&error))?;
        Ok(Instance { id: self.id, exports: Vec::new(), imports })
    }
}

/// Imports as `glue.js` takes them, each as module, name, its types, and the number that [`run::typed`] knows it by; the
/// first has this number.
pub(super) fn typed(imports: &[TypedImport], first: usize) -> Array {
    let one = |(at, import): (usize, &TypedImport)| {
        let params: Vec<&str> = import.params.iter().map(|kind| kind.name()).collect();
        let result = import.result.map_or("", CoreType::name);
        let texts = [import.module.as_str(), import.function.as_str(), &params.join(" "), result];
        let array: Array = texts.into_iter().map(JsValue::from).collect();
        #[expect(clippy::cast_precision_loss, reason = "modules have fewer imports than a float counts")]
        let number = (first + at) as f64;
        array.push(&number.into());
        array
    };
    imports.iter().enumerate().map(one).collect()
}

/// An instance of a wasm host module.
#[derive(Debug)]
struct Instance {
    id: GuestId,
    /// What `glue.js` knows its exports by.
    exports: Vec<u32>,
    /// Whether it imports anything, so that it has to have its turn while it runs.
    imports: bool,
}

impl Instance {
    fn call_by(&self, number: u32, core: &mut [u64]) -> Result<(), HostError> {
        let why = match self.imports {
            true => Worker::in_turn(self.id, || Worker::nested(|| glue::host_call(number, core.as_mut_ptr())))?,
            false => glue::host_call(number, core.as_mut_ptr()),
        };
        match why {
            None => Ok(()),
            // Why it was stopped was written down before.
            Some(why) if why == "stop" => Err(Worker::why_stopped(self.id)),
            Some(why) => Err(HostError::host(format!("the host function trapped: {}", trap::words(&why)))),
        }
    }
}

impl WasmInstance for Instance {
    fn call(&self, _: &mut Cx<'_>, export: u32, core: &mut [u64]) -> Result<(), HostError> {
        let missing = || HostError::host(format!("the host module has no export {export}"));
        self.call_by(*self.exports.get(export as usize).ok_or_else(missing)?, core)
    }

    fn memory(&self, act: &mut dyn FnMut(&mut dyn abi::GuestMemory)) -> Result<(), HostError> {
        Worker::in_turn(self.id, || act(&mut GuestMemory))
    }
}
