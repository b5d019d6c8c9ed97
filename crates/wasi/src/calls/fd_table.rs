//! `fd_close`, `fd_renumber`: the numbers of descriptors.

use crate::context::Context;
use crate::errno::Result;
use crate::memory::Memory;
use crate::platform::Platform;
use crate::types::Fd;

impl<P: Platform> Context<P> {
    /// Standard streams and preopens can be closed too.
    ///
    /// # Errors
    /// `BADF`: not open.
    pub(crate) fn fd_close<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd) -> Result<()> {
        match self.descriptors.remove(fd)?.inode() {
            Some(inode) => self.tree.close(inode),
            None => Ok(()),
        }
    }

    /// # Errors
    /// `BADF`: one of them is not open.
    pub(crate) fn fd_renumber<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd, to: Fd) -> Result<()> {
        match self.descriptors.renumber(fd, to)?.and_then(|closed| closed.inode()) {
            Some(inode) => self.tree.close(inode),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Errno};

    #[test]
    fn numbers_are_closed_and_moved() {
        let mut guest = Guest::new(config(), 256);
        assert_eq!(guest.open("new", Guest::CREAT, Guest::WRITE), Ok(4));
        assert_eq!(guest.write(4, b"xyz"), Errno::Success);
        for (name, call, args, expected) in [
            ("to a closed one", Call::FdRenumber, vec![4, 9], Errno::Badf),
            ("from a closed one", Call::FdRenumber, vec![9, 4], Errno::Badf),
            ("to itself", Call::FdRenumber, vec![4, 4], Errno::Success),
            ("to stdout", Call::FdRenumber, vec![4, 1], Errno::Success),
            ("it moved", Call::FdClose, vec![4], Errno::Badf),
            ("with its offset", Call::FdTell, vec![1, 64], Errno::Success),
            ("stdin", Call::FdClose, vec![0], Errno::Success),
            ("stdin again", Call::FdClose, vec![0], Errno::Badf),
            ("huge", Call::FdClose, vec![u64::from(u32::MAX)], Errno::Badf),
        ] {
            guest.check(name, call, &args, expected);
        }
        guest.memory.expect("with its offset", 64, &[3, 0, 0, 0, 0, 0, 0, 0]);
    }
}
