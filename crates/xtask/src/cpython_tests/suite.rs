//! What a guest is given to run CPython's tests: the tests, from the very source that python.wasm is made of, and the
//! runner. Must never know which tests run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context as _, Result};

use crate::places;
use crate::process::{Report, expect};

const RUNNER: &str = include_str!("runner.py");
const MANIFEST: &str = include_str!("amphi.toml");

/// The folders of a run.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Holds `test`, CPython's `Lib/test`.
    pub(crate) tests: PathBuf,
    /// The runner, as a program of amphi's.
    pub(crate) program: PathBuf,
    /// How deep python.wasm lets C call itself, which tests ask for.
    pub(crate) c_recursion_limit: u32,
}

impl Suite {
    /// Unpacks the tests into the user's cache, if they are not there, and writes the runner.
    ///
    /// # Errors
    /// CPython's source is not to be had, or a folder can't be written.
    pub(crate) fn prepare(report: Report<'_>) -> Result<Self> {
        let patch = places::root().join("crates/python/patches/recursion.patch");
        let text = fs::read_to_string(&patch).with_context(|| format!("can't read {}", patch.display()))?;
        let limit = c_recursion_limit(&text).with_context(|| format!("{} sets no limit", patch.display()))?;
        Ok(Self { tests: tests(report)?, program: program()?, c_recursion_limit: limit })
    }
}

fn tests(report: Report<'_>) -> Result<PathBuf> {
    let pin = &amphi_python::pins::PYTHON;
    let folder = places::cache()?.join("cpython-tests").join(pin.version);
    if folder.is_dir() {
        return Ok(folder);
    }
    let tarball = amphi_python::source(pin, &mut |line| report.screen.hint(report.number, line))?;
    // Whoever unpacks at the same time has another draft, and the first to be done is the one to stay.
    let draft = folder.with_file_name(format!(".{}.{}", pin.version, process::id()));
    fs::create_dir_all(&draft).with_context(|| format!("can't make {}", draft.display()))?;
    let mut command = Command::new("tar");
    command.arg("-xf").arg(&tarball).arg("-C").arg(&draft).arg("--strip-components=2");
    command.arg(format!("Python-{}/Lib/test", pin.version));
    let unpacked = expect(command, "cpython-tests", report).and_then(|_| match fs::rename(&draft, &folder) {
        Err(error) if !folder.is_dir() => Err(error).with_context(|| format!("can't make {}", folder.display())),
        _ => Ok(folder),
    });
    // Gone already where it became the folder.
    let _ = fs::remove_dir_all(&draft);
    unpacked
}

fn program() -> Result<PathBuf> {
    let folder = places::notes().join("cpython-tests");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let write = |name: &str, text: &str| {
        let file: &Path = &folder.join(name);
        fs::write(file, text).with_context(|| format!("can't write {}", file.display()))
    };
    write("main.py", RUNNER)?;
    write("amphi.toml", MANIFEST)?;
    Ok(folder)
}

/// The number in the line that the patch adds: `+#  define Py_C_RECURSION_LIMIT 1000`.
fn c_recursion_limit(patch: &str) -> Option<u32> {
    let added = patch.lines().filter(|line| line.starts_with('+'));
    added.filter_map(|line| line.split_once(" Py_C_RECURSION_LIMIT ")).find_map(|(_, limit)| limit.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_patchs() {
        for (name, patch, expected) in [
            ("added", "-#  define Py_C_RECURSION_LIMIT 5000\n+#  define Py_C_RECURSION_LIMIT 1000\n", Some(1000)),
            ("only taken away", "-#  define Py_C_RECURSION_LIMIT 5000\n", None),
            ("only nearby", " #  define Py_C_RECURSION_LIMIT 5000\n", None),
        ] {
            assert_eq!(c_recursion_limit(patch), expected, "{name}");
        }
        assert!(c_recursion_limit(include_str!("../../../python/patches/recursion.patch")).is_some());
    }
}
