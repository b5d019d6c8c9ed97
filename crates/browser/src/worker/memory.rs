//! The guest's memory, reached by copies that JavaScript makes between it and the shim's own.
//!
//! It must never know what the bytes mean.

use amphi_core::abi::{self, OutOfBounds};
use amphi_wasi::{Errno, Memory};

use super::glue;

/// The memory of the one guest this worker has. Without a guest, or without a memory, it has no bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuestMemory;

impl Memory for GuestMemory {
    fn size(&self) -> u64 {
        u64::from(glue::guest_size())
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), Errno> {
        if glue::guest_read(at, out.as_mut_ptr(), out.len()) { Ok(()) } else { Err(Errno::Fault) }
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        if glue::guest_write(at, bytes.as_ptr(), bytes.len()) { Ok(()) } else { Err(Errno::Fault) }
    }
}

impl abi::GuestMemory for GuestMemory {
    fn size(&self) -> u64 {
        Memory::size(self)
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
        Memory::read(self, at, out).map_err(|_| OutOfBounds)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        Memory::write(self, at, bytes).map_err(|_| OutOfBounds)
    }
}
