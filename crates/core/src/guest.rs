//! What a program runs: Python, with the interpreter that it needs, or any module. This file never knows how.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::source::Source;

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guest {
    /// The Python of this project.
    Python {
        /// What Python runs.
        entry: Entry,
        /// CPython's own flags, for instance `-u`.
        #[serde(default)]
        flags: Vec<String>,
        /// Where it needs one, an interpreter of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extended: Option<Extended>,
    },
    /// Any wasm32-wasip1 module.
    Wasm(Bytes),
}

/// The Python of this project, linked with C extension modules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Extended {
    /// The modules, each one file of C.
    pub modules: Vec<Source>,
    /// The interpreter; none until it is linked, which takes a C compiler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wasm: Option<Bytes>,
}

/// What Python runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A file under [`WORK`](crate::WORK).
    Script(String),
    /// Text, as `-c` takes it.
    Command(String),
    /// A module, as `-m` takes it.
    Module(String),
    /// What comes from standard input.
    Stdin,
    /// A person.
    Interactive,
}

impl Guest {
    /// The Python of this project, without flags.
    #[must_use]
    pub fn python(entry: Entry) -> Self {
        Self::Python { entry, flags: Vec::new(), extended: None }
    }

    /// The module that it brings; the Python of this project brings none, unless it is linked with modules of its own.
    #[must_use]
    pub fn module(&self) -> Option<&Bytes> {
        match self {
            Self::Python { extended, .. } => extended.as_ref()?.wasm.as_ref(),
            Self::Wasm(module) => Some(module),
        }
    }
}
