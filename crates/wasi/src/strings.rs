//! Lists of strings as guests receive them: arguments and environment. Must never know which of the two it holds.

use crate::context::ConfigError;
use crate::errno::Result;
use crate::memory::{Memory, MemoryExt, offset};

/// Strings laid out once as they will lie in memory, each ended by a NUL.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    /// Where each string starts in `bytes`.
    starts: Vec<u32>,
}

impl Strings {
    pub(crate) fn new(strings: Vec<String>) -> Result<Self, ConfigError> {
        let mut laid = Self::default();
        for string in strings {
            if string.contains('\0') {
                return Err(ConfigError::Text(string));
            }
            laid.starts.push(u32::try_from(laid.bytes.len()).map_err(|_| ConfigError::TooLarge)?);
            laid.bytes.extend_from_slice(string.as_bytes());
            laid.bytes.push(0);
        }
        // The list of addresses must fit too, four bytes each.
        u32::try_from(laid.bytes.len() + 4 * laid.starts.len()).map_err(|_| ConfigError::TooLarge)?;
        Ok(laid)
    }

    /// Writes their number to `count` and their bytes, NULs included, to `len`.
    ///
    /// # Errors
    /// `FAULT`: one of the addresses is outside memory.
    pub(crate) fn write_sizes<M: Memory + ?Sized>(&self, memory: &mut M, count: u32, len: u32) -> Result<()> {
        memory.check(len, 4)?;
        memory.write_u32(count, u32::try_from(self.starts.len()).unwrap_or(u32::MAX))?;
        memory.write_u32(len, u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    /// Writes the address of each to `pointers`, and the strings to `buffer`.
    ///
    /// # Errors
    /// `FAULT`: one of the ranges is not wholly inside memory; nothing was written.
    pub(crate) fn write<M: Memory + ?Sized>(&self, memory: &mut M, pointers: u32, buffer: u32) -> Result<()> {
        memory.check(pointers, 4 * self.starts.len() as u64)?;
        memory.check(buffer, self.bytes.len() as u64)?;
        let mut addresses = Vec::with_capacity(4 * self.starts.len());
        for start in &self.starts {
            addresses.extend_from_slice(&offset(buffer, u64::from(*start))?.to_le_bytes());
        }
        memory.write(pointers, &addresses)?;
        memory.write(buffer, &self.bytes)
    }
}
