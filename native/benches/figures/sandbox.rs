//! Sandboxes inside this process: how long a fresh one takes, and what an idle one keeps. Must never know a browser.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use amphi_core::{Entry, Guest, Prepared, Program, prepare};
use amphi_wasmtime::{Cache, Engine, Interrupt, Kind, Native, Python, Sandbox, Wasm};
use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

use crate::median;

const RUNS: u32 = 200;
const IDLE: u32 = 50;

/// The most memory that `amphi run -c pass` had, in MiB.
pub(crate) fn peak_of_a_process() -> Result<f64> {
    // The record is that of all children so far, so python.wasm must be compiled already: xtask sees to that.
    let status = Command::new(env!("CARGO_BIN_EXE_amphi")).args(["run", "-c", "pass"]).stdin(Stdio::null()).status()?;
    if !status.success() {
        bail!("`amphi run -c pass` fails");
    }
    Ok(mib(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss()))
}

/// Time of a fresh sandbox that runs `pass`, and memory of one that waits.
pub(crate) fn measure(kind: Kind) -> Result<Value> {
    let native = native(kind)?;
    let pass = command("pass")?;
    let sandbox = native.sandbox(&pass, &mut |_| {})?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let outcome = sandbox.start(native.start(&pass.program, |_| {})?)?.finish()?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        if outcome.exit.process_code() != 0 {
            bail!("`pass` failed: {:?}", outcome.exit);
        }
    }
    Ok(json!({ "fresh_ms": median(times), "idle_mib": idle(&native, &sandbox)? }))
}

/// What each further sandbox keeps, in MiB, while its guest waits.
fn idle(native: &Native, sandbox: &Sandbox) -> Result<f64> {
    let wait = command("import time; time.sleep(600)")?;
    thread::scope(|scope| {
        let begin = || -> Result<Interrupt> {
            let running = sandbox.start(native.start(&wait.program, |_| {})?)?;
            let interrupt = running.interrupt();
            scope.spawn(move || running.finish());
            Ok(interrupt)
        };
        // The first one pays for what all share.
        let mut waiting = vec![begin()?];
        let settle = || thread::sleep(Duration::from_millis(700));
        settle();
        let before = private_kib()?;
        let rest = (0..IDLE).map(|_| begin()).collect::<Result<Vec<_>>>();
        settle();
        let after = private_kib();
        waiting.extend(rest?);
        waiting.iter().for_each(Interrupt::kill);
        Ok(mib(after? - before) / f64::from(IDLE))
    })
}

/// A habitat with the interpreter and the cache of the command.
pub(crate) fn native(kind: Kind) -> Result<Native> {
    let artifact = amphi_python::artifact()?;
    let wasm = Wasm::known("python.wasm", artifact.python_wasm, artifact.sha256);
    let cache = Cache::new(amphi_python::cache_folder().map(|folder| folder.join("compiled")));
    Ok(Native::new(Engine::new(), cache, kind, Some(Python { wasm, stdlib: artifact.stdlib_zip })))
}

fn command(code: &str) -> Result<Prepared> {
    let entry = Entry::Command(code.to_owned());
    let mut program = Program::new("bench", Guest::python(entry));
    program.stdin = amphi_core::Stdin::Empty;
    Ok(prepare(&program)?)
}

/// What this process alone keeps in memory: neither files that others share nor pages nobody wrote to.
fn private_kib() -> Result<i64> {
    let text =
        fs::read_to_string("/proc/self/smaps_rollup").context("this system does not tell what a process keeps")?;
    let line = |name: &str| -> Result<i64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    };
    Ok(line("Private_Dirty:")? + line("Private_Clean:")?)
}

fn mib(kib: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "no process here has more than 2^52 KiB")]
    let kib = kib as f64;
    kib / 1024.0
}
