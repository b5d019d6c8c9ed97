//! `path_link`, `path_symlink`, `path_readlink`: second names, and names of names.

use super::path;
use crate::context::Context;
use crate::descriptor::Access;
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;
use crate::tree::resolve;
use crate::types::{Fd, LookupFlags};

impl<P: Platform> Context<P> {
    /// A symbolic link is linked itself, never followed.
    ///
    /// # Errors
    /// `PERM`: under a read-only preopen, a path leads out, or it is a directory. `INVAL`: the link is to be followed,
    /// as in wasmtime. `EXIST`: the new name is taken. `NOENT`, `NOTDIR`, `LOOP`, `NAMETOOLONG`, `ILSEQ`: a path is not
    /// to be had. `NOSPC`: the limit on files.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn path_link<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        old_fd: Fd,
        old_flags: LookupFlags,
        old_path: u32,
        old_path_len: u32,
        new_fd: Fd,
        new_path: u32,
        new_path_len: u32,
    ) -> Result<()> {
        let old_directory = self.descriptors.directory(old_fd)?;
        let new_directory = self.descriptors.directory(new_fd)?;
        let old_path = path::read(memory, &mut self.scratch.path, old_path, old_path_len)?;
        let new_path = path::read(memory, &mut self.scratch.other_path, new_path, new_path_len)?;
        check_both(old_directory.access, new_directory.access)?;
        if old_flags.contains(LookupFlags::SYMLINK_FOLLOW) {
            return Err(Errno::Inval);
        }
        let old = resolve::parent(&self.tree, old_directory.inode, old_path)?;
        let new = resolve::parent(&self.tree, new_directory.inode, new_path)?;
        self.tree.link(old, new, self.platform.realtime_ns())
    }

    /// The target need not exist.
    ///
    /// # Errors
    /// `PERM`: under a read-only preopen, the path leads out, or the target is absolute. `EXIST`: the name is taken.
    /// `NOENT`: the target is empty, or the path is not to be had; `NOTDIR`, `LOOP`, `NAMETOOLONG`, `ILSEQ`, `INVAL`
    /// likewise. `NOSPC`: the limit on files.
    pub(crate) fn path_symlink<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        old_path: u32,
        old_path_len: u32,
        fd: Fd,
        new_path: u32,
        new_path_len: u32,
    ) -> Result<()> {
        let directory = self.descriptors.directory(fd)?;
        let target = path::read(memory, &mut self.scratch.path, old_path, old_path_len)?;
        let new_path = path::read(memory, &mut self.scratch.other_path, new_path, new_path_len)?;
        directory.access.check_write()?;
        if target.starts_with('/') {
            return Err(Errno::Perm);
        }
        let place = resolve::parent(&self.tree, directory.inode, new_path)?;
        resolve::check(target)?;
        self.tree.symlink(target, place, self.platform.realtime_ns())
    }

    /// What does not fit the buffer is cut off.
    ///
    /// # Errors
    /// `INVAL`: it is no symbolic link, or a NUL in the path. `NOENT`, `NOTDIR`, `LOOP`, `PERM`, `NAMETOOLONG`, `ILSEQ`:
    /// the path is not to be had. `FAULT`: path, buffer or `used` outside memory.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn path_readlink<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        path: u32,
        path_len: u32,
        buf: u32,
        buf_len: u32,
        used: u32,
    ) -> Result<()> {
        let directory = self.descriptors.directory(fd)?;
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        let place = resolve::parent(&self.tree, directory.inode, path)?;
        let target = self.tree.readlink(place)?.as_bytes();
        let target = target.get(..buf_len as usize).unwrap_or(target);
        memory.check(used, 4)?;
        memory.write(buf, target)?;
        memory.write_u32(used, u32::try_from(target.len()).map_err(|_| Errno::Overflow)?)
    }
}

/// # Errors
/// `PERM`: one of the two is read-only.
pub(super) fn check_both(one: Access, other: Access) -> Result<()> {
    one.check_write()?;
    other.check_write()
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, with_library};
    use crate::{Call, Config, Content, Errno, Limit, Limits};

    fn guest() -> Guest {
        let mut config = with_library();
        assert_eq!(config.tree.insert_file("work/file", Content::from("12345")), Ok(()));
        assert_eq!(config.tree.insert_directory("work/dir"), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/link", "file"), Ok(()));
        assert_eq!(config.tree.insert_file("lib/module", Content::from("")), Ok(()));
        Guest::new(config, 8192)
    }

    #[test]
    fn links_share_the_inode() {
        for (name, fd, flags, old, new_fd, new, expected) in [
            ("file", 3, 0, "file", 3, "second", Errno::Success),
            ("into a directory", 3, 0, "file", 3, "dir/second", Errno::Success),
            ("a link itself", 3, 0, "link", 3, "second", Errno::Success),
            ("followed", 3, 1, "link", 3, "second", Errno::Inval),
            ("taken", 3, 0, "file", 3, "link", Errno::Exist),
            ("missing and taken", 3, 0, "missing", 3, "link", Errno::Noent),
            ("directory", 3, 0, "dir", 3, "second", Errno::Perm),
            ("directory and taken", 3, 0, "dir", 3, "file", Errno::Exist),
            ("slash at the end", 3, 0, "file", 3, "second/", Errno::Noent),
            ("the directory itself", 3, 0, "file", 3, "dir/", Errno::Exist),
            ("from read-only", 4, 0, "module", 3, "second", Errno::Perm),
            ("to read-only", 3, 0, "file", 4, "second", Errno::Perm),
            ("leads out", 3, 0, "file", 3, "../second", Errno::Perm),
            ("closed", 9, 0, "file", 3, "second", Errno::Badf),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(old);
            let (new_at, new_len) = guest.other_path(new);
            guest.check(name, Call::PathLink, &[fd, flags, at, len, new_fd, new_at, new_len], expected);
            if expected == Errno::Success {
                guest.check(name, Call::PathFilestatGet, &[3, 0, at, len, 256], Errno::Success);
                guest.memory.expect(name, 256 + 24, &2_u64.to_le_bytes());
            }
        }
    }

    #[test]
    fn second_names_count_as_files_do() {
        let limits = Limits { files: 2, ..Limits::default() };
        let mut guest = Guest::new(Config { limits, ..with_library() }, 8192);
        assert_eq!(guest.open("a", Guest::CREAT, Guest::WRITE), Ok(5));
        let link = |guest: &mut Guest, new: &str, expected| {
            let (at, len) = guest.path("a");
            let (new_at, new_len) = guest.other_path(new);
            guest.check(new, Call::PathLink, &[3, 0, at, len, 3, new_at, new_len], expected);
        };
        link(&mut guest, "b", Errno::Success);
        link(&mut guest, "c", Errno::Nospc);
        assert_eq!(guest.context.limits_met().collect::<Vec<_>>(), [Limit::Files]);
        assert_eq!(guest.rename(3, "b", "c"), Errno::Success, "a name that moves is one name");
        assert_eq!(guest.on_path(Call::PathUnlinkFile, 3, "c"), Errno::Success);
        link(&mut guest, "b", Errno::Success);
    }

    #[test]
    fn symbolic_links_say_what_they_were_told() {
        for (name, target, path, expected) in [
            ("file", "file", "new", Errno::Success),
            ("dangling", "no/where", "new", Errno::Success),
            ("upwards", "../../up", "dir/new", Errno::Success),
            ("absolute", "/etc/passwd", "new", Errno::Perm),
            ("empty", "", "new", Errno::Noent),
            ("NUL", "a\0b", "new", Errno::Inval),
            ("taken", "x", "file", Errno::Exist),
            ("slash at the end", "x", "new/", Errno::Noent),
            ("the directory itself", "x", "dir/", Errno::Exist),
            ("leads out", "x", "../new", Errno::Perm),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(target);
            let (new_at, new_len) = guest.other_path(path);
            guest.check(name, Call::PathSymlink, &[at, len, 3, new_at, new_len], expected);
            if expected == Errno::Success {
                guest.put(256, &[0xAA; 32]);
                guest.check(name, Call::PathReadlink, &[3, new_at, new_len, 257, 6, 512], Errno::Success);
                let told = &target.as_bytes()[..target.len().min(6)];
                guest.memory.expect(name, 256, &[&[0xAA], told, &[0xAA]].concat());
                guest.memory.expect(name, 512, &(told.len() as u64).to_le_bytes()[..4]);
            }
        }
        let mut guest = guest();
        let (at, len) = guest.path("x");
        let (new_at, new_len) = guest.other_path("new");
        guest.check("read-only", Call::PathSymlink, &[at, len, 4, new_at, new_len], Errno::Perm);
    }

    #[test]
    fn only_links_are_read() {
        for (path, buf, used, expected) in [
            ("link", 256, 512, Errno::Success),
            ("link", 8190, 512, Errno::Fault),
            ("link", 256, 8192, Errno::Fault),
            ("file", 256, 512, Errno::Inval),
            ("dir", 256, 512, Errno::Inval),
            (".", 256, 512, Errno::Inval),
            ("link/", 256, 512, Errno::Notdir),
            ("missing", 256, 512, Errno::Noent),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(path);
            guest.check(path, Call::PathReadlink, &[3, at, len, buf, 64, used], expected);
        }
    }
}
