//! `fd_filestat_*`: the attributes of what a descriptor stands for, its size and its times.
//!
//! How many bytes and links a folder has is its file system's own affair, and what `ctim` counts differs between
//! wasmtime and the specification; neither is checked.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, NO_FOLLOW, READ_ONLY, READ_WRITE, STDERR, STDIN, STDOUT};
use crate::files::{create, is_new, is_now, make_old, open, open_for, open_in, read, stat, text, write};
use crate::records::FileStat;
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Perm};
use amphi_wasi::types::Whence::Set;
use amphi_wasi::types::{FileType, FstFlags};

pub(crate) fn fd_filestat_get() -> Cases {
    let file = create("new")?;
    let found = wasi::fd_filestat_get(file)?;
    check!("a file", found.file_type == FileType::RegularFile);
    check!("it has one name", found.links == 1);
    check!("and nothing in it", found.size == 0);
    check!("it is new", is_now(found.modified)? && is_now(found.accessed)?);
    check!("it is what its path stands for", stat("new"), Ok(found));
    check!("the same from another descriptor", wasi::fd_filestat_get(open("new")?), Ok(found));
    check!("another file is not it", stat("empty")?.inode != found.inode);
    write(file, "12345")?;
    check!("its size after a write", wasi::fd_filestat_get(file).map(|stat| stat.size), Ok(5));
    wasi::path_link(DATA, NO_FOLLOW, "new", DATA, "second")?;
    check!("with a second name", wasi::fd_filestat_get(file).map(|stat| stat.links), Ok(2));
    wasi::path_unlink_file(DATA, "new")?;
    check!("the second name alone", wasi::fd_filestat_get(file).map(|stat| stat.links), Ok(1));
    wasi::path_rename(DATA, "second", DATA, "third")?;
    check!("it stays the same file", wasi::fd_filestat_get(file).map(|stat| stat.inode), Ok(found.inode));
    wasi::path_unlink_file(DATA, "third")?;
    check!("without a name", wasi::fd_filestat_get(file).map(|stat| (stat.links, stat.size)), Ok((0, 5)));

    check!("a folder", wasi::fd_filestat_get(DATA).map(|stat| stat.file_type), Ok(FileType::Directory));
    check!("it is what . stands for", stat(".").map(|stat| stat.inode), Ok(wasi::fd_filestat_get(DATA)?.inode));
    let nothing = FileStat {
        device: 0,
        inode: 0,
        file_type: FileType::Unknown,
        links: 0,
        size: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    };
    for stream in [STDIN, STDOUT, STDERR] {
        check!("a stream that is no terminal", wasi::fd_filestat_get(stream), Ok(nothing));
    }
    refused::not_open(wasi::fd_filestat_get);
    Ok(())
}

pub(crate) fn fd_filestat_set_size() -> Cases {
    let file = open_for(READ_WRITE, "a.txt")?;
    read(file, 4)?;
    check!("shorter", wasi::fd_filestat_set_size(file, 2), Ok(()));
    check!("the rest is gone", text("a.txt").as_deref(), Ok("al"));
    check!("the offset stays, past the end now", wasi::fd_tell(file), Ok(4));
    check!("longer", wasi::fd_filestat_set_size(file, 5), Ok(()));
    check!("with zeros, not with what was there", text("a.txt").as_deref(), Ok("al\0\0\0"));
    check!("a read at the offset", read(file, 9).as_deref(), Ok("\0"));
    check!("as long as it is", wasi::fd_filestat_set_size(file, 5), Ok(()));
    check!("nothing", wasi::fd_filestat_set_size(file, 0), Ok(()));
    check!("is in it", text("a.txt").as_deref(), Ok(""));
    check!("a size that is none", wasi::fd_filestat_set_size(file, u64::MAX), Err(Inval));
    for size in [3, 3, 0, 0] {
        make_old("a.txt")?;
        wasi::fd_filestat_set_size(file, size)?;
        check!("a modification, be the size as it was", is_new("a.txt")?);
    }

    check!("a file for reading", wasi::fd_filestat_set_size(open("a.txt")?, 0), Err(Inval));
    check!("a file that may only be read", wasi::fd_filestat_set_size(open_in(READ_ONLY, "a.txt")?, 0), Err(Perm));
    check!("a folder", wasi::fd_filestat_set_size(DATA, 0), Err(Badf));
    refused::streams(|fd| wasi::fd_filestat_set_size(fd, 0));
    refused::not_open(|fd| wasi::fd_filestat_set_size(fd, 0));
    Ok(())
}

pub(crate) fn fd_filestat_set_times() -> Cases {
    let file = create("new")?;
    let times = || wasi::fd_filestat_get(file).map(|stat| (stat.accessed, stat.modified));
    let set = |accessed, modified, flags| wasi::fd_filestat_set_times(file, accessed, modified, flags);
    let both = FstFlags::ATIM | FstFlags::MTIM;
    // Nine digits of a nanosecond each, so that none can get lost.
    let (first, second) = (1_234_567_890_123_456_789, 987_654_321_987_654_321);
    check!("both", set(first, second, both), Ok(()));
    check!("to the nanosecond", times(), Ok((first, second)));
    check!("one alone", set(7, 8, FstFlags::ATIM), Ok(()));
    check!("the other stays", times(), Ok((7, second)));
    check!("the other alone", set(9, 8, FstFlags::MTIM), Ok(()));
    check!("the one stays", times(), Ok((7, 8)));
    check!("neither", set(1, 2, FstFlags::empty()), Ok(()));
    check!("both stay", times(), Ok((7, 8)));
    check!("1970", set(0, 0, both), Ok(()));
    check!("is where time begins", times(), Ok((0, 0)));
    check!("one to now", set(1, 2, FstFlags::MTIM_NOW), Ok(()));
    check!("it is now", times()?.0 == 0 && is_now(times()?.1)?);
    check!("one to now, one to a value", set(1, 3, FstFlags::ATIM_NOW | FstFlags::MTIM), Ok(()));
    check!("each is", is_now(times()?.0)? && times()?.1 == 3);
    check!("its path says the same", stat("new").map(|stat| (stat.accessed, stat.modified)), times());

    check!("both a value and now", set(1, 1, FstFlags::ATIM | FstFlags::ATIM_NOW), Err(Inval));
    check!("the same of the other", set(1, 1, FstFlags::MTIM | FstFlags::MTIM_NOW), Err(Inval));
    check!("none of them set anything", times()?.1 == 3);
    wasi::fd_seek(file, 0, Set)?;
    write(file, "text")?;
    check!("a write is a modification", is_now(times()?.1)?);

    let set = |fd| wasi::fd_filestat_set_times(fd, 1, 1, both);
    check!("a file for reading", set(open("new")?), Ok(()));
    check!("a file that may only be read", set(open_in(READ_ONLY, "a.txt")?), Err(Perm));
    check!("a folder that may only be read", set(READ_ONLY), Err(Perm));
    refused::streams(set);
    refused::not_open(set);
    Ok(())
}
