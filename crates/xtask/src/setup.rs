//! `cargo xtask setup`: everything that the other chores need, in steps, each reused when it is done already.
//! Must never act before it is known that it can: what only root may do, and what is missing, is found out first.

mod browsers;
mod packages;
mod page;
mod tools;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::plan::{self, Step};
use crate::process::{self, Report};
use crate::screen::{self, Ended};
use crate::{places, process::expect};

pub(crate) use browsers::lacks;
pub(crate) use page::{compress, files_of, is_compressible, with_br};
pub(crate) use tools::remove;

/// What the page and its worker are compiled to.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What guests written in Rust are compiled to.
pub(crate) const GUEST_TARGET: &str = "wasm32-wasip1";

/// Sets everything up: Debian packages, the Rust target, tools, python.wasm, the page. What is there is reused.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {}

impl Setup {
    /// Sets everything up.
    ///
    /// # Errors
    /// The first thing that can't be done, and what to do about it.
    pub(crate) fn run(self) -> Result<()> {
        everything()
    }
}

/// Sets everything up.
///
/// # Errors
/// The first thing that can't be done, and what to do about it.
pub(crate) fn everything() -> Result<()> {
    let began = Instant::now();
    let root = places::root();
    let cargo = cargo()?;
    let tools = tools::all(&root)?;
    let geckodriver = tools::geckodriver();
    let go = tools::go();
    let packages = packages::needed(page::needs_npm() || tools.iter().any(|tool| tool.needs_npm()))?;
    preflight(&packages, &tools)?;
    let folders = tools.iter().map(tools::Tool::bin).collect::<Result<Vec<_>>>()?;
    let path = places::path_with(&folders)?;

    let mut steps = vec![
        Step::new("packages", "Debian packages", &[], |report| packages.install(report)),
        Step::new("target", format!("Rust targets {WASM_TARGET} and {GUEST_TARGET}"), &["packages"], targets),
    ];
    steps.push(Step::new("browsers", "browsers and their drivers", &["packages"], browsers::install));
    for tool in &tools {
        steps.push(Step::new(tool.name, format!("{} {}", tool.name, tool.version), tool.after, |report| {
            tool.install(&cargo, report)
        }));
    }
    steps.push(Step::new(
        geckodriver.name,
        format!("{} {}", geckodriver.name, geckodriver.version),
        geckodriver.after,
        |report| browsers::geckodriver(&geckodriver, &cargo, report),
    ));
    steps.push(Step::new("amphi", "the command amphi", &["packages"], |report| amphi(&cargo, report)));
    steps.push(Step::new("python", "python.wasm", &["amphi", "wasm-opt"], |report| python(&path, report)));
    steps.push(Step::new(go.name, format!("Go {}", go.version), go.after, |report| {
        tools::install_go(&go, &cargo, report)
    }));
    steps.push(Step::new("libraries", "the page's libraries of JavaScript", &["packages"], page::bundle));
    let page = ["target", "trunk", "wasm-bindgen", "wasm-opt", "libraries"];
    steps.push(Step::new("page", "the page", &page, |report| page::build(&path, &tools, report)));
    steps.push(Step::new("dist", "python.wasm beside the page, compressed", &["page", "python"], page::add_python));
    plan::run(steps)?;
    screen::say(&format!("Set up in {}.", screen::seconds(began.elapsed())));
    Ok(())
}

/// The cargo to call: the one that runs this.
///
/// # Errors
/// There is none.
pub(crate) fn cargo() -> Result<String> {
    let named = std::env::var("CARGO").ok().filter(|cargo| Path::new(cargo).is_file());
    let cargo = named.or_else(|| places::program(&["cargo"]).map(|path| path.display().to_string()));
    cargo.context("cargo is not on PATH; https://rustup.rs installs it")
}

/// Finds all that is missing and can't be got from here, before anything is begun.
fn preflight(packages: &packages::Packages, tools: &[tools::Tool]) -> Result<()> {
    let mut problems = Vec::new();
    problems.extend(packages.refusal());
    let npm = places::program(&["npm"]).is_some() && places::program(&["node"]).is_some();
    if !npm && (page::needs_npm() || tools.iter().any(|tool| tool.needs_npm())) && !packages.bring("npm") {
        problems.push(
            "node and npm are not on PATH; they bring wasm-opt and compress the page. \
             Install Node.js 18 or newer: https://nodejs.org/en/download"
                .to_owned(),
        );
    }
    let missing = missing_targets();
    if !missing.is_empty() && places::program(&["rustup"]).is_none() {
        problems.push(format!(
            "the Rust target {} is not installed and there is no rustup to add it; \
             install it with your system's packages, or Rust from https://rustup.rs",
            missing.join(" and the target ")
        ));
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("nothing was changed, because the set-up could not be finished:\n  {}", problems.join("\n  "));
}

fn missing_targets() -> Vec<&'static str> {
    let has = |target: &str| {
        process::ask("rustc", &["--print", "target-libdir", "--target", target])
            .is_some_and(|folder| Path::new(folder.trim()).is_dir())
    };
    [WASM_TARGET, GUEST_TARGET].into_iter().filter(|target| !has(target)).collect()
}

fn targets(report: Report<'_>) -> Result<(Ended, String)> {
    let missing = missing_targets();
    if missing.is_empty() {
        return Ok((Ended::Reused, String::new()));
    }
    let mut command = Command::new("rustup");
    command.current_dir(places::root()).args(["target", "add"]).args(missing);
    expect(command, "target", report).context("is the network reachable?")?;
    Ok((Ended::Done, String::new()))
}

fn amphi(cargo: &str, report: Report<'_>) -> Result<(Ended, String)> {
    let mut command = Command::new(cargo);
    command.current_dir(places::root()).args(["build", "--release", "--package", "amphi"]);
    let output = expect(command, "amphi", report)?;
    // Cargo itself knows best what is fresh; it is silent about what it does not compile.
    let ended = if output.contains("Compiling") { Ended::Done } else { Ended::Reused };
    Ok((ended, String::new()))
}

fn python(path: &std::ffi::OsStr, report: Report<'_>) -> Result<(Ended, String)> {
    if let Ok(artifact) = amphi_python::artifact() {
        return Ok((Ended::Reused, artifact.folder.display().to_string()));
    }
    let mut command = Command::new(places::amphi());
    command.current_dir(places::root()).args(["python", "build"]).env("PATH", path);
    expect(command, "python", report)?;
    let artifact = amphi_python::artifact()?;
    Ok((Ended::Done, artifact.folder.display().to_string()))
}
