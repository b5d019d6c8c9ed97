//! Runs every program of `examples/` in every habitat and compares what it leaves with its `[expect]`. `BLESS=1` renews
//! the expected files from what habitat `wasmtime` leaves. A browser is started once, by `amphi parity`, and runs them
//! all. Must never know a program.

#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../src/habitat/browser/engine.rs"]
mod engine;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use engine::Engine;
use libtest_mimic::{Arguments, Failed, Trial};
use toml::{Table, Value};

const NATIVE: &[&str] = &["wasmtime", "shim"];

const BROWSERS: &[Engine] = &[Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// Examples that some builds and habitats refuse, with what is then said.
const REFUSED: &[(&str, &str)] = &[
    // It runs in the machine's own Python, which a browser has not, and this command only with a feature; see
    // `native_python.rs`.
    ("native-python", "the machine's own Python (native-python)"),
];

/// Examples whose calls may be others in another engine, with the reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("arguments", "it waits until a clock has moved, as coarsely as the browser shows it"),
    ("asyncio", "how often it looks at the clock depends on the machine"),
    ("host-javascript", "an engine sorts in its own way, and calls Python's comparison as often as that takes"),
];

/// The example that a machine can run which has a compiler for it.
const IN_GO: &str = "go-sum";

/// No example takes a tenth of this, even where a browser starts first.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folders = match examples() {
        Ok(folders) if folders.len() >= 6 => folders,
        Ok(folders) => return refuse(&format!("only {} examples were found", folders.len())),
        Err(error) => return refuse(&error),
    };
    if std::env::var_os("BLESS").is_some_and(|bless| bless == "1") {
        for folder in folders.iter().filter(|folder| refused(folder, "wasmtime").is_none()) {
            if let Err(error) = bless(folder) {
                return refuse(&format!("{}: {error}", folder.display()));
            }
        }
    }
    let mut trials = Vec::new();
    let (in_go, mut folders): (Vec<_>, Vec<_>) = folders.into_iter().partition(|folder| name(folder) == IN_GO);
    for folder in in_go {
        match run(&folder, "shim") {
            Ok(left) if left.stderr.contains("needs Go 1.24 or newer") => {
                let trial = Trial::test(format!("{IN_GO}: there is no Go 1.24"), || Err("it was not run".into()));
                trials.push(trial.with_ignored_flag(true));
            }
            // What else went wrong its own trials say.
            _ => folders.push(folder),
        }
    }
    for habitat in NATIVE {
        for folder in folders.clone() {
            trials.push(Trial::test(format!("{}::{habitat}", name(&folder)), move || {
                let left = run(&folder, habitat)?;
                // The first run of all says that it links or compiles, which is no part of the program.
                let first = ["amphi: compiling", "link Python", "waiting for another link"];
                let again = first.iter().any(|said| left.stderr.contains(said));
                let left = if again { run(&folder, habitat)? } else { left };
                match refused(&folder, habitat) {
                    Some(why) => check_refused(&left, why),
                    None => check(&folder, &left),
                }
            }));
        }
    }
    for engine in BROWSERS {
        let habitat = engine.habitat();
        if let Err(missing) = engine.find() {
            let trial = Trial::test(format!("{habitat}: {missing}"), move || Err(format!("{missing:#}").into()));
            trials.push(trial.with_ignored_flag(true));
            continue;
        }
        let all = Arc::new(OnceLock::new());
        for folder in folders.clone() {
            let (folders, all) = (folders.clone(), Arc::clone(&all));
            trials.push(Trial::test(format!("{}::{habitat}", name(&folder)), move || {
                let all: &Result<BTreeMap<String, Left>, String> = all.get_or_init(|| run_all(&folders, habitat));
                let left = all.as_ref().map_err(Clone::clone)?.get(&name(&folder)).ok_or("it was not run")?;
                match refused(&folder, habitat) {
                    Some(why) => check_refused(left, why),
                    None => check(&folder, left).and_then(|()| check_alike(&folder, left)),
                }
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is said of an example that a habitat of this build refuses.
fn refused(folder: &Path, habitat: &str) -> Option<&'static str> {
    let served = cfg!(feature = "native-python") && NATIVE.contains(&habitat);
    let (_, why) = REFUSED.iter().find(|(refused, _)| *refused == name(folder) && !served)?;
    Some(why)
}

fn check_refused(left: &Left, why: &str) -> Result<(), Failed> {
    match left.exit != Some(0) && left.stderr.contains(why) {
        true => Ok(()),
        false => Err(format!("it should be refused because of {why}, and left {left:?}").into()),
    }
}

/// The engines of one code make the same calls, with the same results.
fn check_alike(folder: &Path, left: &Left) -> Result<(), Failed> {
    match left.differences.as_slice() {
        [] => Ok(()),
        _ if OTHERWISE.iter().any(|(example, _)| *example == name(folder)) => Ok(()),
        differences => Err(format!("it is not as in shim: {}", differences.join("; ")).into()),
    }
}

fn refuse(why: &str) -> ExitCode {
    // The one line that a run without trials has to say.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{why}\n").as_bytes());
    ExitCode::FAILURE
}

/// The folders that are programs, sorted.
fn examples() -> Result<Vec<PathBuf>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = fs::read_dir(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    let mut folders: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    folders.retain(|folder| folder.join("amphi.toml").is_file());
    folders.sort();
    Ok(folders)
}

/// What a process left.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
    /// What is not as in another habitat.
    differences: Vec<String>,
}

fn check(folder: &Path, left: &Left) -> Result<(), Failed> {
    let manifest = manifest(folder)?;
    let expect = manifest.get("expect").ok_or("amphi.toml has no [expect]")?;
    let exit = expect.get("exit").and_then(Value::as_integer).unwrap_or(0);
    let mut wrong = String::new();
    if left.exit.map(i64::from) != Some(exit) {
        wrong.push_str(&format!("exit code {:?} instead of {exit}\n", left.exit));
    }
    for (name, found) in [("stdout", &left.stdout), ("stderr", &left.stderr)] {
        // A program whose author says nothing of a stream leaves it empty.
        let expected = expect.get(name).map(|item| text(folder, item)).transpose()?.unwrap_or_default();
        if *found != expected {
            wrong.push_str(&format!("--- {name}, expected\n{expected}\n--- {name}, found\n{found}\n"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong}stderr was: {}", left.stderr).into()) }
}

/// The text of an expectation: written out, or in a file beside the manifest.
fn text(folder: &Path, item: &Value) -> Result<String, Failed> {
    if let Some(text) = item.as_str() {
        return Ok(text.to_owned());
    }
    let file = file(item).ok_or("an expectation is neither a text nor { file = ... }")?;
    Ok(fs::read_to_string(folder.join(file)).map_err(|error| format!("{file}: {error}; BLESS=1 makes it"))?)
}

fn file(item: &Value) -> Option<&str> {
    item.get("file").and_then(Value::as_str)
}

fn manifest(folder: &Path) -> Result<Table, Failed> {
    Ok(fs::read_to_string(folder.join("amphi.toml"))?.parse()?)
}

/// Renews the files that the manifest's expectations name. A text in the manifest itself is its author's to renew: the
/// test that follows shows what it should be.
fn bless(folder: &Path) -> Result<(), String> {
    let told = |error: Failed| error.message().unwrap_or("failed").to_owned();
    let manifest = manifest(folder).map_err(told)?;
    let named = |name| manifest.get("expect").and_then(|expect| expect.get(name)).and_then(file);
    let files: Vec<_> =
        ["stdout", "stderr"].into_iter().filter_map(|name| Some((name, folder.join(named(name)?)))).collect();
    let written =
        |file: &Path, text: &str| fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()));
    // The manifest names them, so they must be there before the program can be read.
    for (_, file) in files.iter().filter(|(_, file)| !file.exists()) {
        written(file, "")?;
    }
    // The first run may say that it compiles.
    run(folder, "wasmtime").map_err(told)?;
    let left = run(folder, "wasmtime").map_err(told)?;
    for (name, file) in &files {
        written(file, if *name == "stdout" { &left.stdout } else { &left.stderr })?;
    }
    Ok(())
}

fn run(folder: &Path, habitat: &str) -> Result<Left, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
    command.arg("run").arg(folder).args(["--habitat", habitat]);
    left(command)
}

/// Runs all examples in one browser.
fn run_all(folders: &[PathBuf], habitat: &str) -> Result<BTreeMap<String, Left>, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
    command.args(["parity", "--json", "--habitat", &format!("shim,{habitat}")]).args(folders);
    let told = left(command).map_err(|error| error.message().unwrap_or("failed").to_owned())?;
    let report: serde_json::Value = serde_json::from_str(&told.stdout)
        .map_err(|error| format!("amphi parity printed no JSON ({error}): {}", told.stderr))?;
    let text = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let items = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(serde_json::Value::as_array).cloned().unwrap_or_default()
    };
    let mut all = BTreeMap::new();
    for program in items(&report, "programs") {
        let differences: Vec<String> = items(&program, "differences").iter().map(ToString::to_string).collect();
        for run in items(&program, "runs").iter().filter(|run| text(run, "habitat") == habitat) {
            let exit = run.get("exit").and_then(serde_json::Value::as_i64).and_then(|exit| exit.try_into().ok());
            let (stdout, mut stderr) = (text(run, "stdout"), text(run, "stderr"));
            stderr.push_str(&text(run, "error"));
            let differences = differences.clone();
            all.insert(text(&program, "program"), Left { exit, stdout, stderr, differences });
        }
    }
    Ok(all)
}

/// Runs a command to its end.
fn left(mut command: Command) -> Result<Left, Failed> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let exit = wait(&mut child)?;
    let whole =
        |reader: thread::JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
    Ok(Left { exit, stdout: whole(stdout), stderr: whole(stderr), differences: Vec::new() })
}

fn read(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before a failure is shown; the comparison tells the rest.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn wait(child: &mut Child) -> Result<Option<i32>, Failed> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if began.elapsed() > PATIENCE {
            child.kill()?;
            return Err(format!("it did not end within {} s", PATIENCE.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(2));
    }
}
