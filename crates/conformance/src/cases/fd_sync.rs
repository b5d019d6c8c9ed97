//! `fd_advise`, `fd_allocate`, `fd_datasync`, `fd_sync`: about a file's bytes on their way to a disk. Nothing can be
//! seen of them but their answers.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_ONLY, create, open, open_in, text, write};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Notsup};
use amphi_wasi::Result;
use amphi_wasi::types::Advice::{DontNeed, NoReuse, Normal, Random, Sequential, WillNeed};
use amphi_wasi::types::Fd;

pub(crate) fn fd_advise() -> Cases {
    let file = open("a.txt")?;
    for advice in [Normal, Sequential, Random, WillNeed, DontNeed, NoReuse] {
        check!(advice.name(), wasi::fd_advise(file, 0, 6, advice), Ok(()));
    }
    check!("a length of 0 is all of it", wasi::fd_advise(file, 0, 0, Normal), Ok(()));
    check!("a part past the end", wasi::fd_advise(file, 1 << 40, 1 << 40, Normal), Ok(()));
    check!("the largest length", wasi::fd_advise(file, 0, i64::MAX.unsigned_abs(), Normal), Ok(()));
    check!("a length that is none", wasi::fd_advise(file, 0, u64::MAX, Normal), Err(Inval));
    check!("an offset that is none", wasi::fd_advise(file, u64::MAX, 1, Normal), Ok(()));
    check!("a folder", wasi::fd_advise(DATA, 0, 6, Normal), Err(Badf));
    refused::streams(|fd| wasi::fd_advise(fd, 0, 6, Normal));
    refused::not_open(|fd| wasi::fd_advise(fd, 0, 6, Normal));
    Ok(())
}

pub(crate) fn fd_allocate() -> Cases {
    let file = create("new")?;
    check!(wasi::fd_allocate(file, 0, 100), Err(Notsup));
    check!("the file is as it was", text("new").as_deref(), Ok(""));
    check!("nothing to reserve", wasi::fd_allocate(file, 0, 0), Err(Notsup));
    check!("a file for reading", wasi::fd_allocate(open("a.txt")?, 0, 100), Err(Notsup));
    check!("a folder", wasi::fd_allocate(DATA, 0, 100), Err(Badf));
    refused::streams(|fd| wasi::fd_allocate(fd, 0, 100));
    refused::not_open(|fd| wasi::fd_allocate(fd, 0, 100));
    Ok(())
}

pub(crate) fn fd_datasync() -> Cases {
    syncs(wasi::fd_datasync)
}

pub(crate) fn fd_sync() -> Cases {
    syncs(wasi::fd_sync)
}

fn syncs(sync: fn(Fd) -> Result<()>) -> Cases {
    let file = create("new")?;
    write(file, "text")?;
    check!("a file that was written", sync(file), Ok(()));
    check!("the text is there", text("new").as_deref(), Ok("text"));
    check!("again", sync(file), Ok(()));
    check!("a file for reading", sync(open("a.txt")?), Ok(()));
    check!("a file that may only be read", sync(open_in(READ_ONLY, "a.txt")?), Ok(()));
    wasi::path_unlink_file(DATA, "new")?;
    check!("a file without a name", sync(file), Ok(()));
    check!("a folder", sync(DATA), Err(Badf));
    check!("a folder that was opened", sync(open("dir")?), Err(Badf));
    refused::streams(sync);
    refused::not_open(sync);
    Ok(())
}
