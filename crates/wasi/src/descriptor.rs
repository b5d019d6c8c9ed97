//! The table of open descriptors. Owns their numbers, what each stands for, and which errno a wrong one gives;
//! must never know paths or the contents of files.

use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::errno::{Errno, Result};
use crate::platform::Stream;
use crate::tree::InodeId;
use crate::types::{Fd, FileType};

/// Whether a guest may change what is under a preopen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Every change is refused with `PERM`.
    ReadOnly,
    /// The guest may do what it likes.
    ReadWrite,
}

impl Access {
    /// # Errors
    /// `PERM`: it is read-only.
    #[inline]
    pub(crate) fn check_write(self) -> Result<()> {
        match self {
            Self::ReadOnly => Err(Errno::Perm),
            Self::ReadWrite => Ok(()),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Descriptor {
    Stdin,
    Output(Stream),
    File(OpenFile),
    Directory(OpenDirectory),
}

/// `offset` belongs to the descriptor, not to the inode.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) inode: InodeId,
    pub(crate) offset: u64,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
    pub(crate) nonblock: bool,
    pub(crate) access: Access,
}

#[derive(Debug)]
pub(crate) struct OpenDirectory {
    pub(crate) inode: InodeId,
    pub(crate) access: Access,
    /// The guest's name for it, if it was there from the start.
    pub(crate) preopen: Option<Box<str>>,
    /// The listing as it was when it was last read from its start, so that a changing directory lists each name once.
    pub(crate) listing: Option<Vec<Listed>>,
}

/// One name in a frozen listing.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: Arc<str>,
    pub(crate) ino: u64,
    pub(crate) file_type: FileType,
}

impl OpenDirectory {
    pub(crate) fn new(inode: InodeId, access: Access) -> Self {
        Self { inode, access, preopen: None, listing: None }
    }

    pub(crate) fn preopen(inode: InodeId, access: Access, guest: String) -> Self {
        Self { preopen: Some(guest.into_boxed_str()), ..Self::new(inode, access) }
    }
}

impl From<OpenDirectory> for Descriptor {
    fn from(directory: OpenDirectory) -> Self {
        Self::Directory(directory)
    }
}

impl Descriptor {
    /// The inode this descriptor keeps alive.
    pub(crate) fn inode(&self) -> Option<InodeId> {
        match self {
            Self::Stdin | Self::Output(_) => None,
            Self::File(file) => Some(file.inode),
            Self::Directory(directory) => Some(directory.inode),
        }
    }
}

/// Numbers are handed out as wasmtime does: the highest freed one, else the next, so that a program that prints one
/// prints the same everywhere.
#[derive(Debug)]
pub(crate) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
    free: BinaryHeap<u32>,
    limit: u32,
    limit_met: bool,
}

impl Descriptors {
    /// The standard streams, and room for `limit` in all.
    pub(crate) fn new(limit: u32) -> Self {
        let streams = [Descriptor::Stdin, Descriptor::Output(Stream::Stdout), Descriptor::Output(Stream::Stderr)];
        Self { slots: streams.into_iter().map(Some).collect(), free: BinaryHeap::new(), limit, limit_met: false }
    }

    /// The inodes that open descriptors keep alive, one for each descriptor.
    pub(crate) fn inodes(&self) -> impl Iterator<Item = InodeId> {
        self.slots.iter().flatten().filter_map(Descriptor::inode)
    }

    /// Those that are open, with their numbers.
    pub(crate) fn open(&self) -> impl Iterator<Item = (u32, &Descriptor)> {
        (0..).zip(&self.slots).filter_map(|(number, slot)| Some((number, slot.as_ref()?)))
    }

    pub(crate) fn limit_met(&self) -> bool {
        self.limit_met
    }

    /// # Errors
    /// `MFILE`: as many as allowed are open.
    pub(crate) fn check_room(&mut self) -> Result<()> {
        let open = self.slots.len() - self.free.len();
        if open < self.limit as usize {
            Ok(())
        } else {
            self.limit_met = true;
            Err(Errno::Mfile)
        }
    }

    /// # Errors
    /// `MFILE`: as many as allowed are open.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<Fd> {
        self.check_room()?;
        if let Some(number) = self.free.pop() {
            if let Some(slot) = self.slots.get_mut(number as usize) {
                *slot = Some(descriptor);
            }
            return Ok(Fd(number));
        }
        let number = u32::try_from(self.slots.len()).map_err(|_| Errno::Mfile)?;
        self.slots.push(Some(descriptor));
        Ok(Fd(number))
    }

    /// # Errors
    /// `BADF`: it is not open.
    pub(crate) fn remove(&mut self, fd: Fd) -> Result<Descriptor> {
        let descriptor = self.slots.get_mut(fd.0 as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        self.free.push(fd.0);
        Ok(descriptor)
    }

    /// Moves `from` to the number `to` and gives back what was there; nothing if they are the same.
    ///
    /// # Errors
    /// `BADF`: one of them is not open.
    pub(crate) fn renumber(&mut self, from: Fd, to: Fd) -> Result<Option<Descriptor>> {
        self.get(to)?;
        self.get(from)?;
        if from == to {
            return Ok(None);
        }
        let moved = self.remove(from)?;
        let slot = self.slots.get_mut(to.0 as usize).ok_or(Errno::Badf)?;
        Ok(slot.replace(moved))
    }

    /// # Errors
    /// `BADF`: it is not open.
    #[inline]
    pub(crate) fn get(&self, fd: Fd) -> Result<&Descriptor> {
        self.slots.get(fd.0 as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// # Errors
    /// `BADF`: it is not open.
    #[inline]
    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Descriptor> {
        self.slots.get_mut(fd.0 as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// # Errors
    /// `BADF`: it is not an open file.
    pub(crate) fn file(&self, fd: Fd) -> Result<&OpenFile> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::Badf),
        }
    }

    /// # Errors
    /// `BADF`: it is not an open file.
    pub(crate) fn file_mut(&mut self, fd: Fd) -> Result<&mut OpenFile> {
        match self.get_mut(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::Badf),
        }
    }

    /// # Errors
    /// `SPIPE`: it is a standard stream. `BADF`: it is not open, or a directory.
    pub(crate) fn seekable(&mut self, fd: Fd) -> Result<&mut OpenFile> {
        match self.get_mut(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Stdin | Descriptor::Output(_) => Err(Errno::Spipe),
            Descriptor::Directory(_) => Err(Errno::Badf),
        }
    }

    /// # Errors
    /// `BADF`: it is not an open directory.
    pub(crate) fn directory(&self, fd: Fd) -> Result<&OpenDirectory> {
        match self.get(fd)? {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Badf),
        }
    }

    /// The inode and the access of an open file or directory.
    ///
    /// # Errors
    /// `BADF`: it is not open, or a standard stream.
    pub(crate) fn inode(&self, fd: Fd) -> Result<(InodeId, Access)> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok((file.inode, file.access)),
            Descriptor::Directory(directory) => Ok((directory.inode, directory.access)),
            Descriptor::Stdin | Descriptor::Output(_) => Err(Errno::Badf),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use super::{Descriptor, Descriptors};
    use crate::errno::Errno;
    use crate::types::Fd;

    #[test]
    fn numbers_are_those_of_wasmtime() {
        let mut table = Descriptors::new(8);
        let next = |table: &mut Descriptors| table.insert(Descriptor::Stdin).unwrap().0;
        assert_eq!([next(&mut table), next(&mut table), next(&mut table)], [3, 4, 5]);
        table.remove(Fd(3)).unwrap();
        table.remove(Fd(4)).unwrap();
        assert_eq!([next(&mut table), next(&mut table), next(&mut table)], [4, 3, 6], "the highest freed first");
        assert_eq!(table.renumber(Fd(6), Fd(3)).map(|closed| closed.is_some()), Ok(true));
        assert_eq!(next(&mut table), 6, "the old number is free");
        assert_eq!(table.renumber(Fd(3), Fd(3)).map(|closed| closed.is_some()), Ok(false));
        assert_eq!(table.renumber(Fd(3), Fd(7)).err(), Some(Errno::Badf), "the target must be open");
        assert_eq!(next(&mut table), 7);
        assert_eq!(table.insert(Descriptor::Stdin), Err(Errno::Mfile));
        assert!(table.limit_met());
        assert_eq!(table.remove(Fd(u32::MAX)).err(), Some(Errno::Badf));
    }
}
