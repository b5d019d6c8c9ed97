//! Owns which streams of a run a guest has. It must never know how they are read or written.

use crate::control::Control;
use crate::output::{Output, Stream};
use crate::stdin::Stdin;
use std::sync::Arc;

/// The standard streams of one guest.
#[derive(Clone)]
pub(crate) struct Streams {
    pub(crate) stdin: Arc<Stdin>,
    pub(crate) output: Arc<Output>,
    /// Where its standard output goes; its standard error is the run's.
    pub(crate) stdout: Stream,
    /// What ends a wait for them.
    pub(crate) control: Arc<Control>,
}

impl Streams {
    /// Those of the guest behind a host module: nothing to read, and what it prints is not what the program prints.
    pub(crate) fn of_host(&self) -> Self {
        Self { stdin: Arc::new(Stdin::empty()), stdout: Stream::Stderr, ..self.clone() }
    }
}
