//! `fd_readdir`: listings, frozen where they start.

use std::sync::Arc;

use crate::context::Context;
use crate::descriptor::{Descriptor, Listed};
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;
use crate::tree::{InodeId, Tree};
use crate::types::{Fd, FileType};

/// The size of a `dirent`, which the name follows.
const DIRENT: usize = 24;

impl<P: Platform> Context<P> {
    /// Fills the buffer with entries from `cookie` on; the last may be cut off. Less than a full buffer is the end.
    ///
    /// `.` and `..` come first, both with the directory's own inode, as in wasmtime. The listing is taken at cookie 0
    /// and kept until the next, so that names that come and go in between do not shift the others.
    ///
    /// # Errors
    /// `BADF`: not an open directory. `FAULT`: buffer or `used` outside memory. A cookie nobody gave out is the end.
    pub(crate) fn fd_readdir<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: Fd,
        buf: u32,
        buf_len: u32,
        cookie: u64,
        used: u32,
    ) -> Result<()> {
        let Descriptor::Directory(directory) = self.descriptors.get_mut(fd)? else { return Err(Errno::Badf) };
        memory.check(buf, u64::from(buf_len))?;
        memory.check(used, 4)?;
        let start = usize::try_from(cookie).unwrap_or(usize::MAX);
        let listing = match &mut directory.listing {
            Some(listing) if start != 0 => listing,
            listing => listing.insert(list(&self.tree, directory.inode)?),
        };
        let bytes = &mut self.scratch.bytes;
        bytes.clear();
        let room = buf_len as usize;
        let rest = listing.get(start..).unwrap_or(&[]);
        for (entry, next) in rest.iter().zip(cookie.saturating_add(1)..) {
            if bytes.len() >= room {
                break;
            }
            let name = entry.name.as_bytes();
            bytes.extend_from_slice(&next.to_le_bytes());
            bytes.extend_from_slice(&entry.ino.to_le_bytes());
            bytes.extend_from_slice(&u32::try_from(name.len()).map_err(|_| Errno::Overflow)?.to_le_bytes());
            bytes.extend_from_slice(&[entry.file_type as u8, 0, 0, 0]);
            bytes.extend_from_slice(name);
        }
        bytes.truncate(room);
        memory.write(buf, bytes)?;
        memory.write_u32(used, u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?)
    }
}

const _: () = assert!(DIRENT == 8 + 8 + 4 + 4);

fn list(tree: &Tree, id: InodeId) -> Result<Vec<Listed>> {
    let own = tree.inode(id)?.ino;
    let entries = &tree.directory(id)?.entries;
    let mut listing = Vec::with_capacity(2 + entries.len());
    for name in [".", ".."] {
        listing.push(Listed { name: Arc::from(name), ino: own, file_type: FileType::Directory });
    }
    for (name, id) in entries {
        let inode = tree.inode(*id)?;
        listing.push(Listed { name: Arc::clone(name), ino: inode.ino, file_type: inode.file_type() });
    }
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Content, Errno};

    fn guest() -> Guest {
        let mut config = config();
        for name in ["work/b", "work/a", "work/c/x"] {
            assert_eq!(config.tree.insert_file(name, Content::from("")), Ok(()));
        }
        Guest::new(config, 4096)
    }

    #[test]
    fn a_buffer_is_filled_to_the_brim() {
        for (name, cookie, len, expected, lists) in [
            ("whole", 0, 512, 24 * 5 + 6, vec![".", "..", "a", "b", "c"]),
            ("exactly", 0, 24 * 5 + 6, 24 * 5 + 6, vec![".", "..", "a", "b", "c"]),
            ("cut in a name", 1, 25, 25, vec![]),
            ("cut in an entry", 0, 30, 30, vec!["."]),
            ("too small for one", 0, 10, 10, vec![]),
            ("no room", 0, 0, 0, vec![]),
            ("from the middle", 3, 512, 50, vec!["b", "c"]),
            ("at the end", 5, 512, 0, vec![]),
            ("past the end", 99, 512, 0, vec![]),
            ("past any end", u64::MAX, 512, 0, vec![]),
        ] {
            let mut guest = guest();
            guest.memory.fill(0xAA);
            guest.check(name, Call::FdReaddir, &[3, 1024, len, cookie, 64], Errno::Success);
            guest.memory.expect(name, 64, &u32::to_le_bytes(expected));
            guest.memory.expect(name, 1024 + u64::from(expected), &[0xAA]);
            assert_eq!(guest.entries(1024, expected), lists, "{name}");
        }
    }

    #[test]
    fn a_listing_stays_as_it_was_at_its_start() {
        let mut guest = guest();
        guest.check("start", Call::FdReaddir, &[3, 1024, 0, 0, 64], Errno::Success);
        let (at, len) = guest.path("a");
        guest.check("remove", Call::PathUnlinkFile, &[3, at, len], Errno::Success);
        assert_eq!(guest.open("aa", Guest::CREAT, Guest::WRITE), Ok(4));
        guest.check("go on", Call::FdReaddir, &[3, 1024, 512, 2, 64], Errno::Success);
        assert_eq!(guest.entries(1024, 75), ["a", "b", "c"]);
        guest.check("anew", Call::FdReaddir, &[3, 1024, 512, 0, 64], Errno::Success);
        assert_eq!(guest.entries(1024, 24 * 5 + 7), [".", "..", "aa", "b", "c"]);
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let mut guest = guest();
        assert_eq!(guest.open("a", 0, Guest::READ), Ok(4));
        for (name, args, expected) in [
            ("file", [4, 1024, 64, 0, 64], Errno::Badf),
            ("stream", [0, 1024, 64, 0, 64], Errno::Badf),
            ("closed", [9, 1024, 64, 0, 64], Errno::Badf),
            ("buffer outside", [3, 4090, 64, 0, 64], Errno::Fault),
            ("result outside", [3, 1024, 64, 0, 4096], Errno::Fault),
        ] {
            guest.check(name, Call::FdReaddir, &args, expected);
        }
    }
}
