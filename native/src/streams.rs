//! Owns this process's standard streams, for habitats that have none of their own.

use amphi_core::habitat::{OutputStream, Streams};
use std::io::{Read as _, Write as _};

/// Standard input, output and error of this process.
pub(crate) struct ProcessStreams<T> {
    trace: T,
}

impl<T: FnMut(&[u8]) + Send> ProcessStreams<T> {
    /// These streams; records of calls go to `trace`.
    pub(crate) fn new(trace: T) -> Self {
        Self { trace }
    }
}

impl<T: FnMut(&[u8]) + Send> Streams for ProcessStreams<T> {
    fn write(&mut self, stream: OutputStream, bytes: &[u8]) {
        // A reader that went away ends the process as it would end any other; the habitat is gone with it.
        let written = match stream {
            OutputStream::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            OutputStream::Stderr => std::io::stderr().lock().write_all(bytes),
        };
        if written.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            std::process::exit(128 + 13);
        }
    }

    fn trace(&mut self, records: &[u8]) {
        (self.trace)(records);
    }

    fn read(&mut self, out: &mut [u8]) -> usize {
        std::io::stdin().lock().read(out).unwrap_or(0)
    }
}
