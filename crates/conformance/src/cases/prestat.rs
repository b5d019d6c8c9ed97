//! `fd_prestat_get`, `fd_prestat_dir_name`: the folders that are there from the start, and their names.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_ONLY, STDERR, STDIN, STDOUT, open};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Nametoolong, Notdir};
use amphi_wasi::types::Fd;

pub(crate) fn fd_prestat_get() -> Cases {
    check!("the length of /data", wasi::fd_prestat_get(DATA), Ok((0, 5)));
    check!("the length of /ro", wasi::fd_prestat_get(READ_ONLY), Ok((0, 3)));
    // A C library counts up from 3 until it is told this.
    check!("the number after the last", wasi::fd_prestat_get(Fd(5)), Err(Badf));
    check!("a folder that was opened", wasi::fd_prestat_get(open("dir")?), Err(Badf));
    check!("a file", wasi::fd_prestat_get(open("a.txt")?), Err(Badf));
    refused::streams(wasi::fd_prestat_get);
    refused::not_open(wasi::fd_prestat_get);
    Ok(())
}

pub(crate) fn fd_prestat_dir_name() -> Cases {
    let mut name = *b"________";
    check!("a buffer that is longer", wasi::fd_prestat_dir_name(DATA, &mut name), Ok(()));
    check!("the name, and no NUL after it", name == *b"/data___");
    let mut name = *b"___";
    check!("a buffer that is just long enough", wasi::fd_prestat_dir_name(READ_ONLY, &mut name), Ok(()));
    check!("the name", name == *b"/ro");
    let mut name = *b"____";
    check!("a buffer that is too short", wasi::fd_prestat_dir_name(DATA, &mut name), Err(Nametoolong));
    check!("it is left as it was", name == *b"____");
    check!("no buffer", wasi::fd_prestat_dir_name(DATA, &mut []), Err(Nametoolong));

    for fd in [open("dir")?, open("a.txt")?, STDIN, STDOUT, STDERR] {
        check!("what has no name", wasi::fd_prestat_dir_name(fd, &mut name), Err(Notdir));
    }
    refused::not_open(|fd| wasi::fd_prestat_dir_name(fd, &mut [0; 8]));
    Ok(())
}
