//! Paths as they come from the guest: copied out and checked to be UTF-8. Must never know what a path means.

use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::tree::resolve::PATH_MAX;

/// Nothing longer is looked at. What is longer than [`PATH_MAX`] can still name something: the limit holds for the way to
/// a directory, without slashes and dots at its end.
const LONGEST: usize = 64 << 10;

/// Copies a path into `scratch` and lends it.
///
/// # Errors
/// `FAULT`: it is not wholly inside memory. `NAMETOOLONG`: it could never be resolved. `ILSEQ`: it is not UTF-8.
pub(crate) fn read<'a, M: Memory + ?Sized>(memory: &M, scratch: &'a mut Vec<u8>, at: u32, len: u32) -> Result<&'a str> {
    if len as usize > LONGEST {
        memory.check(at, u64::from(len))?;
        return Err(Errno::Nametoolong);
    }
    // The room is kept at its usual largest, so that it is cleared once only.
    scratch.resize(PATH_MAX.max(len as usize), 0);
    let bytes = scratch.get_mut(..len as usize).ok_or(Errno::Nametoolong)?;
    memory.read(at, bytes)?;
    std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)
}
