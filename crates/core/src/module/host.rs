//! What a module needs to be a host module: an export behind each function, those that are called beside it, and nothing
//! imported that nobody offers. This file never knows how it is run.

use crate::abi::{TypedImport, TypedOffer};
use crate::bytes::Bytes;
use crate::module::interface::core_signature;
use crate::module::{Export, Import, Module};
use crate::names::closest;
use crate::prepared::{Allocator, HostExport, PreparedHost, WasmHost};
use crate::program::Program;
use crate::types::{CoreType, Function, Interface, MAX_FLAT_PARAMS, Type, core_text};

/// The import module of WASI.
const WASI: &str = "wasi_snapshot_preview1";

/// A module of these bytes as the host module of an interface. `others` are the names of host modules whose functions it
/// may import; `guest` is the world of its own calls of WASI.
///
/// # Errors
/// A function has no export, its export has another signature, its declaration needs what a module cannot carry, or it
/// imports what nobody offers; the words are for the user.
pub(crate) fn wasm_host(
    interface: Interface,
    bytes: Vec<u8>,
    module: &Module,
    others: &[&str],
    guest: Program,
) -> Result<WasmHost, String> {
    let imports = typed_imports(module, others)?;
    let functions = &interface.functions;
    let mut exports: Vec<HostExport> =
        functions.iter().map(|function| export_for(function, module)).collect::<Result<_, _>>()?;
    let mut beside = |name: &str, params: &[CoreType], results: &[CoreType]| {
        let export = module.exports.iter().find(|export| export.name == name)?;
        let export = core_signature(export).ok().filter(|found| found.params == params && found.results == results)?;
        exports.push(export);
        u32::try_from(exports.len() - 1).ok()
    };
    let places = functions.iter().any(|function| function.signature.params.iter().any(|param| param.ty.is_place()));
    let allocator = if places { Some(allocator(&mut beside)?) } else { None };
    let posts = functions.iter().map(|function| {
        let placed = function.signature.result.as_ref().is_some_and(Type::is_place);
        let export = named(function, module).filter(|_| placed)?;
        beside(&format!("cabi_post_{}", export.name), &[CoreType::I32], &[])
    });
    let posts = posts.collect();
    let initialize = module.exports.iter().any(|export| export.name == "_initialize");
    let wasi = module.imports.iter().any(|import| import.module == WASI);
    let guest = Box::new(guest);
    Ok(WasmHost { interface, module: Bytes(bytes), exports, posts, allocator, initialize, wasi, imports, guest })
}

fn allocator(beside: &mut impl FnMut(&str, &[CoreType], &[CoreType]) -> Option<u32>) -> Result<Allocator, String> {
    use CoreType::I32;
    if let Some(realloc) = beside("cabi_realloc", &[I32; 4], &[I32]) {
        return Ok(Allocator::Canonical { realloc });
    }
    if let Some(malloc) = beside("malloc", &[I32], &[I32]) {
        return Ok(Allocator::C { malloc, free: beside("free", &[I32], &[]) });
    }
    Err("a text or bytes needs room in its memory, but it exports neither cabi_realloc (param i32 i32 i32 i32) (result i32) \
         nor malloc (param i32) (result i32)"
        .to_owned())
}

/// The functions that a module imports from other host modules.
pub(crate) fn typed_imports(module: &Module, others: &[&str]) -> Result<Vec<TypedImport>, String> {
    let (offered, unknown): (Vec<&Import>, Vec<&Import>) = module
        .imports
        .iter()
        .filter(|import| import.module != WASI)
        .partition(|import| others.contains(&import.module.as_str()));
    if !unknown.is_empty() {
        let named = unknown.iter().take(SHOWN).map(|import| format!("{}::{}", import.module, import.name));
        let more = match unknown.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = named.collect::<Vec<_>>().join(", ");
        return Err(format!(
            "it imports {named}{more}, but a host module is offered {WASI} and the program's other host modules"
        ));
    }
    offered.into_iter().map(typed_import).collect()
}

/// The functions of host modules that a program's own guest imports. What nobody offers is left out: the habitat tells of
/// it, which knows what else it offers.
///
/// # Errors
/// One is imported with another type than it is offered with, or with one that no host function has.
pub(crate) fn program_imports(imports: &[Import], hosts: &[PreparedHost]) -> Result<Vec<TypedImport>, String> {
    let mut typed = Vec::new();
    for import in imports {
        let Some(host) = hosts.iter().find(|host| host.name == import.module) else { continue };
        let wanted = typed_import(import)?;
        match host.body.interface().map(|interface| wanted.offer(interface)) {
            // Known only once the host module runs: the import is taken at its word.
            None | Some(TypedOffer::Fits) => typed.push(wanted),
            Some(TypedOffer::Missing) => {}
            Some(TypedOffer::Otherwise(offered)) => {
                let Import { module, name, .. } = import;
                let wanted = wanted.shown();
                return Err(format!("it imports {module}::{name} as {wanted}, but it is offered as {offered}"));
            }
        }
    }
    Ok(typed)
}

/// So many imports are named that nobody offers.
const SHOWN: usize = 4;

fn typed_import(import: &Import) -> Result<TypedImport, String> {
    let Import { module, name, ty } = import;
    let wrong = |what: String| format!("it imports {module}::{name} {what}, which no host function takes or gives");
    let ty = ty.as_ref().map_err(|what| format!("it imports {module}::{name} as {what}, which is no function"))?;
    let core = |types: &[Result<CoreType, String>]| {
        types.iter().map(|ty| ty.clone().map_err(|ty| wrong(format!("with a {ty}")))).collect::<Result<Vec<_>, _>>()
    };
    let (params, results) = (core(&ty.params)?, core(&ty.results)?);
    if params.len() > MAX_FLAT_PARAMS || results.len() > 1 {
        return Err(wrong(format!("as {}", core_text(&params, &results))));
    }
    let result = results.first().copied();
    Ok(TypedImport { module: module.clone(), function: name.clone(), params, result })
}

/// The export of a function: of the declared name, of Python's, or as the component model's tools name it,
/// `package:name/interface#function`.
fn named<'a>(function: &Function, module: &'a Module) -> Option<&'a Export> {
    let named = |name: &str| module.exports.iter().find(|export| export.name == name);
    let component = || {
        module.exports.iter().find(|export| {
            export.name.rsplit_once('#').is_some_and(|(_, name)| name == function.source_name)
                && !export.name.starts_with("cabi_")
        })
    };
    named(&function.source_name).or_else(|| named(&function.name)).or_else(component)
}

fn export_for(function: &Function, module: &Module) -> Result<HostExport, String> {
    let Some(export) = named(function, module) else {
        return Err(missing(function, module));
    };
    let (params, results) = function.core()?;
    let core = core_signature(export).map_err(|why| format!("export {}: {why}", export.name))?;
    if (&params, &results) == (&core.params, &core.results) {
        return Ok(core);
    }
    Err(format!(
        "{}: func{} needs an export {}, but it is {}",
        function.source_name,
        function.signature,
        core_text(&params, &results),
        core_text(&core.params, &core.results)
    ))
}

fn missing(function: &Function, module: &Module) -> String {
    let names = || module.exports.iter().map(|export| export.name.as_str());
    let offered = match closest(&function.source_name, names()) {
        Some(close) => format!("did you mean {close}?"),
        None if module.exports.is_empty() => "it exports no function".to_owned(),
        None => format!("it exports {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("{}: func{} is declared, but not exported; {offered}", function.source_name, function.signature)
}
