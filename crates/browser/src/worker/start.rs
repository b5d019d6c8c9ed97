//! From a prepared program to a run, and from its end to an outcome. It must never know how a guest waits or runs.

use std::cell::RefCell;
use std::rc::Rc;

use amphi_core::abi::{self, GuestExport, HostCalls};
use amphi_core::protocol::Waiting;
use amphi_core::{
    Bytes, Change, ChangedFile, Exit, ExportCall, GuestId, HostModule, Interface, Limit, Outcome, Prepared,
    PreparedBody, PreparedHost, Program, Registry, Source, Stdin, Timing, Turns, Watch, trap,
};
use amphi_wasi::trace::Recorder;
use amphi_wasi::{Context, FaultError, Gate, Stream, Tree};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::clock::Clock;
use super::crossing;
use super::inbox::Inbox;
use super::output::Output;
use super::platform::WorkerPlatform;
use super::run::{self, Guest, Run};
use super::{glue, hosts, instantiate, library, lines};
use crate::message::ToPage;
use crate::world;

/// A run that has begun.
#[derive(Debug)]
pub(super) struct Started {
    /// For each guest, the folders of its tree whose changes go into the outcome: the program's own, then its mounts.
    folders: Vec<Vec<String>>,
    clock: Clock,
    prepare_ms: f64,
    began_ms: f64,
    /// The guests of host modules.
    hosts: Vec<GuestId>,
    /// The export that runs the program.
    pub(super) entry: &'static str,
    /// What is called once it has run.
    calls: Vec<ExportCall>,
    /// The guest stays once it has run, if it exports anything; each call may take so long, in milliseconds.
    pub(super) stays: bool,
    pub(super) wall_ms: f64,
}

/// Reads a program.
///
/// # Errors
/// In words: what is wrong with it.
pub(super) fn read(program: &[u8]) -> Result<Prepared, String> {
    borsh::from_slice(program).map_err(|error| format!("The program could not be read: {error}."))
}

/// The host modules of a program that are written in JavaScript, which are loaded before everything else: only that takes
/// turns of the event loop.
pub(super) fn in_javascript(prepared: &Prepared) -> Vec<(String, Source, Option<Interface>)> {
    let of = |host: &PreparedHost| match &host.body {
        PreparedBody::JavaScript { source, interface } => Some((host.name.clone(), source.clone(), interface.clone())),
        _ => None,
    };
    prepared.hosts.iter().filter_map(of).collect()
}

/// Sets everything up; the guest's entry point is called next. `opens`: host functions may give promises, and suspend the
/// guest. `stays`: it is called once its program has run.
///
/// # Errors
/// In words: why this program cannot run here.
pub(super) fn start(
    worker: super::Worker,
    prepared: Prepared,
    javascript: Vec<HostModule>,
    (opens, stays): (bool, bool),
    terminal: bool,
    module: &JsValue,
) -> Result<Started, String> {
    let clock = Clock::new();
    let prepare_ms = clock.now_ms();
    let Prepared { program, hosts: prepared, imports } = prepared;
    check(&program)?;
    // A program that brings its module brings it compiled, a Python of its own too.
    let shared = module.is_undefined();
    let module = if shared { worker.python.as_ref().map_err(String::clone)? } else { module };
    // Calls that may suspend the guest cost a frame of JavaScript each: only who needs them has them.
    if opens || !(shared && worker.fresh) {
        instantiate(module, worker.waiting, opens, &hosts::typed(&imports, 0), &prepared)?;
    }
    let (serve, ..) = GuestExport::Serve.declared();
    let stays = stays && glue::guest_has(serve);
    let entry = if program.calls.is_empty() && !stays { "_start" } else { serve };
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
        stdout: Stream::Stdout,
        resolution_ns: Clock::resolution_ns(worker.waiting == Waiting::Shared),
    };
    let limits = program.limits.clone();
    let calls = program.calls.clone();
    let gate = gate(&program.watch)?;
    let mut registry = Registry::new();
    for module in javascript {
        registry.add(module).map_err(|error| error.to_string())?;
    }
    let mut calls_of_hosts = HostCalls::new(registry, limits.memory_bytes, limits.call_depth);
    if gate.is_some() {
        calls_of_hosts.watch();
    }
    glue::hosts_drop();
    let (mut folders, mut others, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
    for (host, program) in hosts::guests(prepared, &mut calls_of_hosts)? {
        let gate = gate.as_ref().map(|gate| gate.of_guest(&host.name));
        let (guest, shown) = guest(program, platform.of_host(), gate)?;
        others.push(guest);
        folders.push(shown);
        hosts.push(host);
    }
    let beside = (platform.of_host(), gate.clone());
    let (program, shown) = guest(program, platform, gate)?;
    folders.insert(0, shown);
    let began_ms = clock.now_ms();
    let wall_ms = limits.wall_ms.map_or(f64::INFINITY, milliseconds);
    run::begin(Run {
        guests: Turns::new(program, others),
        hosts: calls_of_hosts,
        typed: imports.into_iter().map(Rc::new).collect(),
        waiting: worker.waiting,
        opens,
        inbox,
        output,
        clock: clock.clone(),
        deadline_ms: began_ms + wall_ms,
        asks_for_signals: glue::imports(module, abi::MODULE, "interrupt"),
        until_ms: 0.0,
        exit: None,
        told_waiting: false,
        nested: 0,
        beside,
    });
    let offered = hosts.iter().map(|host| (host, host.offer()));
    let started = hosts.iter().map(|host| (host, host.start(&worker.python)));
    for (host, done) in offered.chain(started) {
        match done {
            // Why the run ended in a host module's guest tells its outcome.
            Err(why) if run::with(|run| run.exit.is_none()).unwrap_or(true) => {
                run::end();
                return Err(format!("The host module {}: {why}", host.name));
            }
            Ok(()) | Err(_) => {}
        }
    }
    run::go_straight();
    let hosts = hosts.iter().filter(|host| host.is_python()).map(|host| host.id).collect();
    Ok(Started { folders, hosts, clock, prepare_ms, began_ms, entry, calls, stays, wall_ms })
}

/// A guest's world, and the folders of its tree whose changes are told.
pub(super) fn guest(
    program: Program,
    platform: WorkerPlatform,
    gate: Option<Gate>,
) -> Result<(Guest, Vec<String>), String> {
    let memory_bytes = program.limits.memory_bytes;
    let (config, folders) = world::of(program, library::content(), platform.clock.realtime_ns())?;
    let context = Context::new(config, platform).map_err(|error| format!("The program cannot start: {error}."));
    let mut context = context?;
    context.watch(gate);
    Ok((Guest { context, memory_bytes, ended: None }, folders))
}

impl Started {
    /// Whether the run has ended already, in the guest of a host module.
    pub(super) fn is_over(&self) -> bool {
        run::with(|run| run.exit.is_some()).unwrap_or(true)
    }

    /// What the run left; `ending` is what `glue.js` says of the guest's end. None if there was no run.
    pub(super) fn finish(self, ending: String) -> Option<Outcome> {
        let calls = !self.calls.is_empty() && ending.is_empty() && !self.is_over();
        let replies = if calls { crossing::call(&self.calls) } else { Vec::new() };
        if self.stays && ending.is_empty() && !self.is_over() {
            crossing::finish(GuestId::PROGRAM);
        }
        // Guests of host modules write what they hold back, unless the run was ended.
        let code = ending.strip_prefix("exit ").and_then(|code| code.parse::<i32>().ok());
        let exit = run::with(|run| run.exit.take())?;
        if !matches!(exit, Some(Exit::Interrupted | Exit::Limit(_))) {
            self.hosts.iter().for_each(|host| crossing::finish(*host));
        }
        let ended_ms = self.clock.now_ms();
        let mut run = run::end()?;
        run.finish();
        run.output.borrow_mut().send(ended_ms);
        let exit = match (exit, ending.as_str()) {
            (Some(exit), _) => exit,
            (None, "") => Exit::Code(0),
            (None, _) if code.is_some() => Exit::Code(code.unwrap_or_default().cast_unsigned()),
            (None, trapped) => Exit::Trap(trap::words(trapped).to_owned()),
        };
        let met = match run.hosts.memory_refused(GuestId::PROGRAM) {
            true => Some(Limit::Memory),
            false => run.guests.all().next().and_then(|guest| guest.context.limits_met().next()).map(run::core_limit),
        };
        let exit = exit.caused_by(met);
        let timing = |name: &str, from: f64, to: f64| Timing { name: name.to_owned(), us: microseconds(to - from) };
        let guests = run.guests.all().zip(&self.folders);
        let changes = guests.map(|(guest, folders)| {
            let tree = guest.context.tree();
            folders.iter().map(|folder| changed(tree, folder)).collect::<Vec<_>>()
        });
        let mut changes: Vec<Vec<Vec<ChangedFile>>> = changes.collect();
        // A host module's own file is its own; what it did to its mounts is told.
        let mut own = changes.iter_mut().map(|changes| if changes.is_empty() { Vec::new() } else { changes.remove(0) });
        let files = own.next().unwrap_or_default();
        own.for_each(drop);
        Some(Outcome {
            stdout: Bytes::default(),
            stderr: Bytes::default(),
            exit,
            files,
            mounts: changes.into_iter().flatten().collect(),
            replies,
            timings: vec![
                timing("instantiate", self.prepare_ms, self.began_ms),
                timing("run", self.began_ms, ended_ms),
            ],
        })
    }
}

/// The words for imports that nobody offers, one `module::name` a line.
pub(super) fn missing(imports: &str, hosts: &[PreparedHost]) -> String {
    let names = imports.lines().collect::<Vec<_>>().join(", ");
    let hosts = hosts.iter().map(|host| (host.name.as_str(), host.body.interface()));
    format!("The guest has an unknown import {names}. {}.", abi::offered(amphi_wasi::Call::ALL.len(), hosts))
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
    /// Bytes of records in a message at least, unless the last one is some time ago: the page looks for them a few times
    /// a second.
    const BATCH: u32 = 4096;
    const EVERY_NS: u64 = 100_000_000;
    let faults: Result<_, FaultError> = watch.faults.iter().map(|fault| fault.parse()).collect();
    let recorder = watch.trace.map(|trace| {
        Recorder::new(trace.shown as usize, trace.batch.max(BATCH) as usize, |records| {
            let records = Uint8Array::from(records);
            let memory = f64::from(glue::guest_size());
            super::post_giving(&ToPage::Trace { records: records.clone(), memory }, &records.buffer());
        })
        .handing_on_every(EVERY_NS)
    });
    let gate = Gate::new(faults.map_err(|error| error.to_string())?, recorder);
    Ok(if watch.trace.is_some_and(|trace| trace.lines) { gate.map(|gate| gate.locating(lines::make)) } else { gate })
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
