//! Owns this process's standard streams, for habitats that have none of their own.

use amphi_core::habitat::{OutputStream, Streams};
use std::io::{Read as _, Write as _};

/// Standard input, output and error of this process.
#[derive(Debug, Default)]
pub(crate) struct ProcessStreams;

impl Streams for ProcessStreams {
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

    fn read(&mut self, out: &mut [u8]) -> usize {
        std::io::stdin().lock().read(out).unwrap_or(0)
    }
}
