//! `fd_fdstat_*`: what a descriptor is, its flags and its rights.
//!
//! Nobody enforces rights any more, but C libraries read them to learn what a descriptor is good for, so they are
//! checked as wasmtime gives them.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_ONLY, STDERR, STDIN, STDOUT, WRITE};
use crate::files::{append_to, create, open, open_for, open_with, text, write};
use crate::records::FdStat;
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Notsup};
use amphi_wasi::types::Whence::Set;
use amphi_wasi::types::{FdFlags, FileType, OFlags, Rights};

/// What may be done with the folders that are there from the start.
const FOLDER: Rights = Rights::PATH_CREATE_DIRECTORY
    .union(Rights::PATH_CREATE_FILE)
    .union(Rights::PATH_LINK_SOURCE)
    .union(Rights::PATH_LINK_TARGET)
    .union(Rights::PATH_OPEN)
    .union(Rights::FD_READDIR)
    .union(Rights::PATH_READLINK)
    .union(Rights::PATH_RENAME_SOURCE)
    .union(Rights::PATH_RENAME_TARGET)
    .union(Rights::PATH_SYMLINK)
    .union(Rights::PATH_REMOVE_DIRECTORY)
    .union(Rights::PATH_UNLINK_FILE)
    .union(Rights::PATH_FILESTAT_GET)
    .union(Rights::PATH_FILESTAT_SET_TIMES)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_SET_TIMES);

/// And with what is opened through them.
const INHERITING: Rights = FOLDER
    .union(Rights::FD_DATASYNC)
    .union(Rights::FD_READ)
    .union(Rights::FD_SEEK)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_SYNC)
    .union(Rights::FD_TELL)
    .union(Rights::FD_WRITE)
    .union(Rights::FD_ADVISE)
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::POLL_FD_READWRITE);

/// What an opened folder cannot do.
const NOT_WITH_FOLDERS: Rights =
    Rights::FD_SEEK.union(Rights::FD_FILESTAT_SET_SIZE).union(Rights::PATH_FILESTAT_SET_SIZE).union(WRITE);

pub(crate) fn fd_fdstat_get() -> Cases {
    let none = FdFlags::empty();
    let stat = |file_type, flags, rights| Ok(FdStat { file_type, flags, rights, inheriting: rights });
    let folder = FdStat { file_type: FileType::Directory, flags: none, rights: FOLDER, inheriting: INHERITING };
    check!("/data", wasi::fd_fdstat_get(DATA), Ok(folder));
    check!("/ro, which says no less", wasi::fd_fdstat_get(READ_ONLY), Ok(folder));
    let rights = Rights::all().difference(NOT_WITH_FOLDERS);
    check!("a folder", wasi::fd_fdstat_get(open("dir")?), stat(FileType::Directory, none, rights));

    // The streams of a test are no terminals.
    check!("standard input", wasi::fd_fdstat_get(STDIN), stat(FileType::Unknown, none, Rights::FD_READ));
    check!("standard output", wasi::fd_fdstat_get(STDOUT), stat(FileType::Unknown, none, Rights::FD_WRITE));
    check!("standard error", wasi::fd_fdstat_get(STDERR), stat(FileType::Unknown, none, Rights::FD_WRITE));

    let file = FileType::RegularFile;
    let (all, read) = (Rights::all(), Rights::all().difference(WRITE));
    let write = all.difference(Rights::FD_READ | Rights::FD_READDIR);
    check!("a file for reading", wasi::fd_fdstat_get(open("a.txt")?), stat(file, none, read));
    check!("a file for writing", wasi::fd_fdstat_get(open_for(WRITE, "a.txt")?), stat(file, none, write));
    check!("a file for both", wasi::fd_fdstat_get(create("new")?), stat(file, none, all));
    let neither = open_for(Rights::empty(), "a.txt")?;
    check!("a file for neither can be read", wasi::fd_fdstat_get(neither), stat(file, none, read));
    check!("an appending file", wasi::fd_fdstat_get(append_to("new")?), stat(file, FdFlags::APPEND, all));
    let flags = FdFlags::APPEND | FdFlags::NONBLOCK;
    let fd = open_with(DATA, "a.txt", OFlags::empty(), Rights::FD_READ, flags)?;
    check!("both flags", wasi::fd_fdstat_get(fd), stat(file, flags, read));
    refused::not_open(wasi::fd_fdstat_get);
    Ok(())
}

pub(crate) fn fd_fdstat_set_flags() -> Cases {
    let file = create("new")?;
    let flags = |fd| wasi::fd_fdstat_get(fd).map(|stat| stat.flags);
    write(file, "0123456789")?;
    wasi::fd_seek(file, 0, Set)?;
    check!(wasi::fd_fdstat_set_flags(file, FdFlags::APPEND), Ok(()));
    check!("the flag is there", flags(file), Ok(FdFlags::APPEND));
    check!("a write", write(file, "ab"), Ok(2));
    check!("it went to the end", text("new").as_deref(), Ok("0123456789ab"));

    check!("another flag", wasi::fd_fdstat_set_flags(file, FdFlags::NONBLOCK), Ok(()));
    check!("it is there, and the first is gone", flags(file), Ok(FdFlags::NONBLOCK));
    wasi::fd_seek(file, 0, Set)?;
    check!("a write", write(file, "AB"), Ok(2));
    check!("it went to the offset", text("new").as_deref(), Ok("AB23456789ab"));
    check!("another descriptor has its own flags", flags(open("new")?), Ok(FdFlags::empty()));

    for flag in [FdFlags::DSYNC, FdFlags::RSYNC, FdFlags::SYNC, FdFlags::SYNC | FdFlags::APPEND] {
        check!(format!("{flag:?}, which cannot be had"), wasi::fd_fdstat_set_flags(file, flag), Err(Inval));
    }
    check!("none of them changed the flags", flags(file), Ok(FdFlags::NONBLOCK));
    check!("no flag", wasi::fd_fdstat_set_flags(file, FdFlags::empty()), Ok(()));
    check!("there is none", flags(file), Ok(FdFlags::empty()));

    check!("a folder", wasi::fd_fdstat_set_flags(DATA, FdFlags::NONBLOCK), Err(Badf));
    refused::streams(|fd| wasi::fd_fdstat_set_flags(fd, FdFlags::NONBLOCK));
    refused::not_open(|fd| wasi::fd_fdstat_set_flags(fd, FdFlags::NONBLOCK));
    Ok(())
}

pub(crate) fn fd_fdstat_set_rights() -> Cases {
    let file = open("a.txt")?;
    let (none, before) = (Rights::empty(), wasi::fd_fdstat_get(file));
    check!("fewer rights", wasi::fd_fdstat_set_rights(file, Rights::FD_READ, none), Err(Notsup));
    check!("the same rights", wasi::fd_fdstat_set_rights(file, Rights::all(), Rights::all()), Err(Notsup));
    check!("it has those it had", wasi::fd_fdstat_get(file), before);
    check!("a folder", wasi::fd_fdstat_set_rights(DATA, none, none), Err(Notsup));
    refused::streams(|fd| wasi::fd_fdstat_set_rights(fd, none, none));
    refused::not_open(|fd| wasi::fd_fdstat_set_rights(fd, none, none));
    Ok(())
}
