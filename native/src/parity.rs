//! Owns `amphi parity`: which programs run where, each in a world of its own, and how the comparison is told.
//! It must never know what counts as a difference.

mod json;
mod world;

use crate::habitat::{self, Name};
use crate::program;
use crate::run::Conditions;
use amphi_core::Program;
use amphi_core::habitat::Habitat;
use amphi_parity::Compared;
use anyhow::{Context as _, Result, ensure};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use world::World;

/// Runs programs in several habitats and says whether they behave alike.
///
/// Compared are standard output and error, the exit code, the files left behind and every call, with descriptor
/// numbers, inodes and times made comparable; the first habitat is the measure. What amphi.toml expects is checked too.
/// Folders that a program may write to are copied for each run and stay as they are. Programs have no input but their
/// own.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Parity {
    /// Folders with amphi.toml, Python scripts, .wasm or .wat files.
    #[arg(required = true)]
    programs: Vec<PathBuf>,
    /// Where they run; the first is the measure.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Name::Wasmtime, Name::Shim, Name::Chromium])]
    habitat: Vec<Name>,
    /// Write a page about it to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write JUnit's XML about it to this file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    conditions: Conditions,
}

const EXAMPLES: &str = "\
Examples:
  amphi parity examples/hello
  amphi parity examples/* --habitat wasmtime,shim
  amphi parity program.wasm --report parity.html --junit parity.xml
  amphi parity script.py --fault 'fd_write:NOSPC@3..'

Exit codes: 0 where all are alike, 1 where they differ or something could not run.";

impl Parity {
    /// Compares, and gives the exit code.
    pub(crate) fn run(self) -> Result<i32> {
        ensure!(self.habitat.len() > 1, "one habitat has nothing to be compared with; name two, as in wasmtime,shim");
        let mut programs = self.programs.iter().map(|path| self.load(path)).collect::<Result<Vec<Program>>>()?;
        name_apart(&mut programs, &self.programs);
        let python = programs.iter().any(Program::is_python);
        let mut habitats =
            self.habitat.iter().map(|name| habitat::open(*name, python)).collect::<Result<Vec<Box<dyn Habitat>>>>()?;
        let mut all = Vec::new();
        for program in &programs {
            let compared = compare(program, &mut habitats)?;
            if !self.json {
                // Whoever closed the output may still want the exit code.
                let _ = write!(std::io::stdout(), "{}", amphi_parity::text(&compared));
            }
            all.push(compared);
        }
        if self.json {
            let _ = writeln!(std::io::stdout(), "{:#}", json::report(&all));
        }
        write(self.report.as_deref(), || amphi_parity::html(&all))?;
        write(self.junit.as_deref(), || amphi_parity::junit(&all))?;
        Ok(if all.iter().all(Compared::is_alike) { 0 } else { 1 })
    }

    fn load(&self, path: &Path) -> Result<Program> {
        let mut program = amphi_parity::watched(&program::load(path, Vec::new())?);
        self.conditions.apply(&mut program);
        Ok(program)
    }
}

/// Programs of the same name go by their paths.
fn name_apart(programs: &mut [Program], paths: &[PathBuf]) {
    let names: Vec<String> = programs.iter().map(|program| program.name.clone()).collect();
    for ((program, path), name) in programs.iter_mut().zip(paths).zip(&names) {
        // A guest that is no Python sees its name; only one that is not alone is renamed.
        if program.is_python() && names.iter().filter(|other| *other == name).count() > 1 {
            program.name = path.display().to_string();
        }
    }
}

fn compare(program: &Program, habitats: &mut [Box<dyn Habitat>]) -> Result<Compared> {
    let mut runs = Vec::new();
    for habitat in habitats {
        let world = World::of(program)?;
        let mut run = amphi_parity::run(world.program(), habitat.as_mut());
        if let Ok(outcome) = &mut run.outcome {
            outcome.mounts = world.changes()?;
        }
        runs.push(run);
    }
    Ok(Compared::new(program, runs))
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text()).with_context(|| format!("cannot write {}", path.display()))
}
