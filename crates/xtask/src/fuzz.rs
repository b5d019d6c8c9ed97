//! `cargo xtask fuzz`: builds the fuzz targets of `crates/fuzz` and runs each from its kept corpus. Must never change
//! that corpus: what a run finds goes to the target folder.
//!
//! The targets are built by plain cargo with the flags that cargo-fuzz gives, which stable rustc takes. So nothing needs
//! installing before the first run, and `cargo fuzz` still works on the same folder for whoever has it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Report};
use crate::screen::{Ended, Screen};
use crate::{places, setup};

/// Programs that compile C++, which libFuzzer is written in; the first is the one that builds take by themselves.
pub(crate) const COMPILERS: &[&str] = &["c++", "g++", "clang++", "clang++-19"];

/// How long a run of all targets takes, in seconds, unless it is told otherwise.
const ALL: u64 = 60;

/// What cargo-fuzz tells rustc when no sanitizer is wanted: libFuzzer learns which edges ran and what was compared.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Runs the fuzzers, each from the corpus kept for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Fuzz {
    /// The one to run, a file of crates/fuzz/fuzz_targets; all of them without it.
    target: Option<String>,
    /// How long each runs. All together run for a minute without it.
    #[arg(long)]
    seconds: Option<u64>,
}

impl Fuzz {
    /// Builds and runs.
    ///
    /// # Errors
    /// A target does not compile, or found an input that breaks what must hold.
    pub(crate) fn run(self) -> Result<()> {
        let mut targets = targets()?;
        if let Some(target) = self.target {
            if !targets.contains(&target) {
                bail!("there is no fuzz target {target}; there are {}", targets.join(", "));
            }
            targets = vec![target];
        }
        let seconds = self.seconds.unwrap_or_else(|| share(targets.len()));
        let cargo = setup::cargo()?;
        let screen = Screen::new(targets.len() + 1);
        let mut failures = Vec::new();
        let mut step = |number: usize, name: &str, work: &dyn Fn(Report<'_>) -> Result<String>| {
            screen.begin(number, name);
            let worked = work(Report { screen: &screen, number });
            let (ended, note) = match &worked {
                Ok(note) => (Ended::Done, note.as_str()),
                Err(_) => (Ended::Failed, ""),
            };
            screen.end(number, ended, note);
            worked.map_err(|error| failures.push(format!("{error:#}"))).is_ok()
        };
        if step(1, "building", &|report| build(&cargo, report).map(|()| String::new())) {
            for (number, target) in (2..).zip(&targets) {
                step(number, target, &|report| run(target, seconds, report));
            }
        }
        if failures.is_empty() { Ok(()) } else { bail!("{}", failures.join("\n")) }
    }
}

/// The seconds of each of so many targets, when all together take [`ALL`].
pub(crate) fn share(targets: usize) -> u64 {
    u64::try_from(targets).ok().and_then(|targets| ALL.checked_div(targets)).unwrap_or(ALL).max(1)
}

/// The names of all targets, in order.
///
/// # Errors
/// Their folder can't be listed.
pub(crate) fn targets() -> Result<Vec<String>> {
    let files = setup::files_of(&places::root().join("crates/fuzz/fuzz_targets"))?;
    Ok(files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect())
}

/// Builds all targets.
///
/// # Errors
/// There is no C++ compiler, or one of them does not compile.
pub(crate) fn build(cargo: &str, report: Report<'_>) -> Result<()> {
    let mut command = manifest(cargo, "build");
    // With a target named, the flags hold for what is fuzzed alone, not for build scripts and macros.
    command.args(["--release", "--locked", "--bins", "--target", &host()?, "--target-dir"]).arg(folder());
    command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    if std::env::var_os("CXX").is_none() {
        let compiler = places::program(COMPILERS).context("there is no C++ compiler; Debian's package g++ has one")?;
        command.env("CXX", compiler);
    }
    process::expect(command, "fuzz-build", report)?;
    Ok(())
}

/// A command of cargo for the package of the targets, which is no member of the workspace.
pub(crate) fn manifest(cargo: &str, command: &str) -> Command {
    let mut cargo = Command::new(cargo);
    cargo.current_dir(places::root()).args([command, "--manifest-path", "crates/fuzz/Cargo.toml"]);
    cargo
}

/// Runs one target for so many seconds; how many inputs it tried.
///
/// # Errors
/// It found an input that breaks what must hold, and how to run that again.
pub(crate) fn run(target: &str, seconds: u64, report: Report<'_>) -> Result<String> {
    let program = folder().join(host()?).join("release").join(target);
    let found = folder().join("corpus").join(target);
    let broken = folder().join("artifacts").join(target);
    for folder in [&found, &broken] {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    let mut command = Command::new(&program);
    command.current_dir(places::root()).env("RUST_BACKTRACE", "0");
    command.args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/", broken.display())]);
    command.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]);
    // New inputs go to the first folder.
    command.arg(found).arg(places::root().join("crates/fuzz/corpus").join(target));
    let (said, log) = (process::words(&command), format!("fuzz-{target}"));
    let finished = process::run(command, &log, report)?;
    if finished.status.success() {
        let tried = finished.output.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        return Ok(tried.map(|tried| format!("{} inputs", tried.trim())).unwrap_or_default());
    }
    let input = finished.output.lines().find_map(|line| Some(line.split_once("Test unit written to ")?.1));
    let again = input.map(|input| format!("\nRun it again: {} {input}", program.display()));
    bail!("{}{}", process::failure(&said, &finished, &log), again.unwrap_or_default())
}

/// Where the targets are built, and where what they find goes.
fn folder() -> PathBuf {
    places::target().join("fuzz")
}

/// This machine's name among rustc's targets.
fn host() -> Result<String> {
    let version = process::ask("rustc", &["-vV"]).context("rustc is not on PATH")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it compiles for")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_program_with_a_kept_corpus() {
        let root = places::root().join("crates/fuzz");
        let programs = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert_eq!(programs.matches("[[bin]]").count(), targets.len());
        for target in targets {
            assert!(programs.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
            assert!(!setup::files_of(&root.join("corpus").join(&target)).unwrap().is_empty(), "{target}");
        }
    }

    #[test]
    fn all_targets_share_a_minute() {
        for (targets, expected) in [(0, 60), (1, 60), (7, 8), (100, 1)] {
            assert_eq!(share(targets), expected, "{targets}");
        }
    }
}
