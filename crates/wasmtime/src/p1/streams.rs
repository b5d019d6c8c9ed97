//! Owns how wasmtime-wasi reads and writes the run's standard streams.

use crate::control::{Control, Woken};
use crate::output::{Output, Refused, Stream};
use crate::stdin::{Read, Stdin};
use bytes::Bytes;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// What one write may take; the caller cuts larger ones.
const WRITE_AT_MOST: usize = 1 << 20;

/// Standard input of a run.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) stdin: Arc<Stdin>,
    pub(super) control: Arc<Control>,
}

impl IsTerminal for Input {
    fn is_terminal(&self) -> bool {
        self.stdin.is_terminal()
    }
}

impl StdinStream for Input {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        // Only preview2 and 3 ask for this one.
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        self.control.bell().waited(|| self.stdin.ready(&self.control).then_some(())).await;
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let mut buffer = vec![0; size.min(WRITE_AT_MOST)];
        if buffer.is_empty() {
            return Ok(Bytes::new());
        }
        match self.stdin.read(&mut buffer, &self.control) {
            Read::Bytes(count) => {
                buffer.truncate(count);
                Ok(buffer.into())
            }
            Read::Empty => Ok(Bytes::new()),
            Read::End => Err(StreamError::Closed),
            Read::Failed => {
                Err(StreamError::LastOperationFailed(wasmtime::Error::msg("standard input cannot be read")))
            }
        }
    }

    /// Waits on this thread. No bytes at all make preview1's `fd_read` answer `INTR`: the wait was interrupted.
    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        loop {
            let bytes = self.read(size)?;
            if !bytes.is_empty() || size == 0 {
                return Ok(bytes);
            }
            if self.control.wait(None, || self.stdin.ready(&self.control)) != Woken::Done {
                return Ok(Bytes::new());
            }
        }
    }
}

/// Standard output or error of a run.
#[derive(Clone)]
pub(super) struct Out {
    pub(super) output: Arc<Output>,
    pub(super) stream: Stream,
}

impl IsTerminal for Out {
    fn is_terminal(&self) -> bool {
        self.output.is_terminal(self.stream)
    }
}

impl StdoutStream for Out {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Out {
    async fn ready(&mut self) {}
}

impl OutputStream for Out {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output.write(self.stream, &bytes).map_err(|refused| match refused {
            Refused::Failed => StreamError::LastOperationFailed(wasmtime::Error::msg("the stream cannot be written")),
            Refused::End(end) => StreamError::Trap(end.into()),
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_AT_MOST)
    }
}
