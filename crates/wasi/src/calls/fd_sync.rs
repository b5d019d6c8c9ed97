//! `fd_advise`, `fd_allocate`, `fd_datasync`, `fd_sync`: what a disk would need, and memory does not.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::Memory;
use crate::platform::Platform;
use crate::types::{Advice, Fd};

impl<P: Platform> Context<P> {
    /// # Errors
    /// `BADF`: not an open file. `INVAL`: a length beyond what a file can have, as Linux has it.
    pub(crate) fn fd_advise<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        _offset: u64,
        len: u64,
        _: Advice,
    ) -> Result<()> {
        self.descriptors.file(fd)?;
        if i64::try_from(len).is_err() { Err(Errno::Inval) } else { Ok(()) }
    }

    /// # Errors
    /// `BADF`: not an open file. `NOTSUP`: otherwise, as in wasmtime.
    pub(crate) fn fd_allocate<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd, _offset: u64, _len: u64) -> Result<()> {
        self.descriptors.file(fd)?;
        Err(Errno::Notsup)
    }

    /// # Errors
    /// `BADF`: not an open file.
    pub(crate) fn fd_datasync<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd) -> Result<()> {
        self.descriptors.file(fd).map(drop)
    }

    /// # Errors
    /// `BADF`: not an open file.
    pub(crate) fn fd_sync<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd) -> Result<()> {
        self.descriptors.file(fd).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Errno};

    #[test]
    fn only_files_are_synced() {
        let mut guest = Guest::new(config(), 64);
        assert_eq!(guest.open("new", Guest::CREAT, Guest::WRITE), Ok(4));
        for (name, fd, synced, allocated) in [
            ("file", 4, Errno::Success, Errno::Notsup),
            ("directory", 3, Errno::Badf, Errno::Badf),
            ("stream", 1, Errno::Badf, Errno::Badf),
            ("closed", 5, Errno::Badf, Errno::Badf),
        ] {
            guest.check(name, Call::FdSync, &[fd], synced);
            guest.check(name, Call::FdDatasync, &[fd], synced);
            guest.check(name, Call::FdAdvise, &[fd, 0, 9, 5], synced);
            guest.check(name, Call::FdAllocate, &[fd, 0, 9], allocated);
        }
        guest.check("unknown advice", Call::FdAdvise, &[4, 0, 9, 6], Errno::Inval);
        guest.check("length below zero", Call::FdAdvise, &[4, 0, u64::MAX, 0], Errno::Inval);
    }
}
