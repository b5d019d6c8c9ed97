//! `sock_*`: nobody is given a socket, so a descriptor is either not open or not a socket.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, STDERR, STDIN, STDOUT, open};
use crate::memory::UNTOUCHED;
use crate::wasi;
use amphi_wasi::Errno::Notsock;
use amphi_wasi::Result;
use amphi_wasi::types::{Fd, FdFlags, RiFlags, SdFlags};

pub(crate) fn sock_accept() -> Cases {
    check!("without waiting", wasi::sock_accept(STDIN, FdFlags::NONBLOCK), Err(Notsock));
    no_sockets(|fd| wasi::sock_accept(fd, FdFlags::empty()))
}

pub(crate) fn sock_recv() -> Cases {
    let mut buffer = [UNTOUCHED; 8];
    check!("a look", wasi::sock_recv(STDIN, &mut [&mut buffer], RiFlags::RECV_PEEK), Err(Notsock));
    check!("nothing came", buffer == [UNTOUCHED; 8]);
    check!("into nothing", wasi::sock_recv(STDIN, &mut [], RiFlags::RECV_WAITALL), Err(Notsock));
    no_sockets(|fd| wasi::sock_recv(fd, &mut [&mut [0; 8]], RiFlags::empty()))
}

pub(crate) fn sock_send() -> Cases {
    check!("nothing", wasi::sock_send(STDOUT, &[], 0), Err(Notsock));
    // No flag is defined, and none is refused.
    check!("all flags", wasi::sock_send(STDOUT, &[b"text"], 0xFFFF), Err(Notsock));
    no_sockets(|fd| wasi::sock_send(fd, &[b"text"], 0))
}

pub(crate) fn sock_shutdown() -> Cases {
    check!("to receive", wasi::sock_shutdown(STDIN, SdFlags::RD), Err(Notsock));
    check!("to send", wasi::sock_shutdown(STDOUT, SdFlags::WR), Err(Notsock));
    check!("neither", wasi::sock_shutdown(STDIN, SdFlags::empty()), Err(Notsock));
    no_sockets(|fd| wasi::sock_shutdown(fd, SdFlags::all()))
}

fn no_sockets<T>(call: impl Fn(Fd) -> Result<T>) -> Cases {
    for (what, fd) in [
        ("a stream", STDIN),
        ("a stream", STDOUT),
        ("a stream", STDERR),
        ("a folder", DATA),
        ("a file", open("a.txt")?),
    ] {
        check!(format!("{what} is no socket"), call(fd).map(drop), Err(Notsock));
    }
    refused::not_open(call);
    Ok(())
}
