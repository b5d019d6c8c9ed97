//! `path_open`: from a path to a descriptor.

use super::path;
use crate::context::Context;
use crate::descriptor::{Descriptor, OpenDirectory, OpenFile};
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;
use crate::tree::resolve::{Last, Walk};
use crate::tree::{Body, InodeId, Tree};
use crate::types::{Fd, FdFlags, LookupFlags, OFlags, Rights};

/// What the flags and rights of the call come to, as wasmtime reads them: making or cutting a file opens it for
/// writing, and what is not asked to be written is opened for reading.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    follow: bool,
    create: bool,
    exclusive: bool,
    truncate: bool,
    directory: bool,
    read: bool,
    write: bool,
}

enum Found {
    Inode(InodeId),
    Missing { directory: InodeId, name: Box<str> },
}

impl<P: Platform> Context<P> {
    /// # Errors
    /// `NOTDIR`: `fd` is a file, or a directory is wanted or needed. `BADF`: `fd` is a stream or closed. `NOTSUP`: safe
    /// writes are wanted. `INVAL`: `DIRECTORY` beside a flag that makes or cuts a file. `PERM`: writing under a
    /// read-only preopen, or the path leads out. `EXIST`: with `CREAT` and `EXCL`. `ISDIR`: a directory cannot be
    /// written. `LOOP`: also a symbolic link that is not followed. `NOENT`, `NAMETOOLONG`, `ILSEQ`: the path is not to
    /// be had. `MFILE`, `NOSPC`: a limit. `FAULT`: path or `opened` outside memory; nothing was opened.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn path_open<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        dir_flags: LookupFlags,
        path: u32,
        path_len: u32,
        oflags: OFlags,
        rights_base: Rights,
        _rights_inheriting: Rights,
        fd_flags: FdFlags,
        opened: u32,
    ) -> Result<()> {
        let path = path::read(memory, &mut self.scratch.path, path, path_len)?;
        let (base, access) = match self.descriptors.get(fd)? {
            Descriptor::Directory(directory) => (directory.inode, directory.access),
            Descriptor::File(_) => return Err(Errno::Notdir),
            Descriptor::Stdin | Descriptor::Output(_) => return Err(Errno::Badf),
        };
        let wanted = Wanted::new(dir_flags, oflags, rights_base, fd_flags)?;
        if wanted.write {
            access.check_write()?;
        }
        memory.check(opened, 4)?;
        self.descriptors.check_room()?;
        let now = self.platform.realtime_ns();
        let inode = match find(&self.tree, base, path, wanted)? {
            Found::Missing { directory, name } => self.tree.create_file(directory, &name, now)?,
            Found::Inode(inode) => {
                check(&self.tree, inode, wanted)?;
                if wanted.truncate && self.tree.file(inode).is_ok() {
                    self.tree.set_len(inode, 0, now)?;
                }
                inode
            }
        };
        let descriptor = if self.tree.inode(inode)?.is_directory() {
            OpenDirectory::new(inode, access).into()
        } else {
            Descriptor::File(OpenFile {
                inode,
                offset: 0,
                read: wanted.read,
                write: wanted.write,
                append: fd_flags.contains(FdFlags::APPEND),
                nonblock: fd_flags.contains(FdFlags::NONBLOCK),
                access,
            })
        };
        let Fd(number) = self.descriptors.insert(descriptor)?;
        self.tree.open(inode)?;
        memory.write_u32(opened, number)
    }
}

impl Wanted {
    fn new(dir_flags: LookupFlags, oflags: OFlags, rights: Rights, fd_flags: FdFlags) -> Result<Self> {
        if fd_flags.intersects(FdFlags::SYNC | FdFlags::DSYNC | FdFlags::RSYNC) {
            return Err(Errno::Notsup);
        }
        let directory = oflags.contains(OFlags::DIRECTORY);
        if directory && oflags.intersects(OFlags::CREAT | OFlags::EXCL | OFlags::TRUNC) {
            return Err(Errno::Inval);
        }
        let write = rights.contains(Rights::FD_WRITE);
        let create = oflags.contains(OFlags::CREAT);
        Ok(Self {
            follow: dir_flags.contains(LookupFlags::SYMLINK_FOLLOW),
            create,
            exclusive: create && oflags.contains(OFlags::EXCL),
            truncate: oflags.contains(OFlags::TRUNC),
            directory,
            read: rights.contains(Rights::FD_READ) || !write,
            write: write || oflags.intersects(OFlags::CREAT | OFlags::TRUNC),
        })
    }
}

/// What the path stands for, or where it would be made.
fn find(tree: &Tree, base: InodeId, path: &str, wanted: Wanted) -> Result<Found> {
    let mut walk = Walk::new(tree, base, path)?;
    loop {
        let place = walk.last()?;
        let Last::Name(name) = place.last else {
            return if wanted.exclusive { Err(Errno::Exist) } else { Ok(Found::Inode(place.directory)) };
        };
        // Linux makes no file where a slash asks for a directory, and says so before it looks.
        if wanted.create && walk.directory_only {
            return Err(Errno::Isdir);
        }
        let inode = match tree.lookup(place.directory, name) {
            Ok(_) if wanted.exclusive => return Err(Errno::Exist),
            Ok(inode) => inode,
            Err(Errno::Noent) if wanted.create => {
                return Ok(Found::Missing { directory: place.directory, name: name.into() });
            }
            Err(errno) => return Err(errno),
        };
        match &tree.inode(inode)?.body {
            Body::Symlink(target) if wanted.follow || walk.directory_only => walk.follow(target)?,
            Body::Symlink(_) => return Err(Errno::Loop),
            Body::File(_) if walk.directory_only => return Err(Errno::Notdir),
            Body::File(_) | Body::Directory(_) => return Ok(Found::Inode(inode)),
        }
    }
}

/// # Errors
/// `ISDIR`: a directory is to be made or written. `NOTDIR`: a directory is wanted.
fn check(tree: &Tree, inode: InodeId, wanted: Wanted) -> Result<()> {
    match tree.inode(inode)?.is_directory() {
        true if wanted.write => Err(Errno::Isdir),
        false if wanted.directory => Err(Errno::Notdir),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, with_library};
    use crate::{Call, Config, Content, Errno, Limit, Limits};

    const CREAT: u64 = Guest::CREAT;
    const DIRECTORY: u64 = Guest::DIRECTORY;
    const EXCL: u64 = Guest::EXCL;
    const TRUNC: u64 = Guest::TRUNC;
    const READ: u64 = Guest::READ;
    const WRITE: u64 = Guest::WRITE;

    fn guest() -> Guest {
        let mut config = with_library();
        assert_eq!(config.tree.insert_file("work/file", Content::from("12345")), Ok(()));
        assert_eq!(config.tree.insert_directory("work/dir"), Ok(()));
        assert_eq!(config.tree.insert_file("lib/module", Content::from("")), Ok(()));
        for (path, target) in [("link", "file"), ("dirlink", "dir"), ("dangling", "made"), ("loop", "loop")] {
            assert_eq!(config.tree.insert_symlink(&format!("work/{path}"), target), Ok(()));
        }
        Guest::new(config, 8192)
    }

    #[test]
    fn flags_and_paths_decide() {
        let ok = Errno::Success;
        for (fd, path, follow, oflags, rights, expected) in [
            (3, "file", 1, 0, READ, ok),
            (3, "file", 1, 0, 0, ok),
            (3, "file", 1, 0, READ | WRITE, ok),
            (3, "file", 1, DIRECTORY, READ, Errno::Notdir),
            (3, "file", 1, CREAT, WRITE, ok),
            (3, "file", 1, EXCL, WRITE, ok),
            (3, "file", 1, CREAT | EXCL, WRITE, Errno::Exist),
            (3, "file", 1, DIRECTORY | CREAT, READ, Errno::Inval),
            (3, "file/", 1, 0, READ, Errno::Notdir),
            (3, "file/x", 1, CREAT, WRITE, Errno::Notdir),
            (3, "dir", 1, 0, READ, ok),
            (3, "dir", 1, DIRECTORY, READ, ok),
            (3, "dir/", 1, DIRECTORY, READ, ok),
            (3, "dir", 1, 0, WRITE, Errno::Isdir),
            (3, "dir", 1, CREAT, READ, Errno::Isdir),
            (3, "dir", 1, TRUNC, READ, Errno::Isdir),
            (3, "dir", 1, CREAT | EXCL, READ, Errno::Exist),
            (3, ".", 1, 0, READ, ok),
            (3, ".", 1, CREAT, READ, Errno::Isdir),
            (3, ".", 1, CREAT | EXCL, READ, Errno::Exist),
            (3, "missing", 1, 0, READ, Errno::Noent),
            (3, "missing/", 1, CREAT, WRITE, Errno::Isdir),
            (3, "missing/x", 1, CREAT, WRITE, Errno::Noent),
            (3, "link", 1, 0, READ, ok),
            (3, "link", 0, 0, READ, Errno::Loop),
            (3, "link", 0, CREAT, WRITE, Errno::Loop),
            (3, "link", 1, CREAT | EXCL, WRITE, Errno::Exist),
            (3, "dirlink", 0, DIRECTORY, READ, Errno::Loop),
            (3, "dirlink/", 0, DIRECTORY, READ, ok),
            (3, "dangling", 1, 0, READ, Errno::Noent),
            (3, "dangling", 0, CREAT, WRITE, Errno::Loop),
            (3, "dangling", 1, CREAT, WRITE, ok),
            (3, "loop", 1, 0, READ, Errno::Loop),
            (3, "../lib/module", 1, 0, READ, Errno::Perm),
            (3, "/file", 1, 0, READ, Errno::Perm),
            (3, "", 1, 0, READ, Errno::Noent),
            (4, "module", 1, 0, READ, ok),
            (4, "module", 1, 0, WRITE, Errno::Perm),
            (4, "module", 1, TRUNC, READ, Errno::Perm),
            (4, "new", 1, CREAT, READ, Errno::Perm),
            (4, "missing", 1, 0, WRITE, Errno::Perm),
            (0, "file", 1, 0, READ, Errno::Badf),
            (99, "file", 1, 0, READ, Errno::Badf),
        ] {
            let name = format!("{path:?} follow {follow} oflags {oflags:04b} rights {rights:b} at {fd}");
            let mut guest = guest();
            guest.put(512, &[0xAA; 8]);
            let (at, len) = guest.path(path);
            guest.check(&name, Call::PathOpen, &[fd, follow, at, len, oflags, rights, 0, 0, 512], expected);
            let number = if expected == ok { [5, 0, 0, 0] } else { [0xAA; 4] };
            guest.memory.expect(&name, 512, &[number, [0xAA; 4]].concat());
        }
    }

    #[test]
    fn what_is_opened_is_what_was_asked() {
        let mut guest = guest();
        assert_eq!(guest.open("file", TRUNC, READ), Ok(5));
        assert_eq!(guest.content("work/file"), b"", "cut");
        assert_eq!(guest.write(5, b"x"), Errno::Success, "and so writable, as in wasmtime");
        assert_eq!(guest.open("dangling", CREAT, WRITE), Ok(6));
        assert_eq!(guest.write(6, b"y"), Errno::Success);
        assert_eq!(guest.content("work/made"), b"y", "made where the link points");
        assert_eq!(guest.open_at(5, "x", 0, READ), Err(Errno::Notdir), "not a directory to open from");
        assert_eq!(guest.open("dir", DIRECTORY, READ), Ok(7));
        assert_eq!(guest.open_at(7, "../file", 0, READ), Err(Errno::Perm), "nothing above an open directory");
        assert_eq!(guest.open_at(7, "new", CREAT, WRITE), Ok(8));
        assert_eq!(guest.open_with("file", 0, READ, 16), Err(Errno::Notsup), "safe writes");
        assert_eq!(guest.open_with("file", 0, 1 << 40, 0), Err(Errno::Inval), "unknown rights");
    }

    #[test]
    fn limits_and_bad_addresses_leave_nothing_behind() {
        let limits = Limits { files: 2, descriptors: 7, ..Limits::default() };
        let mut guest = Guest::new(Config { limits, ..with_library() }, 8192);
        let (at, len) = guest.path("new");
        for (name, args, expected) in [
            ("result outside", [3, 0, at, len, CREAT, WRITE, 0, 0, 8192], Errno::Fault),
            ("path outside", [3, 0, 8190, 4, CREAT, WRITE, 0, 0, 512], Errno::Fault),
            ("path not UTF-8 before a bad descriptor", [99, 0, 1024, 1, CREAT, WRITE, 0, 0, 512], Errno::Ilseq),
        ] {
            guest.put(1024, &[0xFF]);
            guest.check(name, Call::PathOpen, &args, expected);
            assert_eq!(guest.context.tree().files_under("").count(), 0, "{name}");
        }
        assert_eq!(guest.open("a", CREAT, WRITE), Ok(5));
        assert_eq!(guest.open("b", CREAT, WRITE), Ok(6));
        assert_eq!(guest.open("b", 0, WRITE), Err(Errno::Mfile));
        guest.check("close", Call::FdClose, &[6], Errno::Success);
        assert_eq!(guest.open("c", CREAT, WRITE), Err(Errno::Nospc));
        assert_eq!(guest.context.limits_met().collect::<Vec<_>>(), [Limit::Files, Limit::Descriptors]);
        let (at, len) = guest.path("b");
        guest.check("make room", Call::PathUnlinkFile, &[3, at, len], Errno::Success);
        assert_eq!(guest.open("c", CREAT, WRITE), Ok(6));
    }
}
