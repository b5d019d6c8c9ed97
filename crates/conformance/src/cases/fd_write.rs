//! `fd_write`, `fd_pwrite`: to a file, or to standard output and error.
//!
//! The specification lets a write stop short. Wasmtime writes the first buffer that is not empty and leaves the others,
//! and so do we.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_WRITE, STDERR, STDIN, STDOUT, WRITE};
use crate::files::{append_to, create, is_new, make_old, open, open_for, put, stat, text, write};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Spipe};
use amphi_wasi::Result;
use amphi_wasi::types::FdFlags;
use amphi_wasi::types::Whence::Set;

pub(crate) fn fd_write() -> Cases {
    let file = create("new")?;
    check!(write(file, "0123456789"), Ok(10));
    check!("the offset is after it", wasi::fd_tell(file), Ok(10));
    check!("the text", text("new").as_deref(), Ok("0123456789"));
    wasi::fd_seek(file, 2, Set)?;
    check!("over what is there", write(file, "ab"), Ok(2));
    check!("the rest stays", text("new").as_deref(), Ok("01ab456789"));
    wasi::fd_seek(file, 12, Set)?;
    check!("past the end", write(file, "z"), Ok(1));
    check!("zeros fill the gap", text("new").as_deref(), Ok("01ab456789\0\0z"));
    check!("through another descriptor", write(open_for(WRITE, "new")?, "AB"), Ok(2));
    check!("it is the same file", text("new").as_deref(), Ok("ABab456789\0\0z"));
    check!("a text that is cut off", write(create("new")?, "short"), Ok(5));
    check!("it is the whole text", text("new").as_deref(), Ok("short"));

    make_old("new")?;
    check!("no buffer", wasi::fd_write(file, &[]), Ok(0));
    check!("an empty one", wasi::fd_write(file, &[&[]]), Ok(0));
    check!("neither made a gap", stat("new").map(|stat| stat.size), Ok(5));
    check!("or modified the file", !is_new("new")?);
    check!("nothing to a file for reading", write(open("a.txt")?, ""), Err(Badf));
    check!("nothing to a folder", write(DATA, ""), Err(Badf));
    buffers(|buffers| wasi::fd_write(create("new")?, buffers));
    check!("200 000 bytes at once", write(create("long")?, &"0123456789".repeat(20_000)), Ok(200_000));
    check!("all of them arrived", text("long") == Ok("0123456789".repeat(20_000)));

    let appending = append_to("a.txt")?;
    wasi::fd_seek(appending, 1, Set)?;
    check!("at the end, wherever the offset is", write(appending, "and"), Ok(3));
    write(append_to("a.txt")?, " more")?;
    check!("at the new end, which another has moved", write(appending, " still"), Ok(6));
    check!("the text", text("a.txt").as_deref(), Ok("alpha\nand more still"));
    wasi::fd_seek(appending, 1, Set)?;
    check!("nothing at the end", write(appending, ""), Ok(0));
    check!("it goes to the end for that too", wasi::fd_tell(appending), Ok(20));

    let unnamed = create("unnamed")?;
    wasi::path_unlink_file(DATA, "unnamed")?;
    check!("a file without a name", write(unnamed, "text"), Ok(4));
    check!("it has a size", wasi::fd_filestat_get(unnamed).map(|stat| stat.size), Ok(4));

    check!("standard output", write(STDOUT, "fd_write writes this line\n"), Ok(26));
    check!("standard error", write(STDERR, "fd_write writes this line to standard error\n"), Ok(44));
    check!("nothing to standard output", wasi::fd_write(STDOUT, &[]), Ok(0));

    wasi::fd_seek(file, i64::MAX, Set)?;
    check!("where no file can be", write(file, "z"), Err(Inval));
    check!("a file for reading", write(open("a.txt")?, "z"), Err(Badf));
    check!("standard input", write(STDIN, "z"), Err(Badf));
    check!("a folder", write(DATA, "z"), Err(Badf));
    refused::not_open(|fd| write(fd, "z"));
    Ok(())
}

pub(crate) fn fd_pwrite() -> Cases {
    put("new", "0123456789")?;
    let file = open_for(READ_WRITE, "new")?;
    check!(wasi::fd_pwrite(file, &[b"ab"], 2), Ok(2));
    check!("the rest stays", text("new").as_deref(), Ok("01ab456789"));
    check!("over the end", wasi::fd_pwrite(file, &[b"yz"], 9), Ok(2));
    check!("it grows", text("new").as_deref(), Ok("01ab45678yz"));
    check!("past the end", wasi::fd_pwrite(file, &[b"!"], 13), Ok(1));
    check!("zeros fill the gap", text("new").as_deref(), Ok("01ab45678yz\0\0!"));
    check!("none of them moved the offset", wasi::fd_tell(file), Ok(0));
    check!("no buffer", wasi::fd_pwrite(file, &[], 99), Ok(0));
    check!("an empty one", wasi::fd_pwrite(file, &[&[]], 99), Ok(0));
    check!("neither made a gap", stat("new").map(|stat| stat.size), Ok(14));
    buffers(|buffers| wasi::fd_pwrite(create("new")?, buffers, 0));

    // POSIX would write at the place. Linux does not, and so neither does wasmtime.
    let appending = append_to("a.txt")?;
    check!("an appending one ignores the place", wasi::fd_pwrite(appending, &[b"end"], 1), Ok(3));
    check!("it writes at the end", text("a.txt").as_deref(), Ok("alpha\nend"));
    wasi::fd_fdstat_set_flags(appending, FdFlags::empty())?;
    check!("no longer appending", wasi::fd_pwrite(appending, &[b"L"], 1), Ok(1));
    check!("it writes at the place", text("a.txt").as_deref(), Ok("aLpha\nend"));

    let one = |fd, offset| wasi::fd_pwrite(fd, &[b"z"], offset);
    check!("just beyond what a file can reach", one(file, (1 << 63) - 1), Err(Inval));
    check!("where no file can be", one(file, u64::MAX), Err(Inval));
    check!("a file for reading", one(open("a.txt")?, 0), Err(Badf));
    check!("standard output has no places", one(STDOUT, 0), Err(Spipe));
    check!("nor has standard error", one(STDERR, 0), Err(Spipe));
    check!("standard input", one(STDIN, 0), Err(Badf));
    check!("a folder", one(DATA, 0), Err(Badf));
    refused::not_open(|fd| one(fd, 0));
    Ok(())
}

/// Writes to the start of the empty file `new` from more than one buffer.
#[track_caller]
fn buffers(write: impl Fn(&[&[u8]]) -> Result<u32>) {
    check!("two buffers", write(&[b"ab", b"cde"]), Ok(2));
    check!("the first is written", text("new").as_deref(), Ok("ab"));
    check!("an empty one before it", write(&[b"", b"cde"]), Ok(3));
    check!("it is passed over", text("new").as_deref(), Ok("cde"));
    let mut many = vec![b"".as_slice(); 1000];
    many.push(b"last");
    check!("the last of many", write(&many), Ok(4));
    check!("it is written", text("new").as_deref(), Ok("last"));
}
