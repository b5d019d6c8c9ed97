//! Owns the way of a program into a sandbox: which module it is, what it is mounted, where its streams go.
//! It must never know how a module runs.

use crate::cache::{Cache, Notice};
use crate::output::Sink;
use crate::pool::Pool;
use crate::run::Running;
use crate::sandbox::{Kind, Python, Sandbox};
use crate::start::{Registered, Start};
use crate::stdin::{Feed, Stdin};
use crate::{Engine, Error, Wasm, watch};
use amphi_core::habitat::{Habitat, HabitatError, OutputStream, Streams};
use amphi_core::{Guest, HostModule, Outcome, Prepared, Program};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// One of this crate's habitats.
#[derive(Debug)]
pub struct Native {
    engine: Engine,
    cache: Cache,
    kind: Kind,
    python: Option<Python>,
}

impl Native {
    /// A habitat that compiles with `engine`, keeps compiled code in `cache`, and runs Python programs on `python`.
    #[must_use]
    pub fn new(engine: Engine, cache: Cache, kind: Kind, python: Option<Python>) -> Self {
        Self { engine, cache, kind, python }
    }

    /// Makes a program's module and host modules ready.
    ///
    /// # Errors
    /// As [`Sandbox::new`]; [`Error::NoPython`] when a Python program has no interpreter.
    pub fn sandbox(&self, prepared: &Prepared, tell: &mut dyn FnMut(Notice)) -> Result<Sandbox, Error> {
        let program = &prepared.program;
        let wasm = match &program.guest {
            // The interpreter's own loop asks for signals, see crates/python's patches.
            Guest::Python { .. } => match program.guest.module() {
                Some(wasm) => Wasm::from_bytes("python.wasm", wasm.0.as_slice()).asking(),
                None => self.python.as_ref().ok_or(Error::NoPython)?.wasm.clone().asking(),
            },
            Guest::Wasm(bytes) => Wasm::from_bytes(&program.name, bytes.0.as_slice()),
        };
        Sandbox::new(&self.engine, &self.cache, self.kind, &wasm, self.python.as_ref(), &prepared.hosts, tell)
    }

    /// Keeps `size` runs of a program ready, whose script has run and whose exports can be called. `hosts` are host
    /// modules written in Rust, which all runs share.
    ///
    /// # Errors
    /// As [`Self::sandbox`] and [`Pool::serving`].
    pub fn pool(&self, prepared: &Prepared, hosts: Vec<Arc<HostModule>>, size: usize) -> Result<Pool, Error> {
        let sandbox = self.sandbox(prepared, &mut |_| {})?;
        let (program, python) = (prepared.program.clone(), self.python.clone());
        Pool::serving(sandbox, size, move || {
            Ok(Start { registered: Registered(hosts.clone()), ..Start::of(&program, python.as_ref())? })
        })
    }

    /// What a run of the program begins with. Its output is kept; inherited input is this process's own; records of its
    /// calls, where it asks for them, go to `trace`.
    ///
    /// # Errors
    /// [`Error::NoPython`] when a Python program has no interpreter, [`Error::Fault`] when it asks for a fault that
    /// cannot be read.
    pub fn start(&self, program: &Program, trace: impl FnMut(&[u8]) + Send + 'static) -> Result<Start, Error> {
        Ok(Start { gate: watch::gate(&program.watch, trace)?, ..Start::of(program, self.python.as_ref())? })
    }
}

impl Habitat for Native {
    fn name(&self) -> &str {
        self.kind.name()
    }

    /// The outcome also keeps the output that `streams` got.
    fn run(&mut self, program: &Program, streams: &mut dyn Streams) -> Result<Outcome, HabitatError> {
        let prepared = amphi_core::prepare(program).map_err(|error| failed(error.into()))?;
        let sandbox = self.sandbox(&prepared, &mut |_| {}).map_err(|error| failed(error.into()))?;
        let (sender, events) = channel();
        let traced = sender.clone();
        // Nobody hears of a call once the run is over; nobody needs to then.
        let trace = move |records: &[u8]| drop(traced.send(Event::Trace(records.to_vec())));
        let mut start = self.start(program, trace).map_err(|error| failed(error.into()))?;
        start.stdout = sink(&sender, OutputStream::Stdout);
        start.stderr = sink(&sender, OutputStream::Stderr);
        let feed = Arc::new(Feed::new({
            let sender = sender.clone();
            // Nobody hears the question once the run is over; nobody needs the answer then.
            move || drop(sender.send(Event::Input))
        }));
        if program.stdin == amphi_core::Stdin::Inherit {
            start.stdin = Stdin::feed(feed.clone());
        }
        let running = sandbox.start(start).map_err(|error| failed(error.into()))?;
        // The guest has a thread of its own, because `streams` may be slow, and belongs to this one.
        std::thread::scope(|scope| {
            scope.spawn(move || drop(sender.send(Event::Ended(Box::new(running.finish())))));
            pump(&events, &feed, streams)
        })
    }
}

enum Event {
    Output(OutputStream, Vec<u8>),
    Trace(Vec<u8>),
    Input,
    Ended(Box<Result<Outcome, Error>>),
}

fn sink(sender: &Sender<Event>, stream: OutputStream) -> Sink {
    let sender = sender.clone();
    Sink::Live(Box::new(move |bytes| drop(sender.send(Event::Output(stream, bytes.to_vec())))))
}

/// Carries output to `streams` and input back until the run has ended.
fn pump(events: &Receiver<Event>, feed: &Feed, streams: &mut dyn Streams) -> Result<Outcome, HabitatError> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut input = [0; 8192];
    for event in events {
        match event {
            Event::Output(stream, bytes) => {
                streams.write(stream, &bytes);
                match stream {
                    OutputStream::Stdout => stdout.extend(bytes),
                    OutputStream::Stderr => stderr.extend(bytes),
                }
            }
            Event::Trace(records) => streams.trace(&records),
            Event::Input => {
                let count = streams.read(&mut input);
                feed.give(input.get(..count).unwrap_or_default());
            }
            Event::Ended(outcome) => {
                let outcome = outcome.map_err(|error| failed(error.into()))?;
                return Ok(Outcome { stdout: stdout.into(), stderr: stderr.into(), ..outcome });
            }
        }
    }
    Err(HabitatError::new("the run ended without an outcome"))
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> HabitatError {
    HabitatError { message: error.to_string(), source: Some(error) }
}

// A run crosses to a thread of its own.
const _: fn() = || {
    fn crosses<T: Send>() {}
    crosses::<Running>();
};
