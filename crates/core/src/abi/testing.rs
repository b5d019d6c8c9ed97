//! A guest's memory for tests.

use crate::abi::{GuestMemory, OutOfBounds};

/// Plain bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Memory(pub(crate) Vec<u8>);

impl Memory {
    pub(crate) fn filled(byte: u8, size: usize) -> Self {
        Self(vec![byte; size])
    }
}

impl GuestMemory for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
        super::memory::read(&self.0, at, out)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        self.0.as_mut_slice().write(at, bytes)
    }
}
