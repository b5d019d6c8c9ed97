//! From a prepared program to a run, and from its end to an outcome. It must never know how a guest waits or runs.

use std::cell::RefCell;
use std::rc::Rc;

use amphi_core::abi::{self, GuestExport, HostCalls};
use amphi_core::protocol::Waiting;
use amphi_core::{
    Bytes, Change, ChangedFile, Exit, ExportCall, Guest, LIB, Outcome, Prepared, Program, Stdin, Timing, WORK, Watch,
    trap,
};
use amphi_wasi::trace::Recorder;
use amphi_wasi::{Access, Config, Content, Context, Determinism, FaultError, Gate, Limits, Preopen, Tree};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::clock::Clock;
use super::inbox::Inbox;
use super::output::Output;
use super::platform::WorkerPlatform;
use super::run::{self, Run};
use super::{Worker, glue, hosts, instantiate, library};
use crate::message::ToPage;

/// The standard library, as Python looks for it.
const LIBRARY: &str = "/lib/python313.zip";

/// A run that has begun.
#[derive(Debug)]
pub(super) struct Started {
    /// The folders of the tree whose changes go into the outcome: the program's own, then its mounts.
    folders: Vec<String>,
    clock: Clock,
    prepare_ms: f64,
    began_ms: f64,
    /// The export that runs the program.
    pub(super) entry: &'static str,
    /// What is called once it has run.
    calls: Vec<ExportCall>,
}

/// Sets everything up; the guest's entry point is called next.
///
/// # Errors
/// In words: why this program cannot run here.
pub(super) fn start(worker: Worker, program: &str, terminal: bool, module: &JsValue) -> Result<Started, String> {
    let clock = Clock::new();
    let prepare_ms = clock.now_ms();
    let Prepared { program, hosts } =
        serde_json::from_str(program).map_err(|error| format!("The program could not be read: {error}."))?;
    check(&program)?;
    let module = if program.is_python() { worker.python.as_ref().map_err(String::clone)? } else { module };
    if !(program.is_python() && worker.fresh) {
        instantiate(module, worker.waiting)?;
    }
    let (serve, ..) = GuestExport::Serve.declared();
    let entry = if program.calls.is_empty() { "_start" } else { serve };
    if !glue::guest_has(entry) {
        return Err(if entry == serve {
            format!("Only Python programs export functions that can be called: the module does not export {serve}.")
        } else {
            "The module is not a command: it does not export _start.".to_owned()
        });
    }
    let given = match &program.stdin {
        Stdin::Bytes(bytes) => Some(bytes.0.clone()),
        Stdin::Empty => Some(Vec::new()),
        Stdin::Inherit => (worker.waiting == Waiting::None).then(Vec::new),
    };
    let inbox = Rc::new(Inbox::new(given, worker.control));
    let output = Rc::new(RefCell::new(Output::new(program.limits.output_bytes)));
    let platform = WorkerPlatform {
        clock: clock.clone(),
        inbox: Rc::clone(&inbox),
        output: Rc::clone(&output),
        terminal,
        resolution_ns: Clock::resolution_ns(worker.waiting == Waiting::Shared),
    };
    let limits = program.limits.clone();
    let calls = program.calls.clone();
    let gate = gate(&program.watch)?;
    let mut hosts = HostCalls::new(hosts::registry(hosts)?, limits.memory_bytes, limits.call_depth);
    if gate.is_some() {
        hosts.watch();
    }
    let (config, folders) = config(program, clock.realtime_ns())?;
    let context = Context::new(config, platform).map_err(|error| format!("The program cannot start: {error}."));
    let mut context = context?;
    context.watch(gate);
    let began_ms = clock.now_ms();
    run::begin(Run {
        context,
        hosts,
        waiting: worker.waiting,
        inbox,
        output,
        clock: clock.clone(),
        deadline_ms: limits.wall_ms.map_or(f64::INFINITY, |wall| began_ms + milliseconds(wall)),
        limits,
        asks_for_signals: glue::imports(module, abi::MODULE, "interrupt"),
        until_ms: 0.0,
        exit: None,
        told_waiting: false,
        nested: 0,
    });
    Ok(Started { folders, clock, prepare_ms, began_ms, entry, calls })
}

impl Started {
    /// What the run left; `ending` is what `glue.js` says of the guest's end. None if there was no run.
    pub(super) fn finish(self, ending: String) -> Option<Outcome> {
        let replies = if self.calls.is_empty() || !ending.is_empty() { Vec::new() } else { run::call(&self.calls) };
        let ended_ms = self.clock.now_ms();
        let mut run = run::end()?;
        run.finish();
        run.output.borrow_mut().send(ended_ms);
        let code = ending.strip_prefix("exit ").and_then(|code| code.parse::<i32>().ok());
        let exit = match (run.exit, ending.as_str()) {
            (Some(exit), _) => exit,
            (None, "") => Exit::Code(0),
            (None, _) if code.is_some() => Exit::Code(code.unwrap_or_default().cast_unsigned()),
            (None, trapped) => Exit::Trap(trap::words(trapped).to_owned()),
        }
        .caused_by_memory(run.hosts.memory_refused());
        let timing = |name: &str, from: f64, to: f64| Timing { name: name.to_owned(), us: microseconds(to - from) };
        let tree = run.context.tree();
        let mut changes = self.folders.iter().map(|folder| changed(tree, folder));
        let files = changes.next().unwrap_or_default();
        Some(Outcome {
            stdout: Bytes::default(),
            stderr: Bytes::default(),
            exit,
            files,
            mounts: changes.collect(),
            replies,
            timings: vec![
                timing("instantiate", self.prepare_ms, self.began_ms),
                timing("run", self.began_ms, ended_ms),
            ],
        })
    }
}

/// The words for imports that nobody offers, one `module.name` a line.
pub(super) fn missing(imports: &str) -> String {
    let names = imports.lines().collect::<Vec<_>>().join(", ");
    format!(
        "The guest imports what nobody offers: {names}. Offered are the 46 calls of {} and, in {}, {}.",
        amphi_wasi::MODULE,
        abi::MODULE,
        abi::AbiCall::ALL.iter().map(|call| call.name()).collect::<Vec<_>>().join(", ")
    )
}

/// What a browser cannot do is said before anything runs.
fn check(program: &Program) -> Result<(), String> {
    if let Some(mount) = program.mounts.iter().find(|mount| mount.copy.is_none()) {
        return Err(format!(
            "The program mounts the folder {} of the machine, which a browser cannot reach. Put its files beside the script, or run it with `amphi run`.",
            mount.host
        ));
    }
    Ok(())
}

/// What watches the guest's calls, if the program asks for it; records go to the page.
fn gate(watch: &Watch) -> Result<Option<Gate>, String> {
    /// Bytes of records in a message at least: the page looks for them a few times a second.
    const BATCH: u32 = 4096;
    let faults: Result<_, FaultError> = watch.faults.iter().map(|fault| fault.parse()).collect();
    let recorder = watch.trace.map(|trace| {
        Recorder::new(trace.shown as usize, trace.batch.max(BATCH) as usize, |records| {
            let records = Uint8Array::from(records);
            super::post_giving(&ToPage::Trace(records.clone()), &records.buffer());
        })
    });
    Ok(Gate::new(faults.map_err(|error| error.to_string())?, recorder))
}

/// What the guest's WASI starts with, and the folders of its tree whose changes are told: the program's own, then its
/// mounts.
fn config(program: Program, now_ns: u64) -> Result<(Config, Vec<String>), String> {
    let determinism = program.determinism.as_ref().map(|fixed| {
        let amphi_core::Determinism { clock_ns, step_ns, seed } = *fixed;
        Determinism { clock_ns, step_ns, seed }
    });
    let mut tree = Tree::new(determinism.map_or(now_ns, |fixed| fixed.clock_ns));
    let mut preopens = Vec::new();
    let mut folders = vec![WORK.to_owned()];
    let (args, env) = (program.argv(), program.guest_env());
    if matches!(program.guest, Guest::Python { .. }) {
        for (path, bytes) in program.files {
            tree.insert_file(&format!("{WORK}/{path}"), Content::from(bytes.0))
                .map_err(|errno| format!("The file {path} cannot be made in the guest: {errno}."))?;
        }
        tree.insert_file(LIBRARY, library::content())
            .map_err(|errno| format!("The standard library cannot be shown to the guest: {errno}."))?;
        preopens.push(Preopen { guest: WORK.to_owned(), dir: WORK.to_owned(), access: Access::ReadWrite });
        preopens.push(Preopen { guest: LIB.to_owned(), dir: LIB.to_owned(), access: Access::ReadOnly });
    }
    for (number, mount) in program.mounts.into_iter().enumerate() {
        // A place of its own, apart from what the guest calls it: one may lie in another there.
        let dir = format!("/mount/{number}");
        tree.insert_directory(&dir).map_err(|errno| format!("{} cannot be mounted: {errno}.", mount.host))?;
        for (path, bytes) in mount.copy.unwrap_or_default() {
            tree.insert_file(&format!("{dir}/{path}"), Content::from(bytes.0))
                .map_err(|errno| format!("The file {path} of {} cannot be mounted: {errno}.", mount.host))?;
        }
        let access = match mount.access {
            amphi_core::Access::ReadOnly => Access::ReadOnly,
            amphi_core::Access::ReadWrite => Access::ReadWrite,
        };
        folders.push(dir.clone());
        preopens.push(Preopen { guest: mount.guest, dir, access });
    }
    let limits = Limits {
        file_bytes: program.limits.file_bytes,
        files: program.limits.files,
        descriptors: program.limits.descriptors,
    };
    Ok((Config { args, env, tree, preopens, limits, determinism }, folders))
}

/// What the run did in a folder of the tree. A file that was written and is the same as before has not changed.
fn changed(tree: &Tree, dir: &str) -> Vec<ChangedFile> {
    let touched = tree.files_under(dir).filter(|file| file.changed && !file.is_as_before()).map(|file| {
        let bytes = Bytes(file.bytes().into_owned());
        let change = if file.was_there() { Change::Modified(bytes) } else { Change::Added(bytes) };
        ChangedFile { path: file.path, change }
    });
    let removed = tree.removed_under(dir).map(|path| ChangedFile { path, change: Change::Removed });
    let mut files: Vec<_> = touched.chain(removed).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[expect(clippy::cast_precision_loss, reason = "a limit of more milliseconds than a float counts is none")]
fn milliseconds(wall: u64) -> f64 {
    wall as f64
}

fn microseconds(milliseconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest integer in range"
    )]
    let microseconds = (milliseconds * 1e3) as u64;
    microseconds
}
