//! What is imported and exported, with its type, as data and as people read it. This file never knows who offers it.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmparser::SubType;
use wasmparser::types::{CoreTypeId, EntityType, TypesRef};

use crate::abi::{self, AbiCall};
use crate::types::CoreType;
use crate::units::show_size;

/// Something a module wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedImport {
    /// The module it wants it from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// What it has to be.
    #[serde(flatten)]
    pub entity: Entity,
    /// What it does, in a plain sentence, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Something a module offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedExport {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub entity: Entity,
}

/// What is imported or exported. In JSON `kind` says which, and the type's own keys stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entity {
    /// A function.
    Func(FuncType),
    /// A memory.
    Memory(MemoryType),
    /// A table.
    Table(TableType),
    /// A global.
    Global(GlobalType),
    /// An exception's tag: what the exception carries are the parameters.
    Tag(FuncType),
}

/// What a function takes and gives; types are core types in WebAssembly text's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FuncType {
    /// Its parameters, in order.
    pub params: Vec<Parameter>,
    /// Its results' types, in order.
    pub results: Vec<String>,
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, where the name section or a known table says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: String,
}

/// A memory: how many pages it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryType {
    /// How many it begins with.
    pub min_pages: u64,
    /// How many it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_pages: Option<u64>,
    /// The bytes of one, 65536 unless the module says otherwise.
    pub page_bytes: u64,
    /// Whether threads share it.
    pub shared: bool,
    /// Whether addresses have 64 bits.
    pub memory64: bool,
}

/// A table: how many items it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableType {
    /// What its items are.
    pub element: String,
    /// How many it begins with.
    pub min: u64,
    /// How many it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Whether indices have 64 bits.
    pub table64: bool,
}

/// A global.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalType {
    /// What it holds.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it can change.
    pub mutable: bool,
}

impl LinkedImport {
    pub(super) fn new(import: &wasmparser::Import<'_>, entity: Entity) -> Self {
        Self { module: import.module.to_owned(), name: import.name.to_owned(), entity, about: None }
    }

    /// Says what a function of the host-call ABI does, and how its parameters are called.
    pub(super) fn explain(&mut self) {
        let found = AbiCall::ALL.iter().find(|call| call.name() == self.name);
        if let Some(call) = found.filter(|_| self.module == abi::MODULE) {
            self.about = Some(call.doc().to_owned());
            let names = || call.params().iter().map(|name| Some((*name).to_owned())).collect();
            self.entity.name_params(|_| names());
        }
    }
}

impl Entity {
    pub(super) fn new(types: TypesRef<'_>, ty: EntityType) -> Self {
        match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => Self::Func(FuncType::new(types, id)),
            EntityType::Tag(id) => Self::Tag(FuncType::new(types, id)),
            EntityType::Memory(ty) => Self::Memory(ty.into()),
            EntityType::Table(ty) => Self::Table(ty.into()),
            EntityType::Global(ty) => Self::Global(GlobalType { ty: ty.content_type.to_string(), mutable: ty.mutable }),
        }
    }

    /// The function it is, if it is one.
    #[must_use]
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            Self::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Gives names to a function's parameters that have none. `names` is asked for as many as there are; where it has
    /// another number of them they are some other function's.
    pub fn name_params(&mut self, names: impl FnOnce(usize) -> Vec<Option<String>>) {
        let Self::Func(ty) = self else { return };
        let names = names(ty.params.len());
        if names.len() != ty.params.len() {
            return;
        }
        for (param, name) in ty.params.iter_mut().zip(names) {
            param.name = param.name.take().or(name);
        }
    }
}

impl FuncType {
    fn new(types: TypesRef<'_>, id: CoreTypeId) -> Self {
        let Some(ty) = types.get(id).map(SubType::unwrap_func) else { return Self::default() };
        Self {
            params: ty.params().iter().map(|ty| Parameter { name: None, ty: ty.to_string() }).collect(),
            results: ty.results().iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether it takes and gives just these.
    #[must_use]
    pub fn is(&self, params: &[CoreType], results: &[CoreType]) -> bool {
        let taken = self.params.iter().map(|param| param.ty.as_str());
        let given = self.results.iter().map(String::as_str);
        taken.eq(params.iter().map(|ty| ty.name())) && given.eq(results.iter().map(|ty| ty.name()))
    }
}

impl From<wasmparser::MemoryType> for MemoryType {
    fn from(ty: wasmparser::MemoryType) -> Self {
        Self {
            min_pages: ty.initial,
            max_pages: ty.maximum,
            page_bytes: 1u64.checked_shl(ty.page_size_log2.unwrap_or(16)).unwrap_or_default(),
            shared: ty.shared,
            memory64: ty.memory64,
        }
    }
}

impl From<wasmparser::TableType> for TableType {
    fn from(ty: wasmparser::TableType) -> Self {
        Self { element: ty.element_type.to_string(), min: ty.initial, max: ty.maximum, table64: ty.table64 }
    }
}

/// `(a: i32, i64) -> i32`; several results are in parentheses.
impl fmt::Display for FuncType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = self.params.iter().map(|param| match &param.name {
            Some(name) => format!("{name}: {}", param.ty),
            None => param.ty.clone(),
        });
        write!(out, "({})", params.collect::<Vec<_>>().join(", "))?;
        match self.results.as_slice() {
            [] => Ok(()),
            [one] => write!(out, " -> {one}"),
            several => write!(out, " -> ({})", several.join(", ")),
        }
    }
}

/// `3 funcref, at most 10`.
impl fmt::Display for TableType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.min, self.element)?;
        match self.max {
            Some(max) => write!(out, ", at most {max}")?,
            None => out.write_str(", no maximum")?,
        }
        out.write_str(if self.table64 { ", 64-bit indices" } else { "" })
    }
}

/// `mutable i32`.
impl fmt::Display for GlobalType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", if self.mutable { "mutable " } else { "" }, self.ty)
    }
}

/// `1 page (64 KiB), at most 4 pages (256 KiB), shared`.
impl fmt::Display for MemoryType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = |count: u64| {
            let word = if count == 1 { "page" } else { "pages" };
            // All that 64 bits can address is one byte more than they can count.
            let bytes = count.checked_mul(self.page_bytes).map(|bytes| format!(" ({})", show_size(bytes)));
            format!("{count} {word}{}", bytes.unwrap_or_default())
        };
        write!(out, "{}", pages(self.min_pages))?;
        match self.max_pages {
            Some(max) => write!(out, ", at most {}", pages(max))?,
            None => out.write_str(", no maximum")?,
        }
        out.write_str(if self.shared { ", shared" } else { "" })?;
        out.write_str(if self.memory64 { ", 64-bit addresses" } else { "" })
    }
}
