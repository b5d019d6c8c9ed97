//! `path_filestat_get`, `path_filestat_set_times`: the attributes of what a path stands for.

use super::{path, stat};
use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::Memory;
use crate::platform::Platform;
use crate::tree::resolve::{self, Last, Walk};
use crate::types::{Fd, FstFlags, LookupFlags};

impl<P: Platform> Context<P> {
    /// # Errors
    /// `NOENT`, `NOTDIR`, `LOOP`, `PERM`, `NAMETOOLONG`, `ILSEQ`, `INVAL`: the path is not to be had. `BADF`: `fd` is
    /// no directory. `FAULT`: path or `stat` outside memory.
    pub(crate) fn path_filestat_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        flags: LookupFlags,
        path: u32,
        path_len: u32,
        stat: u32,
    ) -> Result<()> {
        let directory = self.descriptors.directory(fd)?;
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        let follow = flags.contains(LookupFlags::SYMLINK_FOLLOW);
        let path = if follow { path } else { lone_name(path).unwrap_or(path) };
        let inode = Walk::new(&self.tree, directory.inode, path)?.inode(follow)?;
        memory.write(stat, &stat::filestat(&self.tree.stat(inode)?))
    }

    /// # Errors
    /// `INVAL`: a time is to be both a value and now, or a NUL in the path. `PERM`: under a read-only preopen, or the
    /// path leads out. `NOENT`, `NOTDIR`, `LOOP`, `NAMETOOLONG`, `ILSEQ`: the path is not to be had.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn path_filestat_set_times<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        flags: LookupFlags,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        fst_flags: FstFlags,
    ) -> Result<()> {
        let now = self.platform.realtime_ns();
        let (accessed, modified) = stat::new_times(atim, mtim, fst_flags, now)?;
        let directory = self.descriptors.directory(fd)?;
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        directory.access.check_write()?;
        let inode = if flags.contains(LookupFlags::SYMLINK_FOLLOW) {
            Walk::new(&self.tree, directory.inode, path)?.inode(true)?
        } else {
            let place = resolve::parent(&self.tree, directory.inode, path)?;
            match place.last {
                Last::Dot => place.directory,
                // With nothing to set Linux does not look, and so wasmtime does not.
                Last::Name(_) if accessed.or(modified).is_none() => return Ok(()),
                Last::Name(name) if name.len() > resolve::NAME_MAX => return Err(Errno::Nametoolong),
                Last::Name(name) => self.tree.lookup(place.directory, name)?,
            }
        };
        self.tree.set_times(inode, accessed, modified, now)
    }
}

/// The name, if the path is one name with nothing but `/` and `.` after it.
///
/// wasmtime takes such a path as the name alone when it follows no link, so that `link/` is the link itself there.
fn lone_name(path: &str) -> Option<&str> {
    let (name, after) = path.split_once('/')?;
    let lone = !matches!(name, "" | "." | "..") && after.split('/').all(|part| matches!(part, "" | "."));
    lone.then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, REALTIME, with_library};
    use crate::{Call, Content, Errno};

    fn guest() -> Guest {
        let mut config = with_library();
        assert_eq!(config.tree.insert_file("work/a/file", Content::from("12345")), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/link", "a/file"), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/dir", "a"), Ok(()));
        assert_eq!(config.tree.insert_file("lib/module", Content::from("")), Ok(()));
        Guest::new(config, 8192)
    }

    #[test]
    fn attributes_are_those_of_the_path() {
        // A directory has 4096 bytes, two links and one more for each directory in it.
        for (path, follow, expected) in [
            ("a/file", 0, Ok((4, 1, 5))),
            ("link", 1, Ok((4, 1, 5))),
            ("link", 0, Ok((7, 1, 6))),
            ("link/", 0, Ok((7, 1, 6))),
            ("link/", 1, Err(Errno::Notdir)),
            ("dir/", 0, Ok((7, 1, 1))),
            ("./dir/", 0, Ok((3, 2, 4096))),
            ("dir/file", 0, Ok((4, 1, 5))),
            ("a/file/", 0, Err(Errno::Notdir)),
            (".", 0, Ok((3, 3, 4096))),
            ("missing", 0, Err(Errno::Noent)),
            ("..", 0, Err(Errno::Perm)),
            ("", 0, Err(Errno::Noent)),
        ] {
            let name = format!("{path:?} follow {follow}");
            let mut guest = guest();
            let (at, len) = guest.path(path);
            guest.put(256, &[0xAA; 80]);
            guest.check(
                &name,
                Call::PathFilestatGet,
                &[3, follow, at, len, 264],
                expected.err().unwrap_or(Errno::Success),
            );
            match expected {
                Ok((file_type, links, size)) => {
                    let fields = [file_type, links, size].map(u64::to_le_bytes).concat();
                    guest.memory.expect(&name, 264 + 16, &fields);
                    guest.memory.expect(&name, 264, &1_u64.to_le_bytes());
                    guest.memory.expect(&name, 256, &[0xAA; 8]);
                    guest.memory.expect(&name, 264 + 64, &[0xAA; 8]);
                }
                Err(_) => guest.memory.expect(&name, 256, &[0xAA; 80]),
            }
        }
    }

    #[test]
    fn times_are_set_to_the_nanosecond() {
        for (name, fd, path, follow, flags, expected) in [
            ("both", 3, "a/file", 0, 0b0101, Ok((111, 222))),
            ("access alone", 3, "a/file", 0, 0b0001, Ok((111, 0))),
            ("both now", 3, "a/file", 0, 0b1010, Ok((REALTIME, REALTIME))),
            ("none", 3, "a/file", 0, 0, Ok((0, 0))),
            ("through a link", 3, "link", 1, 0b0101, Ok((111, 222))),
            ("of a link", 3, "link", 0, 0b0101, Ok((0, 0))),
            ("value and now", 3, "a/file", 0, 0b0011, Err(Errno::Inval)),
            ("unknown flag", 3, "a/file", 0, 0b10000, Err(Errno::Inval)),
            ("missing", 3, "missing", 0, 0b0101, Err(Errno::Noent)),
            ("leads out", 3, "../lib/module", 1, 0b0101, Err(Errno::Perm)),
            ("read-only", 4, "module", 0, 0b0101, Err(Errno::Perm)),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(path);
            let args = [fd, follow, at, len, 111, 222, flags];
            guest.check(name, Call::PathFilestatSetTimes, &args, expected.err().unwrap_or(Errno::Success));
            let (at, len) = guest.path("a/file");
            guest.check(name, Call::PathFilestatGet, &[3, 0, at, len, 256], Errno::Success);
            let (accessed, modified) = expected.unwrap_or((0, 0));
            guest.memory.expect(name, 256 + 40, &[u64::to_le_bytes(accessed), u64::to_le_bytes(modified)].concat());
        }
    }
}
