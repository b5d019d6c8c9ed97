//! Owns `amphi python`: the steps that make python.wasm. It must never know how a program is run.

mod build;
mod extend;
mod info;
mod progress;

pub(crate) use extend::extend;

use anyhow::Context as _;
use std::path::PathBuf;

/// Builds python.wasm and says what it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Python {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Build(build::Build),
    Info(info::Info),
    /// Runs a module's initialising export and writes the module with the memory it left.
    #[command(hide = true)]
    Snapshot(Snapshot),
}

#[derive(Debug, clap::Args)]
struct Snapshot {
    /// The module to initialise.
    input: PathBuf,
    /// Where the snapshot goes.
    output: PathBuf,
    /// A folder the guest may read meanwhile.
    #[arg(long, value_name = "HOST::GUEST")]
    dir: Vec<String>,
    /// The export to run.
    #[arg(long, default_value = "wizer-initialize")]
    init: String,
}

impl Python {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.step {
            Step::Build(step) => step.run(),
            Step::Info(step) => step.run(),
            Step::Snapshot(step) => step.run(),
        }
    }
}

impl Snapshot {
    fn run(self) -> anyhow::Result<()> {
        let wasm = std::fs::read(&self.input).with_context(|| format!("cannot read {}", self.input.display()))?;
        let dirs = self
            .dir
            .iter()
            .map(|dir| match dir.split_once("::") {
                Some((host, guest)) => (PathBuf::from(host), guest),
                None => (PathBuf::from(dir), dir.as_str()),
            })
            .collect::<Vec<_>>();
        let frozen = amphi_wasmtime::snapshot(&wasm, &self.init, &dirs)?;
        std::fs::write(&self.output, frozen).with_context(|| format!("cannot write {}", self.output.display()))
    }
}
