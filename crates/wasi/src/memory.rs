//! The guest's memory as handlers see it: checked copies in and out, little-endian numbers.
//! Must never know an engine, nor keep a reference into memory beyond one copy: it may grow and move.

use crate::errno::{Errno, Result};

/// Checked access to the linear memory of a guest.
///
/// Addresses are `u32`, as wasm32 has them. A copy either happens whole or not at all.
pub trait Memory {
    /// How many bytes there are now; memory may have grown since the last call.
    fn size(&self) -> u64;

    /// Fills `out` from address `at`.
    ///
    /// # Errors
    /// `FAULT`: `at..at + out.len()` is not wholly inside memory; `out` is untouched.
    fn read(&self, at: u32, out: &mut [u8]) -> Result<()>;

    /// Copies `bytes` to address `at`.
    ///
    /// # Errors
    /// `FAULT`: `at..at + bytes.len()` is not wholly inside memory; nothing was written.
    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()>;
}

/// The guest's memory as a plain slice, for engines that lend one (wasmtime's `data_and_store_mut`).
#[derive(Debug)]
pub struct SliceMemory<'a>(&'a mut [u8]);

impl<'a> SliceMemory<'a> {
    /// Wraps the whole linear memory; index 0 is address 0.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }
}

impl Memory for SliceMemory<'_> {
    #[inline]
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    #[inline]
    fn read(&self, at: u32, out: &mut [u8]) -> Result<()> {
        let at = at as usize;
        let source = at.checked_add(out.len()).and_then(|end| self.0.get(at..end)).ok_or(Errno::Fault)?;
        out.copy_from_slice(source);
        Ok(())
    }

    #[inline]
    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
        let at = at as usize;
        let target = at.checked_add(bytes.len()).and_then(|end| self.0.get_mut(at..end)).ok_or(Errno::Fault)?;
        target.copy_from_slice(bytes);
        Ok(())
    }
}

/// What handlers build from the three methods of [`Memory`].
pub(crate) trait MemoryExt: Memory {
    /// `FAULT` unless `at..at + len` is inside memory. Called before an effect, so that a bad address changes nothing.
    #[inline]
    fn check(&self, at: u32, len: u64) -> Result<()> {
        match u64::from(at).checked_add(len) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(Errno::Fault),
        }
    }

    #[inline]
    fn write_u32(&mut self, at: u32, value: u32) -> Result<()> {
        self.write(at, &value.to_le_bytes())
    }

    #[inline]
    fn write_u64(&mut self, at: u32, value: u64) -> Result<()> {
        self.write(at, &value.to_le_bytes())
    }
}

impl<M: Memory + ?Sized> MemoryExt for M {}

/// Fills a field of a record that lies in bytes of ours.
#[inline]
pub(crate) fn put<const N: usize>(record: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(field) = record.get_mut(at..at + N) {
        field.copy_from_slice(&bytes);
    }
}

/// The address `by` bytes after `at`.
///
/// # Errors
/// `FAULT`: it is beyond the 4 GiB that wasm32 can address.
#[inline]
pub(crate) fn offset(at: u32, by: u64) -> Result<u32> {
    u64::from(at).checked_add(by).and_then(|sum| u32::try_from(sum).ok()).ok_or(Errno::Fault)
}

#[cfg(test)]
mod tests {
    use super::{Memory, MemoryExt, SliceMemory};
    use crate::errno::Errno;

    #[test]
    fn copies_are_whole_or_not_at_all() {
        for (name, at, len, expected) in [
            ("first byte", 0, 1, Ok(())),
            ("all", 0, 8, Ok(())),
            ("nothing at the end", 8, 0, Ok(())),
            ("nothing past the end", 9, 0, Err(Errno::Fault)),
            ("one too many", 1, 8, Err(Errno::Fault)),
            ("address at the top", u32::MAX, 4, Err(Errno::Fault)),
        ] {
            let mut bytes = [0xAA_u8; 8];
            let mut memory = SliceMemory::new(&mut bytes);
            assert_eq!(memory.write(at, &vec![1; len]), expected, "write: {name}");
            assert_eq!(memory.check(at, len as u64), expected, "check: {name}");
            let mut out = vec![7; len];
            assert_eq!(memory.read(at, &mut out), expected, "read: {name}");
            if expected.is_err() {
                assert_eq!(bytes, [0xAA; 8], "{name}");
                assert_eq!(out, vec![7; len], "{name}");
            }
        }
    }
}
