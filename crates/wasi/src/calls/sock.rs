//! `sock_*`: there are no sockets, so a descriptor is not open or not one.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::Memory;
use crate::platform::Platform;
use crate::types::{Fd, FdFlags, RiFlags, SdFlags};

impl<P: Platform> Context<P> {
    /// # Errors
    /// `BADF`: not open. `NOTSOCK`: otherwise.
    pub(crate) fn sock_accept<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        _: FdFlags,
        _accepted: u32,
    ) -> Result<()> {
        self.no_socket(fd)
    }

    /// # Errors
    /// `BADF`: not open. `NOTSOCK`: otherwise.
    #[allow(clippy::too_many_arguments, reason = "the shape of the call")]
    pub(crate) fn sock_recv<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        _data: u32,
        _data_len: u32,
        _: RiFlags,
        _received: u32,
        _out_flags: u32,
    ) -> Result<()> {
        self.no_socket(fd)
    }

    /// # Errors
    /// `BADF`: not open. `NOTSOCK`: otherwise.
    pub(crate) fn sock_send<M: Memory + ?Sized>(
        &mut self,
        _: &mut M,
        fd: Fd,
        _data: u32,
        _data_len: u32,
        _flags: u32,
        _sent: u32,
    ) -> Result<()> {
        self.no_socket(fd)
    }

    /// # Errors
    /// `BADF`: not open. `NOTSOCK`: otherwise.
    pub(crate) fn sock_shutdown<M: Memory + ?Sized>(&mut self, _: &mut M, fd: Fd, _: SdFlags) -> Result<()> {
        self.no_socket(fd)
    }

    fn no_socket(&self, fd: Fd) -> Result<()> {
        self.descriptors.get(fd)?;
        Err(Errno::Notsock)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Errno};

    #[test]
    fn nothing_is_a_socket() {
        for (name, call, flags, args) in [
            ("accept", Call::SockAccept, 1, vec![0, 0, 64]),
            ("recv", Call::SockRecv, 3, vec![0, 0, 1, 0, 64, 68]),
            ("send", Call::SockSend, 3, vec![0, 0, 1, 0, 64]),
            ("shutdown", Call::SockShutdown, 1, vec![0, 3]),
        ] {
            let mut guest = Guest::new(config(), 256);
            for (fd, expected) in [(0, Errno::Notsock), (3, Errno::Notsock), (9, Errno::Badf)] {
                let mut args = args.clone();
                args[0] = fd;
                guest.check(name, call, &args, expected);
                args[flags] = 0x1_0000;
                guest.check(name, call, &args, Errno::Overflow);
            }
        }
    }
}
