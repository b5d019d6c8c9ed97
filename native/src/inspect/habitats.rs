//! Owns the judgement where a module runs, and what it lacks where it does not.
//! It must never start a habitat to find out.

use crate::habitat::Name;
use amphi_core::abi::{self, AbiCall};
use amphi_core::module::{Entity, Feature, FuncType, Inspection, LinkedImport, Role};
use amphi_core::names::is_python_name;
use amphi_core::{CoreType, se2_import};
use amphi_wasi::{Call, MODULE};

/// Whether a habitat can run a module.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Judgement {
    /// As `--habitat` knows it.
    pub(super) habitat: &'static str,
    /// Whether nothing is missing.
    pub(super) runs: bool,
    /// What keeps it from running, each in a few words.
    pub(super) missing: Vec<String>,
}

/// Every habitat, in the usual order.
pub(super) fn judge(module: &Inspection) -> Vec<Judgement> {
    let everywhere = missing(module);
    let habitats = Name::ALL.iter().map(|name| {
        let mut missing = everywhere.clone();
        let lacking = module.features.iter().filter(|feature| !has(*name, **feature));
        missing.extend(lacking.map(|feature| format!("the engine's feature {}", feature.name())));
        if is_native(*name) && module.memories.iter().any(|memory| memory.shared) {
            missing.push("threads: a shared memory".to_owned());
        }
        Judgement { habitat: name.as_str(), runs: missing.is_empty(), missing }
    });
    habitats.collect()
}

/// The modules of unknown imports that a host module of that name could offer.
pub(super) fn could_be_hosts(module: &Inspection) -> Vec<&str> {
    let unknown = module.imports.iter().filter(|import| declared(import).is_none());
    let mut names: Vec<&str> = Vec::new();
    for import in unknown.filter(|import| import.entity.func().is_some() && is_python_name(&import.module)) {
        if !names.contains(&import.module.as_str()) {
            names.push(&import.module);
        }
    }
    names
}

/// What the module lacks wherever it is to run.
fn missing(module: &Inspection) -> Vec<String> {
    let mut missing = Vec::new();
    let mut calls = false;
    for import in &module.imports {
        let shown = format!("{}::{}", import.module, import.name);
        match declared(import) {
            None => missing.push(format!("unknown import {shown}")),
            Some((params, results)) => {
                calls = true;
                if !matches!(&import.entity, Entity::Func(ty) if ty.is(&params, &results)) {
                    missing.push(format!("{shown} is imported with another type than it has"));
                }
            }
        }
    }
    if calls && !matches!(module.export("memory"), Some(Entity::Memory(_))) {
        missing.push("no memory exported as \"memory\", in which calls find their arguments".to_owned());
    }
    let start = |ty: &FuncType| format!("_start is a function {ty}; it must take and give nothing");
    match (module.role, module.export("_start")) {
        (Role::Command, _) => {}
        (_, Some(Entity::Func(ty))) => missing.push(start(ty)),
        (_, Some(_)) => missing.push("_start is no function".to_owned()),
        (Role::Reactor, None) => missing.push("no _start: with _initialize alone it is a library".to_owned()),
        (Role::Library, None) => missing.push("no _start and no _initialize".to_owned()),
    }
    missing
}

/// The core types of an import that every habitat offers.
fn declared(import: &LinkedImport) -> Option<(Vec<CoreType>, Vec<CoreType>)> {
    let result = |has: bool| if has { vec![CoreType::I32] } else { Vec::new() };
    if import.module == MODULE {
        let call = Call::from_name(&import.name)?;
        let core = |core| match core {
            amphi_wasi::CoreType::I32 => CoreType::I32,
            amphi_wasi::CoreType::I64 => CoreType::I64,
        };
        return Some((call.core_params().map(core).collect(), result(call.has_result())));
    }
    let call = AbiCall::ALL.iter().find(|call| import.module == abi::MODULE && import.name == call.name());
    match call {
        Some(call) => Some((vec![CoreType::I32; call.params().len()], result(true))),
        None => se2_import(&import.module, &import.name),
    }
}

fn is_native(name: Name) -> bool {
    matches!(name, Name::Wasmtime | Name::Shim)
}

/// Whether a habitat's engine has a feature, as it is set up here.
///
/// A test holds what stands here of wasmtime to wasmtime. What stands here of browsers is what `WebAssembly.validate`
/// said in Chromium 156, Firefox 153 and WebKitGTK 2.50; older ones may have less.
fn has(name: Name, feature: Feature) -> bool {
    match feature {
        Feature::CustomDescriptors
        | Feature::CompactImports
        | Feature::SharedEverythingThreads
        | Feature::StackSwitching
        | Feature::MemoryControl
        | Feature::WideArithmetic
        | Feature::CustomPageSizes => false,
        Feature::LegacyExceptions => !is_native(name),
        Feature::MultiMemory | Feature::Memory64 | Feature::RelaxedSimd => name != Name::Webkit,
        Feature::Gc
        | Feature::FunctionReferences
        | Feature::Exceptions
        | Feature::Threads
        | Feature::TailCall
        | Feature::ExtendedConst
        | Feature::Simd
        | Feature::ReferenceTypes
        | Feature::CallIndirectOverlong
        | Feature::BulkMemory
        | Feature::BulkMemoryOpt
        | Feature::MultiValue
        | Feature::NontrappingFloatToInt
        | Feature::SignExtension
        | Feature::MutableGlobals => true,
    }
}
