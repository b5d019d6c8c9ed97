//! `fd_fdstat_*`, `fd_filestat_*`, `fd_prestat_*`: what a descriptor is, and its file's attributes.

use super::stat;
use crate::context::Context;
use crate::descriptor::{Descriptor, OpenDirectory};
use crate::errno::{Errno, Result};
use crate::memory::Memory;
use crate::platform::{Platform, Stream};
use crate::types::{Fd, FdFlags, FileType, FstFlags, Rights};

/// What wasmtime reports for a preopen, read-only ones too; C libraries take the rights to ask for from it.
const PREOPEN: Rights = Rights::PATH_CREATE_DIRECTORY
    .union(Rights::PATH_CREATE_FILE)
    .union(Rights::PATH_LINK_SOURCE)
    .union(Rights::PATH_LINK_TARGET)
    .union(Rights::PATH_OPEN)
    .union(Rights::FD_READDIR)
    .union(Rights::PATH_READLINK)
    .union(Rights::PATH_RENAME_SOURCE)
    .union(Rights::PATH_RENAME_TARGET)
    .union(Rights::PATH_SYMLINK)
    .union(Rights::PATH_REMOVE_DIRECTORY)
    .union(Rights::PATH_UNLINK_FILE)
    .union(Rights::PATH_FILESTAT_GET)
    .union(Rights::PATH_FILESTAT_SET_TIMES)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_SET_TIMES);

/// What may be done with what is opened through a preopen.
const PREOPEN_INHERITING: Rights = PREOPEN
    .union(Rights::FD_DATASYNC)
    .union(Rights::FD_READ)
    .union(Rights::FD_SEEK)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_SYNC)
    .union(Rights::FD_TELL)
    .union(Rights::FD_WRITE)
    .union(Rights::FD_ADVISE)
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::POLL_FD_READWRITE);

/// What wasmtime takes from a directory that is no preopen.
const NOT_DIRECTORY: Rights =
    Rights::FD_SEEK.union(Rights::FD_FILESTAT_SET_SIZE).union(Rights::PATH_FILESTAT_SET_SIZE).union(Rights::FD_WRITE);

impl<P: Platform> Context<P> {
    /// # Errors
    /// `BADF`: not open. `FAULT`: `stat` is outside memory.
    pub(crate) fn fd_fdstat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: Fd, stat: u32) -> Result<()> {
        let none = FdFlags::empty();
        let record = match self.descriptors.get(fd)? {
            Descriptor::Stdin => stat::fdstat(self.stream_type(Stream::Stdin), none, Rights::FD_READ, Rights::FD_READ),
            Descriptor::Output(stream) => {
                stat::fdstat(self.stream_type(*stream), none, Rights::FD_WRITE, Rights::FD_WRITE)
            }
            Descriptor::Directory(OpenDirectory { preopen: Some(_), .. }) => {
                stat::fdstat(FileType::Directory, none, PREOPEN, PREOPEN_INHERITING)
            }
            Descriptor::Directory(_) => {
                let rights = Rights::all().difference(NOT_DIRECTORY);
                stat::fdstat(FileType::Directory, none, rights, rights)
            }
            Descriptor::File(file) => {
                let mut rights = Rights::all();
                rights.set(Rights::FD_READ | Rights::FD_READDIR, file.read);
                rights.set(Rights::FD_WRITE, file.write);
                let mut flags = none;
                flags.set(FdFlags::APPEND, file.append);
                flags.set(FdFlags::NONBLOCK, file.nonblock);
                stat::fdstat(FileType::RegularFile, flags, rights, rights)
            }
        };
        memory.write(stat, &record)
    }

    /// # Errors
    /// `BADF`: not an open file. `INVAL`: one of the flags that ask for safe writes.
    pub(crate) fn fd_fdstat_set_flags<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd, flags: FdFlags) -> Result<()> {
        let file = self.descriptors.file_mut(fd)?;
        if flags.intersects(FdFlags::DSYNC | FdFlags::SYNC | FdFlags::RSYNC) {
            return Err(Errno::Inval);
        }
        file.append = flags.contains(FdFlags::APPEND);
        file.nonblock = flags.contains(FdFlags::NONBLOCK);
        Ok(())
    }

    /// # Errors
    /// `BADF`: not an open file or directory. `NOTSUP`: otherwise.
    pub(crate) fn fd_fdstat_set_rights<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        _base: Rights,
        _inheriting: Rights,
    ) -> Result<()> {
        self.descriptors.inode(fd)?;
        Err(Errno::Notsup)
    }

    /// # Errors
    /// `BADF`: not open. `FAULT`: `stat` is outside memory.
    pub(crate) fn fd_filestat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: Fd, stat: u32) -> Result<()> {
        let descriptor = self.descriptors.get(fd)?;
        let record = match (descriptor, descriptor.inode()) {
            (_, Some(inode)) => stat::filestat(&self.tree.stat(inode)?),
            (Descriptor::Output(stream), None) => stat::stream_filestat(self.stream_type(*stream)),
            (_, None) => stat::stream_filestat(self.stream_type(Stream::Stdin)),
        };
        memory.write(stat, &record)
    }

    /// # Errors
    /// `BADF`: not an open file. `PERM`: under a read-only preopen. `INVAL`: not open for writing, or beyond what a
    /// file can have. `NOSPC`: the limit on bytes.
    pub(crate) fn fd_filestat_set_size<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd, size: u64) -> Result<()> {
        let file = self.descriptors.file(fd)?;
        file.access.check_write()?;
        if i64::try_from(size).is_err() || !file.write {
            return Err(Errno::Inval);
        }
        self.tree.set_len(file.inode, size, self.platform.realtime_ns())
    }

    /// # Errors
    /// `INVAL`: a time is to be both a value and now. `BADF`: not an open file or directory. `PERM`: under a read-only
    /// preopen.
    pub(crate) fn fd_filestat_set_times<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        atim: u64,
        mtim: u64,
        flags: FstFlags,
    ) -> Result<()> {
        let now = self.platform.realtime_ns();
        let (accessed, modified) = stat::new_times(atim, mtim, flags, now)?;
        let (inode, access) = self.descriptors.inode(fd)?;
        access.check_write()?;
        self.tree.set_times(inode, accessed, modified, now)
    }

    /// # Errors
    /// `BADF`: not open, or no preopen. `FAULT`: `prestat` is outside memory.
    pub(crate) fn fd_prestat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: Fd, prestat: u32) -> Result<()> {
        match self.descriptors.get(fd)? {
            Descriptor::Directory(OpenDirectory { preopen: Some(name), .. }) => {
                let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
                memory.write(prestat, &stat::prestat(len))
            }
            _ => Err(Errno::Badf),
        }
    }

    /// # Errors
    /// `BADF`: not open. `NOTDIR`: no preopen. `NAMETOOLONG`: the buffer is too short. `FAULT`: it is outside memory.
    pub(crate) fn fd_prestat_dir_name<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        path: u32,
        path_len: u32,
    ) -> Result<()> {
        match self.descriptors.get(fd)? {
            Descriptor::Directory(OpenDirectory { preopen: Some(name), .. }) if name.len() > path_len as usize => {
                Err(Errno::Nametoolong)
            }
            Descriptor::Directory(OpenDirectory { preopen: Some(name), .. }) => memory.write(path, name.as_bytes()),
            _ => Err(Errno::Notdir),
        }
    }

    fn stream_type(&self, stream: Stream) -> FileType {
        if self.platform.is_terminal(stream) { FileType::CharacterDevice } else { FileType::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, REALTIME, config};
    use crate::{Call, Errno};

    const ALL: u64 = 0x3FFF_FFFF;

    #[test]
    fn descriptors_are_described_as_wasmtime_does() {
        let mut guest = Guest::new(config(), 256);
        guest.context.platform_mut().set_terminal(true);
        assert_eq!(guest.open("new", Guest::CREAT, Guest::READ | Guest::WRITE), Ok(4));
        assert_eq!(guest.open_with("new", 0, Guest::WRITE, Guest::APPEND), Ok(5));
        assert_eq!(guest.open(".", Guest::DIRECTORY, Guest::READ), Ok(6));
        assert_eq!(guest.open("new", 0, 0), Ok(7));
        for (name, fd, file_type, flags, base, inheriting) in [
            ("stdin", 0, 2, 0, 1 << 1, 1 << 1),
            ("stdout", 1, 2, 0, 1 << 6, 1 << 6),
            ("stderr", 2, 2, 0, 1 << 6, 1 << 6),
            ("preopen", 3, 3, 0, 0x07BF_FE00 & !(1 << 19 | 1 << 22), 0x0FFF_FFFF & !(1 << 19)),
            ("file", 4, 4, 0, ALL, ALL),
            ("append", 5, 4, 1, ALL & !(1 << 1 | 1 << 14), ALL & !(1 << 1 | 1 << 14)),
            (
                "directory",
                6,
                3,
                0,
                ALL & !(1 << 2 | 1 << 6 | 1 << 19 | 1 << 22),
                ALL & !(1 << 2 | 1 << 6 | 1 << 19 | 1 << 22),
            ),
            ("no rights asked", 7, 4, 0, ALL & !(1 << 6), ALL & !(1 << 6)),
        ] {
            guest.check(name, Call::FdFdstatGet, &[fd, 64], Errno::Success);
            let mut record = vec![file_type, 0, flags, 0, 0, 0, 0, 0];
            record.extend_from_slice(&u64::to_le_bytes(base));
            record.extend_from_slice(&u64::to_le_bytes(inheriting));
            guest.memory.expect(name, 64, &record);
        }
        guest.context.platform_mut().set_terminal(false);
        guest.check("pipe", Call::FdFdstatGet, &[0, 64], Errno::Success);
        guest.memory.expect("pipe", 64, &[0]);
        guest.check("closed", Call::FdFdstatGet, &[9, 64], Errno::Badf);
        guest.check("outside", Call::FdFdstatGet, &[0, 240], Errno::Fault);
    }

    #[test]
    fn flags_and_sizes_are_kept_or_refused() {
        let mut guest = Guest::new(config(), 256);
        assert_eq!(guest.open("new", Guest::CREAT, Guest::WRITE), Ok(4));
        assert_eq!(guest.open("new", 0, Guest::READ), Ok(5));
        for (name, call, args, expected) in [
            ("append", Call::FdFdstatSetFlags, vec![4, 1], Errno::Success),
            ("nonblock", Call::FdFdstatSetFlags, vec![4, 4], Errno::Success),
            ("sync", Call::FdFdstatSetFlags, vec![4, 16], Errno::Inval),
            ("unknown", Call::FdFdstatSetFlags, vec![4, 32], Errno::Inval),
            ("stream", Call::FdFdstatSetFlags, vec![1, 1], Errno::Badf),
            ("directory", Call::FdFdstatSetFlags, vec![3, 1], Errno::Badf),
            ("rights", Call::FdFdstatSetRights, vec![4, 0, 0], Errno::Notsup),
            ("rights of a stream", Call::FdFdstatSetRights, vec![0, 0, 0], Errno::Badf),
            ("grow", Call::FdFilestatSetSize, vec![4, 3], Errno::Success),
            ("grow read-only", Call::FdFilestatSetSize, vec![5, 4], Errno::Inval),
            ("grow beyond any file", Call::FdFilestatSetSize, vec![4, u64::MAX], Errno::Inval),
            ("grow beyond the limit", Call::FdFilestatSetSize, vec![4, 1 << 50], Errno::Nospc),
            ("grow a directory", Call::FdFilestatSetSize, vec![3, 0], Errno::Badf),
            ("both value and now", Call::FdFilestatSetTimes, vec![4, 0, 0, 3], Errno::Inval),
            ("times of a stream", Call::FdFilestatSetTimes, vec![0, 0, 0, 1], Errno::Badf),
            ("times", Call::FdFilestatSetTimes, vec![4, 7, 9, 1 | 8], Errno::Success),
        ] {
            guest.check(name, call, &args, expected);
        }
        assert_eq!(guest.content("work/new"), b"\0\0\0");
        guest.check("stat", Call::FdFilestatGet, &[4, 64], Errno::Success);
        let ino = 3;
        let record: Vec<u8> =
            [1, ino, 4, 1, 3, 7, REALTIME, REALTIME].iter().flat_map(|field| u64::to_le_bytes(*field)).collect();
        guest.memory.expect("stat", 64, &record);
        guest.check("stat of a stream", Call::FdFilestatGet, &[1, 64], Errno::Success);
        guest.memory.expect("stat of a stream", 64, &[0; 64]);
        guest.check("closed", Call::FdFilestatGet, &[9, 64], Errno::Badf);
        guest.check("outside", Call::FdFilestatGet, &[4, 200], Errno::Fault);
    }

    #[test]
    fn preopens_tell_their_names() {
        let mut guest = Guest::new(config(), 64);
        guest.memory.fill(0xAA);
        for (name, call, args, expected) in [
            ("get", Call::FdPrestatGet, vec![3, 0], Errno::Success),
            ("name", Call::FdPrestatDirName, vec![3, 16, 5], Errno::Success),
            ("longer buffer", Call::FdPrestatDirName, vec![3, 16, 9], Errno::Success),
            ("shorter buffer", Call::FdPrestatDirName, vec![3, 32, 4], Errno::Nametoolong),
            ("buffer outside", Call::FdPrestatDirName, vec![3, 60, 5], Errno::Fault),
            ("get past the last", Call::FdPrestatGet, vec![4, 0], Errno::Badf),
            ("get of a stream", Call::FdPrestatGet, vec![0, 0], Errno::Badf),
            ("name of a stream", Call::FdPrestatDirName, vec![0, 32, 9], Errno::Notdir),
            ("name past the last", Call::FdPrestatDirName, vec![4, 32, 9], Errno::Badf),
        ] {
            guest.check(name, call, &args, expected);
        }
        guest.memory.expect("get", 0, &[0, 0, 0, 0, 5, 0, 0, 0, 0xAA]);
        guest.memory.expect("name", 15, b"\xAA/work\xAA");
        guest.memory.expect("refused", 32, &[0xAA; 32]);
    }
}
