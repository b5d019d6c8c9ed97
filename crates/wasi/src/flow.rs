//! How a call ends: done, waiting, or the end of the run. Owns the two levels of failure; must never know how a habitat waits.

use crate::errno::Errno;

/// What one dispatch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// The call is over; the guest gets this number. `proc_exit` never ends so.
    Done(Errno),
    /// The call cannot finish yet. Wait, then dispatch it again with the same arguments.
    Wait(Wait),
    /// The run is over; the guest gets no answer.
    Stop(Stop),
}

/// What an unfinished call waits for. A habitat may wake early: the call then says again what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Bytes on standard input, or its end.
    Stdin,
    /// The monotonic clock to reach a time. Waits on the realtime clock are converted.
    Until {
        /// Nanoseconds on [`Platform::monotonic_ns`](crate::Platform::monotonic_ns).
        monotonic_ns: u64,
    },
    /// Whichever of the two comes first.
    StdinUntil {
        /// Nanoseconds on [`Platform::monotonic_ns`](crate::Platform::monotonic_ns).
        monotonic_ns: u64,
    },
}

/// Why a run ended inside a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// `proc_exit`, with the guest's code as it gave it.
    Exit(u32),
    /// More was written to stdout and stderr together than the run may; kept by the platform.
    Output,
    /// The user ended the run.
    Interrupted,
}

/// What WASI bounds: an errno of the call that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// Files, directories and links made during the run: `NOSPC`.
    Files,
    /// Bytes in files, apart from shared content: `NOSPC`.
    FileBytes,
    /// Descriptors open at once: `MFILE`.
    Descriptors,
}

/// Why a handler did not finish; what `?` carries inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Errno(Errno),
    Wait(Wait),
    Stop(Stop),
}

impl From<Errno> for Halt {
    #[inline]
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Result<(), Errno>> for Flow {
    #[inline]
    fn from(result: Result<(), Errno>) -> Self {
        match result {
            Ok(()) => Self::Done(Errno::Success),
            Err(errno) => Self::Done(errno),
        }
    }
}

impl From<Result<(), Halt>> for Flow {
    #[inline]
    fn from(result: Result<(), Halt>) -> Self {
        match result {
            Ok(()) => Self::Done(Errno::Success),
            Err(Halt::Errno(errno)) => Self::Done(errno),
            Err(Halt::Wait(wait)) => Self::Wait(wait),
            Err(Halt::Stop(stop)) => Self::Stop(stop),
        }
    }
}
