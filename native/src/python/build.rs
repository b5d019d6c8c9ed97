//! Owns `amphi python build`: brings the engine that takes the snapshot to the recipe. It must never know the recipe.

use crate::python::progress::Terminal;
use anyhow::Context as _;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where guests see the standard library.
const LIBRARY: &str = "/lib";

/// The export that initialises the interpreter.
const INITIALISE: &str = "wizer-initialize";

/// Builds python.wasm into the user's cache, or finds it there; with --module, also one that is linked with C extension
/// modules, which takes seconds once the first is there.
#[derive(Debug, clap::Args)]
pub(crate) struct Build {
    /// A C extension module to link in: one file, by whose name Python imports it. Repeat it for more.
    #[arg(long, value_name = "NAME.c")]
    module: Vec<PathBuf>,
    /// A folder with source tarballs, for machines that cannot fetch them from a Debian mirror.
    #[arg(long, value_name = "FOLDER")]
    sources: Option<PathBuf>,
    /// Builds again, from the first step, even if it is there.
    #[arg(long)]
    force: bool,
    /// The wasm-opt to use, where it is not found by itself.
    #[arg(long, value_name = "PROGRAM")]
    wasm_opt: Option<PathBuf>,
}

impl Build {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        // A named folder that is not there would otherwise be one line among the places tried.
        if let Some(sources) = self.sources.as_deref() {
            std::fs::metadata(sources).with_context(|| format!("cannot read --sources {}", sources.display()))?;
        }
        let options = amphi_python::Options { sources: self.sources, force: self.force, wasm_opt: self.wasm_opt };
        let artifact = match amphi_python::artifact() {
            Ok(artifact) if !options.force && !self.module.is_empty() => artifact,
            _ => amphi_python::build(&options, &snapshot, &mut Terminal::new())?,
        };
        let extended = match self.module.as_slice() {
            [] => None,
            modules => Some(amphi_python::extend(&artifact, modules, &snapshot, &mut Terminal::new())?),
        };
        let made = extended.as_ref().unwrap_or(&artifact);
        writeln!(std::io::stdout(), "{}\nSHA-256 {}", made.python_wasm.display(), made.sha256)?;
        if extended.is_some() {
            let modules = self.module.iter().map(|module| format!("--extension {}", module.display()));
            let modules = modules.collect::<Vec<_>>().join(" ");
            crate::say(&format!(
                "a program runs on it with `amphi run {modules} PROGRAM`, or with extensions = [...] in amphi.toml"
            ));
        }
        Ok(())
    }
}

/// Initialises the interpreter and keeps its memory.
pub(super) fn snapshot(wasm: &[u8], library: &Path) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    Ok(amphi_wasmtime::snapshot(wasm, INITIALISE, &[(library.to_owned(), LIBRARY)])?)
}
