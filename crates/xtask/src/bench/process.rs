//! How long a whole process takes, beside another. Must never know what the processes do.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::places;

const RUNS: usize = 100;

/// `amphi run -c pass` beside native CPython, in turns, so that whatever slows the machine slows both.
pub(crate) fn ratio(cpython: &Path) -> Result<Value> {
    let mut amphi = Command::new(places::amphi());
    amphi.args(["run", "-c", "pass"]);
    let mut native = Command::new(cpython);
    native.args(["-I", "-S", "-c", "pass"]);
    // The first runs fill the caches, the one of compiled code among them.
    for command in [&mut amphi, &mut native] {
        once(command)?;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(once(&mut amphi)?);
        theirs.push(once(&mut native)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(json!({ "amphi_ms": ours, "cpython_ms": theirs, "ratio": ours / theirs }))
}

/// Milliseconds from the start to the end of a process.
fn once(command: &mut Command) -> Result<f64> {
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let took = began.elapsed().as_secs_f64() * 1e3;
    let name = command.get_program().to_string_lossy().into_owned();
    let status = status.with_context(|| format!("can't start {name}"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(took)
}

/// The middle one of several measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
