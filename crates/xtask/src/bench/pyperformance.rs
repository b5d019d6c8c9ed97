//! pyperformance's pure-Python benchmarks, in python.wasm and in native CPython of the same source. The benchmarks come
//! from PyPI; the module `pyperf` that they are written for is replaced by a small one beside this file, which needs
//! neither processes nor threads. Must never change a benchmark.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use super::mean;
use crate::places;
use crate::process::{self, Report};

const VERSION: &str = "1.11.0";
const PYPERF: &str = include_str!("pyperf.py");

/// Pure Python, one process, no packages of others.
const BENCHMARKS: &[&str] = &[
    "chaos",
    "comprehensions",
    "coroutines",
    "deepcopy",
    "deltablue",
    "fannkuch",
    "float",
    "generators",
    "go",
    "hexiom",
    "logging",
    "mdp",
    "meteor_contest",
    "nbody",
    "nqueens",
    "pickle",
    "pidigits",
    "pprint",
    "pyflate",
    "raytrace",
    "regex_compile",
    "richards",
    "scimark",
    "spectral_norm",
    "telco",
    "unpack_sequence",
];

/// Measured by itself: it reads folders as much as it computes.
const PATHLIB: &str = "pathlib";

/// Puts the stand-in for `pyperf` first and runs a benchmark as a program; `pickle` is the pure-Python one.
const RUN: &str = "
import runpy, sys
folder, name = sys.argv[1:3]
sys.path.insert(0, folder + '/stand-in')
path = f'{folder}/benchmarks/bm_{name}/run_benchmark.py'
sys.path.insert(1, path.rsplit('/', 1)[0])
sys.argv = [path] + {'pickle': ['--pure-python', 'pickle']}.get(name, [])
runpy.run_path(path, run_name='__main__')";

/// The geometric mean of python.wasm's times by native CPython's, and each benchmark's own ratio.
pub(crate) fn ratio(cpython: &Path, report: Report<'_>) -> Result<Value> {
    let folder = fetch(report)?;
    let mut ratios = Map::new();
    let mut logarithms = Vec::new();
    for name in BENCHMARKS {
        match times(cpython, &folder, "wasmtime", name, report) {
            Ok((native, amphi)) => {
                let ratio = amphi / native;
                logarithms.push(ratio.ln());
                ratios.insert((*name).to_owned(), json!({ "native_s": native, "amphi_s": amphi, "ratio": ratio }));
            }
            // One that does not run is told beside the others, and not counted.
            Err(error) => drop(ratios.insert((*name).to_owned(), json!({ "skipped": format!("{error:#}") }))),
        }
    }
    if logarithms.is_empty() {
        bail!("none of the benchmarks ran: {}", Value::Object(ratios));
    }
    Ok(json!({ "ratio": mean(&logarithms).exp(), "count": logarithms.len(), "benchmarks": ratios }))
}

/// The benchmark `pathlib` in `shim` by native CPython's.
pub(crate) fn pathlib(cpython: &Path, report: Report<'_>) -> Result<Value> {
    let (native, amphi) = times(cpython, &fetch(report)?, "shim", PATHLIB, report)?;
    Ok(json!({ "ratio": amphi / native, "native_s": native, "amphi_s": amphi }))
}

/// The seconds of one benchmark in native CPython and in a habitat.
fn times(cpython: &Path, folder: &Path, habitat: &str, name: &str, report: Report<'_>) -> Result<(f64, f64)> {
    report.screen.hint(report.number, name);
    let mut native = Command::new(cpython);
    native.args(["-I", "-c", RUN]).arg(folder).arg(name);
    let mut amphi = Command::new(places::amphi());
    amphi.args(["run", "--habitat", habitat, "--dir"]).arg(format!("{}::/bench:ro", folder.display()));
    amphi.args(["-c", RUN, "/bench", name]);
    Ok((run(native, report)?, run(amphi, report)?))
}

/// The seconds of one benchmark: where it has several parts, the geometric mean of them.
fn run(command: Command, report: Report<'_>) -> Result<f64> {
    let output = process::expect(command, "benchmark", report)?;
    let seconds: Vec<f64> = output.lines().filter_map(|line| line.strip_prefix("pyperf: ")?.parse().ok()).collect();
    if seconds.is_empty() {
        bail!("it printed no time");
    }
    let logarithms: Vec<f64> = seconds.iter().map(|seconds| seconds.ln()).collect();
    Ok(mean(&logarithms).exp())
}

/// The benchmarks and the stand-in, in the user's cache.
fn fetch(report: Report<'_>) -> Result<PathBuf> {
    let folder = places::cache()?.join("bench").join(format!("pyperformance-{VERSION}"));
    let benchmarks = folder.join("benchmarks");
    if !benchmarks.is_dir() {
        let draft = folder.join("part");
        fs::create_dir_all(&draft).with_context(|| format!("can't make {}", draft.display()))?;
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target"]).arg(&draft);
        command.arg(format!("pyperformance=={VERSION}"));
        process::expect(command, "pyperformance", report).context("pip gets the benchmarks from PyPI")?;
        fs::rename(draft.join("pyperformance/data-files/benchmarks"), &benchmarks)
            .context("the package pyperformance holds no benchmarks")?;
        fs::remove_dir_all(&draft).with_context(|| format!("can't remove {}", draft.display()))?;
    }
    let stand_in = folder.join("stand-in");
    fs::create_dir_all(&stand_in).with_context(|| format!("can't make {}", stand_in.display()))?;
    fs::write(stand_in.join("pyperf.py"), PYPERF).with_context(|| format!("can't write to {}", stand_in.display()))?;
    Ok(folder)
}
