//! WebAssembly as a host module's body: text to bytes, and what a module exports. This file never knows how a module
//! is run.

mod interface;
mod read;

pub use interface::{exports_for, infer};
pub use read::{Export, Import, Module, ReadError, header, read};

use wast::Wat;
use wast::core::{FuncKind, ModuleField, ModuleKind};
use wast::parser::{ParseBuffer, parse};

use crate::source::{Source, SourceError};

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
    let place = |error: wast::Error| source.error(error.span().offset(), error.message());
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
        Wat::Component(component) => {
            let message = "a component; a host module is a core module, (module …)";
            return Err(source.error(component.span.offset(), message));
        }
    };
    let bytes = text.encode().map_err(place)?;
    Ok(Compiled { bytes, functions })
}

#[cfg(test)]
mod tests;
