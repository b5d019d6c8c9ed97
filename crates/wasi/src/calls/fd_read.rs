//! `fd_read`, `fd_pread`: from a file or from standard input.

use super::buffers::{self, Buffer};
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::errno::{Errno, Result};
use crate::flow::{Halt, Wait};
use crate::memory::{Memory, MemoryExt};
use crate::platform::{Input, Platform};
use crate::table::Call;
use crate::tree::FileBytes;
use crate::types::Fd;

/// wasmtime's `fd_pread` gives at most so much at once; a program sees the same short reads here.
const PREAD_MAX: u32 = 64 << 10;

/// So much of standard input is taken at once.
const STDIN_MAX: u32 = 64 << 10;

impl<P: Platform> Context<P> {
    /// Fills the first buffer that is not empty; 0 bytes are the end of the file.
    ///
    /// # Errors
    /// `BADF`: not open for reading, or a directory. `FAULT`: list, buffer or `read` outside memory; the offset stays.
    /// `INVAL`: the offset is beyond what a file can have. `INTR`: the wait for input was interrupted.
    pub(crate) fn fd_read<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        iovs: u32,
        iovs_len: u32,
        read: u32,
    ) -> Result<(), Halt> {
        let buffer = buffers::first(memory, iovs, iovs_len)?;
        match self.descriptors.get_mut(fd)? {
            Descriptor::File(file) => {
                buffers::check_place(file.read, file.offset, buffer)?;
                memory.check(read, 4)?;
                let count = copy(memory, self.tree.file(file.inode)?, file.offset, buffer)?;
                file.offset += u64::from(count);
                Ok(memory.write_u32(read, count)?)
            }
            Descriptor::Stdin => {
                memory.check(read, 4)?;
                self.read_stdin(memory, buffer, read)
            }
            Descriptor::Output(_) | Descriptor::Directory(_) => Err(Errno::Badf.into()),
        }
    }

    /// # Errors
    /// `SPIPE`: standard input. Otherwise as [`fd_read`](Self::fd_read).
    pub(crate) fn fd_pread<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        read: u32,
    ) -> Result<()> {
        let mut buffer = buffers::first(memory, iovs, iovs_len)?;
        buffer.len = buffer.len.min(PREAD_MAX);
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => {
                buffers::check_place(file.read, offset, buffer)?;
                memory.check(read, 4)?;
                let count = copy(memory, self.tree.file(file.inode)?, offset, buffer)?;
                memory.write_u32(read, count)
            }
            Descriptor::Stdin => Err(Errno::Spipe),
            _ => Err(Errno::Badf),
        }
    }

    fn read_stdin<M: Memory + ?Sized>(&mut self, memory: &mut M, buffer: Buffer, read: u32) -> Result<(), Halt> {
        // wasmtime answers an empty read with INTR, which Python would repeat for ever.
        if buffer.len == 0 {
            return Ok(memory.write_u32(read, 0)?);
        }
        if self.pending.is_some() {
            self.wait_since(Call::FdRead)?;
        }
        let len = buffer.len.min(STDIN_MAX) as usize;
        if self.scratch.bytes.len() < len {
            self.scratch.bytes.resize(len, 0);
        }
        let bytes = self.scratch.bytes.get_mut(..len).ok_or(Errno::Io)?;
        match self.platform.read_stdin(bytes) {
            Input::Bytes(count) => {
                let bytes = bytes.get(..count).ok_or(Errno::Io)?;
                memory.write(buffer.at, bytes)?;
                Ok(memory.write_u32(read, u32::try_from(count).map_err(|_| Errno::Io)?)?)
            }
            Input::End => Ok(memory.write_u32(read, 0)?),
            Input::Empty => {
                self.wait_since(Call::FdRead)?;
                Err(Halt::Wait(Wait::Stdin))
            }
        }
    }
}

/// Copies from a file straight into the guest's memory; how many bytes there were.
#[inline]
fn copy<M: Memory + ?Sized>(memory: &mut M, file: &FileBytes, offset: u64, buffer: Buffer) -> Result<u32> {
    if i64::try_from(offset).is_err() {
        return Err(Errno::Inval);
    }
    let mut done = 0;
    while done < buffer.len {
        let piece = file.slice_at(offset + u64::from(done), u64::from(buffer.len - done));
        if piece.is_empty() {
            break;
        }
        memory.write(buffer.at + done, piece)?;
        done += u32::try_from(piece.len()).map_err(|_| Errno::Io)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Content, Errno, Flow, Wait};

    fn guest() -> Guest {
        let mut config = config();
        assert_eq!(config.tree.insert_file("work/digits", Content::from("0123456789")), Ok(()));
        let mut guest = Guest::new(config, 256);
        assert_eq!(guest.open("digits", 0, Guest::READ), Ok(4));
        guest
    }

    #[test]
    fn reads_fill_the_first_buffer_and_move_the_offset() {
        for (name, buffers, read_at, expected) in [
            ("one buffer", &[(128, 4)][..], 64, Ok(b"0123".as_slice())),
            ("the second is not used", &[(128, 2), (140, 2)], 64, Ok(b"01")),
            ("empty ones are skipped", &[(0, 0), (128, 2)], 64, Ok(b"01")),
            ("more than there is", &[(128, 64)], 64, Ok(b"0123456789")),
            ("no buffer", &[], 64, Ok(b"")),
            ("buffer outside", &[(250, 7)], 64, Err(Errno::Fault)),
            ("result outside", &[(128, 4)], 256, Err(Errno::Fault)),
        ] {
            let mut guest = guest();
            guest.memory.fill(0xAA);
            guest.iovecs(0, buffers);
            let count = buffers.len() as u64;
            guest.check(name, Call::FdRead, &[4, 0, count, read_at], expected.err().unwrap_or(Errno::Success));
            let bytes = expected.unwrap_or(b"");
            if expected.is_ok() {
                guest.memory.expect(name, 64, &(bytes.len() as u64).to_le_bytes()[..4]);
            }
            guest.memory.expect(name, 127, &[&[0xAA], bytes, &[0xAA]].concat());
            assert_eq!(guest.tell(4), bytes.len() as u64, "{name}");
        }
    }

    #[test]
    fn pread_leaves_the_offset() {
        for (name, offset, expected) in [
            ("start", 0, Ok(b"012".as_slice())),
            ("near the end", 8, Ok(b"89")),
            ("at the end", 10, Ok(b"")),
            ("far out", i64::MAX as u64 - 3, Ok(b"")),
            ("over the end of any file", i64::MAX as u64, Err(Errno::Inval)),
            ("too far out", u64::MAX, Err(Errno::Inval)),
        ] {
            let mut guest = guest();
            guest.iovecs(0, &[(128, 3)]);
            guest.check(name, Call::FdPread, &[4, 0, 1, offset, 64], expected.err().unwrap_or(Errno::Success));
            guest.memory.expect(name, 128, expected.unwrap_or(b""));
            assert_eq!(guest.tell(4), 0, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let mut guest = guest();
        assert_eq!(guest.open("new", Guest::CREAT, Guest::WRITE), Ok(5));
        guest.iovecs(0, &[(128, 3)]);
        for (name, fd, read, pread) in [
            ("closed", 9, Errno::Badf, Errno::Badf),
            ("huge", u64::from(u32::MAX), Errno::Badf, Errno::Badf),
            ("directory", 3, Errno::Badf, Errno::Badf),
            ("stdout", 1, Errno::Badf, Errno::Badf),
            ("stdin has no place", 0, Errno::Success, Errno::Spipe),
            ("write only", 5, Errno::Badf, Errno::Badf),
        ] {
            guest.context.platform_mut().type_in("x");
            guest.check(name, Call::FdRead, &[fd, 0, 1, 64], read);
            guest.check(name, Call::FdPread, &[fd, 0, 1, 0, 64], pread);
        }
    }

    #[test]
    fn stdin_waits_until_there_is_something() {
        let mut guest = Guest::new(config(), 256);
        guest.iovecs(0, &[(128, 4)]);
        let args = [0, 0, 1, 64];
        assert_eq!(guest.dispatch(Call::FdRead, &args), Flow::Wait(Wait::Stdin));
        assert_eq!(guest.dispatch(Call::FdRead, &args), Flow::Wait(Wait::Stdin), "woken for nothing");
        guest.context.platform_mut().type_in("hello");
        guest.check("four bytes", Call::FdRead, &args, Errno::Success);
        guest.memory.expect("four bytes", 128, b"hell");
        guest.check("the rest", Call::FdRead, &args, Errno::Success);
        guest.memory.expect("the rest", 64, &[1, 0, 0, 0]);
        guest.memory.expect("the rest", 128, b"o");

        guest.context.interrupt();
        assert_eq!(guest.dispatch(Call::FdRead, &args), Flow::Wait(Wait::Stdin), "no wait was under way");
        guest.context.interrupt();
        guest.check("interrupted", Call::FdRead, &args, Errno::Intr);
        assert_eq!(guest.dispatch(Call::FdRead, &args), Flow::Wait(Wait::Stdin), "and once only");

        guest.context.platform_mut().end_input();
        guest.check("end", Call::FdRead, &args, Errno::Success);
        guest.memory.expect("end", 64, &[0, 0, 0, 0]);
        guest.check("nothing wanted", Call::FdRead, &[0, 0, 0, 64], Errno::Success);
    }
}
