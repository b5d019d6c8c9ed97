//! Building a tree before a run. Owns paths as a habitat writes them, from the root of the tree; must never know a guest.

use super::names::Place;
use super::resolve::{Last, NAME_MAX};
use super::{Body, Content, FileBytes, InodeId, Tree};
use crate::errno::{Errno, Result};

impl Tree {
    /// Puts a file at a path from the root, making the directories on the way; a file that is there is replaced.
    ///
    /// The path is plain: names and slashes. Symbolic links in it are not followed.
    ///
    /// # Errors
    /// `ISDIR`: it is a directory. `NOTDIR`: a part of the path is not one. `INVAL`, `NAMETOOLONG`: a name that no guest
    /// could use.
    pub fn insert_file(&mut self, path: &str, content: Content) -> Result<()> {
        self.insert(path, Body::File(FileBytes::shared(content)))
    }

    /// Puts a symbolic link at a path from the root; the guest may follow it if `target` is relative and stays inside.
    ///
    /// # Errors
    /// As [`insert_file`](Self::insert_file); `INVAL` also for an empty target or one with a NUL.
    pub fn insert_symlink(&mut self, path: &str, target: &str) -> Result<()> {
        if target.is_empty() || target.contains('\0') {
            return Err(Errno::Inval);
        }
        self.insert(path, Body::Symlink(target.into()))
    }

    /// Makes a directory and those it lies in, where they are missing.
    ///
    /// # Errors
    /// `NOTDIR`: a part of the path is there and not a directory. `INVAL`, `NAMETOOLONG`: a name no guest could use.
    pub fn insert_directory(&mut self, path: &str) -> Result<()> {
        self.create_dir_all(path).map(drop)
    }

    /// Sets the access and modification time of what is at a path from the root, nanoseconds since 1970.
    ///
    /// # Errors
    /// `NOENT`, `NOTDIR`: it is not there.
    pub fn set_time(&mut self, path: &str, time_ns: u64) -> Result<()> {
        let id = self.find(path)?;
        self.set_times(id, Some(time_ns), Some(time_ns), time_ns)
    }

    /// The inode of a plain path from the root.
    pub(crate) fn find(&self, path: &str) -> Result<InodeId> {
        parts(path).try_fold(InodeId::ROOT, |at, name| self.lookup(at, name))
    }

    pub(crate) fn create_dir_all(&mut self, path: &str) -> Result<InodeId> {
        let now = self.inode(InodeId::ROOT)?.times.modified;
        let mut at = InodeId::ROOT;
        for name in parts(path) {
            check(name)?;
            at = match self.lookup(at, name) {
                Ok(found) => found,
                Err(Errno::Noent) => self.create_directory(Place { directory: at, last: Last::Name(name) }, now)?,
                Err(errno) => return Err(errno),
            };
        }
        self.directory(at)?;
        Ok(at)
    }

    fn insert(&mut self, path: &str, body: Body) -> Result<()> {
        let now = self.inode(InodeId::ROOT)?.times.modified;
        let path = path.trim_end_matches('/');
        let (before, name) = path.rsplit_once('/').unwrap_or(("", path));
        check(name)?;
        let directory = self.create_dir_all(before)?;
        match self.unlink(Place { directory, last: Last::Name(name) }, now) {
            Ok(()) | Err(Errno::Noent) => self.create(directory, name, body, now).map(drop),
            Err(errno) => Err(errno),
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

fn check(name: &str) -> Result<()> {
    if name.is_empty() || name == "." || name == ".." || name.contains('\0') {
        Err(Errno::Inval)
    } else if name.len() > NAME_MAX {
        Err(Errno::Nametoolong)
    } else {
        Ok(())
    }
}
