//! Owns the set-up of wasmtime-wasi for one run: arguments, environment, folders, streams, clocks, random numbers.

use super::clocks::Clock;
use super::folders::{Folder, Folders};
use super::steady::{self, Steady};
use super::streams::{Input, Out};
use crate::Error;
use crate::output::Stream;
use crate::streams::Streams;
use crate::watch::Watched;
use amphi_core::Limit;
use amphi_wasi::{Call, Determinism, Gate, SeededRandom};
use std::cell::OnceCell;
use tokio::runtime::Runtime;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// One guest's WASI.
pub(crate) struct World {
    wasi: WasiP1Ctx,
    clock: Clock,
    gate: Option<Gate>,
    /// In a deterministic run.
    steady: Option<Steady>,
    descriptors: Descriptors,
    /// Drives the timers of a wait for several things at once; most runs never need it.
    runtime: OnceCell<Runtime>,
}

/// The standard streams, which are open from the start.
const STREAMS: u64 = 3;

/// How many descriptors are open, how many may be, and whether one more was refused.
struct Descriptors {
    open: u64,
    limit: u32,
    met: bool,
}

impl World {
    pub(crate) fn new(
        args: &[String],
        env: &[(String, String)],
        folders: &Folders,
        Streams { stdin, output, stdout, control }: Streams,
        clock: Clock,
        determinism: Option<Determinism>,
        gate: Option<Gate>,
    ) -> Result<Self, Error> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(args)
            .envs(env)
            .stdin(Input { stdin, control })
            .stdout(Out { output: output.clone(), stream: stdout })
            .stderr(Out { output, stream: Stream::Stderr })
            .allow_blocking_current_thread(true);
        clock.give(&mut wasi);
        if let Some(Determinism { seed, .. }) = determinism {
            wasi.secure_random(SeededRandom::new(seed));
        }
        for Folder { host, guest, writable, .. } in &folders.list {
            let access = if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            wasi.preopened_dir(host, guest, access)
                .map_err(|error| Error::Mount { path: host.clone(), reason: format!("{error:#}") })?;
        }
        let steady = determinism.map(|fixed| Steady::new(fixed, folders));
        let descriptors = Descriptors { open: folders.list.len() as u64 + STREAMS, limit: u32::MAX, met: false };
        let mut world = Self { wasi: wasi.build_p1(), clock, gate, steady, descriptors, runtime: OnceCell::new() };
        if world.steady.is_some() {
            steady::find_own(&mut world, folders).map_err(|error| Error::Engine(format!("{error:#}")))?;
        }
        Ok(world)
    }

    /// The same with so many descriptors open at most.
    pub(crate) fn with_descriptors(mut self, limit: u32) -> Self {
        self.descriptors.limit = limit;
        self
    }

    pub(super) fn wasi(&mut self) -> &mut WasiP1Ctx {
        &mut self.wasi
    }

    /// The guest's clocks.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What a deterministic run shows of real folders.
    pub(super) fn steady(&mut self) -> Option<&mut Steady> {
        self.steady.as_mut()
    }

    /// Whether one more descriptor may be open. That there are too many wasmtime-wasi leaves to the machine.
    pub(super) fn has_room(&mut self) -> bool {
        let Descriptors { open, limit, met } = &mut self.descriptors;
        *met |= *open >= u64::from(*limit);
        *open < u64::from(*limit)
    }

    /// A call succeeded.
    pub(super) fn done(&mut self, call: Call, args: &[u64]) {
        let open = &mut self.descriptors.open;
        match (call, args) {
            (Call::PathOpen, _) => *open += 1,
            (Call::FdClose, _) => *open -= 1,
            (Call::FdRenumber, [from, to]) if from != to => *open -= 1,
            _ => {}
        }
    }

    /// Closes all descriptors: a guest may hold as many as the process can have.
    pub(crate) fn close(&mut self) {
        self.wasi = WasiCtxBuilder::new().build_p1();
    }

    /// The context, and the runtime for a future of it that waits.
    pub(super) fn parts(&mut self) -> wasmtime::Result<(&mut WasiP1Ctx, &Runtime)> {
        if self.runtime.get().is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let _ = self.runtime.set(runtime);
        }
        match self.runtime.get() {
            Some(runtime) => Ok((&mut self.wasi, runtime)),
            None => Err(wasmtime::Error::msg("no runtime for a wait")),
        }
    }
}

impl Watched for World {
    fn gate(&mut self) -> Option<&mut Gate> {
        self.gate.as_mut()
    }

    fn seen_ns(&self) -> u64 {
        self.clock.seen_ns()
    }

    fn limit_met(&self) -> Option<Limit> {
        self.descriptors.met.then_some(Limit::Descriptors)
    }
}
