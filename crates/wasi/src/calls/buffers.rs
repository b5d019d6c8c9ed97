//! Lists of buffers (`iovec`, `ciovec`). Owns which buffer of a list a call uses: as in wasmtime, the first that is not
//! empty, and no other; and where in a file one may lie. Must never know what is in a file.

use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt, offset};

/// Part of the guest's memory; inside it when it comes from [`first`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Buffer {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// An `iovec` is an address and a length, 4 bytes each.
const IOVEC: usize = 8;

/// So many are looked at in one copy: a list is seldom longer, and crossing into a browser's memory costs.
const BATCH: u32 = 16;

/// The first buffer of the list that is not empty, or an empty one. What comes after it is not looked at.
///
/// # Errors
/// `FAULT`: the list up to that buffer, or the buffer, is not wholly inside memory.
pub(crate) fn first<M: Memory + ?Sized>(memory: &M, list: u32, count: u32) -> Result<Buffer> {
    let mut seen = 0;
    while seen < count {
        let at = offset(list, u64::from(seen) * IOVEC as u64)?;
        // A list may end outside memory, as long as nobody looks there.
        let inside = memory.size().saturating_sub(u64::from(at)) / IOVEC as u64;
        let batch = (count - seen).min(BATCH).min(u32::try_from(inside).unwrap_or(BATCH)).max(1);
        let mut bytes = [0; IOVEC * BATCH as usize];
        let (bytes, _) = bytes.split_at_mut(IOVEC * batch as usize);
        memory.read(at, bytes)?;
        for entry in bytes.chunks_exact(IOVEC) {
            if let &[a, b, c, d, e, f, g, h] = entry {
                let buffer = Buffer { at: u32::from_le_bytes([a, b, c, d]), len: u32::from_le_bytes([e, f, g, h]) };
                if buffer.len != 0 {
                    memory.check(buffer.at, u64::from(buffer.len))?;
                    return Ok(buffer);
                }
            }
        }
        seen += batch;
    }
    Ok(Buffer { at: 0, len: 0 })
}

/// Whether a buffer may be read or written at that place of a file, looked at in Linux's order, which is wasmtime's.
///
/// # Errors
/// `INVAL`: no file is so long that this begins or ends inside it. `BADF`: the descriptor is not open for it.
pub(crate) fn check_place(allowed: bool, offset: u64, buffer: Buffer) -> Result<()> {
    let Ok(place) = i64::try_from(offset) else { return Err(Errno::Inval) };
    if !allowed {
        return Err(Errno::Badf);
    }
    if place.checked_add(i64::from(buffer.len)).is_some() { Ok(()) } else { Err(Errno::Inval) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use super::{Buffer, first};
    use crate::errno::Errno;
    use crate::memory::{Memory, SliceMemory};

    #[test]
    fn the_first_buffer_that_is_not_empty_counts() {
        for (name, list, entries, count, expected) in [
            ("none", 0, vec![], 0, Ok((0, 0))),
            ("one", 0, vec![(64, 5)], 1, Ok((64, 5))),
            ("after empty ones", 0, vec![(64, 0), (9999, 0), (72, 1)], 3, Ok((72, 1))),
            ("all empty", 0, vec![(64, 0), (64, 0)], 2, Ok((0, 0))),
            ("a bad one after it is not seen", 0, vec![(64, 1), (u32::MAX, 9)], 2, Ok((64, 1))),
            ("up to the end", 0, vec![(64, 1984)], 1, Ok((64, 1984))),
            ("past the end", 0, vec![(64, 1985)], 1, Err(Errno::Fault)),
            ("address and length overflow", 0, vec![(u32::MAX, u32::MAX)], 1, Err(Errno::Fault)),
            ("the list ends outside, unseen", 2040, vec![(64, 1)], u32::MAX, Ok((64, 1))),
            ("the list ends outside", 2040, vec![(64, 0)], 2, Err(Errno::Fault)),
            ("the list starts outside", 2048, vec![], 1, Err(Errno::Fault)),
            ("the list is at the top", 0xFFFF_FFF8, vec![], 2, Err(Errno::Fault)),
            ("beyond one batch", 0, [vec![(0, 0); 100], vec![(8, 3)]].concat(), 101, Ok((8, 3))),
        ] {
            let mut bytes = [0; 2048];
            let mut memory = SliceMemory::new(&mut bytes);
            for (index, (at, len)) in entries.iter().enumerate() {
                let entry = [u32::to_le_bytes(*at), u32::to_le_bytes(*len)].concat();
                memory.write(list + 8 * u32::try_from(index).unwrap(), &entry).unwrap();
            }
            assert_eq!(first(&memory, list, count), expected.map(|(at, len)| Buffer { at, len }), "{name}");
        }
    }
}
