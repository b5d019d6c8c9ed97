//! Owns a program's host modules: compiled once, for every run.

use crate::cache::{Cache, Notice};
use crate::{Engine, Error, Wasm};
use amphi_core::{HostModule, Interface, PreparedBody, PreparedHost, Program, Registry, Source, WasmHost, se2_module};
use std::sync::Arc;
use wasmtime::Module;

/// The host modules of a program, in its order.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<Host>);

#[derive(Debug)]
struct Host {
    name: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Wasm(Box<WasmHost>, Module),
    Guest {
        program: Box<Program>,
        interface: Option<Interface>,
    },
    JavaScript {
        source: Source,
        interface: Option<Interface>,
    },
    Se2(Interface),
    /// `missing` is said where nobody registered it.
    Registered {
        interface: Option<Interface>,
        missing: &'static str,
    },
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
                PreparedBody::Registered { interface } => {
                    Body::Registered { interface: interface.clone(), missing: "nobody registered it" }
                }
                PreparedBody::Se2 { interface } => Body::Se2(interface.clone()),
                // Whoever has an interpreter registers what its file makes.
                PreparedBody::NativePython { interface, .. } => Body::Registered {
                    interface: interface.clone(),
                    missing: "it runs in the machine's own Python (native-python), which is not at hand here",
                },
                PreparedBody::Python { guest, interface } => {
                    Body::Guest { program: guest.clone(), interface: interface.clone() }
                }
                PreparedBody::JavaScript { source, interface } => {
                    Body::JavaScript { source: source.clone(), interface: interface.clone() }
                }
                PreparedBody::Wasm(wasm) => {
                    let bytes = Wasm::from_bytes(&format!("the host module {}", host.name), wasm.module.0.as_slice());
                    let module = cache.module(engine, &bytes, tell)?;
                    Body::Wasm(wasm.clone(), module)
                }
            };
            Ok(Host { name: host.name.clone(), body })
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// The host modules that are wasm.
    pub(crate) fn wasm(&self) -> impl Iterator<Item = (&str, &WasmHost, &Module)> {
        self.0.iter().filter_map(|host| match &host.body {
            Body::Wasm(wasm, module) => Some((host.name.as_str(), &**wasm, module)),
            Body::Guest { .. } | Body::JavaScript { .. } | Body::Se2(_) | Body::Registered { .. } => None,
        })
    }

    /// The host modules that are JavaScript: name, file, what is declared.
    pub(crate) fn javascript(&self) -> impl Iterator<Item = (&str, &Source, Option<&Interface>)> {
        self.0.iter().filter_map(|host| match &host.body {
            Body::JavaScript { source, interface } => Some((host.name.as_str(), source, interface.as_ref())),
            Body::Wasm(..) | Body::Guest { .. } | Body::Se2(_) | Body::Registered { .. } => None,
        })
    }

    /// The host modules that run in a guest of their own: name, what that guest runs, what is declared.
    pub(crate) fn guests(&self) -> impl Iterator<Item = (&str, &Program, Option<&Interface>)> {
        self.0.iter().filter_map(|host| match &host.body {
            Body::Guest { program, interface } => Some((host.name.as_str(), &**program, interface.as_ref())),
            Body::Wasm(..) | Body::JavaScript { .. } | Body::Se2(_) | Body::Registered { .. } => None,
        })
    }

    /// Whether a run's host modules remember anything that the run itself does not.
    pub(crate) fn have_state(&self) -> bool {
        self.0.iter().any(|host| matches!(host.body, Body::Wasm(..) | Body::JavaScript { .. } | Body::Guest { .. }))
    }

    /// The host functions of one run but those of guests; `modules` are the modules that are there beforehand: made of
    /// wasm, in JavaScript, or written in Rust.
    pub(crate) fn registry(&self, mut modules: Vec<Arc<HostModule>>) -> Result<Registry, Error> {
        let mut registry = Registry::new();
        for Host { name, body } in &self.0 {
            if matches!(body, Body::Guest { .. }) {
                continue;
            }
            let failed = |reason: String| Error::Host { name: name.clone(), reason };
            let missing = match body {
                Body::Registered { missing, .. } => missing,
                Body::Se2(_) => {
                    let module = se2_module().map_err(|error| failed(error.to_string()))?;
                    registry.add(module).map_err(|error| failed(error.to_string()))?;
                    continue;
                }
                Body::Wasm(..) | Body::JavaScript { .. } | Body::Guest { .. } => "nobody made it",
            };
            let at = modules.iter().position(|module| module.interface().name == *name);
            let module = modules.remove(at.ok_or_else(|| failed(missing.to_owned()))?);
            registry.add(module).map_err(|error| failed(error.to_string()))?;
        }
        // What the program did not declare but the caller registered is offered too.
        for module in modules {
            let name = module.interface().name.clone();
            registry.add(module).map_err(|error| Error::Host { name, reason: error.to_string() })?;
        }
        Ok(registry)
    }

    /// The host modules by name, with their interfaces as far as they are known before a run.
    pub(crate) fn interfaces(&self) -> impl Iterator<Item = (&str, Option<&Interface>)> {
        self.0.iter().map(|host| {
            let interface = match &host.body {
                Body::Wasm(wasm, _) => Some(&wasm.interface),
                Body::Se2(interface) => Some(interface),
                Body::Guest { interface, .. }
                | Body::JavaScript { interface, .. }
                | Body::Registered { interface, .. } => interface.as_ref(),
            };
            (host.name.as_str(), interface)
        })
    }
}
