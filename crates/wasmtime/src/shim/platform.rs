//! Owns what amphi's WASI sees of this machine: its clocks, its random numbers, the run's streams.

use crate::control::{Control, End};
use crate::output::{self, Output};
use crate::stdin::{Read, Stdin};
use crate::stopwatch::{Stopwatch, nanoseconds};
use crate::streams::Streams;
use amphi_wasi::{Errno, Input, Platform, Refused, Stop, Stream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasmtime_wasi::Rng;

/// This machine, for one run.
pub(crate) struct Native {
    /// What the guest's monotonic clock counts from, and the time of records.
    stopwatch: Stopwatch,
    /// Seeded from the system when first asked.
    random: Option<Box<dyn Rng + Send>>,
    stdin: Arc<Stdin>,
    output: Arc<Output>,
    /// Where what the guest prints goes.
    stdout: output::Stream,
    control: Arc<Control>,
}

impl Native {
    /// A guest's streams, and when its monotonic clock was 0.
    pub(crate) fn new(Streams { stdin, output, stdout, control }: Streams, start: Instant) -> Self {
        Self { stopwatch: Stopwatch::since(start), random: None, stdin, output, stdout, control }
    }

    fn stream(&self, stream: Stream) -> output::Stream {
        if stream == Stream::Stderr { output::Stream::Stderr } else { self.stdout }
    }

    /// Whether a read of standard input would give something now; if not, the bell rings once it does.
    pub(super) fn stdin_waits(&self) -> bool {
        self.stdin.ready(&self.control)
    }

    /// A time of the guest's monotonic clock as a moment of ours; `None` is beyond all time.
    pub(super) fn moment(&self, monotonic_ns: u64) -> Option<Instant> {
        self.stopwatch.start().checked_add(Duration::from_nanos(monotonic_ns))
    }
}

impl Platform for Native {
    fn realtime_ns(&self) -> u64 {
        nanoseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn monotonic_ns(&self) -> u64 {
        nanoseconds(self.stopwatch.start().elapsed())
    }

    fn seen_ns(&self) -> u64 {
        self.stopwatch.ns()
    }

    fn random(&mut self, out: &mut [u8]) {
        self.random.get_or_insert_with(wasmtime_wasi::thread_rng).fill_bytes(out);
    }

    fn read_stdin(&mut self, out: &mut [u8]) -> Input {
        match self.stdin.read(out, &self.control) {
            Read::Bytes(count) => Input::Bytes(count),
            // A platform has no way to say that reading failed; nothing more will come either way.
            Read::End | Read::Failed => Input::End,
            Read::Empty => Input::Empty,
        }
    }

    fn stdin_ready(&self) -> bool {
        self.stdin_waits()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        self.output.write(self.stream(stream), bytes).map_err(|refused| match refused {
            output::Refused::Failed => Refused::Errno(Errno::Io),
            output::Refused::End(End::Exit(code)) => Refused::Stop(Stop::Exit(code)),
            output::Refused::End(_) => Refused::Stop(Stop::Output),
        })
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Stdin => self.stdin.is_terminal(),
            Stream::Stdout | Stream::Stderr => self.output.is_terminal(self.stream(stream)),
        }
    }
}
