//! Owns standard output and error of a run: where the bytes go, and the limit on them.
//! It must never know WASI or the guest.

use crate::control::End;
use crate::sync::lock;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock};

/// The code of a run whose reader went away: what a shell shows for a program that `SIGPIPE` ended.
const READER_GONE: u32 = 128 + 13;

/// Takes the bytes of one stream as they come.
pub type Writer = Box<dyn FnMut(&[u8]) + Send>;

/// Where one output stream goes.
pub enum Sink {
    /// Kept for the outcome.
    Capture,
    /// This process's own stream of that name, at once and unbuffered.
    Process,
    /// Handed to a function as it comes.
    Live(Writer),
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Capture => "Capture",
            Self::Process => "Process",
            Self::Live(_) => "Live",
        })
    }
}

/// One of the two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Why bytes were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The system could not; the guest is told.
    Failed,
    /// The run ends.
    End(End),
}

/// Both output streams of a run.
#[derive(Debug)]
pub(crate) struct Output {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stdout: Sink,
    stderr: Sink,
    captured: (Vec<u8>, Vec<u8>),
    /// Bytes that may still be written, to both together.
    left: u64,
}

impl Output {
    pub(crate) fn new(stdout: Sink, stderr: Sink, limit: u64) -> Self {
        // Before a guest can have opened as many files as this process may.
        for (sink, stream) in [(&stdout, Stream::Stdout), (&stderr, Stream::Stderr)] {
            if matches!(sink, Sink::Process) {
                of_process(stream);
            }
        }
        let state = State { stdout, stderr, captured: Default::default(), left: limit };
        Self { state: Mutex::new(state) }
    }

    /// Writes all of `bytes`; when they are more than the limit allows, what it allows, and the run ends.
    pub(crate) fn write(&self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        let mut state = lock(&self.state);
        let allowed = usize::try_from(state.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        state.left -= allowed as u64;
        let fits = bytes.get(..allowed).unwrap_or_default();
        let State { stdout, stderr, captured, .. } = &mut *state;
        let (sink, captured) = match stream {
            Stream::Stdout => (stdout, &mut captured.0),
            Stream::Stderr => (stderr, &mut captured.1),
        };
        match sink {
            Sink::Capture => captured.extend_from_slice(fits),
            Sink::Live(write) => write(fits),
            Sink::Process => to_process(stream, fits)?,
        }
        if allowed < bytes.len() { Err(Refused::End(End::Output)) } else { Ok(()) }
    }

    /// Whether a person reads it.
    pub(crate) fn is_terminal(&self, stream: Stream) -> bool {
        let state = lock(&self.state);
        match stream {
            Stream::Stdout => matches!(state.stdout, Sink::Process) && std::io::stdout().is_terminal(),
            Stream::Stderr => matches!(state.stderr, Sink::Process) && std::io::stderr().is_terminal(),
        }
    }

    /// What was captured: stdout, stderr.
    pub(crate) fn take_captured(&self) -> (Vec<u8>, Vec<u8>) {
        std::mem::take(&mut lock(&self.state).captured)
    }
}

/// Writes to this process's stream, in one call of the system: the guest has buffered already.
fn to_process(stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
    // A stream that was closed before this process began misses no bytes.
    let Some(mut file) = of_process(stream) else { return Ok(()) };
    file.write_all(bytes).map_err(|error| match error.kind() {
        // Nobody reads any more: the run ends as quietly as any program in front of `head` does.
        ErrorKind::BrokenPipe => Refused::End(End::Exit(READER_GONE)),
        _ => Refused::Failed,
    })
}

/// This process's stream, without the buffer that the standard library has for it.
fn of_process(stream: Stream) -> Option<&'static File> {
    static STDOUT: OnceLock<Option<File>> = OnceLock::new();
    static STDERR: OnceLock<Option<File>> = OnceLock::new();
    match stream {
        Stream::Stdout => STDOUT.get_or_init(|| duplicate(std::io::stdout())),
        Stream::Stderr => STDERR.get_or_init(|| duplicate(std::io::stderr())),
    }
    .as_ref()
}

#[cfg(unix)]
fn duplicate(stream: impl std::os::fd::AsFd) -> Option<File> {
    stream.as_fd().try_clone_to_owned().ok().map(File::from)
}

#[cfg(windows)]
fn duplicate(stream: impl std::os::windows::io::AsHandle) -> Option<File> {
    stream.as_handle().try_clone_to_owned().ok().map(File::from)
}

#[cfg(test)]
mod tests {
    use super::{Output, Refused, Sink, Stream};
    use crate::control::End;

    #[test]
    fn the_limit_counts_both_streams_and_lets_through_what_fits() {
        let output = Output::new(Sink::Capture, Sink::Capture, 10);
        assert_eq!(output.write(Stream::Stdout, b"12345"), Ok(()));
        assert_eq!(output.write(Stream::Stderr, b"678"), Ok(()));
        assert_eq!(output.write(Stream::Stdout, b"90!"), Err(Refused::End(End::Output)));
        assert_eq!(output.write(Stream::Stdout, b""), Ok(()));
        assert_eq!(output.take_captured(), (b"1234590".to_vec(), b"678".to_vec()));
    }
}
