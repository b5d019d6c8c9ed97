//! What every run begins with, and short ways to files that are made of the calls themselves. Must never check
//! anything: a call that fails here is handed on with its errno.
//!
//! Descriptor 3 is the folder `/data`, which may be changed; 4 is `/ro`, which may not. `/data` holds `a.txt`
//! ("alpha\n"), `empty`, `dir/b.txt` ("beta\n") and `dir/deep/c.txt` ("gamma\n"); `/ro` holds `a.txt` and `dir/b.txt`
//! with the same texts. Standard input gives "line one\nline two\n" and ends.

use crate::records::{Entry, FileStat};
use crate::wasi;
use amphi_wasi::types::Clock::Realtime;
use amphi_wasi::types::{Fd, FdFlags, FstFlags, LookupFlags, OFlags, Rights};
use amphi_wasi::{Errno, Result};

/// Standard input.
pub(crate) const STDIN: Fd = Fd(0);
/// Standard output.
pub(crate) const STDOUT: Fd = Fd(1);
/// Standard error.
pub(crate) const STDERR: Fd = Fd(2);
/// The folder that may be changed.
pub(crate) const DATA: Fd = Fd(3);
/// The folder that may only be read.
pub(crate) const READ_ONLY: Fd = Fd(4);
/// A number that is not open, and the largest one, which never is.
pub(crate) const NOT_OPEN: [Fd; 2] = [Fd(99), Fd(u32::MAX)];

/// A link at the end of a path is followed.
pub(crate) const FOLLOW: LookupFlags = LookupFlags::SYMLINK_FOLLOW;
/// A link at the end of a path is meant itself.
pub(crate) const NO_FOLLOW: LookupFlags = LookupFlags::empty();

/// The right to read.
pub(crate) const READ: Rights = Rights::FD_READ;
/// The right to write.
pub(crate) const WRITE: Rights = Rights::FD_WRITE;
/// Both rights.
pub(crate) const READ_WRITE: Rights = READ.union(WRITE);

/// Opens a file or folder of `/data` for reading.
pub(crate) fn open(path: &str) -> Result<Fd> {
    open_in(DATA, path)
}

/// Opens a file or folder under any folder for reading.
pub(crate) fn open_in(dir: Fd, path: &str) -> Result<Fd> {
    open_with(dir, path, OFlags::empty(), READ, FdFlags::empty())
}

/// Opens a file of `/data`.
pub(crate) fn open_for(rights: Rights, path: &str) -> Result<Fd> {
    open_with(DATA, path, OFlags::empty(), rights, FdFlags::empty())
}

/// Makes an empty file in `/data`, or cuts what is there to nothing, and opens it for reading and writing.
pub(crate) fn create(path: &str) -> Result<Fd> {
    open_with(DATA, path, OFlags::CREAT | OFlags::TRUNC, READ_WRITE, FdFlags::empty())
}

/// Opens a file of `/data` whose writes go to its end.
pub(crate) fn append_to(path: &str) -> Result<Fd> {
    open_with(DATA, path, OFlags::CREAT, READ_WRITE, FdFlags::APPEND)
}

/// Opens a file or folder in any way.
pub(crate) fn open_with(dir: Fd, path: &str, oflags: OFlags, rights: Rights, fd_flags: FdFlags) -> Result<Fd> {
    wasi::path_open(dir, NO_FOLLOW, path, oflags, [rights; 2], fd_flags)
}

/// One read of at most so many bytes.
pub(crate) fn read(fd: Fd, len: usize) -> Result<String> {
    let mut buffer = vec![0; len];
    let count = wasi::fd_read(fd, &mut [&mut buffer])?;
    buffer.truncate(count as usize);
    String::from_utf8(buffer).map_err(|_| Errno::Ilseq)
}

/// One write.
pub(crate) fn write(fd: Fd, text: &str) -> Result<u32> {
    wasi::fd_write(fd, &[text.as_bytes()])
}

/// Makes a file of `/data` with that text.
pub(crate) fn put(path: &str, text: &str) -> Result<()> {
    let fd = create(path)?;
    write(fd, text)?;
    wasi::fd_close(fd)
}

/// The text of a file of `/data`.
pub(crate) fn text(path: &str) -> Result<String> {
    let fd = open(path)?;
    let mut text = String::new();
    loop {
        match read(fd, 4096)?.as_str() {
            "" => break,
            more => text.push_str(more),
        }
    }
    wasi::fd_close(fd)?;
    Ok(text)
}

/// Makes a symbolic link in `/data`.
pub(crate) fn symlink(target: &str, path: &str) -> Result<()> {
    wasi::path_symlink(target, DATA, path)
}

/// Makes a folder in `/data`.
pub(crate) fn folder(path: &str) -> Result<()> {
    wasi::path_create_directory(DATA, path)
}

/// The attributes of something in `/data`; a link is meant itself.
pub(crate) fn stat(path: &str) -> Result<FileStat> {
    wasi::path_filestat_get(DATA, NO_FOLLOW, path)
}

/// Everything in an open folder, `.` and `..` too, in the order of the listing.
pub(crate) fn entries(folder: Fd) -> Result<Vec<Entry>> {
    let mut buffer = vec![0; 4096];
    let used = wasi::fd_readdir(folder, &mut buffer, 0)?;
    Entry::decode_all(buffer.get(..used as usize).unwrap_or_default())
}

/// The names in a folder of `/data`, sorted, since a listing has no order, and without `.` and `..`.
pub(crate) fn names(path: &str) -> Result<String> {
    let fd = open(path)?;
    let mut names: Vec<String> = entries(fd)?.into_iter().map(|entry| entry.name).skip(2).collect();
    names.sort();
    wasi::fd_close(fd)?;
    Ok(names.join(" "))
}

/// Whether a time of a file is the time of day. A kernel stamps files by a coarser clock than it shows, so a second
/// either way is near enough.
pub(crate) fn is_now(time: u64) -> Result<bool> {
    Ok(wasi::clock_time_get(Realtime, 0)?.abs_diff(time) < 1_000_000_000)
}

/// Sets both times of something in `/data` to long ago.
pub(crate) fn make_old(path: &str) -> Result<()> {
    wasi::path_filestat_set_times(DATA, NO_FOLLOW, path, 7, 7, FstFlags::ATIM | FstFlags::MTIM)
}

/// Whether something in `/data` was modified just now.
pub(crate) fn is_new(path: &str) -> Result<bool> {
    is_now(stat(path)?.modified)
}
