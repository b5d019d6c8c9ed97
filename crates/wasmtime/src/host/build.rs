//! Owns a program's host modules: compiled once, instantiated for every run.

use super::module::Instance;
use crate::cache::{Cache, Notice};
use crate::control::Control;
use crate::engine::Checks;
use crate::{Engine, Error, Wasm};
use amphi_core::{HostExport, HostModule, Interface, PreparedBody, PreparedHost, Registry};
use std::sync::Arc;
use wasmtime::Module;

/// The host modules of a program, in its order, which is that of their functions' numbers.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<Host>);

#[derive(Debug)]
struct Host {
    name: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Wasm { interface: Interface, module: Module, exports: Vec<HostExport>, initialize: bool },
    Registered,
}

impl Hosts {
    /// Compiles what has to be compiled.
    pub(crate) fn compile(
        engine: &Engine,
        cache: &Cache,
        hosts: &[PreparedHost],
        tell: &mut dyn FnMut(Notice),
    ) -> Result<Self, Error> {
        let compiled = hosts.iter().map(|host| {
            let body = match &host.body {
                PreparedBody::Registered { .. } => Body::Registered,
                PreparedBody::Wasm { interface, module, exports, initialize } => {
                    let wasm = Wasm::from_bytes(&format!("the host module {}", host.name), module.0.as_slice());
                    Body::Wasm {
                        interface: interface.clone(),
                        module: cache.module(engine, &wasm, tell)?,
                        exports: exports.clone(),
                        initialize: *initialize,
                    }
                }
            };
            Ok(Host { name: host.name.clone(), body })
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// The host functions of one run; `registered` are the modules written in Rust, by their interfaces' names.
    pub(crate) fn registry(
        &self,
        engine: &Engine,
        control: &Arc<Control>,
        memory: u64,
        registered: Vec<Arc<HostModule>>,
    ) -> Result<Registry, Error> {
        let mut registry = Registry::new();
        let mut registered = registered;
        for Host { name, body } in &self.0 {
            let failed = |reason: String| Error::Host { name: name.clone(), reason };
            let module = match body {
                Body::Registered => {
                    let at = registered.iter().position(|module| module.interface().name == *name);
                    registered.remove(at.ok_or_else(|| failed("nobody registered it".to_owned()))?)
                }
                Body::Wasm { interface, module, exports, initialize } => {
                    let instance =
                        Instance::new(engine.wasmtime(Checks::Compiled)?, module, control, memory).map_err(failed)?;
                    if *initialize {
                        instance.call("_initialize").map_err(failed)?;
                    }
                    let mut builder = HostModule::implement(interface.clone());
                    for (function, export) in interface.functions.iter().zip(exports) {
                        let body = instance.function(&export.name, &function.signature).map_err(failed)?;
                        builder = builder.boxed(&function.path(), Box::new(body));
                    }
                    Arc::new(builder.build().map_err(|error| failed(error.to_string()))?)
                }
            };
            registry.add(module).map_err(|error| failed(error.to_string()))?;
        }
        // What the program did not declare but the caller registered is offered too.
        for module in registered {
            let name = module.interface().name.clone();
            registry.add(module).map_err(|error| Error::Host { name, reason: error.to_string() })?;
        }
        Ok(registry)
    }

    /// The wasm host modules' interfaces, each with the number of its first function.
    pub(crate) fn interfaces(&self) -> impl Iterator<Item = (u32, &Interface)> {
        let mut next = 0_u32;
        self.0.iter().map_while(move |host| match &host.body {
            Body::Wasm { interface, .. } => {
                let first = next;
                next = next.saturating_add(u32::try_from(interface.functions.len()).unwrap_or(u32::MAX));
                Some((first, interface))
            }
            // Functions behind it have numbers that are only known once a run registers it.
            Body::Registered => None,
        })
    }
}
