//! All that can be told of a core module without running it. This file owns the shape, which crosses as JSON; it never
//! knows WASI, a habitat or how a module is shown.

mod custom;
mod entity;
mod feature;
mod fit;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use wasmparser::types::TypesRef;
use wasmparser::{BinaryReaderError, ElementItems, KnownCustom, Parser, Payload, TypeRef};

pub use custom::{Custom, Producers, Tool};
pub use entity::{Entity, FuncType, GlobalType, LinkedExport, LinkedImport, MemoryType, Parameter, TableType};
pub use feature::Feature;
pub use fit::{HostFit, PythonExports};

use crate::module::names::Names;
use crate::module::read::{self, ReadError};

/// What a core module is, needs and offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The size of the whole file.
    pub bytes: usize,
    /// How the module wants to be used.
    pub role: Role,
    /// What it calls itself in its name section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it wants, in order.
    pub imports: Vec<LinkedImport>,
    /// What it offers, in order.
    pub exports: Vec<LinkedExport>,
    /// How many functions it has with a body.
    pub functions: u32,
    /// The bytes of all bodies together.
    pub code_bytes: u64,
    /// Every memory, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Every table, imported ones first.
    pub tables: Vec<TableType>,
    /// How many globals there are, imported ones included.
    pub globals: u32,
    /// How many exception tags there are, imported ones included.
    pub tags: u32,
    /// The function that runs when the module is instantiated, before any export can be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartFunction>,
    /// What memory is filled with; `size` is in bytes.
    pub data: Segments,
    /// What tables are filled with; `size` is in items.
    pub elements: Segments,
    /// Sections that the engine passes over, in order.
    pub custom: Vec<Custom>,
    /// What made the module, by its own word.
    pub producers: Producers,
    /// What its compiler was told the engine can do, by its own word: `+simd128`.
    pub target_features: Vec<String>,
    /// What an engine must know beyond WebAssembly's first version, in [`Feature::ALL`]'s order. None can be left out.
    pub features: Vec<Feature>,
    /// Whether Python can import it as a host module.
    pub host_module: HostFit,
    /// Which of the exports it has by which the host calls into amphi's Python.
    pub python: PythonExports,
}

/// How a module wants to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A program: it exports `_start`, which runs it from its beginning to its end.
    Command,
    /// A library that is set up first: it exports `_initialize`, and other functions to be called then.
    Reactor,
    /// A library that is ready at once, or nothing that could be called.
    Library,
}

/// A function that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartFunction {
    /// Its number among all functions.
    pub index: u32,
    /// Its name, where the name section says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What memory or tables are filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Segments {
    /// How many segments there are.
    pub count: u32,
    /// How much is in all of them together.
    pub size: u64,
}

impl Inspection {
    /// The export of that name.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<&Entity> {
        self.exports.iter().find(|export| export.name == name).map(|export| &export.entity)
    }

    /// Whether it exports a function of that name that takes and gives nothing.
    #[must_use]
    pub fn exports_entry(&self, name: &str) -> bool {
        let nothing = |ty: &FuncType| ty.params.is_empty() && ty.results.is_empty();
        matches!(self.export(name), Some(Entity::Func(ty)) if nothing(ty))
    }
}

/// Validates a module and tells all about it.
///
/// The sentences of imports are filled in for the host-call ABI alone, which is this crate's.
///
/// # Errors
/// See [`ReadError`]. A module that needs a feature no engine is known to have is invalid too.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, ReadError> {
    read::header(bytes)?;
    let needed = feature::needed(bytes).map_err(|error| read::invalid(bytes, &error))?;
    let types = needed.types.as_ref();
    let mut found = Found { features: needed.features, ..Found::default() };
    for payload in Parser::new(0).parse_all(bytes) {
        let looked = payload.and_then(|payload| found.look(types, payload));
        looked.map_err(|error| read::invalid(bytes, &error))?;
    }
    let read = if needed.usual { read::collect(bytes, types) } else { read::read(bytes) };
    Ok(found.finish(bytes.len(), types, HostFit::of(read)))
}

/// What was seen so far.
#[derive(Default)]
struct Found {
    features: Vec<Feature>,
    names: Names,
    imports: Vec<LinkedImport>,
    /// For each import that is a function its place among imports: that is its number as a function.
    imported_functions: Vec<usize>,
    exports: Vec<(LinkedExport, u32)>,
    functions: u32,
    code_bytes: u64,
    start: Option<u32>,
    data: Segments,
    elements: Segments,
    custom: Vec<Custom>,
    producers: Producers,
    target_features: Vec<String>,
}

impl Found {
    fn look(&mut self, types: TypesRef<'_>, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                        self.imported_functions.push(self.imports.len());
                    }
                    let entity = types.entity_type_from_import(&import);
                    self.imports.extend(entity.map(|ty| LinkedImport::new(&import, Entity::new(types, ty))));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let entity = types.entity_type_from_export(&export).map(|ty| Entity::new(types, ty));
                    let name = export.name.to_owned();
                    self.exports.extend(entity.map(|entity| (LinkedExport { name, entity }, export.index)));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => {
                self.functions += 1;
                self.code_bytes += body.range().len() as u64;
            }
            Payload::DataSection(section) => {
                self.data.count = section.count();
                for segment in section {
                    self.data.size += segment?.data.len() as u64;
                }
            }
            Payload::ElementSection(section) => {
                self.elements.count = section.count();
                for segment in section {
                    self.elements.size += u64::from(match segment?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    });
                }
            }
            Payload::CustomSection(section) => {
                self.custom.push(Custom { name: section.name().to_owned(), bytes: section.data().len() });
                match section.as_known() {
                    KnownCustom::Name(section) => self.names = Names::read(section),
                    KnownCustom::Producers(section) => self.producers = Producers::read(section),
                    _ if section.name() == custom::TARGET_FEATURES => {
                        self.target_features = custom::target_features(section.data_reader());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, bytes: usize, types: TypesRef<'_>, host_module: HostFit) -> Inspection {
        for (index, at) in (0..).zip(&self.imported_functions) {
            if let Some(import) = self.imports.get_mut(*at) {
                import.entity.name_params(|count| self.names.params(index, count));
                import.explain();
            }
        }
        for (export, index) in &mut self.exports {
            export.entity.name_params(|count| self.names.params(*index, count));
        }
        let exports: Vec<LinkedExport> = self.exports.into_iter().map(|(export, _)| export).collect();
        let mut inspection = Inspection {
            bytes,
            role: Role::Library,
            name: self.names.module.clone(),
            host_module,
            python: PythonExports::of(&exports),
            imports: self.imports,
            exports,
            functions: self.functions,
            code_bytes: self.code_bytes,
            memories: (0..types.memory_count()).map(|index| types.memory_at(index).into()).collect(),
            tables: (0..types.table_count()).map(|index| types.table_at(index).into()).collect(),
            globals: types.global_count(),
            tags: types.tag_count(),
            start: self.start.map(|index| StartFunction { index, name: self.names.function(index) }),
            data: self.data,
            elements: self.elements,
            custom: self.custom,
            producers: self.producers,
            target_features: self.target_features,
            features: self.features,
        };
        if inspection.exports_entry("_start") {
            inspection.role = Role::Command;
        } else if inspection.exports_entry("_initialize") {
            inspection.role = Role::Reactor;
        }
        inspection
    }
}
