//! What a core module imports and exports. This file never knows what becomes of it.

use wasmparser::types::TypesRef;
use wasmparser::{BinaryReaderError, ExternalKind, KnownCustom, Parser, Payload, TypeRef, ValType, Validator};

use crate::module::names::Names;
use crate::types::CoreType;

/// A validated core module, from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Module {
    /// What it wants, in order.
    pub imports: Vec<Import>,
    /// The functions it offers, in order.
    pub exports: Vec<Export>,
}

/// Something a module wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module it wants it from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// The type of a function, or what else it is.
    pub ty: Result<ImportType, String>,
}

/// The type of a function that a module wants: each type, or the name of one that no host function has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportType {
    /// Its parameters.
    pub params: Vec<Result<CoreType, String>>,
    /// Its results.
    pub results: Vec<Result<CoreType, String>>,
}

/// A function a module offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Each parameter's type, or the name of one that no host function has.
    pub params: Vec<Result<CoreType, String>>,
    /// The same for its results.
    pub results: Vec<Result<CoreType, String>>,
    /// The parameters' names where the module says them.
    pub param_names: Vec<Option<String>>,
}

/// Why bytes are no module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Something else altogether.
    #[error("not WebAssembly: it does not start with \\0asm")]
    NotWasm,
    /// A component.
    #[error("a WebAssembly component; what runs here is a core module")]
    Component,
    /// A broken or wrongly typed module.
    #[error("{message} (at byte {offset:#x})")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where, in bytes.
        offset: usize,
        /// The number of the function with a body that it is in, from 0.
        function: Option<usize>,
    },
}

/// Looks at the first bytes of a file alone.
///
/// # Errors
/// [`ReadError::NotWasm`] and [`ReadError::Component`].
pub fn header(bytes: &[u8]) -> Result<(), ReadError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(ReadError::NotWasm);
    }
    // The second half of the version is the layer: 1 is the component model's.
    match bytes.get(6..8) {
        Some([1, 0]) => Err(ReadError::Component),
        _ => Ok(()),
    }
}

/// Validates a module and tells what it imports and exports.
///
/// # Errors
/// See [`ReadError`].
pub fn read(bytes: &[u8]) -> Result<Module, ReadError> {
    header(bytes)?;
    let types = Validator::new().validate_all(bytes).map_err(|error| invalid(bytes, &error))?;
    collect(bytes, types.as_ref())
}

/// Tells what a module imports. What follows its imports is not looked at, so that this takes no time.
///
/// # Errors
/// See [`ReadError`].
pub fn imports(bytes: &[u8]) -> Result<Vec<Import>, ReadError> {
    header(bytes)?;
    let invalid = |error: BinaryReaderError| invalid(bytes, &error);
    let mut validator = Validator::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        validator.payload(&payload).map_err(invalid)?;
        match payload {
            Payload::ImportSection(section) => {
                let Some(types) = validator.types(0) else { break };
                let read = |import: Result<_, _>| import.map(|import| read_import(types, import)).map_err(invalid);
                return section.into_imports().map(read).collect();
            }
            Payload::FunctionSection(_) | Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(Vec::new())
}

/// Tells what a module imports and exports that was validated already.
pub(super) fn collect(bytes: &[u8], types: TypesRef<'_>) -> Result<Module, ReadError> {
    let invalid = |error| invalid(bytes, &error);
    let mut module = Module::default();
    let mut indexes = Vec::new();
    let mut names = Names::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    module.imports.push(read_import(types, import.map_err(invalid)?));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    if !matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        continue;
                    }
                    let id = types.core_function_at(export.index);
                    let Some(ty) = types.get(id).map(wasmparser::SubType::unwrap_func) else {
                        continue;
                    };
                    indexes.push(export.index);
                    module.exports.push(Export {
                        name: export.name.to_owned(),
                        params: ty.params().iter().map(core_type).collect(),
                        results: ty.results().iter().map(core_type).collect(),
                        param_names: Vec::new(),
                    });
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    names = Names::read(section);
                }
            }
            _ => {}
        }
    }
    for (export, index) in module.exports.iter_mut().zip(indexes) {
        export.param_names = names.params(index, export.params.len());
    }
    Ok(module)
}

fn read_import(types: TypesRef<'_>, import: wasmparser::Import<'_>) -> Import {
    let ty = import_type(types, import.ty);
    Import { module: import.module.to_owned(), name: import.name.to_owned(), ty }
}

fn import_type(types: TypesRef<'_>, ty: TypeRef) -> Result<ImportType, String> {
    let index = match ty {
        TypeRef::Func(index) | TypeRef::FuncExact(index) => index,
        TypeRef::Memory(_) => return Err("a memory".to_owned()),
        TypeRef::Table(_) => return Err("a table".to_owned()),
        TypeRef::Global(_) => return Err("a global".to_owned()),
        TypeRef::Tag(_) => return Err("a tag".to_owned()),
    };
    let ty = types.get(types.core_type_at_in_module(index)).map(wasmparser::SubType::unwrap_func);
    Ok(ty.map_or_else(ImportType::default, |ty| ImportType {
        params: ty.params().iter().map(core_type).collect(),
        results: ty.results().iter().map(core_type).collect(),
    }))
}

/// The type, or its name where no host function takes it.
fn core_type(ty: &ValType) -> Result<CoreType, String> {
    match ty {
        ValType::I32 => Ok(CoreType::I32),
        ValType::I64 => Ok(CoreType::I64),
        ValType::F32 => Ok(CoreType::F32),
        ValType::F64 => Ok(CoreType::F64),
        other => Err(other.to_string()),
    }
}

/// The error that the parser or the validator found.
pub(super) fn invalid(bytes: &[u8], error: &BinaryReaderError) -> ReadError {
    ReadError::Invalid {
        message: error.message().to_owned(),
        offset: error.offset(),
        function: function_at(bytes, error.offset()),
    }
}

/// Which function with a body the byte is in.
fn function_at(bytes: &[u8], offset: usize) -> Option<usize> {
    Parser::new(0)
        .parse_all(bytes)
        .map_while(Result::ok)
        .filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body.range()),
            _ => None,
        })
        .position(|range| range.contains(&offset))
}
