//! `random_get`.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;

/// So much is asked of the platform at once; a browser gives no more.
const PIECE: u32 = 64 << 10;

impl<P: Platform> Context<P> {
    /// # Errors
    /// `FAULT`: the range is not wholly inside memory; nothing was written.
    pub(crate) fn random_get<M: Memory + ?Sized>(&mut self, memory: &mut M, buf: u32, buf_len: u32) -> Result<()> {
        memory.check(buf, u64::from(buf_len))?;
        let mut done = 0;
        while done < buf_len {
            let len = (buf_len - done).min(PIECE);
            if self.scratch.bytes.len() < len as usize {
                self.scratch.bytes.resize(len as usize, 0);
            }
            let bytes = self.scratch.bytes.get_mut(..len as usize).ok_or(Errno::Io)?;
            self.platform.random(bytes);
            memory.write(buf + done, bytes)?;
            done += len;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Errno};

    #[test]
    fn exactly_the_range_is_filled() {
        let size = 200_000;
        for (name, at, len, expected) in [
            ("none", 8, 0, Errno::Success),
            ("some", 8, 3, Errno::Success),
            ("more than one piece", 8, 150_000, Errno::Success),
            ("up to the end", size - 4, 4, Errno::Success),
            ("past the end", size - 4, 5, Errno::Fault),
            ("overflow", 0xFFFF_FFFF, 0xFFFF_FFFF, Errno::Fault),
        ] {
            let mut guest = Guest::new(config(), 200_000);
            guest.memory.fill(0xAA);
            guest.check(name, Call::RandomGet, &[at, len], expected);
            if expected == Errno::Success {
                let random = vec![0x52; usize::try_from(len).unwrap_or_default()];
                guest.memory.expect(name, at, &random);
                guest.memory.expect(name, at - 1, &[0xAA]);
                guest.memory.expect_end(name, at + len, 0xAA);
            } else {
                guest.memory.expect_untouched(name);
            }
        }
    }
}
