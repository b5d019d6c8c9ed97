//! Owns `amphi python info`: what this version's interpreter is made of. It must never build.

use amphi_python::Artifact;
use std::io::{self, Write};

/// Shows which python.wasm this amphi runs, what it was made from, and which modules it lacks.
#[derive(Debug, clap::Args)]
pub(crate) struct Info {
    /// Prints one JSON object instead.
    #[arg(long)]
    json: bool,
}

impl Info {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let artifact = amphi_python::artifact()?;
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &artifact.package)?;
            writeln!(out)?;
            return Ok(());
        }
        print(&artifact, &mut out)?;
        Ok(())
    }
}

fn print(artifact: &Artifact, out: &mut impl Write) -> io::Result<()> {
    let package = &artifact.package;
    writeln!(out, "CPython {} for wasm32-wasip1, in {}", package.python, artifact.folder.display())?;
    for file in [&package.wasm, &package.stdlib] {
        writeln!(out, "  {:<14} {:>11} bytes  SHA-256 {}", file.file, file.size, file.sha256)?;
    }
    writeln!(out, "made from")?;
    for source in &package.sources {
        writeln!(out, "  {} {}", source.name, source.version)?;
    }
    writeln!(out, "by")?;
    for tool in &package.toolchain {
        writeln!(out, "  {tool}")?;
    }
    if !package.extensions.is_empty() {
        writeln!(out, "linked with {}", package.extensions.join(", "))?;
    }
    let missing: Vec<&str> = amphi_python::MISSING.iter().map(|module| module.name).collect();
    writeln!(out, "without {} (docs/python.md says why)", missing.join(", "))
}
