//! `python.json`: what a finished interpreter says about itself. Must never know how it was made.

use serde::{Deserialize, Serialize};

/// The record beside `python.wasm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The hash of the recipe's inputs: what it was made from, not what came out.
    pub key: String,
    /// The version of CPython: `3.13.5`.
    pub python: String,
    /// The interpreter.
    pub wasm: FileRecord,
    /// The standard library.
    pub stdlib: FileRecord,
    /// The version line of each program that made it.
    pub toolchain: Vec<String>,
    /// Name, version and SHA-256 of each source.
    pub sources: Vec<SourceRecord>,
    /// The C extension modules that it is linked with beside CPython's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name in the package's folder.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// In lower-case hex.
    pub sha256: String,
}

/// A source that went into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// What it is called.
    pub name: String,
    /// Its upstream version.
    pub version: String,
    /// Of the file it came in, in lower-case hex.
    pub sha256: String,
}

/// What linking the interpreter anew with further objects takes; `link.json` in the package's `link` folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkKit {
    /// The linker's arguments in order, without the compiler itself and without `-o`; paths are relative to the folder.
    pub arguments: Vec<String>,
    /// The compiler's arguments for a C extension module, without the compiler itself.
    pub compile: Vec<String>,
}
