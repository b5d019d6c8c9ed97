//! This process's standard input, read on a thread of its own, so that waiting for a person holds up nothing else.
//! Must never read more than was wanted.

use std::io::{IsTerminal as _, Read as _};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

/// Input that was wanted and has not come yet.
#[derive(Debug, Default)]
pub(crate) struct ProcessStdin {
    coming: Option<Receiver<Vec<u8>>>,
}

impl ProcessStdin {
    /// Begins to read one piece, if none is on its way.
    pub(crate) fn want(&mut self) {
        if self.coming.is_some() {
            return;
        }
        let (send, coming) = channel();
        self.coming = Some(coming);
        // A thread that still reads when the process ends, ends with it.
        thread::spawn(move || {
            let mut bytes = vec![0; 64 << 10];
            // What can't be read any more has ended, and the guest sees it so.
            let count = std::io::stdin().lock().read(&mut bytes).unwrap_or(0);
            bytes.truncate(count);
            // Nobody waits any more when the run has ended.
            let _ = send.send(bytes);
        });
    }

    /// The piece, if it has come: `Some(None)` is the input's end.
    pub(crate) fn take(&mut self) -> Option<Option<Vec<u8>>> {
        let bytes = match self.coming.as_ref()?.try_recv() {
            Ok(bytes) => bytes,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Vec::new(),
        };
        self.coming = None;
        Some((!bytes.is_empty()).then_some(bytes))
    }
}

/// Whether a person types it.
pub(crate) fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
