//! What a module may serve as: a host module that Python imports, a Python that the host calls into. This file never
//! knows how either is run.

use serde::{Deserialize, Serialize};

use super::{Entity, LinkedExport};
use crate::abi::GuestExport;
use crate::module::host::typed_imports;
use crate::module::interface::infer;
use crate::module::read::{Module, ReadError};
use crate::types::Function;

/// Whether Python can import a module as a host module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFit {
    /// The functions that Python would see, each with the signature inferred from its export.
    pub functions: Vec<Function>,
    /// Why it cannot be a host module, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl HostFit {
    /// `read`: the module as one that is made ready to run is read.
    pub(super) fn of(read: Result<Module, ReadError>) -> Self {
        let module = match read {
            Ok(module) => module,
            Err(error) => return Self { functions: Vec::new(), refusal: Some(error.to_string()) },
        };
        match infer("", &module) {
            Ok(interface) => Self { functions: interface.functions, refusal: typed_imports(&module, &[]).err() },
            Err(refusal) => Self { functions: Vec::new(), refusal: Some(refusal) },
        }
    }
}

/// Which of the exports a module has by which the host calls into amphi's Python.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PythonExports {
    /// Those it has, with the type they must have.
    pub present: Vec<String>,
    /// Those it lacks. A module that lacks all is simply no such Python.
    pub missing: Vec<String>,
}

impl PythonExports {
    pub(super) fn of(exports: &[LinkedExport]) -> Self {
        let mut found = Self::default();
        for (name, params, results) in ENTRIES.map(GuestExport::declared) {
            let has = exports.iter().any(|export| {
                export.name == name && matches!(&export.entity, Entity::Func(ty) if ty.is(params, results))
            });
            let list = if has { &mut found.present } else { &mut found.missing };
            list.push(name.to_owned());
        }
        found
    }
}

/// Every way into a Python guest.
const ENTRIES: [GuestExport; 8] = [
    GuestExport::Room,
    GuestExport::CallExport,
    GuestExport::CallObject,
    GuestExport::Release,
    GuestExport::Serve,
    GuestExport::Exports,
    GuestExport::Again,
    GuestExport::Finish,
];
