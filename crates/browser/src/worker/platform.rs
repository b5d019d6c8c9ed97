//! The world as WASI sees it from a worker: clocks, random bytes, the three streams. It must never know a call.

use std::cell::RefCell;
use std::rc::Rc;

use amphi_wasi::Clock as ClockId;
use amphi_wasi::{Input, Platform, Refused, Stop, Stream};

use super::clock::Clock;
use super::inbox::Inbox;
use super::output::Output;

/// What one guest has of the world.
#[derive(Debug)]
pub(super) struct WorkerPlatform {
    pub(super) clock: Clock,
    pub(super) inbox: Rc<Inbox>,
    pub(super) output: Rc<RefCell<Output>>,
    /// True when a person reads stdout as it comes; then Python writes each line at once.
    pub(super) terminal: bool,
    /// Where what the guest prints goes.
    pub(super) stdout: Stream,
    /// The step of both clocks.
    pub(super) resolution_ns: u64,
}

impl WorkerPlatform {
    /// That of the guest behind a host module: nothing to read, and what it prints is not what the program prints.
    pub(super) fn of_host(&self) -> Self {
        Self {
            clock: self.clock.clone(),
            inbox: Rc::new(Inbox::new(Some(Vec::new()), None)),
            output: Rc::clone(&self.output),
            terminal: false,
            stdout: Stream::Stderr,
            resolution_ns: self.resolution_ns,
        }
    }
}

impl Platform for WorkerPlatform {
    fn realtime_ns(&self) -> u64 {
        self.clock.realtime_ns()
    }

    fn monotonic_ns(&self) -> u64 {
        self.clock.monotonic_ns()
    }

    fn glance_ns(&self) -> Option<u64> {
        self.clock.glance_ns()
    }

    fn resolution_ns(&self, _clock: ClockId) -> u64 {
        self.resolution_ns
    }

    fn random(&mut self, out: &mut [u8]) {
        self.clock.random(out);
    }

    fn read_stdin(&mut self, out: &mut [u8]) -> Input {
        self.inbox.read(out)
    }

    fn stdin_ready(&self) -> bool {
        self.inbox.is_ready()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        let stream = if stream == Stream::Stdout { self.stdout } else { stream };
        if self.output.borrow_mut().write(stream == Stream::Stderr, bytes, self.clock.now_ms()) {
            Ok(())
        } else {
            Err(Refused::Stop(Stop::Output))
        }
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        // Only stdout: with a terminal on stdin Python would prompt on stderr, with one on stderr it would colour.
        self.terminal && stream == Stream::Stdout
    }
}
