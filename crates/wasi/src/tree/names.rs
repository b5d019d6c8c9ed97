//! Changes to names: making, linking, removing and renaming. Owns the order in which a mistake is found, which is
//! Linux's; must never know access rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::resolve::{Last, NAME_MAX};
use super::{Body, Directory, FileBytes, InodeId, Tree};
use crate::errno::{Errno, Result};

/// A name in a directory, found through a path whose last part was not followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) directory: InodeId,
    pub(crate) last: Last<'a>,
}

impl Place<'_> {
    /// The name, or `dot` where the path ends in the directory itself.
    fn name(&self, dot: Errno) -> Result<&str> {
        match self.last {
            Last::Dot => Err(dot),
            Last::Name(name) if name.len() > NAME_MAX => Err(Errno::Nametoolong),
            Last::Name(name) => Ok(name),
        }
    }
}

impl Tree {
    /// Makes an empty file and gives it a name that is free.
    ///
    /// # Errors
    /// `NOENT`: the directory was removed. `NOSPC`: the limit on files.
    pub(crate) fn create_file(&mut self, directory: InodeId, name: &str, now: u64) -> Result<InodeId> {
        self.create(directory, name, Body::File(FileBytes::empty()), now)
    }

    /// # Errors
    /// `EXIST`: the name is taken. `NOENT`: the directory was removed. `NOSPC`: the limit on files.
    pub(crate) fn create_directory(&mut self, place: Place<'_>, now: u64) -> Result<InodeId> {
        let name = place.name(Errno::Exist)?;
        self.check_free(place.directory, name)?;
        let body = Directory { entries: BTreeMap::new(), parent: Some(place.directory), subdirectories: 0 };
        self.create(place.directory, name, Body::Directory(body), now)
    }

    /// # Errors
    /// `EXIST`: the name is taken. `NOENT`: the directory was removed. `NOSPC`: the limit on files.
    pub(crate) fn symlink(&mut self, target: &str, place: Place<'_>, now: u64) -> Result<()> {
        let name = place.name(Errno::Exist)?;
        self.check_free(place.directory, name)?;
        self.create(place.directory, name, Body::Symlink(target.into()), now).map(drop)
    }

    /// What a symbolic link says.
    ///
    /// # Errors
    /// `INVAL`: it is not one. `NOENT`: there is no such name.
    pub(crate) fn readlink(&self, place: Place<'_>) -> Result<&str> {
        let name = place.name(Errno::Inval)?;
        match &self.inode(self.lookup(place.directory, name)?)?.body {
            Body::Symlink(target) => Ok(target),
            _ => Err(Errno::Inval),
        }
    }

    /// Gives a file or a symbolic link a second name.
    ///
    /// # Errors
    /// `NOENT`: there is no such old name, or the new directory was removed. `EXIST`: the new name is taken.
    /// `PERM`: it is a directory. `NOSPC`: the limit on files.
    pub(crate) fn link(&mut self, old: Place<'_>, new: Place<'_>, now: u64) -> Result<()> {
        let id = match old.last {
            Last::Dot => old.directory,
            Last::Name(_) => self.lookup(old.directory, old.name(Errno::Noent)?)?,
        };
        let name = new.name(Errno::Exist)?;
        self.check_free(new.directory, name)?;
        if self.inode(id)?.is_directory() {
            return Err(Errno::Perm);
        }
        self.check_alive(new.directory)?;
        self.usage.check_room()?;
        self.attach(new.directory, name.into(), id, now)
    }

    /// Removes a name of a file or a symbolic link.
    ///
    /// # Errors
    /// `ISDIR`: it is a directory. `NOENT`: there is no such name.
    pub(crate) fn unlink(&mut self, place: Place<'_>, now: u64) -> Result<()> {
        let name = place.name(Errno::Isdir)?;
        let id = self.lookup(place.directory, name)?;
        if self.inode(id)?.is_directory() {
            return Err(Errno::Isdir);
        }
        self.detach(place.directory, name, now)
    }

    /// Removes an empty directory. A path that ends in `/` or `.` is refused, as Linux refuses `.`: wasmtime resolves
    /// such a path to the directory itself.
    ///
    /// # Errors
    /// `INVAL`: the path ends so. `NOTDIR`, `NOTEMPTY`, `NOENT`: as they say.
    pub(crate) fn remove_directory(&mut self, place: Place<'_>, now: u64) -> Result<()> {
        let name = place.name(Errno::Inval)?;
        let id = self.lookup(place.directory, name)?;
        if !self.directory(id)?.entries.is_empty() {
            return Err(Errno::Notempty);
        }
        self.detach(place.directory, name, now)
    }

    /// Moves a name, replacing what the new one stood for. `directory_only`: one of the paths ended in a slash.
    ///
    /// # Errors
    /// `BUSY`: a path ends in `.` or `..`. `NOENT`: there is no such old name, or the new directory was removed.
    /// `INVAL`: a directory would come to lie in itself. `NOTDIR`, `ISDIR`: only one of the two is a directory.
    /// `NOTEMPTY`: the directory to replace is not empty.
    pub(crate) fn rename(&mut self, old: Place<'_>, new: Place<'_>, directory_only: bool, now: u64) -> Result<()> {
        if matches!(old.last, Last::Dot) || matches!(new.last, Last::Dot) {
            return Err(Errno::Busy);
        }
        let old_name = old.name(Errno::Busy)?;
        let moved = self.lookup(old.directory, old_name)?;
        // Linux looks at the new name once it has found the old.
        let new_name = new.name(Errno::Busy)?;
        self.check_alive(new.directory)?;
        let is_directory = self.inode(moved)?.is_directory();
        if directory_only && !is_directory {
            return Err(Errno::Notdir);
        }
        let replaced = self.lookup(new.directory, new_name).ok();
        if is_directory && self.lies_in(new.directory, moved)? {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = replaced {
            if self.lies_in(old.directory, replaced)? {
                return Err(Errno::Notempty);
            }
            // Two names of one file: nothing to do, and both stay, as POSIX has it.
            if replaced == moved {
                return Ok(());
            }
            match (is_directory, &self.inode(replaced)?.body) {
                (true, Body::Directory(target)) if !target.entries.is_empty() => return Err(Errno::Notempty),
                (true, Body::Directory(_)) => {}
                (true, _) => return Err(Errno::Notdir),
                (false, Body::Directory(_)) => return Err(Errno::Isdir),
                (false, _) => {}
            }
            self.detach(new.directory, new_name, now)?;
        }
        // The new name comes first, so that the inode never lacks one.
        self.attach(new.directory, new_name.into(), moved, now)?;
        self.detach(old.directory, old_name, now)?;
        if is_directory {
            self.directory_mut(moved)?.parent = Some(new.directory);
        }
        Ok(())
    }

    /// Whether `directory` is `ancestor`, or lies somewhere in it.
    fn lies_in(&self, directory: InodeId, ancestor: InodeId) -> Result<bool> {
        let mut at = directory;
        loop {
            if at == ancestor {
                return Ok(true);
            }
            match self.directory(at)?.parent {
                Some(parent) if parent != at => at = parent,
                _ => return Ok(false),
            }
        }
    }

    fn check_free(&self, directory: InodeId, name: &str) -> Result<()> {
        match self.lookup(directory, name) {
            Ok(_) => Err(Errno::Exist),
            Err(Errno::Noent) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// # Errors
    /// `NOENT`: the directory was removed while it was open; nothing can be made in it.
    pub(super) fn check_alive(&self, directory: InodeId) -> Result<()> {
        match self.directory(directory)?.parent {
            Some(_) => Ok(()),
            None => Err(Errno::Noent),
        }
    }

    pub(super) fn create(&mut self, directory: InodeId, name: &str, body: Body, now: u64) -> Result<InodeId> {
        self.check_alive(directory)?;
        let id = self.add(body, now)?;
        self.attach(directory, name.into(), id, now)?;
        Ok(id)
    }

    /// Adds a name that is free.
    fn attach(&mut self, directory: InodeId, name: Arc<str>, id: InodeId, now: u64) -> Result<()> {
        let inode = self.inode_mut(id)?;
        let second = inode.names > 0;
        inode.names += 1;
        inode.times.changed = now;
        let is_directory = inode.is_directory();
        let entries = self.directory_mut(directory)?;
        entries.entries.insert(name, id);
        entries.subdirectories += u32::from(is_directory);
        // The first name counts with its inode.
        self.usage.inodes += u64::from(second);
        self.touch(directory, now)
    }

    /// Takes a name away, and the inode with it if that was the last reference.
    fn detach(&mut self, directory: InodeId, name: &str, now: u64) -> Result<()> {
        let entries = self.directory_mut(directory)?;
        let id = entries.entries.remove(name).ok_or(Errno::Noent)?;
        let inode = self.inode_mut(id)?;
        inode.names -= 1;
        inode.times.changed = now;
        let gone = inode.names == 0;
        if let Body::Directory(body) = &mut inode.body {
            if gone {
                body.parent = None;
            }
            self.directory_mut(directory)?.subdirectories -= 1;
        }
        self.usage.inodes -= u64::from(!gone);
        self.touch(directory, now)?;
        self.release(id);
        Ok(())
    }

    fn touch(&mut self, directory: InodeId, now: u64) -> Result<()> {
        let times = &mut self.inode_mut(directory)?.times;
        times.modified = now;
        times.changed = now;
        Ok(())
    }
}
