//! `fd_close`, `fd_renumber`: the numbers of descriptors.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, NOT_OPEN, READ_ONLY, STDERR, STDIN, open, open_for, put, read, text, write};
use crate::wasi;
use amphi_wasi::Errno::Badf;
use amphi_wasi::types::Fd;
use amphi_wasi::types::Rights;

pub(crate) fn fd_close() -> Cases {
    check!("the first number after the folders", open("a.txt"), Ok(Fd(5)));
    check!(wasi::fd_close(Fd(5)), Ok(()));
    check!("it is closed already", wasi::fd_close(Fd(5)), Err(Badf));
    check!("what is closed cannot be read", read(Fd(5), 1), Err(Badf));

    // Of the freed numbers the highest is given out first, and a new one only when there is none.
    for number in 5..8 {
        check!("the next number", open("a.txt"), Ok(Fd(number)));
    }
    check!(wasi::fd_close(Fd(5)), Ok(()));
    check!(wasi::fd_close(Fd(6)), Ok(()));
    for number in [6, 5, 8] {
        check!("a freed number, or the next", open("a.txt"), Ok(Fd(number)));
    }
    check!("another descriptor of the file is still open", read(Fd(7), 5).as_deref(), Ok("alpha"));

    check!("many at once", (9..90).all(|number| open("a.txt") == Ok(Fd(number))));
    check!("a stream", wasi::fd_close(STDIN), Ok(()));
    check!("no longer", read(STDIN, 1), Err(Badf));
    check!("a folder that was there from the start", wasi::fd_close(DATA), Ok(()));
    check!("no longer", open("a.txt"), Err(Badf));
    check!("nor has it a name", wasi::fd_prestat_get(DATA), Err(Badf));
    check!("what was opened through it is still open", read(Fd(8), 5).as_deref(), Ok("alpha"));
    refused::not_open(wasi::fd_close);
    Ok(())
}

pub(crate) fn fd_renumber() -> Cases {
    let (moved, replaced) = (open("a.txt")?, open("dir/b.txt")?);
    check!(read(moved, 2).as_deref(), Ok("al"));
    check!("onto an open one", wasi::fd_renumber(moved, replaced), Ok(()));
    check!("its old number is closed", wasi::fd_tell(moved), Err(Badf));
    check!("its offset came with it", wasi::fd_tell(replaced), Ok(2));
    check!("and the file", read(replaced, 9).as_deref(), Ok("pha\n"));
    check!("its old number is free", open("a.txt"), Ok(moved));
    check!("onto itself", wasi::fd_renumber(replaced, replaced), Ok(()));
    check!("it is still open", wasi::fd_tell(replaced), Ok(6));

    // The specification does not say so, but the new number has to be open, as in wasmtime.
    for closed in NOT_OPEN {
        check!("onto a number that is not open", wasi::fd_renumber(replaced, closed), Err(Badf));
        check!("from a number that is not open", wasi::fd_renumber(closed, replaced), Err(Badf));
        check!("onto itself, not open", wasi::fd_renumber(closed, closed), Err(Badf));
    }
    check!("nothing was closed by it", wasi::fd_tell(replaced), Ok(6));

    put("log", "")?;
    check!("onto a stream", wasi::fd_renumber(open_for(Rights::FD_WRITE, "log")?, STDERR), Ok(()));
    check!("what goes to the stream", write(STDERR, "words"), Ok(5));
    check!("is in the file", text("log").as_deref(), Ok("words"));

    let file = open("a.txt")?;
    check!("a stream onto a file", wasi::fd_renumber(STDIN, file), Ok(()));
    check!("it can be read there", read(file, 4).as_deref(), Ok("line"));
    check!("and no longer here", read(STDIN, 4), Err(Badf));

    check!("a folder onto another", wasi::fd_renumber(READ_ONLY, DATA), Ok(()));
    check!("its name comes with it", wasi::fd_prestat_get(DATA), Ok((0, 3)));
    check!("its old number has none", wasi::fd_prestat_get(READ_ONLY), Err(Badf));
    check!("it may still only be read", put("new", ""), Err(amphi_wasi::Errno::Perm));
    Ok(())
}
