//! A program that is ready to run: declarations resolved, WebAssembly text compiled. Plain data, so that a browser's
//! worker gets it as JSON and needs no parser.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::program::Program;
use crate::types::{CoreType, Interface};

/// A program that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The program; its `hosts` are empty, [`Prepared::hosts`] has them.
    pub program: Program,
    /// The host modules, in the program's order.
    #[serde(default)]
    pub hosts: Vec<PreparedHost>,
}

/// A host module that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedHost {
    /// The name Python imports.
    pub name: String,
    /// Its functions' bodies.
    pub body: PreparedBody,
}

/// The bodies of a host module's functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreparedBody {
    /// A valid core module without imports, run by the habitat's engine in an instance of its own.
    Wasm {
        /// What it offers.
        interface: Interface,
        /// The module.
        module: Bytes,
        /// The export behind each of the interface's functions, in the same order.
        exports: Vec<HostExport>,
        /// Whether it exports `_initialize`, which is called once before anything else.
        #[serde(default)]
        initialize: bool,
    },
    /// Handed to the habitat under the module's name; it must offer this interface, where one is declared.
    Registered {
        /// What it must offer.
        interface: Option<Interface>,
    },
}

/// A function that a host module exports.
///
/// Its parameters are scalars, see [`crate::Scalar::core_from_slot`]; several results are a tuple.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostExport {
    /// The export's name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<CoreType>,
    /// Its results.
    pub results: Vec<CoreType>,
}
