//! A program that is ready to run: declarations resolved, WebAssembly text compiled. Plain data, so that a browser's
//! worker gets it as bytes and needs no parser.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::abi::TypedImport;
use crate::bytes::Bytes;
use crate::program::Program;
use crate::source::Source;
use crate::types::{CoreType, Interface};

/// A program that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Prepared {
    /// The program; its `hosts` are empty, [`Prepared::hosts`] has them.
    pub program: Program,
    /// The host modules, in the program's order.
    #[serde(default)]
    pub hosts: Vec<PreparedHost>,
    /// The host functions that the program's own guest imports by name, as C does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<TypedImport>,
}

/// A host module that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct PreparedHost {
    /// The name Python imports.
    pub name: String,
    /// Its functions' bodies.
    pub body: PreparedBody,
}

/// The bodies of a host module's functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreparedBody {
    /// A valid core module, run by the habitat's engine in an instance of its own.
    Wasm(Box<WasmHost>),
    /// Python in a guest of its own.
    Python {
        /// What that guest runs: the file as its script, in a world of its own.
        guest: Box<Program>,
        /// What it must offer; inferred from the file where nothing is declared.
        interface: Option<Interface>,
    },
    /// Python in the machine's own interpreter. Whoever has one hands the habitat what the file makes, under the module's
    /// name.
    NativePython {
        /// The file.
        source: Source,
        /// What it must offer; inferred from the file where nothing is declared.
        interface: Option<Interface>,
    },
    /// A module of JavaScript, run by the habitat's own engine for it.
    #[serde(rename = "javascript")]
    JavaScript {
        /// The file.
        source: Source,
        /// What it must offer; inferred from its exports where nothing is declared.
        interface: Option<Interface>,
    },
    /// What SE2 plugins answer with: amphi's own.
    Se2 {
        /// What it offers.
        interface: Interface,
    },
    /// Handed to the habitat under the module's name; it must offer this interface, where one is declared.
    Registered {
        /// What it must offer.
        interface: Option<Interface>,
    },
}

impl PreparedBody {
    /// What it offers, where that is known before it runs.
    #[must_use]
    pub fn interface(&self) -> Option<&Interface> {
        match self {
            Self::Wasm(host) => Some(&host.interface),
            Self::Se2 { interface } => Some(interface),
            Self::Python { interface, .. }
            | Self::NativePython { interface, .. }
            | Self::JavaScript { interface, .. }
            | Self::Registered { interface } => interface.as_ref(),
        }
    }
}

/// A host module that is WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct WasmHost {
    /// What it offers.
    pub interface: Interface,
    /// The module.
    pub module: Bytes,
    /// The export behind each of the interface's functions, in the same order; then those that are called beside them.
    pub exports: Vec<HostExport>,
    /// For each function, the number of the export that is told once its result has been read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Option<u32>>,
    /// What gives room in its memory, where a function takes a text or bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<Allocator>,
    /// Whether it exports `_initialize`, which is called once before anything else.
    #[serde(default)]
    pub initialize: bool,
    /// Whether it makes calls of WASI.
    #[serde(default)]
    pub wasi: bool,
    /// The functions of other host modules that it imports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<TypedImport>,
    /// The world of its own calls of WASI.
    pub guest: Box<Program>,
}

/// The exports that give room in a module's memory, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocator {
    /// The component model's `cabi_realloc`: what it gives belongs to the function that is called.
    Canonical {
        /// Its number.
        realloc: u32,
    },
    /// C's `malloc`, and `free` where it is exported: what it gives goes back after the call.
    C {
        /// The number of `malloc`.
        malloc: u32,
        /// That of `free`.
        free: Option<u32>,
    },
}

/// A function that a host module exports.
///
/// Scalars are as [`crate::Scalar::core_from_slot`] has them; several results are a tuple. A text or bytes is an address
/// and a length, as a result the address of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct HostExport {
    /// The export's name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<CoreType>,
    /// Its results.
    pub results: Vec<CoreType>,
}
