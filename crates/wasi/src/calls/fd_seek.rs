//! `fd_seek`, `fd_tell`: the offset of an open file.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;
use crate::types::{Fd, Whence};

impl<P: Platform> Context<P> {
    /// The offset may lie past the end of the file.
    ///
    /// # Errors
    /// `SPIPE`: a standard stream. `BADF`: not open, or a directory. `INVAL`: before the start, or beyond 64 bits.
    /// `FAULT`: `offset` is outside memory; nothing moved.
    pub(crate) fn fd_seek<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        delta: i64,
        whence: Whence,
        offset: u32,
    ) -> Result<()> {
        let file = self.descriptors.seekable(fd)?;
        let from = match whence {
            Whence::Set => 0,
            Whence::Cur => file.offset,
            Whence::End => self.tree.file(file.inode)?.len(),
        };
        let moved = from.checked_add_signed(delta).ok_or(Errno::Inval)?;
        memory.write_u64(offset, moved)?;
        file.offset = moved;
        Ok(())
    }

    /// # Errors
    /// `SPIPE`: a standard stream. `BADF`: not open, or a directory. `FAULT`: `offset` is outside memory.
    pub(crate) fn fd_tell<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: Fd, offset: u32) -> Result<()> {
        let at = self.descriptors.seekable(fd)?.offset;
        memory.write_u64(offset, at)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Content, Errno};

    #[test]
    fn offsets_move_as_asked_or_not_at_all() {
        let minus = |by: i64| (-by).cast_unsigned();
        for (name, fd, delta, whence, out, expected) in [
            ("set", 4, 7, 0, 8, Ok(7)),
            ("past the end", 4, 1 << 40, 0, 8, Ok(1 << 40)),
            ("set before the start", 4, minus(1), 0, 8, Err(Errno::Inval)),
            ("forward", 4, 3, 1, 8, Ok(5)),
            ("backward", 4, minus(2), 1, 8, Ok(0)),
            ("backward too far", 4, minus(3), 1, 8, Err(Errno::Inval)),
            ("from the end", 4, minus(1), 2, 8, Ok(9)),
            ("nowhere", 4, 0, 3, 8, Err(Errno::Inval)),
            ("stdin", 0, 0, 1, 8, Err(Errno::Spipe)),
            ("stdout", 1, 0, 1, 8, Err(Errno::Spipe)),
            ("directory", 3, 0, 1, 8, Err(Errno::Badf)),
            ("closed", 9, 0, 1, 8, Err(Errno::Badf)),
            ("closed and nowhere", 9, 0, 3, 8, Err(Errno::Inval)),
            ("result outside", 4, 7, 0, 64, Err(Errno::Fault)),
        ] {
            let mut config = config();
            assert_eq!(config.tree.insert_file("work/digits", Content::from("0123456789")), Ok(()));
            let mut guest = Guest::new(config, 64);
            assert_eq!(guest.open("digits", 0, Guest::READ), Ok(4));
            guest.check(name, Call::FdSeek, &[4, 2, 0, 8], Errno::Success);
            guest.memory.fill(0xAA);
            guest.check(name, Call::FdSeek, &[fd, delta, whence, out], expected.err().unwrap_or(Errno::Success));
            match expected {
                Ok(offset) => guest.memory.expect(name, 8, &u64::to_le_bytes(offset)),
                Err(_) => guest.memory.expect_untouched(name),
            }
            assert_eq!(guest.tell(4), expected.unwrap_or(2), "{name}");
        }
    }
}
