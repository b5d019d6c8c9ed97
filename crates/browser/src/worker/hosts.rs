//! Host modules written in WebAssembly, run by the browser's own engine, each in an instance of its own.
//!
//! It must never know who calls them, nor guest memory.

use amphi_core::{
    CoreType, Cx, HostError, HostExport, HostFunction, HostModule, Interface, MAX_FLAT_PARAMS, PreparedBody,
    PreparedHost, Registry, Scalar, Signature, Type, Value, trap,
};

use super::glue;
use crate::words;

/// Instantiates the host modules of a program.
///
/// # Errors
/// In words: which module the browser would not have, and why.
pub(super) fn registry(hosts: Vec<PreparedHost>) -> Result<Registry, String> {
    glue::hosts_drop();
    let mut registry = Registry::new();
    for PreparedHost { name, body } in hosts {
        let module = match body {
            PreparedBody::Wasm { interface, module, exports, initialize } => {
                wasm(&name, interface, &module, &exports, initialize)?
            }
            PreparedBody::Registered { .. } => {
                return Err(format!(
                    "The host module {name} is written in Rust and registered natively; a browser has none. Give it a `wat` or `wasm` body to run here."
                ));
            }
        };
        registry.add(module).map_err(|error| error.to_string())?;
    }
    Ok(registry)
}

fn wasm(
    name: &str,
    interface: Interface,
    module: &[u8],
    exports: &[HostExport],
    initialize: bool,
) -> Result<HostModule, String> {
    let instance = glue::host_instantiate(module, initialize)
        .map_err(|error| format!("The host module {name} cannot run: {}.", words(&error)))?;
    let functions = interface.functions.clone();
    let mut builder = HostModule::implement(interface);
    for (function, export) in functions.iter().zip(exports) {
        let kinds = |types: &[CoreType]| types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ");
        let number = glue::host_export(&instance, &export.name, &kinds(&export.params), &kinds(&export.results));
        let signature = function.signature.clone();
        builder =
            builder.boxed(&function.path(), Box::new(Export { signature, number, results: export.results.len() }));
    }
    builder.build().map_err(|error| error.to_string())
}

/// One function of a host module.
#[derive(Debug)]
struct Export {
    signature: Signature,
    /// What `glue.js` knows it by.
    number: u32,
    results: usize,
}

impl Export {
    /// Calls it with core values, which its results replace; there is room for both.
    fn run(&self, core: &mut [u64]) -> Result<(), HostError> {
        match glue::host_call(self.number, core.as_mut_ptr()) {
            None => Ok(()),
            Some(why) => Err(HostError::host(format!("the host function trapped: {}", trap::words(&why)))),
        }
    }

    fn params(&self) -> impl Iterator<Item = Scalar> + use<'_> {
        // A function of a core module has scalars only; that was checked when the program was prepared.
        self.signature.params.iter().filter_map(|param| param.ty.scalar())
    }
}

impl HostFunction for Export {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, _: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let core =
            self.params().zip(&args).map(|(scalar, value)| scalar.slot(value).map(|slot| scalar.core_from_slot(slot)));
        let core: Option<Vec<u64>> = core.collect();
        let mut core = core.ok_or_else(|| HostError::type_error("an argument does not fit its parameter"))?;
        core.resize(core.len().max(self.results), 0);
        self.run(&mut core)?;
        let value = |ty: &Type, core: &u64| {
            ty.scalar().map_or(Value::None, |scalar| scalar.value(scalar.slot_from_core(*core)))
        };
        Ok(match &self.signature.result {
            None => Value::None,
            Some(Type::Tuple(types)) => {
                Value::Tuple(types.iter().zip(&core).map(|(ty, core)| value(ty, core)).collect())
            }
            Some(ty) => core.first().map_or(Value::None, |core| value(ty, core)),
        })
    }

    fn call_flat(&self, _: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let mut core = [0; MAX_FLAT_PARAMS];
        for (core, (scalar, slot)) in core.iter_mut().zip(self.params().zip(slots.iter())) {
            *core = scalar.core_from_slot(*slot);
        }
        let done = self.run(&mut core);
        let result = self.signature.result.as_ref().and_then(Type::scalar);
        if let (Some(scalar), Some(slot)) = (result, slots.first_mut()) {
            *slot = scalar.slot_from_core(core[0]);
        }
        Some(done)
    }

    fn needs_cx(&self) -> bool {
        false
    }
}
