//! `fd_read`, `fd_pread`: from a file, or from standard input.
//!
//! The specification lets a read stop short. Wasmtime fills the first buffer that is not empty and leaves the others,
//! and so do we.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_ONLY, STDERR, STDIN, STDOUT, WRITE};
use crate::files::{create, open, open_for, open_in, put, read, write};
use crate::memory::UNTOUCHED;
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Spipe};
use amphi_wasi::types::Whence::Set;
use amphi_wasi::{Errno, Result};

pub(crate) fn fd_read() -> Cases {
    let file = open("a.txt")?;
    check!("from the start", read(file, 4).as_deref(), Ok("alph"));
    check!("on from there, less than wanted", read(file, 4).as_deref(), Ok("a\n"));
    check!("at the end", read(file, 4).as_deref(), Ok(""));
    check!("an empty file", read(open("empty")?, 4).as_deref(), Ok(""));
    check!("under the folder that may only be read", read(open_in(READ_ONLY, "a.txt")?, 9).as_deref(), Ok("alpha\n"));

    buffers(|buffers| {
        wasi::fd_seek(file, 0, Set)?;
        wasi::fd_read(file, buffers)
    });
    wasi::fd_seek(file, 1, Set)?;
    check!("no buffer", wasi::fd_read(file, &mut []), Ok(0));
    check!("an empty one", wasi::fd_read(file, &mut [&mut []]), Ok(0));
    check!("neither moved the offset", wasi::fd_tell(file), Ok(1));
    check!("nothing from a file for writing", read(open_for(WRITE, "a.txt")?, 0), Err(Badf));
    check!("nothing from a folder", read(DATA, 0), Err(Badf));
    wasi::fd_seek(file, i64::MAX, Set)?;
    check!("where no file can be", read(file, 1), Err(Inval));

    let written = create("new")?;
    write(written, "0123456789")?;
    check!("after what was written", read(written, 4).as_deref(), Ok(""));
    wasi::fd_seek(written, 2, Set)?;
    check!("what was written", read(written, 4).as_deref(), Ok("2345"));
    wasi::path_unlink_file(DATA, "new")?;
    check!("a file without a name", read(written, 4).as_deref(), Ok("6789"));
    put("long", &"0123456789".repeat(20_000))?;
    check!("200 000 bytes at once", read(open("long")?, 300_000).map(|text| text.len()), Ok(200_000));

    // How much of standard input comes at once is open, so long as all of it comes.
    check!("the first word of standard input", read(STDIN, 4).as_deref(), Ok("line"));
    check!("the rest of it", rest_of_input().as_deref(), Ok(" one\nline two\n"));
    check!("its end stays the end", read(STDIN, 4).as_deref(), Ok(""));

    check!("a file for writing", read(open_for(WRITE, "a.txt")?, 4), Err(Badf));
    check!("a folder", read(DATA, 4), Err(Badf));
    check!("standard output", read(STDOUT, 4), Err(Badf));
    check!("standard error", read(STDERR, 4), Err(Badf));
    refused::not_open(|fd| read(fd, 4));
    Ok(())
}

pub(crate) fn fd_pread() -> Cases {
    let file = open("a.txt")?;
    let at = |offset| {
        let mut buffer = [0; 3];
        let count = wasi::fd_pread(file, &mut [&mut buffer], offset)?;
        let bytes = buffer.get(..count as usize).ok_or(Errno::Badmsg)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    check!("from the start", at(0).as_deref(), Ok("alp"));
    check!("from the middle", at(2).as_deref(), Ok("pha"));
    check!("near the end", at(4).as_deref(), Ok("a\n"));
    check!("at the end", at(6).as_deref(), Ok(""));
    check!("past the end", at(1 << 40).as_deref(), Ok(""));
    check!("as far as a file can reach", at((1 << 63) - 4).as_deref(), Ok(""));
    check!("beyond", at((1 << 63) - 1), Err(Inval));
    check!("where no file can be", at(u64::MAX), Err(Inval));
    check!("no buffer", wasi::fd_pread(file, &mut [], 0), Ok(0));
    check!("an empty one", wasi::fd_pread(file, &mut [&mut []], 2), Ok(0));
    check!("none of them moved the offset", wasi::fd_tell(file), Ok(0));
    buffers(|buffers| wasi::fd_pread(file, buffers, 0));
    let read_only = open_in(READ_ONLY, "a.txt")?;
    check!("under the folder that may only be read", wasi::fd_pread(read_only, &mut [&mut [0; 9]], 1), Ok(5));

    // The most that comes at once is wasmtime's choice.
    put("long", &"0123456789".repeat(20_000))?;
    check!("64 KiB at once", wasi::fd_pread(open("long")?, &mut [&mut [0; 100_000]], 0), Ok(64 << 10));

    let one = |fd| wasi::fd_pread(fd, &mut [&mut [0]], 0);
    check!("a file for writing", one(open_for(WRITE, "a.txt")?), Err(Badf));
    check!("a folder", one(DATA), Err(Badf));
    check!("standard input has no places", one(STDIN), Err(Spipe));
    check!("standard output", one(STDOUT), Err(Badf));
    check!("standard error", one(STDERR), Err(Badf));
    refused::not_open(one);
    Ok(())
}

/// Reads of "alpha\n" from its start into more than one buffer.
#[track_caller]
fn buffers(read: impl Fn(&mut [&mut [u8]]) -> Result<u32>) {
    let (mut first, mut second) = ([UNTOUCHED; 4], [UNTOUCHED; 4]);
    check!("two buffers", read(&mut [&mut first, &mut second]), Ok(4));
    check!("the first is filled", first == *b"alph");
    check!("the second is left", second == [UNTOUCHED; 4]);
    check!("an empty one before it", read(&mut [&mut [], &mut second]), Ok(4));
    check!("it is passed over", second == *b"alph");

    let mut many: Vec<&mut [u8]> = (0..1000).map(|_| [].as_mut_slice()).collect();
    let mut last = [UNTOUCHED; 8];
    many.push(&mut last);
    check!("the last of many", read(&mut many), Ok(6));
    check!("only as far as there is text", last == *b"alpha\n\xA5\xA5");
}

fn rest_of_input() -> Result<String> {
    let mut rest = String::new();
    loop {
        match read(STDIN, 64)?.as_str() {
            "" => return Ok(rest),
            more => rest.push_str(more),
        }
    }
}
