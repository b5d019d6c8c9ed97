//! What a habitat is to those who run programs in several. This file never knows one.

use crate::outcome::Outcome;
use crate::program::Program;

/// A place a guest runs.
pub trait Habitat {
    /// Its name: `wasmtime`, `shim`, `chromium`, `firefox` or `webkit`.
    fn name(&self) -> &str;

    /// Runs a program to its end.
    ///
    /// # Errors
    /// The program could not be started. However a run that started ended is in its outcome.
    fn run(&mut self, program: &Program, streams: &mut dyn Streams) -> Result<Outcome, HabitatError>;
}

/// Why a program could not be started, in words for the user.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct HabitatError {
    /// What was wrong, where, and what to do.
    pub message: String,
    /// What it was caused by.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl HabitatError {
    /// An error of these words.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }
}

/// Standard output and standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The standard streams of a run, on the side of whoever runs it. Native habitats use it from a thread of their own.
pub trait Streams: Send {
    /// Takes what the guest wrote.
    fn write(&mut self, stream: OutputStream, bytes: &[u8]);

    /// Takes records of the guest's calls, in the form of `amphi_wasi::trace`; only told where the program asks for it
    /// in [`Watch::trace`](crate::program::Watch).
    fn trace(&mut self, records: &[u8]) {
        let _ = records;
    }

    /// Gives the guest input, which may wait; 0 is its end. Asked only when the program inherits its input.
    fn read(&mut self, out: &mut [u8]) -> usize {
        let _ = out;
        0
    }
}

/// Streams that keep what was written and have no input.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// What went to standard output.
    pub stdout: Vec<u8>,
    /// What went to standard error.
    pub stderr: Vec<u8>,
}

impl Streams for Captured {
    fn write(&mut self, stream: OutputStream, bytes: &[u8]) {
        match stream {
            OutputStream::Stdout => self.stdout.extend_from_slice(bytes),
            OutputStream::Stderr => self.stderr.extend_from_slice(bytes),
        }
    }
}
