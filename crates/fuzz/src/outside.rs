//! The world outside a guest, as a target wants it: time passes when it says so, input comes when it types. Must never
//! know a real clock.

use amphi_wasi::{Errno, Input, Platform, Refused, Stop, Stream};

/// Clocks, random numbers and streams.
#[derive(Debug, Default)]
pub struct Outside {
    /// How much time passed, in nanoseconds.
    pub passed_ns: u64,
    /// How many bytes lie ready on standard input.
    pub typed: usize,
    /// Whether standard input ends after them.
    pub ended: bool,
    /// How many bytes the guest wrote to its streams.
    pub written: u64,
}

impl Outside {
    /// More than this ends the run.
    const OUTPUT: u64 = 64 << 10;
}

impl Platform for Outside {
    fn realtime_ns(&self) -> u64 {
        self.passed_ns.saturating_add(1_700_000_000_000_000_000)
    }

    fn monotonic_ns(&self) -> u64 {
        self.passed_ns
    }

    fn random(&mut self, out: &mut [u8]) {
        out.fill(0x52);
    }

    fn read_stdin(&mut self, out: &mut [u8]) -> Input {
        assert!(!out.is_empty(), "asked for nothing");
        let count = self.typed.min(out.len());
        self.typed -= count;
        out[..count].fill(b'i');
        match (count, self.ended) {
            (1.., _) => Input::Bytes(count),
            (0, true) => Input::End,
            (0, false) => Input::Empty,
        }
    }

    fn stdin_ready(&self) -> bool {
        self.ended || self.typed > 0
    }

    /// The reader of stderr is gone.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        self.written += bytes.len() as u64;
        if self.written > Self::OUTPUT {
            return Err(Refused::Stop(Stop::Output));
        }
        if stream == Stream::Stderr { Err(Refused::Errno(Errno::Pipe)) } else { Ok(()) }
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        stream == Stream::Stdout
    }
}
