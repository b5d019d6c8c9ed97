//! The tools that build the page, and Firefox's driver, each pinned, in the user's cache, so that all checkouts share them. A tool appears
//! there whole or not at all, and a second process that wants the same one waits for the first.
//! Must never touch the user's own `~/.cargo/bin` or npm folders.

use std::env;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use amphi_python::pins;
use anyhow::{Context as _, Result, bail};

use crate::places;
use crate::process::{self, Report};
use crate::screen::Ended;

/// Newer ones want a newer rustc than the workspace.
const TRUNK: &str = "0.21.14";
/// Debian has no package of it.
const GECKODRIVER: &str = "0.37.1";
/// The version of npm's binaryen; part of what python.wasm is made of.
const BINARYEN: &str = "132.0.0";

/// A tool of one version.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The program.
    pub(crate) name: &'static str,
    /// The exact version.
    pub(crate) version: String,
    /// The steps it waits for.
    pub(crate) after: &'static [&'static str],
    package: &'static str,
    from: Registry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registry {
    Npm,
    /// `optimise` is the opt-level: a tool is compiled once and used seldom, so compiling fast counts more than running
    /// fast. See RATIONALE.md, "Tools are compiled in a debug profile".
    Cargo {
        optimise: &'static str,
    },
    /// Files of packages that are not installed: the machine's own release has an older one.
    Debian,
}

/// All tools that build the page, in the versions that this checkout wants.
///
/// # Errors
/// Cargo.lock does not name wasm-bindgen.
pub(crate) fn all(root: &Path) -> Result<Vec<Tool>> {
    Ok(vec![
        Tool {
            name: "wasm-opt",
            version: BINARYEN.to_owned(),
            after: &["packages"],
            package: "binaryen",
            from: Registry::Npm,
        },
        Tool {
            name: "trunk",
            version: TRUNK.to_owned(),
            after: &["packages"],
            package: "trunk",
            from: Registry::Cargo { optimise: "0" },
        },
        Tool {
            name: "wasm-bindgen",
            version: wasm_bindgen_version(root)?,
            // Two compilations beside the one of amphi would only take memory from each other.
            after: &["trunk"],
            package: "wasm-bindgen-cli",
            from: Registry::Cargo { optimise: "1" },
        },
    ])
}

/// Firefox's driver.
pub(crate) fn geckodriver() -> Tool {
    Tool {
        name: "geckodriver",
        version: GECKODRIVER.to_owned(),
        // The same holds for a third compilation.
        after: &["browsers", "wasm-bindgen"],
        package: "geckodriver",
        from: Registry::Cargo { optimise: "1" },
    }
}

/// Go, which compiles host modules that are written in it.
pub(crate) fn go() -> Tool {
    Tool {
        name: "go",
        version: pins::GO.first().map_or_else(String::new, |pin| pin.version.to_owned()),
        // Both fetch from Debian's archive, one after the other.
        after: &["python"],
        package: "golang-1.24-go",
        from: Registry::Debian,
    }
}

/// Installs Go, unless there is one that is new enough. A machine where it can't be had goes without it.
///
/// # Errors
/// None: a failure is told.
pub(crate) fn install_go(tool: &Tool, cargo: &str, report: Report<'_>) -> Result<(Ended, String)> {
    if let Ok((_, version)) = amphi_python::go() {
        return Ok((Ended::Reused, version));
    }
    Ok(tool.install(cargo, report).unwrap_or_else(|error| {
        report.screen.note(&format!("There will be no host modules in Go: {error:#}"));
        (Ended::Failed, "host modules in Go cannot be compiled".to_owned())
    }))
}

/// The version of wasm-bindgen in Cargo.lock: the program must match the library exactly.
///
/// # Errors
/// Cargo.lock can't be read or does not name it.
pub(crate) fn wasm_bindgen_version(root: &Path) -> Result<String> {
    let path = root.join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    locked_version(&lock, "wasm-bindgen").with_context(|| format!("{} does not name wasm-bindgen", path.display()))
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"').map(str::to_owned)
}

impl Tool {
    /// Its folder for `PATH`.
    ///
    /// # Errors
    /// The user has no cache folder.
    pub(crate) fn bin(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("bin"))
    }

    /// Whether it is still to come, from npm.
    pub(crate) fn needs_npm(&self) -> bool {
        self.from == Registry::Npm && !self.folder().is_ok_and(|folder| self.is_in(&folder))
    }

    /// Installs it, if it is not there.
    ///
    /// # Errors
    /// The registry can't be reached, or the tool can't be compiled or written.
    pub(crate) fn install(&self, cargo: &str, report: Report<'_>) -> Result<(Ended, String)> {
        whole(
            &self.folder()?,
            self.name,
            |folder| self.is_in(folder),
            report,
            |draft| {
                self.make(cargo, draft, report)?;
                if !self.is_in(draft) {
                    bail!("the package {} {} holds no program {}", self.package, self.version, self.name);
                }
                Ok(())
            },
        )
    }

    fn folder(&self) -> Result<PathBuf> {
        // Binaryen is known by its package: it has ten programs.
        let name = if self.from == Registry::Npm { self.package } else { self.name };
        Ok(places::cache()?.join("tools").join(format!("{name}-{}", self.version)))
    }

    fn is_in(&self, folder: &Path) -> bool {
        folder.join("bin").join(format!("{}{}", self.name, env::consts::EXE_SUFFIX)).exists()
    }

    fn make(&self, cargo: &str, draft: &Path, report: Report<'_>) -> Result<()> {
        match self.from {
            Registry::Npm => {
                let mut command = Command::new("npm");
                command
                    .args(["install", "--global", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
                    .arg(draft);
                command.arg(format!("{}@{}", self.package, self.version));
                process::expect(command, self.name, report).context("is npm's registry reachable?")?;
            }
            Registry::Debian => {
                if env::consts::ARCH != "x86_64" {
                    bail!("the pinned package is for amd64; https://go.dev/dl has others");
                }
                for pin in pins::GO {
                    let package = amphi_python::source(pin, &mut |line| report.screen.hint(report.number, line))?;
                    let mut command = Command::new("dpkg-deb");
                    command.arg("--extract").arg(package).arg(draft);
                    process::expect(command, self.name, report)?;
                }
                // Programs of Go's find what belongs to them from where they really are.
                let bin = draft.join("bin");
                symlink("usr/lib/go-1.24/bin", &bin).with_context(|| format!("can't make {}", bin.display()))?;
            }
            Registry::Cargo { optimise } => {
                // Compiled objects are of no use once the program is there, so they lie beside it only meanwhile. What an
                // interrupted installation compiled is taken up again.
                let objects = draft.with_extension("objects");
                let install = |locked: bool| {
                    let mut command = Command::new(cargo);
                    // From the cache folder, so that this checkout's own cargo configuration does not count.
                    command.current_dir(draft.parent().unwrap_or(draft));
                    command.args(["install", "--debug", "--no-default-features", "--no-track", "--root"]).arg(draft);
                    command.args([self.package, "--version", &format!("={}", self.version)]);
                    command.args(locked.then_some("--locked"));
                    command.env("CARGO_TARGET_DIR", &objects);
                    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", optimise);
                    command
                };
                let said = process::words(&install(true));
                let mut finished = process::run(install(true), self.name, report)?;
                if !finished.status.success() && finished.output.contains("failed to select a version") {
                    // A mirror of the registry may lack a release that the tool's lock file names; others serve as well.
                    finished = process::run(install(false), self.name, report)?;
                }
                if !finished.status.success() {
                    bail!("{}\nIs crates.io reachable?", process::failure(&said, &finished, self.name));
                }
                remove(&objects)?;
            }
        }
        Ok(())
    }
}

/// Makes a folder in the cache: it appears there whole or not at all, and a second process that wants the same one waits
/// for the first. `is_in` tells whether a folder holds the program or what else goes by this name.
///
/// # Errors
/// A folder can't be written, or it can't be made.
pub(super) fn whole(
    folder: &Path,
    name: &str,
    is_in: impl Fn(&Path) -> bool,
    report: Report<'_>,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<(Ended, String)> {
    if is_in(folder) {
        return Ok((Ended::Reused, String::new()));
    }
    let tools = folder.parent().context("the cache has no folder for tools")?;
    fs::create_dir_all(tools).with_context(|| format!("can't make {}", tools.display()))?;
    // The system frees the lock with the process, however that ends.
    let lock_path = tools.join(format!(".{name}.lock"));
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.with_context(|| format!("can't write {}", lock_path.display()))?;
    if lock.try_lock().is_err() {
        report.screen.hint(report.number, "waiting for another process that installs it");
        lock.lock().with_context(|| format!("can't lock {}", lock_path.display()))?;
        if is_in(folder) {
            return Ok((Ended::Reused, "another process installed it".to_owned()));
        }
    }
    let draft = tools.join(format!(".{name}.part"));
    remove(&draft)?;
    let made = make(&draft).and_then(|()| {
        // A folder without the program is what an interrupted removal left.
        remove(folder)?;
        fs::rename(&draft, folder).with_context(|| format!("can't move the tool to {}", folder.display()))
    });
    if made.is_err() {
        // The first error is the one to report.
        let _ = remove(&draft);
    }
    made?;
    Ok((Ended::Done, folder.display().to_string()))
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_of_the_package_itself() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "js-sys"), None);
    }
}
