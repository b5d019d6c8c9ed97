//! Owns how a program gets a Python that is linked with C extension modules. It must never know how it is linked.

use crate::python::build::snapshot;
use crate::python::progress::Terminal;
use amphi_core::{Extended, Guest, Program, Source};
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;

/// Adds the modules in these files to those that a program names, and links its Python with them all, if there are any.
///
/// # Errors
/// The program is not Python's, a file cannot be read, or the compiler does not take it.
pub(crate) fn extend(program: &mut Program, files: &[PathBuf]) -> Result<()> {
    let Guest::Python { extended, .. } = &mut program.guest else {
        if let Some(file) = files.first() {
            bail!(
                "--extension {}: a C extension module is Python's, but {} is WebAssembly",
                file.display(),
                program.name
            );
        }
        return Ok(());
    };
    let mut modules = extended.take().unwrap_or_default().modules;
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| format!("--extension {}", file.display()))?;
        modules.push(Source::new(file.to_string_lossy(), text));
    }
    if modules.is_empty() {
        return Ok(());
    }
    let paths: Vec<PathBuf> = modules.iter().map(|module| PathBuf::from(&module.file)).collect();
    let linked = amphi_python::extend(&amphi_python::artifact()?, &paths, &snapshot, &mut Terminal::new())?;
    let path = &linked.python_wasm;
    let wasm = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    *extended = Some(Extended { modules, wasm: Some(wasm.into()) });
    Ok(())
}
