//! Owns `amphi python build`: brings the engine that takes the snapshot to the recipe. It must never know the recipe.

use crate::python::progress::Terminal;
use anyhow::Context as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where guests see the standard library.
const LIBRARY: &str = "/lib";

/// The export that initialises the interpreter.
const INITIALISE: &str = "wizer-initialize";

/// Builds python.wasm into the user's cache, or finds it there.
#[derive(Debug, clap::Args)]
pub(crate) struct Build {
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
        let snapshot = |wasm: &[u8], library: &Path| {
            amphi_wasmtime::snapshot(wasm, INITIALISE, &[(library.to_owned(), LIBRARY)]).map_err(Into::into)
        };
        let options = amphi_python::Options { sources: self.sources, force: self.force, wasm_opt: self.wasm_opt };
        let artifact = amphi_python::build(&options, &snapshot, &mut Terminal::new())?;
        writeln!(std::io::stdout(), "{}\nSHA-256 {}", artifact.python_wasm.display(), artifact.sha256)?;
        Ok(())
    }
}
