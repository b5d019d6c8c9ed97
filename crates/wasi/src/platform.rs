//! All that WASI sees of the world outside: clocks, random bytes and the standard streams.
//! Must never know files, descriptors or a particular habitat.

use crate::errno::Errno;
use crate::flow::{Halt, Stop};
use crate::types::Clock;

/// What a habitat gives its guest. No method may block: a call that must wait says so, and the habitat waits outside.
pub trait Platform {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn realtime_ns(&self) -> u64;

    /// Nanoseconds since some fixed moment; never goes back.
    fn monotonic_ns(&self) -> u64;

    /// The same for whoever watches the guest, which a platform may read from a quicker clock: it need not agree with the
    /// guest's to the last microsecond, and both never go back.
    fn seen_ns(&self) -> u64 {
        self.monotonic_ns()
    }

    /// [`seen_ns`](Self::seen_ns) as a call begins, or none where looking would take longer than the call: a platform whose
    /// clock is slow says so for calls that follow each other closely. Such a call is not timed.
    fn glance_ns(&self) -> Option<u64> {
        Some(self.seen_ns())
    }

    /// The smallest step of a clock, in nanoseconds. Only asked for the two clocks above.
    fn resolution_ns(&self, clock: Clock) -> u64 {
        let _ = clock;
        1
    }

    /// Fills `out` with random bytes. `out` may be larger than a browser gives at once: split it.
    fn random(&mut self, out: &mut [u8]);

    /// Takes what standard input has, at most `out.len()` bytes; `out` is never empty.
    fn read_stdin(&mut self, out: &mut [u8]) -> Input;

    /// Whether [`read_stdin`](Self::read_stdin) would give anything but [`Input::Empty`].
    fn stdin_ready(&self) -> bool;

    /// Writes all of `bytes` to `Stdout` or `Stderr`.
    ///
    /// # Errors
    /// An errno for the guest (`PIPE` when the reader is gone), or the end of the run (the output limit).
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused>;

    /// Whether a person sits at that stream; decides the file type of descriptors 0 to 2.
    fn is_terminal(&self, stream: Stream) -> bool;
}

/// One of the three standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Descriptor 0.
    Stdin,
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// What standard input gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// So many bytes were written to the front of the buffer; at least one.
    Bytes(usize),
    /// There will be no more.
    End,
    /// Nothing there yet: the call must wait.
    Empty,
}

/// Why the platform did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The guest is told and goes on.
    Errno(Errno),
    /// The run ends.
    Stop(Stop),
}

impl From<Refused> for Halt {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Errno(errno) => Self::Errno(errno),
            Refused::Stop(stop) => Self::Stop(stop),
        }
    }
}
