//! The in-memory file system. Owns inodes, names, links, times and what they may use up; must never know descriptors,
//! guest memory, access rules or errors of a particular call.
//!
//! An inode lives as long as a name or an open descriptor refers to it. Names in a directory are ordered, so lookup is
//! logarithmic and listings are the same in every run.

mod build;
mod content;
mod names;
mod report;
pub(crate) mod resolve;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use content::{Content, FileBytes};
pub use report::{NodeKind, TreeFile, TreeNode};

use crate::context::Limits;
use crate::errno::{Errno, Result};
use crate::flow::Limit;
use crate::types::FileType;

/// A place in the tree's table of inodes. It may be used again once the inode is gone; the guest sees `ino` instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct InodeId(u32);

impl InodeId {
    pub(crate) const ROOT: Self = Self(0);
}

#[derive(Debug, Clone)]
pub(crate) struct Inode {
    /// The number the guest sees; never used twice in one tree.
    pub(crate) ino: u64,
    pub(crate) body: Body,
    /// Names that refer to it; a directory has one at most.
    names: u32,
    /// Descriptors that refer to it.
    open: u32,
    times: Times,
    /// Whether its bytes were changed since the start.
    modified: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    File(FileBytes),
    Directory(Directory),
    Symlink(Box<str>),
}

#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) entries: BTreeMap<Arc<str>, InodeId>,
    /// The directory it lies in; itself for the root, nothing once it was removed.
    parent: Option<InodeId>,
    subdirectories: u32,
}

/// Nanoseconds since 1970. Reading does not set the access time, as on a volume mounted `noatime`.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    accessed: u64,
    modified: u64,
    changed: u64,
}

impl Times {
    const fn all(now: u64) -> Self {
        Self { accessed: now, modified: now, changed: now }
    }
}

/// The attributes of an inode (`filestat` without the device).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) ino: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

/// What is used up, and what may be.
#[derive(Debug, Clone)]
struct Usage {
    bytes: u64,
    bytes_limit: u64,
    /// Second names count as well.
    inodes: u64,
    inodes_limit: u64,
    bytes_met: bool,
    inodes_met: bool,
}

impl Usage {
    fn add_bytes(&mut self, more: u64) -> Result<()> {
        match self.bytes.checked_add(more) {
            Some(sum) if sum <= self.bytes_limit => {
                self.bytes = sum;
                Ok(())
            }
            _ => {
                self.bytes_met = true;
                Err(Errno::Nospc)
            }
        }
    }

    fn check_room(&mut self) -> Result<()> {
        if self.inodes < self.inodes_limit {
            return Ok(());
        }
        self.inodes_met = true;
        Err(Errno::Nospc)
    }
}

/// A tree of files, directories and symbolic links, in memory.
///
/// Cloning is cheap for files that were inserted and not written since: their bytes are shared.
#[derive(Debug, Clone)]
pub struct Tree {
    inodes: Vec<Option<Inode>>,
    free: Vec<InodeId>,
    next_ino: u64,
    usage: Usage,
    start: report::Start,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Tree {
    /// An empty root directory, its times `now_ns` nanoseconds since 1970.
    #[must_use]
    pub fn new(now_ns: u64) -> Self {
        let root = Inode {
            ino: 1,
            body: Body::Directory(Directory {
                entries: BTreeMap::new(),
                parent: Some(InodeId::ROOT),
                subdirectories: 0,
            }),
            names: 1,
            open: 0,
            times: Times::all(now_ns),
            modified: false,
        };
        let usage = Usage {
            bytes: 0,
            bytes_limit: u64::MAX,
            inodes: 1,
            inodes_limit: u64::MAX,
            bytes_met: false,
            inodes_met: false,
        };
        Self { inodes: vec![Some(root)], free: Vec::new(), next_ino: 2, usage, start: report::Start::default() }
    }

    /// Ends the building: from here on changes count, under the directories named and against the limits.
    pub(crate) fn start(&mut self, writable: &[String], limits: &Limits) {
        self.usage.bytes_met = false;
        self.usage.inodes_met = false;
        self.usage.bytes_limit = self.usage.bytes.saturating_add(limits.file_bytes);
        self.usage.inodes_limit = self.usage.inodes.saturating_add(limits.files);
        for inode in self.inodes.iter_mut().flatten() {
            inode.modified = false;
        }
        self.start = report::Start::of(self, writable);
    }

    pub(crate) fn limits_met(&self) -> impl Iterator<Item = Limit> + use<> {
        let files = self.usage.inodes_met.then_some(Limit::Files);
        let bytes = self.usage.bytes_met.then_some(Limit::FileBytes);
        files.into_iter().chain(bytes)
    }

    /// # Errors
    /// `IO`: there is no such inode; nobody can make that happen but a fault in this crate.
    #[inline]
    pub(crate) fn inode(&self, id: InodeId) -> Result<&Inode> {
        self.inodes.get(id.0 as usize).and_then(Option::as_ref).ok_or(Errno::Io)
    }

    #[inline]
    fn inode_mut(&mut self, id: InodeId) -> Result<&mut Inode> {
        self.inodes.get_mut(id.0 as usize).and_then(Option::as_mut).ok_or(Errno::Io)
    }

    /// # Errors
    /// `NOTDIR`: it is not a directory.
    #[inline]
    pub(crate) fn directory(&self, id: InodeId) -> Result<&Directory> {
        match &self.inode(id)?.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    fn directory_mut(&mut self, id: InodeId) -> Result<&mut Directory> {
        match &mut self.inode_mut(id)?.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// `BADF`: it is not a file.
    #[inline]
    pub(crate) fn file(&self, id: InodeId) -> Result<&FileBytes> {
        match &self.inode(id)?.body {
            Body::File(bytes) => Ok(bytes),
            _ => Err(Errno::Badf),
        }
    }

    /// # Errors
    /// `NOENT`: the directory has no such name. `NOTDIR`: it is not a directory.
    #[inline]
    pub(crate) fn lookup(&self, directory: InodeId, name: &str) -> Result<InodeId> {
        self.directory(directory)?.entries.get(name).copied().ok_or(Errno::Noent)
    }

    /// The attributes of an inode.
    pub(crate) fn stat(&self, id: InodeId) -> Result<Stat> {
        let inode = self.inode(id)?;
        let (links, size) = match &inode.body {
            Body::File(bytes) => (u64::from(inode.names), bytes.len()),
            Body::Symlink(target) => (u64::from(inode.names), target.len() as u64),
            // Its own name, its `.`, and the `..` of each directory in it. The size is that of an ext4 directory.
            Body::Directory(directory) => match directory.parent {
                Some(_) => (2 + u64::from(directory.subdirectories), 4096),
                None => (0, 4096),
            },
        };
        let Times { accessed, modified, changed } = inode.times;
        Ok(Stat { ino: inode.ino, file_type: inode.file_type(), links, size, accessed, modified, changed })
    }

    /// Sets the times that are given.
    pub(crate) fn set_times(
        &mut self,
        id: InodeId,
        accessed: Option<u64>,
        modified: Option<u64>,
        now: u64,
    ) -> Result<()> {
        let times = &mut self.inode_mut(id)?.times;
        times.accessed = accessed.unwrap_or(times.accessed);
        times.modified = modified.unwrap_or(times.modified);
        if accessed.is_some() || modified.is_some() {
            times.changed = now;
        }
        Ok(())
    }

    /// Writes `len` bytes at `at`; `source` fills the pieces of the file, each with its distance from the first byte.
    ///
    /// # Errors
    /// `NOSPC`: the limit on bytes, or no memory. Whatever `source` fails with.
    pub(crate) fn write(
        &mut self,
        id: InodeId,
        at: u64,
        len: u32,
        now: u64,
        source: impl FnMut(u64, &mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let Self { inodes, usage, .. } = self;
        let inode = inodes.get_mut(id.0 as usize).and_then(Option::as_mut).ok_or(Errno::Io)?;
        let Body::File(bytes) = &mut inode.body else { return Err(Errno::Badf) };
        let end = at.checked_add(u64::from(len)).ok_or(Errno::Fbig)?;
        let before = bytes.own_len();
        usage.add_bytes(end.max(bytes.len()) - before)?;
        let result = bytes.write(at, len, source);
        // What was asked for and not used is given back.
        usage.bytes = usage.bytes - (end.max(bytes.len()) - before) + (bytes.own_len() - before);
        inode.modified = true;
        inode.times.modified = now;
        inode.times.changed = now;
        result
    }

    /// Cuts a file, or grows it with zeros.
    ///
    /// # Errors
    /// `NOSPC`: the limit on bytes, or no memory. `BADF`: it is not a file.
    pub(crate) fn set_len(&mut self, id: InodeId, len: u64, now: u64) -> Result<()> {
        let Self { inodes, usage, .. } = self;
        let inode = inodes.get_mut(id.0 as usize).and_then(Option::as_mut).ok_or(Errno::Io)?;
        let Body::File(bytes) = &mut inode.body else { return Err(Errno::Badf) };
        let before = bytes.own_len();
        usage.add_bytes(len.saturating_sub(before))?;
        let result = bytes.set_len(len);
        usage.bytes = usage.bytes - len.saturating_sub(before) - before + bytes.own_len();
        inode.modified = true;
        inode.times.modified = now;
        inode.times.changed = now;
        result
    }

    /// Notes a descriptor.
    pub(crate) fn open(&mut self, id: InodeId) -> Result<()> {
        self.inode_mut(id)?.open += 1;
        Ok(())
    }

    /// Forgets a descriptor; the inode goes if nothing refers to it any more.
    pub(crate) fn close(&mut self, id: InodeId) -> Result<()> {
        let inode = self.inode_mut(id)?;
        inode.open = inode.open.saturating_sub(1);
        self.release(id);
        Ok(())
    }

    fn add(&mut self, body: Body, now: u64) -> Result<InodeId> {
        self.usage.check_room()?;
        let inode = Inode { ino: self.next_ino, body, names: 0, open: 0, times: Times::all(now), modified: true };
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                let id = InodeId(u32::try_from(self.inodes.len()).map_err(|_| Errno::Nospc)?);
                self.inodes.push(None);
                id
            }
        };
        if let Some(slot) = self.inodes.get_mut(id.0 as usize) {
            *slot = Some(inode);
        }
        self.next_ino += 1;
        self.usage.inodes += 1;
        Ok(id)
    }

    /// Drops an inode that nothing refers to.
    fn release(&mut self, id: InodeId) {
        let Some(slot) = self.inodes.get_mut(id.0 as usize) else { return };
        if !slot.as_ref().is_some_and(|inode| inode.names == 0 && inode.open == 0) {
            return;
        }
        if let Some(Inode { body: Body::File(bytes), .. }) = slot.take() {
            self.usage.bytes = self.usage.bytes.saturating_sub(bytes.own_len());
        }
        self.usage.inodes -= 1;
        self.free.push(id);
    }
}

impl Inode {
    pub(crate) fn file_type(&self) -> FileType {
        match self.body {
            Body::File(_) => FileType::RegularFile,
            Body::Directory(_) => FileType::Directory,
            Body::Symlink(_) => FileType::SymbolicLink,
        }
    }

    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory(_))
    }
}
