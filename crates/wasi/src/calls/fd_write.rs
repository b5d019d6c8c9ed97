//! `fd_write`, `fd_pwrite`: to a file, or to standard output and error.

use super::buffers::{self, Buffer};
use crate::context::Context;
use crate::descriptor::{Descriptor, OpenFile};
use crate::errno::{Errno, Result};
use crate::flow::Halt;
use crate::memory::{Memory, MemoryExt};
use crate::platform::{Platform, Stream};
use crate::tree::Tree;
use crate::types::Fd;

/// So much goes to a stream at once.
const PIECE: u32 = 64 << 10;

impl<P: Platform> Context<P> {
    /// Writes the whole of the first buffer that is not empty.
    ///
    /// # Errors
    /// `BADF`: not open for writing, or a directory. `FAULT`: list, buffer or `written` outside memory; nothing was
    /// written. `NOSPC`: the limit on bytes. `FBIG`, `INVAL`: beyond what a file can have. Whatever the platform says.
    pub(crate) fn fd_write<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        iovs: u32,
        iovs_len: u32,
        written: u32,
    ) -> Result<(), Halt> {
        let buffer = buffers::first(memory, iovs, iovs_len)?;
        match self.descriptors.get_mut(fd)? {
            Descriptor::File(file) => {
                memory.check(written, 4)?;
                let end = store(memory, &mut self.tree, &self.platform, file, file.offset, buffer)?;
                file.offset = end;
            }
            Descriptor::Output(stream) => {
                memory.check(written, 4)?;
                let stream = *stream;
                self.write_stream(memory, stream, buffer)?;
            }
            Descriptor::Stdin | Descriptor::Directory(_) => return Err(Errno::Badf.into()),
        }
        Ok(memory.write_u32(written, buffer.len)?)
    }

    /// In append mode the bytes go to the end, whatever the offset, as on Linux.
    ///
    /// # Errors
    /// `SPIPE`: standard output or error. Otherwise as [`fd_write`](Self::fd_write).
    pub(crate) fn fd_pwrite<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        written: u32,
    ) -> Result<()> {
        let buffer = buffers::first(memory, iovs, iovs_len)?;
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => {
                memory.check(written, 4)?;
                store(memory, &mut self.tree, &self.platform, file, offset, buffer)?;
                memory.write_u32(written, buffer.len)
            }
            Descriptor::Output(_) => Err(Errno::Spipe),
            Descriptor::Stdin | Descriptor::Directory(_) => Err(Errno::Badf),
        }
    }

    fn write_stream<M: Memory + ?Sized>(&mut self, memory: &M, stream: Stream, buffer: Buffer) -> Result<(), Halt> {
        let mut done = 0;
        while done < buffer.len {
            let len = (buffer.len - done).min(PIECE);
            if self.scratch.bytes.len() < len as usize {
                self.scratch.bytes.resize(len as usize, 0);
            }
            let bytes = self.scratch.bytes.get_mut(..len as usize).ok_or(Errno::Io)?;
            memory.read(buffer.at + done, bytes)?;
            self.platform.write(stream, bytes)?;
            done += len;
        }
        Ok(())
    }
}

/// Copies from the guest's memory straight into a file; the place after the last byte.
#[inline]
fn store<M: Memory + ?Sized, P: Platform>(
    memory: &M,
    tree: &mut Tree,
    platform: &P,
    file: &OpenFile,
    offset: u64,
    buffer: Buffer,
) -> Result<u64> {
    let at = if file.append { tree.file(file.inode)?.len() } else { offset };
    buffers::check_place(file.write, at, buffer)?;
    if buffer.len == 0 {
        return Ok(at);
    }
    tree.write(file.inode, at, buffer.len, platform.realtime_ns(), |from, piece| {
        memory.read(buffer.at + u32::try_from(from).map_err(|_| Errno::Io)?, piece)
    })?;
    Ok(at + u64::from(buffer.len))
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Config, Content, Errno, Flow, Limit, Limits, Refused, Stop, Stream};

    fn guest() -> Guest {
        let mut config = config();
        assert_eq!(config.tree.insert_file("work/file", Content::from("abcdef")), Ok(()));
        let mut guest = Guest::new(config, 256);
        guest.put(128, b"0123456789");
        guest
    }

    #[test]
    fn writes_go_where_offset_and_flags_say() {
        for (name, flags, call, offset, expected, tell) in [
            ("at the offset", 0, Call::FdWrite, 0, "01cdef", 2),
            ("append", Guest::APPEND, Call::FdWrite, 0, "abcdef01", 8),
            ("at a place", 0, Call::FdPwrite, 3, "abc01f", 0),
            ("past the end", 0, Call::FdPwrite, 8, "abcdef\0\x0001", 0),
            ("append ignores the place", Guest::APPEND, Call::FdPwrite, 1, "abcdef01", 0),
        ] {
            let mut guest = guest();
            assert_eq!(guest.open_with("file", 0, Guest::WRITE, flags), Ok(4), "{name}");
            guest.iovecs(0, &[(0, 0), (128, 2), (130, 2)]);
            let args = if call == Call::FdPwrite { vec![4, 0, 3, offset, 64] } else { vec![4, 0, 3, 64] };
            guest.check(name, call, &args, Errno::Success);
            guest.memory.expect(name, 64, &[2, 0, 0, 0]);
            assert_eq!(guest.content("work/file"), expected.as_bytes(), "{name}");
            assert_eq!(guest.tell(4), tell, "{name}");
        }
    }

    #[test]
    fn a_refused_write_changes_nothing() {
        for (name, rights, buffer, offset, out, expected) in [
            ("read only", Guest::READ, (128, 2), 0, 64, Errno::Badf),
            ("buffer outside", Guest::WRITE, (250, 7), 0, 64, Errno::Fault),
            ("result outside", Guest::WRITE, (128, 2), 0, 256, Errno::Fault),
            ("beyond any file", Guest::WRITE, (128, 2), u64::MAX, 64, Errno::Inval),
            ("over the end of any file", Guest::WRITE, (128, 2), i64::MAX as u64, 64, Errno::Inval),
            ("over the limit", Guest::WRITE, (128, 2), 1 << 40, 64, Errno::Nospc),
        ] {
            let mut guest = guest();
            assert_eq!(guest.open("file", 0, rights), Ok(4), "{name}");
            guest.iovecs(0, &[buffer]);
            guest.check(name, Call::FdPwrite, &[4, 0, 1, offset, out], expected);
            assert_eq!(guest.content("work/file"), b"abcdef", "{name}");
        }
    }

    #[test]
    fn bytes_are_counted_and_given_back() {
        let limits = Limits { file_bytes: 10, ..Limits::default() };
        let mut guest = Guest::new(Config { limits, ..config() }, 256);
        assert_eq!(guest.open("a", Guest::CREAT, Guest::WRITE), Ok(4));
        assert_eq!(guest.write(4, b"01234567"), Errno::Success);
        assert_eq!(guest.write(4, b"89a"), Errno::Nospc);
        assert_eq!(guest.context.limits_met().collect::<Vec<_>>(), [Limit::FileBytes]);
        guest.check("cut", Call::FdFilestatSetSize, &[4, 7], Errno::Success);
        guest.check("back", Call::FdSeek, &[4, 7, 0, 64], Errno::Success);
        assert_eq!(guest.write(4, b"89a"), Errno::Success);
        assert_eq!(guest.content("work/a"), b"012345689a");
    }

    #[test]
    fn streams_take_all_or_refuse() {
        let mut guest = guest();
        guest.iovecs(0, &[(128, 3), (131, 3)]);
        guest.check("stdout", Call::FdWrite, &[1, 0, 2, 64], Errno::Success);
        guest.memory.expect("stdout", 64, &[3, 0, 0, 0]);
        guest.check("stderr", Call::FdWrite, &[2, 0, 1, 64], Errno::Success);
        assert_eq!(guest.context.platform().written(Stream::Stdout), b"012");
        assert_eq!(guest.context.platform().written(Stream::Stderr), b"012");
        for (name, call, args, expected) in [
            ("stdin", Call::FdWrite, vec![0, 0, 1, 64], Errno::Badf),
            ("directory", Call::FdWrite, vec![3, 0, 1, 64], Errno::Badf),
            ("stdout has no place", Call::FdPwrite, vec![1, 0, 1, 0, 64], Errno::Spipe),
            ("stdin has none either", Call::FdPwrite, vec![0, 0, 1, 0, 64], Errno::Badf),
        ] {
            guest.check(name, call, &args, expected);
        }
        guest.context.platform_mut().refuse(Refused::Errno(Errno::Pipe));
        guest.check("reader gone", Call::FdWrite, &[1, 0, 1, 64], Errno::Pipe);
        guest.context.platform_mut().refuse(Refused::Stop(Stop::Output));
        assert_eq!(guest.dispatch(Call::FdWrite, &[1, 0, 1, 64]), Flow::Stop(Stop::Output));
    }
}
