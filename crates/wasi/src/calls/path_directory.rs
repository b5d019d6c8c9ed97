//! `path_create_directory`, `path_remove_directory`.

use super::path;
use crate::context::Context;
use crate::errno::Result;
use crate::memory::Memory;
use crate::platform::Platform;
use crate::tree::resolve;
use crate::types::Fd;

impl<P: Platform> Context<P> {
    /// A slash at the end of the path means nothing here.
    ///
    /// # Errors
    /// `PERM`: under a read-only preopen, or the path leads out. `EXIST`: the name is taken. `NOENT`, `NOTDIR`, `LOOP`,
    /// `NAMETOOLONG`, `ILSEQ`, `INVAL`: the path is not to be had. `NOSPC`: the limit on files.
    pub(crate) fn path_create_directory<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        path: u32,
        path_len: u32,
    ) -> Result<()> {
        let directory = self.descriptors.directory(fd)?;
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        directory.access.check_write()?;
        let place = resolve::parent(&self.tree, directory.inode, resolve::without_slashes(path))?;
        self.tree.create_directory(place, self.platform.realtime_ns()).map(drop)
    }

    /// # Errors
    /// `PERM`: under a read-only preopen, or the path leads out. `NOTEMPTY`, `NOTDIR`, `NOENT`: as they say.
    /// `INVAL`: the path ends in `/`, `.` or `..`. `LOOP`, `NAMETOOLONG`, `ILSEQ`: the path is not to be had.
    pub(crate) fn path_remove_directory<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        path: u32,
        path_len: u32,
    ) -> Result<()> {
        let directory = self.descriptors.directory(fd)?;
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        directory.access.check_write()?;
        let place = resolve::parent(&self.tree, directory.inode, path)?;
        self.tree.remove_directory(place, self.platform.realtime_ns())
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, with_library};
    use crate::{Call, Content, Errno};

    #[test]
    fn directories_come_and_go() {
        let mut config = with_library();
        assert_eq!(config.tree.insert_file("work/full/file", Content::from("")), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/link", "full"), Ok(()));
        assert_eq!(config.tree.insert_file("lib/module/file", Content::from("")), Ok(()));
        let mut guest = Guest::new(config, 8192);
        assert_eq!(guest.open("full/file", 0, Guest::READ), Ok(5));
        let long = "n".repeat(256);
        for (fd, path, created, removed) in [
            (3, "new", Errno::Success, Errno::Success),
            (3, "full/new", Errno::Success, Errno::Success),
            (3, "link/new", Errno::Success, Errno::Success),
            (3, "slash/", Errno::Success, Errno::Inval),
            (3, "slash", Errno::Exist, Errno::Success),
            (3, "full", Errno::Exist, Errno::Notempty),
            (3, "full/file", Errno::Exist, Errno::Notdir),
            (3, "full/file/x", Errno::Notdir, Errno::Notdir),
            (3, "link", Errno::Exist, Errno::Notdir),
            (3, ".", Errno::Exist, Errno::Inval),
            (3, "full/.", Errno::Exist, Errno::Inval),
            (3, "full/..", Errno::Exist, Errno::Inval),
            (3, "missing/new", Errno::Noent, Errno::Noent),
            (3, "", Errno::Noent, Errno::Noent),
            (3, "../x", Errno::Perm, Errno::Perm),
            (3, "/x", Errno::Perm, Errno::Perm),
            (3, "nul\0", Errno::Inval, Errno::Inval),
            (3, &long, Errno::Nametoolong, Errno::Nametoolong),
            (4, "new", Errno::Perm, Errno::Perm),
            (4, "module", Errno::Perm, Errno::Perm),
            (5, "new", Errno::Badf, Errno::Badf),
            (0, "new", Errno::Badf, Errno::Badf),
            (99, "new", Errno::Badf, Errno::Badf),
        ] {
            let (at, len) = guest.path(path);
            guest.check(path, Call::PathCreateDirectory, &[fd, at, len], created);
            guest.check(path, Call::PathRemoveDirectory, &[fd, at, len], removed);
        }
        guest.put(1024, b"\xFF\xFE");
        guest.check("not UTF-8", Call::PathCreateDirectory, &[3, 1024, 2], Errno::Ilseq);
        guest.check("outside", Call::PathCreateDirectory, &[3, 8190, 4], Errno::Fault);
        guest.check("long and outside", Call::PathCreateDirectory, &[3, 0, 1 << 31], Errno::Fault);
        guest.put(0, &[b'n'; 4096]);
        guest.check("too long", Call::PathCreateDirectory, &[3, 0, 4096], Errno::Nametoolong);
    }
}
