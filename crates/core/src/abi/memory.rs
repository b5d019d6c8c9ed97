//! What the ABI sees of a guest's memory: checked copies in and out. This file never knows an engine.

/// The bytes asked for are not all inside the guest's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("outside the guest's memory")]
pub struct OutOfBounds;

/// The memory of a guest. A habitat makes one for each call, since memory may move when it grows.
pub trait GuestMemory {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Fills `out` from the bytes at `at`.
    ///
    /// # Errors
    /// Some of them are outside; `out` is then as it was.
    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds>;

    /// Puts `bytes` at `at`.
    ///
    /// # Errors
    /// Some of them would be outside; nothing is then written.
    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds>;

    /// Whether `len` bytes at `at` are all inside.
    fn contains(&self, at: u32, len: u32) -> bool {
        u64::from(at) + u64::from(len) <= self.size()
    }

    /// A copy of `len` bytes at `at`.
    ///
    /// # Errors
    /// Some of them are outside; nothing is then allocated.
    fn copy(&self, at: u32, len: u32) -> Result<Vec<u8>, OutOfBounds> {
        if !self.contains(at, len) {
            return Err(OutOfBounds);
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| OutOfBounds)?];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }
}

/// Memory that lies open as a slice, as an engine on this machine gives it.
impl GuestMemory for &mut [u8] {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
        read(self, at, out)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        let room = place(at, bytes.len()).and_then(|place| self.get_mut(place));
        room.ok_or(OutOfBounds)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// [`GuestMemory::read`] of a slice.
pub(super) fn read(memory: &[u8], at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
    let bytes = place(at, out.len()).and_then(|place| memory.get(place));
    out.copy_from_slice(bytes.ok_or(OutOfBounds)?);
    Ok(())
}

/// Where `len` bytes at `at` are in a slice.
fn place(at: u32, len: usize) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(at).ok()?;
    Some(start..start.checked_add(len)?)
}
