//! What WASI costs: files from Python in three habitats, one call in Chromium, the shim's own size. Must never know how
//! a call is served.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use crate::process::{self, Report};
use crate::{places, setup};

const FILES: &str = include_str!("files.py");
const GROWS: &str = include_str!("grows.py");
const READS: &str = include_str!("reads.py");
const TELL: &str = include_str!("tell.wat");

/// Pairs of runs, of which the middle one counts: a machine at work disturbs either.
const PAIRS: u32 = 7;

/// Calls that `tell.wat` makes.
const CALLS: f64 = 1e6;

/// Four things that Python does with files: `shim` to `wasmtime` and `chromium` to `shim`, geometric means.
pub(crate) fn files(report: Report<'_>) -> Result<Value> {
    let script = places::notes().join("files.py");
    fs::write(&script, FILES).with_context(|| format!("can't write {}", script.display()))?;
    let [wasmtime, shim, chromium] = ["wasmtime", "shim", "chromium"].map(|habitat| seconds(habitat, &script, report));
    let (wasmtime, shim) = (wasmtime?, shim?);
    let native = ratio(&shim, &wasmtime)?;
    // A browser may be missing where the rest is of interest.
    let (browser, chromium) = match chromium.and_then(|times| Ok((ratio(&times, &shim)?, times))) {
        Ok((ratio, times)) => (json!(ratio), json!(times)),
        Err(error) => (Value::Null, json!({ "skipped": format!("{error:#}") })),
    };
    Ok(json!({
        "shim_to_wasmtime": native, "chromium_to_shim": browser,
        "seconds": { "wasmtime": wasmtime, "shim": shim, "chromium": chromium },
    }))
}

fn seconds(habitat: &str, script: &Path, report: Report<'_>) -> Result<Map<String, Value>> {
    report.screen.hint(report.number, habitat);
    let mut command = Command::new(places::amphi());
    command.args(["run", "--habitat", habitat]).arg(script);
    let output = process::expect(command, "files", report)?;
    let pairs = output.lines().filter_map(|line| line.split_once(": "));
    Ok(pairs.filter_map(|(name, seconds)| Some((name.to_owned(), json!(seconds.parse::<f64>().ok()?)))).collect())
}

fn ratio(times: &Map<String, Value>, reference: &Map<String, Value>) -> Result<f64> {
    let mut logarithms = Vec::new();
    for (name, reference) in reference {
        let (Some(time), Some(reference)) = (times.get(name).and_then(Value::as_f64), reference.as_f64()) else {
            bail!("there is no time for {name}");
        };
        logarithms.push((time / reference).ln());
    }
    if logarithms.is_empty() {
        bail!("the script printed no times");
    }
    Ok(super::mean(&logarithms).exp())
}

/// How much longer a step takes in the end than at first: appending to a file of 1 GiB, filling a folder of 100,000 files.
pub(crate) fn growth(report: Report<'_>) -> Result<Value> {
    let folder = places::notes().join("grows");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    for (name, text) in [("main.py", GROWS), ("amphi.toml", "[limits]\nfile_bytes = \"2 GiB\"\nfiles = 200000\n")] {
        fs::write(folder.join(name), text).with_context(|| format!("can't write {name}"))?;
    }
    Ok(Value::Object(seconds("shim", &folder, report)?))
}

/// What recording costs: 100,000 small reads of a run that is traced into a file, to those of one that is not, as medians
/// of pairs.
pub(crate) fn traced(report: Report<'_>) -> Result<Value> {
    let folder = places::notes();
    let (script, trace) = (folder.join("reads.py"), folder.join("reads.txt"));
    fs::write(&script, READS).with_context(|| format!("can't write {}", script.display()))?;
    let took = |habitat: &str, traced: bool| -> Result<f64> {
        let mut command = Command::new(places::amphi());
        command.arg(if traced { "trace" } else { "run" }).args(["--habitat", habitat]);
        if traced {
            command.arg("--out").arg(&trace);
        }
        command.arg(&script);
        let output = process::expect(command, "reads", report)?;
        let seconds = output.lines().find_map(|line| line.parse::<f64>().ok());
        seconds.with_context(|| format!("the script printed no time: {output}"))
    };
    let mut found = Map::new();
    for habitat in ["wasmtime", "shim", "chromium"] {
        let mut ratios = Vec::new();
        for _ in 0..PAIRS {
            report.screen.hint(report.number, habitat);
            // A browser may be missing where the rest is of interest.
            let pair = took(habitat, false).and_then(|plain| Ok(took(habitat, true)? / plain));
            ratios.extend(pair.ok());
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).copied();
        found.insert(habitat.to_owned(), median.map_or_else(|| json!({ "skipped": "it did not run" }), Value::from));
    }
    Ok(Value::Object(found))
}

/// Nanoseconds of one call of WASI in Chromium.
pub(crate) fn call(report: Report<'_>) -> Result<Value> {
    let module = places::notes().join("tell.wat");
    fs::write(&module, TELL).with_context(|| format!("can't write {}", module.display()))?;
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        report.screen.hint(report.number, "fd_tell");
        let mut command = Command::new(places::amphi());
        command.args(["run", "--habitat", "chromium"]).arg(&module);
        let output = command.output().context("can't run amphi")?;
        let Some(bytes) = output.stdout.first_chunk() else {
            bail!("the guest told no time: {}", String::from_utf8_lossy(&output.stderr));
        };
        // Some milliseconds fit a float.
        #[allow(clippy::cast_precision_loss, reason = "a few milliseconds in nanoseconds")]
        let took = u64::from_le_bytes(*bytes) as f64;
        best = best.min(took / CALLS);
    }
    Ok(json!({ "ns": best }))
}

/// Bytes of the worker, which is the shim, as they cross the wire: its wasm and its JavaScript.
pub(crate) fn size(_: Report<'_>) -> Result<Value> {
    let mut bytes = 0;
    for file in setup::files_of(&places::dist())? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let glue = file.components().any(|part| part.as_os_str() == "snippets");
        if (name.contains("worker") || glue) && !name.ends_with(".br") {
            let compressed = setup::with_br(&file);
            let sent = if compressed.is_file() { compressed } else { file };
            bytes += fs::metadata(&sent).with_context(|| format!("can't read {}", sent.display()))?.len();
        }
    }
    if bytes == 0 {
        bail!("the page has no worker");
    }
    Ok(json!({ "bytes": bytes }))
}
