//! Calls across the boundary: what a host function costs, an export, a second guest, and a run out of a pool. Must never
//! know a browser.

use std::sync::Arc;
use std::time::Instant;

use amphi_core::{Body, HostModule, HostSource, Outcome, Prepared, Program, Source, Value, prepare};
use amphi_wasmtime::{Kind, Native};
use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::{median, sandbox};

/// Bytes that go to the host at once.
const LARGE: usize = 16 << 20;
/// Calls of an export, and runs out of a pool, that are measured together.
const BATCH: u32 = 2000;
const BATCHES: u32 = 7;

/// Prints the seconds of one call each: of a builtin function, of the host's, of another guest's. The best of several.
const SCRIPT: &str = r#"
import time
import host, second

def best(call, *args, count=100_000):
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(count):
            call(*args)
        taken.append((time.perf_counter() - began) / count)
    return min(taken)

print(best(abs, 3))
print(best(host.add, 3, 4))
print(best(host.echo, "x" * 1024, count=20_000))
print(best(host.size, b"x" * (16 << 20), count=20))
print(best(second.add, 3, 4, count=20_000))
"#;

const SECOND: &str = "def add(a: int, b: int) -> int:\n    return a + b\n";

const EXPORTS: &str = "import amphi\n@amphi.export\ndef add(a: int, b: int) -> int:\n    return a + b\n";

const POOLED: &str = "import amphi\n@amphi.export\ndef work() -> int:\n    import host\n    return host.add(3, 4)\n";

#[amphi_core::host]
fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

#[amphi_core::host]
fn echo(text: String) -> String {
    text
}

#[amphi_core::host]
fn size(bytes: Vec<u8>) -> u64 {
    bytes.len() as u64
}

/// All figures of one habitat.
pub(crate) fn measure(kind: Kind) -> Result<serde_json::Value> {
    let native = sandbox::native(kind)?;
    let host = HostModule::builder("host").host(add::host()).host(echo::host()).host(size::host()).build()?;
    let host = Arc::new(host);
    let seconds = calls(&native, &host)?;
    let [builtin, two, text, bytes, second] = seconds.as_slice() else { bail!("the script printed {seconds:?}") };
    let copy = one_copy();
    Ok(json!({
        "builtin_ns": builtin * 1e9,
        "rust_ns": two * 1e9,
        "rust_to_builtin": two / builtin,
        "text_us": text * 1e6,
        "bytes_ms": bytes * 1e3,
        "copy_ms": copy * 1e3,
        "bytes_in_copies": bytes / copy,
        "second_us": second * 1e6,
        "export_us": export(&native)?,
        "restored_ms": restored(&native)?,
        "pooled_ms": pooled(&native, host)?,
    }))
}

/// What the script measures inside a guest.
fn calls(native: &Native, host: &Arc<HostModule>) -> Result<Vec<f64>> {
    let mut program = Program::script("bench", SCRIPT);
    program.stdin = amphi_core::Stdin::Empty;
    program.hosts.push(HostSource::new("second", Body::Python(Source::new("second.py", SECOND))));
    let prepared = prepare(&program)?;
    let mut start = native.start(&prepared.program, |_| {})?;
    start.registered.0.push(host.clone());
    let Outcome { stdout, stderr, .. } = native.sandbox(&prepared, &mut |_| {})?.start(start)?.finish()?;
    let told = String::from_utf8_lossy(&stdout).into_owned();
    let seconds: Option<Vec<f64>> = told.lines().map(|line| line.parse().ok()).collect();
    seconds.filter(|seconds| !seconds.is_empty()).with_context(|| String::from_utf8_lossy(&stderr).into_owned())
}

/// Seconds of one copy of so many bytes into memory that is there already.
fn one_copy() -> f64 {
    let (from, mut to) = (vec![1_u8; LARGE], vec![2_u8; LARGE]);
    let mut copy = || {
        let began = Instant::now();
        std::hint::black_box(&mut to).copy_from_slice(std::hint::black_box(&from));
        began.elapsed().as_secs_f64()
    };
    (0..20).map(|_| copy()).fold(f64::INFINITY, f64::min)
}

/// Microseconds of a call of an export with two ints.
fn export(native: &Native) -> Result<f64> {
    let prepared = ready(EXPORTS)?;
    let mut running = native.sandbox(&prepared, &mut |_| {})?.start(native.start(&prepared.program, |_| {})?)?;
    running.serve()?;
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let began = Instant::now();
        for _ in 0..BATCH {
            running.call("add", vec![Value::Int(3), Value::Int(4)])?;
        }
        best = best.min(began.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH));
    }
    Ok(best)
}

/// Milliseconds from a run that was called back to where its program had run.
fn restored(native: &Native) -> Result<f64> {
    let prepared = ready(EXPORTS)?;
    let begin = || native.start(&prepared.program, |_| {});
    let sandbox = native.sandbox(&prepared, &mut |_| {})?;
    let mut running = sandbox.start(begin()?)?;
    running.serve()?;
    if !sandbox.checkpoint(&mut running) {
        bail!("the program left something behind");
    }
    let mut taken = Vec::new();
    for _ in 0..BATCH / 10 {
        running.call("add", vec![Value::Int(3), Value::Int(4)])?;
        let start = begin()?;
        let began = Instant::now();
        running = sandbox.restore(running, start)?;
        taken.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(taken))
}

/// Milliseconds of one processor for a fresh sandbox out of a pool that imports a host module, calls it and goes.
fn pooled(native: &Native, host: Arc<HostModule>) -> Result<f64> {
    let pool = native.pool(&ready(POOLED)?, vec![host], 8)?;
    let mut taken = Vec::new();
    for _ in 0..BATCHES {
        let began = processor_seconds()?;
        for _ in 0..BATCH / 10 {
            let mut running = pool.take()?;
            running.call("work", Vec::new())?;
        }
        taken.push((processor_seconds()? - began) * 1e3 / f64::from(BATCH / 10));
    }
    Ok(median(taken))
}

fn ready(script: &str) -> Result<Prepared> {
    let mut program = Program::script("bench", script);
    program.stdin = amphi_core::Stdin::Empty;
    Ok(prepare(&program)?)
}

/// What all threads of this process have used: a pool makes its runs on threads of its own.
fn processor_seconds() -> Result<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let of = |time: nix::sys::time::TimeVal| {
        #[allow(clippy::cast_precision_loss, reason = "a bench takes less than 2^52 microseconds")]
        let microseconds = (time.tv_sec() * 1_000_000 + time.tv_usec()) as f64;
        microseconds / 1e6
    };
    Ok(of(usage.user_time()) + of(usage.system_time()))
}
