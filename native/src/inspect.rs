//! Owns `amphi inspect`: what a module is, needs and offers, and where it runs.
//! It must never know how a module is read; the core does.

mod habitats;
mod page;
mod text;

use crate::program;
use amphi_core::module::{Inspection, ReadError, inspect};
use amphi_wasi::{Call, MODULE};
use anyhow::{Result, anyhow};
use habitats::Judgement;
use std::io::Write as _;
use std::path::PathBuf;

/// Shows what a WebAssembly module is: its imports and exports with their types, what it needs, and where it runs.
///
/// Each import of WASI and of amphi's host calls is explained in a sentence. Nothing is run.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// A .wasm file, or WebAssembly text (.wat).
    file: PathBuf,
    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  amphi inspect program.wasm
  amphi inspect examples/hello/demo.wat
  amphi inspect --json program.wasm | jq '.habitats[] | select(.runs | not)'

The object of --json has file, bytes, role (command, reactor or library) and name; imports and exports, each with its \
kind (func, memory, table, global or tag) and type, an import also with module, and about where amphi knows what it \
does; functions, code_bytes, memories, tables, globals, tags, start, data and elements; custom, producers and \
target_features; features, which an engine must have; host_module and python, which say what it may serve as; and \
habitats, each with runs and what is missing.

Exit codes: 0, also for a module that runs nowhere; 1 where the file cannot be read or is no valid core module.";

/// What `--json` prints.
///
/// The keys of [`Inspection`] are its own: `bytes`, `role`, `imports` and so on. An import's `about` is here filled in
/// for calls of preview1 too.
///
/// ```json
/// {
///   "file": "demo.wat",
///   "bytes": 104,
///   "role": "command",
///   "imports": [{
///     "module": "wasi_snapshot_preview1", "name": "proc_exit",
///     "kind": "func", "params": [{ "name": "code", "type": "i32" }], "results": [],
///     "about": "Ends the program with an exit code."
///   }],
///   "exports": [{ "name": "_start", "kind": "func", "params": [], "results": [] }],
///   "features": ["simd"],
///   "host_module": { "functions": [], "refusal": "it is a program, …" },
///   "habitats": [{ "habitat": "webkit", "runs": true, "missing": [] }]
/// }
/// ```
#[derive(Debug, serde::Serialize)]
struct Report {
    /// The file as the user named it.
    file: String,
    #[serde(flatten)]
    module: Inspection,
    /// Each habitat, and whether it can run the module.
    habitats: Vec<Judgement>,
}

impl Inspect {
    /// Prints it.
    ///
    /// # Errors
    /// The file cannot be read, or is no valid core module.
    pub(crate) fn run(self) -> Result<()> {
        let file = self.file.display().to_string();
        let (bytes, text) = program::module(&self.file)?;
        let mut module = inspect(&bytes).map_err(|error| {
            let placed = text.as_ref().and_then(|text| text.place(&error));
            placed.map_or_else(|| refused(&file, &error), Into::into)
        })?;
        explain(&mut module);
        let habitats = habitats::judge(&module);
        let report = Report { file, module, habitats };
        let shown = match self.json {
            true => serde_json::to_string_pretty(&report)? + "\n",
            false => text::text(&report),
        };
        // Whoever closed the output does not want to read on.
        let _ = std::io::stdout().write_all(shown.as_bytes());
        Ok(())
    }
}

/// The error as a sentence about the file.
fn refused(file: &str, error: &ReadError) -> anyhow::Error {
    match error {
        ReadError::NotWasm | ReadError::Component => anyhow!("{file} is {error}"),
        ReadError::Invalid { .. } => anyhow!("{file} is not a valid module: {error}"),
    }
}

/// Gives imports of preview1 their sentence and the names of their parameters.
fn explain(module: &mut Inspection) {
    for import in module.imports.iter_mut().filter(|import| import.module == MODULE) {
        if let Some(call) = Call::from_name(&import.name) {
            import.about = Some(call.sentence().to_owned());
            let names = || call.params().iter().map(|param| Some(param.name.to_owned())).collect();
            import.entity.name_params(|_| names());
        }
    }
}
