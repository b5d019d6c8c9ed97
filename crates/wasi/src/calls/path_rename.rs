//! `path_rename`, `path_unlink_file`: names that move and go.

use super::path;
use super::path_link::check_both;
use crate::context::Context;
use crate::errno::Result;
use crate::memory::Memory;
use crate::platform::Platform;
use crate::tree::resolve;
use crate::types::Fd;

impl<P: Platform> Context<P> {
    /// A slash at the end of either path asks for the old one to be a directory.
    ///
    /// # Errors
    /// `PERM`: under a read-only preopen, or a path leads out. `BUSY`: a path ends in `.` or `..`. `INVAL`: a directory
    /// would come to lie in itself. `ISDIR`, `NOTDIR`: only one of the two is a directory. `NOTEMPTY`: the directory to
    /// replace is not. `NOENT`, `LOOP`, `NAMETOOLONG`, `ILSEQ`: a path is not to be had.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn path_rename<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        old_fd: Fd,
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
        let directory_only = old_path.ends_with('/') || new_path.ends_with('/');
        let old = resolve::parent(&self.tree, old_directory.inode, resolve::without_slashes(old_path))?;
        let new = resolve::parent(&self.tree, new_directory.inode, resolve::without_slashes(new_path))?;
        self.tree.rename(old, new, directory_only, self.platform.realtime_ns())
    }

    /// An open file stays usable until its last descriptor is closed.
    ///
    /// # Errors
    /// `PERM`: under a read-only preopen, or the path leads out. `ISDIR`: it is a directory. `NOENT`, `NOTDIR`, `LOOP`,
    /// `NAMETOOLONG`, `ILSEQ`, `INVAL`: the path is not to be had.
    pub(crate) fn path_unlink_file<M: Memory + ?Sized>(
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
        self.tree.unlink(place, self.platform.realtime_ns())
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, with_library};
    use crate::{Call, Content, Errno};

    fn guest() -> Guest {
        let mut config = with_library();
        for (path, text) in [("work/file", "f"), ("work/other", "o"), ("work/full/in", "i"), ("lib/module", "m")] {
            assert_eq!(config.tree.insert_file(path, Content::from(text)), Ok(()));
        }
        assert_eq!(config.tree.insert_directory("work/empty"), Ok(()));
        assert_eq!(config.tree.insert_directory("work/dir/sub"), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/link", "file"), Ok(()));
        assert_eq!(config.tree.insert_symlink("work/dirlink", "dir"), Ok(()));
        Guest::new(config, 8192)
    }

    #[test]
    fn renames_replace_or_are_refused() {
        for (name, old, new, expected, files) in [
            ("new name", "file", "new", Errno::Success, "full/in new other"),
            ("over a file", "file", "other", Errno::Success, "full/in other"),
            ("onto itself", "file", "file", Errno::Success, "file full/in other"),
            ("into a directory", "file", "dir/new", Errno::Success, "dir/new full/in other"),
            ("a link itself", "link", "other", Errno::Success, "file full/in"),
            ("over a directory", "file", "empty", Errno::Isdir, "file full/in other"),
            ("directory over a file", "dir", "file", Errno::Notdir, "file full/in other"),
            ("directory over an empty one", "full", "empty", Errno::Success, "empty/in file other"),
            ("directory over a full one", "dir", "full", Errno::Notempty, "file full/in other"),
            ("directory into itself", "dir", "dir/sub/dir", Errno::Inval, "file full/in other"),
            ("directory over its parent", "dir/sub", "dir", Errno::Notempty, "file full/in other"),
            ("file over its parent", "full/in", "full", Errno::Notempty, "file full/in other"),
            ("slash after a file", "file/", "new", Errno::Notdir, "file full/in other"),
            ("slash after a new name", "file", "new/", Errno::Notdir, "file full/in other"),
            ("slash after a link", "dirlink/", "new", Errno::Notdir, "file full/in other"),
            ("slash after a directory", "full/", "new/", Errno::Success, "file new/in other"),
            ("dot", ".", "new", Errno::Busy, "file full/in other"),
            ("to dot", "dir", ".", Errno::Busy, "file full/in other"),
            ("missing", "missing", "new", Errno::Noent, "file full/in other"),
            ("to nowhere", "file", "missing/new", Errno::Noent, "file full/in other"),
            ("leads out", "file", "../lib/new", Errno::Perm, "file full/in other"),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(old);
            let (new_at, new_len) = guest.other_path(new);
            guest.check(name, Call::PathRename, &[3, at, len, 3, new_at, new_len], expected);
            let left: Vec<String> = guest.context.tree().files_under("work").map(|file| file.path).collect();
            assert_eq!(left.join(" "), files, "{name}");
        }
        for (name, old_fd, old, new_fd) in [("from read-only", 4, "module", 3), ("to read-only", 3, "file", 4)] {
            let mut guest = guest();
            let (at, len) = guest.path(old);
            let (new_at, new_len) = guest.other_path("new");
            guest.check(name, Call::PathRename, &[old_fd, at, len, new_fd, new_at, new_len], Errno::Perm);
        }
    }

    #[test]
    fn only_files_and_links_are_unlinked() {
        for (fd, path, expected) in [
            (3, "file", Errno::Success),
            (3, "link", Errno::Success),
            (3, "dirlink", Errno::Success),
            (3, "full/in", Errno::Success),
            (3, "empty", Errno::Isdir),
            (3, "empty/", Errno::Isdir),
            (3, "dirlink/", Errno::Isdir),
            (3, ".", Errno::Isdir),
            (3, "file/", Errno::Notdir),
            (3, "missing", Errno::Noent),
            (3, "../lib/module", Errno::Perm),
            (4, "module", Errno::Perm),
            (0, "file", Errno::Badf),
        ] {
            let mut guest = guest();
            let (at, len) = guest.path(path);
            guest.check(path, Call::PathUnlinkFile, &[fd, at, len], expected);
            let again = if expected == Errno::Success { Errno::Noent } else { expected };
            guest.check(path, Call::PathUnlinkFile, &[fd, at, len], again);
        }
    }
}
