//! Native CPython, compiled with -O3 from the very source that python.wasm is made of: what the figures are measured
//! against. It is built once and kept in the user's cache. Must never be used for anything else.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::places;
use crate::process::{self, Report};

/// Unpacks, configures, compiles, installs; its arguments are the tarball, a scratch folder and the prefix.
const BUILD: &str = "
set -eu
rm -rf \"$2\"; mkdir -p \"$2\"
tar -xf \"$1\" -C \"$2\" --strip-components=1
cd \"$2\"
./configure --prefix=\"$3\" --without-ensurepip --disable-test-modules
make -j\"$(nproc)\"
make altinstall
cd /; rm -rf \"$2\"";

/// The program.
///
/// # Errors
/// It is not built; see [`ensure`].
pub(crate) fn path() -> Result<PathBuf> {
    let path = prefix()?.join("bin/python3.13");
    if path.is_file() { Ok(path) } else { bail!("there is no native CPython to compare with: {}", path.display()) }
}

/// Builds it, if it is not there.
///
/// # Errors
/// The source is not to be had, or does not compile.
pub(crate) fn ensure(report: Report<'_>) -> Result<PathBuf> {
    if let Ok(path) = path() {
        return Ok(path);
    }
    let prefix = prefix()?;
    let mut line = |line: &str| report.screen.hint(report.number, line);
    let tarball = amphi_python::source(&amphi_python::pins::PYTHON, &mut line)?;
    let draft = prefix.with_extension("part");
    match fs::remove_dir_all(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("can't remove {}", draft.display()));
        }
        _ => {}
    }
    let mut command = Command::new("sh");
    command.args(["-c", BUILD, "sh"]).arg(&tarball).arg(prefix.with_extension("build")).arg(&draft);
    process::expect(command, "cpython", report)?;
    // Python finds its library beside its program, wherever that is moved.
    fs::rename(&draft, &prefix).with_context(|| format!("can't move CPython to {}", prefix.display()))?;
    path()
}

fn prefix() -> Result<PathBuf> {
    let version = amphi_python::pins::PYTHON.version;
    // Not a version number at the end: what is being built differs in the extension only.
    Ok(places::cache()?.join("bench").join(format!("cpython-{version}-native")))
}
