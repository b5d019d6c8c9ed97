//! WebAssembly modules: text to bytes, what a module exports to be a host module's body, and all that can be told of
//! one. This file never knows how a module is run.

mod host;
mod inspect;
mod interface;
mod names;
mod read;

#[cfg(feature = "wit")]
pub(crate) use host::{program_imports, wasm_host};
pub use inspect::{
    Custom, Entity, Feature, FuncType, GlobalType, HostFit, Inspection, LinkedExport, LinkedImport, MemoryType,
    Parameter, Producers, PythonExports, Role, Segments, StartFunction, TableType, Tool, inspect,
};
pub use interface::infer;
pub use read::{Export, Import, ImportType, Module, ReadError, header, imports, read};

use wast::Wat;
use wast::core::{FuncKind, ModuleField, ModuleKind};
use wast::parser::{ParseBuffer, parse};

use crate::source::{Source, SourceError};

/// What is said of a component's text.
const COMPONENT: &str = "a component; what runs here is a core module, (module …)";

/// A module made of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The module; not validated.
    pub bytes: Vec<u8>,
    /// Where in the text each function with a body starts, in order.
    pub functions: Vec<usize>,
}

/// Compiles WebAssembly text.
///
/// # Errors
/// The first mistake, with its place. Types are checked by [`read`].
pub fn compile(source: &Source) -> Result<Compiled, SourceError> {
    let place = |error: wast::Error| {
        // The parser, which is built without components, says that in words of its own.
        let component = error.message().contains("support for parsing components");
        source.error(error.span().offset(), if component { COMPONENT.to_owned() } else { error.message() })
    };
    let buffer = ParseBuffer::new(&source.text).map_err(place)?;
    let mut text = parse::<Wat<'_>>(&buffer).map_err(place)?;
    let functions = match &text {
        Wat::Module(module) => match &module.kind {
            ModuleKind::Text(fields) => fields
                .iter()
                .filter_map(|field| match field {
                    ModuleField::Func(function) if matches!(function.kind, FuncKind::Inline { .. }) => {
                        Some(function.span.offset())
                    }
                    _ => None,
                })
                .collect(),
            ModuleKind::Binary(_) => Vec::new(),
        },
        Wat::Component(component) => return Err(source.error(component.span.offset(), COMPONENT)),
    };
    let bytes = text.encode().map_err(place)?;
    Ok(Compiled { bytes, functions })
}

/// A module's mistake at its place in the text that it was made of; `functions` is where [`Compiled`] says each starts.
///
/// Text knows where its functions are, though not where in them each instruction is.
#[must_use]
pub fn place(source: &Source, functions: &[usize], error: &ReadError) -> Option<SourceError> {
    let ReadError::Invalid { message, function, .. } = error else { return None };
    let at = function.and_then(|function| functions.get(function).copied());
    let inside = if at.is_some() { " in this function" } else { "" };
    Some(source.error(at.unwrap_or(0), format!("{message}{inside}")))
}

#[cfg(test)]
mod tests;
