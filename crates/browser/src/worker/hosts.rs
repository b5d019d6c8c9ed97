//! Host modules written in WebAssembly, run by the browser's own engine, each in an instance of its own.
//!
//! It must never know who calls them, nor guest memory.

use amphi_core::{
    CoreType, HostError, HostExport, HostFunction, Interface, LocalModule, LocalRegistry, PreparedBody, PreparedHost,
    Scalar, Signature, Type, Value, trap,
};

use super::glue;
use crate::words;

/// Instantiates the host modules of a program.
///
/// # Errors
/// In words: which module the browser would not have, and why.
pub(super) fn registry(hosts: Vec<PreparedHost>) -> Result<LocalRegistry, String> {
    glue::hosts_drop();
    let mut registry = LocalRegistry::new();
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
) -> Result<LocalModule, String> {
    let instance = glue::host_instantiate(module, initialize)
        .map_err(|error| format!("The host module {name} cannot run: {}.", words(&error)))?;
    let functions = interface.functions.clone();
    let mut builder = LocalModule::implement(interface);
    for (function, export) in functions.iter().zip(exports) {
        let kinds = |types: &[CoreType]| types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ");
        let number = glue::host_export(&instance, &export.name, &kinds(&export.params), &kinds(&export.results));
        let signature = function.signature.clone();
        builder = builder.boxed(
            &function.name,
            Box::new(Export { signature, number, results: export.results.len(), slots: Vec::new() }),
        );
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
    /// Kept between calls: arguments as core values, replaced by the results.
    slots: Vec<u64>,
}

impl Export {
    /// Calls it with what `slots` holds; results are then in front.
    fn run(&mut self) -> Result<(), HostError> {
        self.slots.resize(self.slots.len().max(self.results), 0);
        match glue::host_call(self.number, self.slots.as_mut_ptr()) {
            None => Ok(()),
            Some(why) => Err(HostError::host(format!("the host function trapped: {}", trap::words(&why)))),
        }
    }

    fn params(&self) -> impl Iterator<Item = Scalar> + use<'_> {
        // A function of a core module has scalars only; that was checked when the program was prepared.
        self.signature.params.iter().filter_map(|param| scalar(&param.ty))
    }
}

impl HostFunction for Export {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&mut self, args: &[Value]) -> Result<Value, HostError> {
        let slots =
            self.params().zip(args).map(|(scalar, value)| scalar.slot(value).map(|slot| scalar.core_from_slot(slot)));
        let slots: Option<Vec<u64>> = slots.collect();
        self.slots = slots.ok_or_else(|| HostError::type_error("an argument does not fit its parameter"))?;
        self.run()?;
        let value =
            |ty: &Type, slot: &u64| scalar(ty).map_or(Value::None, |scalar| scalar.value(scalar.slot_from_core(*slot)));
        Ok(match &self.signature.result {
            None => Value::None,
            Some(Type::Tuple(types)) => {
                Value::Tuple(types.iter().zip(&self.slots).map(|(ty, slot)| value(ty, slot)).collect())
            }
            Some(ty) => self.slots.first().map_or(Value::None, |slot| value(ty, slot)),
        })
    }

    fn call_flat(&mut self, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let mut core = std::mem::take(&mut self.slots);
        core.clear();
        core.extend(self.params().zip(slots.iter()).map(|(scalar, slot)| scalar.core_from_slot(*slot)));
        self.slots = core;
        let done = self.run();
        let result = self.signature.result.as_ref().and_then(scalar);
        if let (Some(scalar), Some(core), Some(slot)) = (result, self.slots.first(), slots.first_mut()) {
            *slot = scalar.slot_from_core(*core);
        }
        Some(done)
    }
}

fn scalar(ty: &Type) -> Option<Scalar> {
    match ty {
        Type::Scalar(scalar) => Some(*scalar),
        _ => None,
    }
}
