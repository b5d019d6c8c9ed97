//! Runs the conformance guest (`crates/conformance`) for each call of preview1 in every habitat, through one
//! `amphi parity`, so that one browser serves them all. Must never know a case.
#![allow(clippy::indexing_slicing, reason = "indexing JSON gives null where there is nothing")]

#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../src/habitat/browser/engine.rs"]
mod engine;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use amphi_wasi::Call;
use engine::Engine;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

const NATIVE: &[&str] = &["wasmtime", "shim"];

const ENGINES: &[Engine] = &[Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// Checks that a habitat cannot pass: the call, the habitat, what is checked, and why. One that passes has to go.
const KNOWN: &[(&str, &str, &str, &str)] = &[];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (there, missing): (Vec<Engine>, Vec<Engine>) = ENGINES.iter().partition(|engine| engine.find().is_ok());
    let habitats: Vec<&str> = NATIVE.iter().copied().chain(there.iter().map(|engine| engine.habitat())).collect();
    if arguments.list {
        let names = Call::ALL.iter().flat_map(|call| habitats.iter().map(move |habitat| (call.name(), *habitat)));
        let trials = names.map(|(call, habitat)| Trial::test(format!("{call}::{habitat}"), || Ok(())));
        return libtest_mimic::run(&arguments, trials.collect()).exit_code();
    }
    // A browser that is missing is told by name.
    let missing = missing.into_iter().filter_map(|engine| {
        let missing = engine.find().err()?;
        let name = format!("{}: {missing}", engine.habitat());
        Some(Trial::test(name, move || Err(format!("{missing:#}").into())).with_ignored_flag(true))
    });
    match compared(&habitats) {
        Ok(report) => {
            let trials = trials(&report).into_iter().chain(missing).collect();
            libtest_mimic::run(&arguments, trials).exit_code()
        }
        Err(why) => {
            // The one line that a run without trials has to say.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{why}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// A test for each call in each habitat.
fn trials(report: &Value) -> Vec<Trial> {
    let programs = report["programs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut trials = Vec::new();
    for program in programs {
        let call = program["program"].as_str().unwrap_or_default().to_owned();
        for run in program["runs"].as_array().into_iter().flatten() {
            let (call, run) = (call.clone(), run.clone());
            let habitat = run["habitat"].as_str().unwrap_or_default().to_owned();
            trials.push(Trial::test(format!("{call}::{habitat}"), move || check(&call, &habitat, &run)));
        }
    }
    trials
}

/// What failed must be what is known to fail.
fn check(call: &str, habitat: &str, run: &Value) -> Result<(), Failed> {
    if let Some(error) = run["error"].as_str() {
        return Err(error.into());
    }
    let stdout = run["stdout"].as_str().unwrap_or_default();
    let known: Vec<_> = KNOWN.iter().filter(|(one, other, ..)| (*one, *other) == (call, habitat)).collect();
    let failed: BTreeSet<&str> = stdout.lines().filter(|line| line.starts_with("FAILED")).collect();
    for line in &failed {
        if !known.iter().any(|(_, _, what, _)| line.contains(what)) {
            return Err(stdout.into());
        }
    }
    for (_, _, what, reason) in &known {
        if !failed.iter().any(|line| line.contains(what)) {
            return Err(format!("{what} passes now; it is listed as known to fail: {reason}").into());
        }
    }
    match (call, run["exit"].as_i64(), known.is_empty()) {
        ("proc_exit", Some(42), true) | (_, Some(1), false) => Ok(()),
        (call, Some(0), true) if call != "proc_exit" && stdout.contains("checks passed") => Ok(()),
        (_, exit, _) => {
            Err(format!("exit code {exit:?}\n{stdout}{}", run["stderr"].as_str().unwrap_or_default()).into())
        }
    }
}

/// Runs everything, and gives what `amphi parity` tells.
fn compared(habitats: &[&str]) -> Result<Value, String> {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/wasm32-wasip1/release/conformance.wasm");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/conformance/fixture");
    let guest =
        fs::read(&guest).map_err(|error| format!("{}: {error}; `cargo xtask test` builds it", guest.display()))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let programs: Result<Vec<PathBuf>, String> =
        Call::ALL.iter().map(|call| program(folder.path(), call.name(), &guest, &fixture)).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_amphi"))
        .args(["parity", "--json", "--habitat", &habitats.join(",")])
        .args(programs?)
        .output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("amphi parity printed no JSON ({error}): {}", String::from_utf8_lossy(&output.stderr)))
}

/// A folder with the program that checks one call. Its folders are its own; it makes a mess in one.
fn program(root: &Path, call: &str, guest: &[u8], fixture: &Path) -> Result<PathBuf, String> {
    let folder = root.join(call);
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    for name in ["data", "ro"] {
        copy(&fixture.join(name), &folder.join(name)).map_err(told)?;
    }
    fs::copy(fixture.join("stdin.txt"), folder.join("stdin.txt")).map_err(told)?;
    fs::write(folder.join("conformance.wasm"), guest).map_err(told)?;
    let manifest = format!(
        "wasm = \"conformance.wasm\"\nargs = [\"{call}\", \"zwölf\"]\nstdin_file = \"stdin.txt\"\n\
         mount = [{{ host = \"data\", guest = \"/data\" }}, {{ host = \"ro\", guest = \"/ro\", access = \"ro\" }}]\n\
         [env]\nKEY = \"value\"\nEMPTY = \"\"\nUMLAUT = \"ä\"\n"
    );
    fs::write(folder.join("amphi.toml"), manifest).map_err(told)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
