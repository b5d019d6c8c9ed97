//! `fd_seek`, `fd_tell`: the offset of an open file. It belongs to the descriptor, not to the file.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, STDERR, STDIN, STDOUT, append_to, open, read, text, write};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Spipe};
use amphi_wasi::types::Whence::{Cur, End, Set};

pub(crate) fn fd_seek() -> Cases {
    let file = open("a.txt")?;
    check!(wasi::fd_seek(file, 2, Set), Ok(2));
    check!("the next read begins there", read(file, 2).as_deref(), Ok("ph"));
    check!("back from there", wasi::fd_seek(file, -3, Cur), Ok(1));
    check!("on from there", wasi::fd_seek(file, 2, Cur), Ok(3));
    check!("nowhere", wasi::fd_seek(file, 0, Cur), Ok(3));
    check!("back from the end", wasi::fd_seek(file, -1, End), Ok(5));
    check!("the start, from the end", wasi::fd_seek(file, -6, End), Ok(0));
    check!("the end", wasi::fd_seek(file, 0, End), Ok(6));
    check!("past the end", wasi::fd_seek(file, 100, End), Ok(106));
    check!("nothing is there", read(file, 9).as_deref(), Ok(""));
    check!("nor does it make the file longer", wasi::fd_filestat_get(file).map(|stat| stat.size), Ok(6));

    check!(wasi::fd_seek(file, 3, Set), Ok(3));
    check!("before the start", wasi::fd_seek(file, -1, Set), Err(Inval));
    check!("before the start, from here", wasi::fd_seek(file, -4, Cur), Err(Inval));
    check!("before the start, from the end", wasi::fd_seek(file, -7, End), Err(Inval));
    check!("as far back as can be said", wasi::fd_seek(file, i64::MIN, Cur), Err(Inval));
    check!("none of them moved it", wasi::fd_tell(file), Ok(3));

    // An offset is a number of 64 bits, even where no file reaches.
    check!("far", wasi::fd_seek(file, i64::MAX, Set), Ok((1 << 63) - 1));
    check!("farther", wasi::fd_seek(file, i64::MAX, Cur), Ok(u64::MAX - 1));
    check!("too far", wasi::fd_seek(file, 2, Cur), Err(Inval));

    let other = open("a.txt")?;
    check!("another descriptor has its own offset", wasi::fd_tell(other), Ok(0));
    let appending = append_to("a.txt")?;
    check!("an appending one can be moved too", wasi::fd_seek(appending, 1, Set), Ok(1));
    check!("which counts for reads", read(appending, 2).as_deref(), Ok("lp"));

    check!("a folder", wasi::fd_seek(DATA, 0, Set), Err(Badf));
    for stream in [STDIN, STDOUT, STDERR] {
        check!("a stream", wasi::fd_seek(stream, 0, Cur), Err(Spipe));
    }
    refused::not_open(|fd| wasi::fd_seek(fd, 0, Cur));
    Ok(())
}

pub(crate) fn fd_tell() -> Cases {
    let file = open("a.txt")?;
    check!("at the start", wasi::fd_tell(file), Ok(0));
    read(file, 4)?;
    check!("after a read", wasi::fd_tell(file), Ok(4));
    read(file, 9)?;
    check!("at the end", wasi::fd_tell(file), Ok(6));
    read(file, 9)?;
    check!("after a read that gave nothing", wasi::fd_tell(file), Ok(6));
    wasi::fd_seek(file, 100, Set)?;
    check!("after a seek", wasi::fd_tell(file), Ok(100));
    wasi::fd_pread(file, &mut [&mut [0; 4]], 0)?;
    check!("a read at a place does not move it", wasi::fd_tell(file), Ok(100));

    let appending = append_to("a.txt")?;
    check!("an appending one begins at the start", wasi::fd_tell(appending), Ok(0));
    write(appending, "and more")?;
    check!("and is at the end after a write", wasi::fd_tell(appending), Ok(14));
    wasi::fd_pwrite(appending, &[b"!"], 0)?;
    check!("but not after a write at a place", wasi::fd_tell(appending), Ok(14));
    check!("the text", text("a.txt").as_deref(), Ok("alpha\nand more!"));

    check!("a folder", wasi::fd_tell(DATA), Err(Badf));
    for stream in [STDIN, STDOUT, STDERR] {
        check!("a stream", wasi::fd_tell(stream), Err(Spipe));
    }
    refused::not_open(wasi::fd_tell);
    Ok(())
}
