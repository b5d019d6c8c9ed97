//! What several tests begin with: the command in a folder, and the native habitats as a library has them.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amphi_core::Bytes;
use amphi_python::Artifact;
use amphi_wasmtime::{Cache, Engine, Kind, Native, Python, Wasm};
use tempfile::TempDir;

/// The command in a folder, with nothing to read.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs it: its exit code and what it printed, on both streams.
pub(crate) fn amphi(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = command(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// Writes these files into a folder.
pub(crate) fn write(folder: &Path, files: &[(&str, impl AsRef<[u8]>)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Every file of a folder and of those in it, by its path there.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Bytes> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![String::new()]);
    while let Some(under) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&under)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{under}{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                folders.push(format!("{path}/"));
            } else {
                found.insert(path, Bytes(std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    found
}

/// The native habitats, which run Python programs on an interpreter of the cache.
pub(crate) fn habitats(Artifact { python_wasm, sha256, stdlib_zip, .. }: Artifact) -> [Native; 2] {
    let python = Python { wasm: Wasm::known("python.wasm", python_wasm, sha256), stdlib: stdlib_zip };
    let cache = Cache::new(amphi_python::cache_folder().map(|folder| folder.join("compiled")));
    let engine = Engine::new();
    [Kind::Wasmtime, Kind::Shim].map(|kind| Native::new(engine.clone(), cache.clone(), kind, Some(python.clone())))
}

/// The interpreter, linked with a C extension module.
pub(crate) fn linked(module: PathBuf) -> Artifact {
    let snapshot = |wasm: &[u8], library: &Path| {
        Ok(amphi_wasmtime::snapshot(wasm, "wizer-initialize", &[(library.to_owned(), "/lib")])?)
    };
    let base = amphi_python::artifact().unwrap();
    amphi_python::extend(&base, &[module], &snapshot, &mut amphi_python::Silent).unwrap()
}
