//! The calls as Rust functions: slices for addresses and lengths, `Result` for the errno. Each is thin, so that a case
//! reads as the call itself. Must never know what a call should answer.
//!
//! A flag or a value of an enumeration that the specification does not have cannot be passed: wasmtime ends a guest that
//! does so.
#![allow(unsafe_code, reason = "the one place where imports are called")]

use crate::memory::{address, address_mut, buffers_to_fill, buffers_to_write, count_from, length, out, two_out};
use crate::raw;
use crate::records::{Event, FdStat, FileStat, Subscription, u32_at};
use amphi_wasi::types::{
    Advice, Clock, Fd, FdFlags, FstFlags, LookupFlags, OFlags, RiFlags, Rights, SdFlags, Signal, Whence,
};
use amphi_wasi::{Errno, Result};

macro_rules! call {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: every address is that of a living value, and is passed with that value's own length.
        done(unsafe { raw::$name($($arg),*) })
    };
}

/// Copies the arguments: where each begins, counted from the start of `bytes`, into `starts`.
pub(crate) fn args_get(starts: &mut [u32], bytes: &mut [u8]) -> Result<()> {
    let start = address_mut(bytes);
    call!(args_get(address_mut(starts), start))?;
    count_from(start, starts);
    Ok(())
}

/// How many arguments there are, and how many bytes they take.
pub(crate) fn args_sizes_get() -> Result<(u32, u32)> {
    let (count, len) = two_out(|count, len| call!(args_sizes_get(count, len)))?;
    Ok((u32::from_le_bytes(count), u32::from_le_bytes(len)))
}

/// Copies the environment, as [`args_get`] does the arguments.
pub(crate) fn environ_get(starts: &mut [u32], bytes: &mut [u8]) -> Result<()> {
    let start = address_mut(bytes);
    call!(environ_get(address_mut(starts), start))?;
    count_from(start, starts);
    Ok(())
}

/// How many variables there are, and how many bytes they take.
pub(crate) fn environ_sizes_get() -> Result<(u32, u32)> {
    let (count, len) = two_out(|count, len| call!(environ_sizes_get(count, len)))?;
    Ok((u32::from_le_bytes(count), u32::from_le_bytes(len)))
}

/// How fine a clock's steps are, in nanoseconds.
pub(crate) fn clock_res_get(clock: Clock) -> Result<u64> {
    out(|at| call!(clock_res_get(number(clock as u8), at))).map(u64::from_le_bytes)
}

/// What a clock shows, in nanoseconds.
pub(crate) fn clock_time_get(clock: Clock, precision: u64) -> Result<u64> {
    out(|at| call!(clock_time_get(number(clock as u8), precision.cast_signed(), at))).map(u64::from_le_bytes)
}

/// Says how a part of a file will be used.
pub(crate) fn fd_advise(fd: Fd, offset: u64, len: u64, advice: Advice) -> Result<()> {
    call!(fd_advise(number(fd.0), offset.cast_signed(), len.cast_signed(), number(advice as u8)))
}

/// Reserves space for a file.
pub(crate) fn fd_allocate(fd: Fd, offset: u64, len: u64) -> Result<()> {
    call!(fd_allocate(number(fd.0), offset.cast_signed(), len.cast_signed()))
}

/// Closes a descriptor.
pub(crate) fn fd_close(fd: Fd) -> Result<()> {
    call!(fd_close(number(fd.0)))
}

/// Waits until a file's bytes are safe.
pub(crate) fn fd_datasync(fd: Fd) -> Result<()> {
    call!(fd_datasync(number(fd.0)))
}

/// What a descriptor is, its flags and its rights.
pub(crate) fn fd_fdstat_get(fd: Fd) -> Result<FdStat> {
    FdStat::decode(&out(|at| call!(fd_fdstat_get(number(fd.0), at)))?)
}

/// Changes the flags of an open file.
pub(crate) fn fd_fdstat_set_flags(fd: Fd, flags: FdFlags) -> Result<()> {
    call!(fd_fdstat_set_flags(number(fd.0), number(flags.bits())))
}

/// Takes rights away from a descriptor.
pub(crate) fn fd_fdstat_set_rights(fd: Fd, base: Rights, inheriting: Rights) -> Result<()> {
    call!(fd_fdstat_set_rights(number(fd.0), base.bits().cast_signed(), inheriting.bits().cast_signed()))
}

/// The attributes of what a descriptor stands for.
pub(crate) fn fd_filestat_get(fd: Fd) -> Result<FileStat> {
    FileStat::decode(&out(|at| call!(fd_filestat_get(number(fd.0), at)))?)
}

/// Cuts a file, or grows it with zeros.
pub(crate) fn fd_filestat_set_size(fd: Fd, size: u64) -> Result<()> {
    call!(fd_filestat_set_size(number(fd.0), size.cast_signed()))
}

/// Sets the times of an open file.
pub(crate) fn fd_filestat_set_times(fd: Fd, accessed: u64, modified: u64, flags: FstFlags) -> Result<()> {
    call!(fd_filestat_set_times(number(fd.0), accessed.cast_signed(), modified.cast_signed(), number(flags.bits())))
}

/// Reads at a place of a file; how many bytes.
pub(crate) fn fd_pread(fd: Fd, buffers: &mut [&mut [u8]], offset: u64) -> Result<u32> {
    let list = buffers_to_fill(buffers);
    out(|at| call!(fd_pread(number(fd.0), address(&list), length(&list), offset.cast_signed(), at)))
        .map(u32::from_le_bytes)
}

/// What kind of preopen it is, and how long its name is. The one kind is 0, a directory.
pub(crate) fn fd_prestat_get(fd: Fd) -> Result<(u8, u32)> {
    let record: [u8; 8] = out(|at| call!(fd_prestat_get(number(fd.0), at)))?;
    let [kind, ..] = record;
    Ok((kind, u32_at(&record, 4)))
}

/// Copies the name of a preopen.
pub(crate) fn fd_prestat_dir_name(fd: Fd, name: &mut [u8]) -> Result<()> {
    call!(fd_prestat_dir_name(number(fd.0), address_mut(name), length(name)))
}

/// Writes at a place of a file; how many bytes.
pub(crate) fn fd_pwrite(fd: Fd, buffers: &[&[u8]], offset: u64) -> Result<u32> {
    let list = buffers_to_write(buffers);
    out(|at| call!(fd_pwrite(number(fd.0), address(&list), length(&list), offset.cast_signed(), at)))
        .map(u32::from_le_bytes)
}

/// Reads at the descriptor's offset; how many bytes.
pub(crate) fn fd_read(fd: Fd, buffers: &mut [&mut [u8]]) -> Result<u32> {
    let list = buffers_to_fill(buffers);
    out(|at| call!(fd_read(number(fd.0), address(&list), length(&list), at))).map(u32::from_le_bytes)
}

/// Lists a directory from `cookie` on; how many bytes of the buffer were used.
pub(crate) fn fd_readdir(fd: Fd, buffer: &mut [u8], cookie: u64) -> Result<u32> {
    out(|at| call!(fd_readdir(number(fd.0), address_mut(buffer), length(buffer), cookie.cast_signed(), at)))
        .map(u32::from_le_bytes)
}

/// Moves a descriptor to another number.
pub(crate) fn fd_renumber(fd: Fd, to: Fd) -> Result<()> {
    call!(fd_renumber(number(fd.0), number(to.0)))
}

/// Moves the offset of a descriptor; where it is then.
pub(crate) fn fd_seek(fd: Fd, delta: i64, whence: Whence) -> Result<u64> {
    out(|at| call!(fd_seek(number(fd.0), delta, number(whence as u8), at))).map(u64::from_le_bytes)
}

/// Waits until a file's bytes and attributes are safe.
pub(crate) fn fd_sync(fd: Fd) -> Result<()> {
    call!(fd_sync(number(fd.0)))
}

/// The offset of a descriptor.
pub(crate) fn fd_tell(fd: Fd) -> Result<u64> {
    out(|at| call!(fd_tell(number(fd.0), at))).map(u64::from_le_bytes)
}

/// Writes at the descriptor's offset; how many bytes.
pub(crate) fn fd_write(fd: Fd, buffers: &[&[u8]]) -> Result<u32> {
    let list = buffers_to_write(buffers);
    out(|at| call!(fd_write(number(fd.0), address(&list), length(&list), at))).map(u32::from_le_bytes)
}

/// Makes a directory.
pub(crate) fn path_create_directory(fd: Fd, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_create_directory(number(fd.0), address(path), length(path)))
}

/// The attributes of what a path stands for.
pub(crate) fn path_filestat_get(fd: Fd, flags: LookupFlags, path: impl AsRef<[u8]>) -> Result<FileStat> {
    let path = path.as_ref();
    FileStat::decode(&out(|at| {
        call!(path_filestat_get(number(fd.0), number(flags.bits()), address(path), length(path), at))
    })?)
}

/// Sets the times of what a path stands for.
pub(crate) fn path_filestat_set_times(
    fd: Fd,
    flags: LookupFlags,
    path: impl AsRef<[u8]>,
    accessed: u64,
    modified: u64,
    fst_flags: FstFlags,
) -> Result<()> {
    let path = path.as_ref();
    call!(path_filestat_set_times(
        number(fd.0),
        number(flags.bits()),
        address(path),
        length(path),
        accessed.cast_signed(),
        modified.cast_signed(),
        number(fst_flags.bits()),
    ))
}

/// Gives a file a second name.
pub(crate) fn path_link(
    old_fd: Fd,
    flags: LookupFlags,
    old: impl AsRef<[u8]>,
    new_fd: Fd,
    new: impl AsRef<[u8]>,
) -> Result<()> {
    let (old, new) = (old.as_ref(), new.as_ref());
    call!(path_link(
        number(old_fd.0),
        number(flags.bits()),
        address(old),
        length(old),
        number(new_fd.0),
        address(new),
        length(new),
    ))
}

/// Opens a file or directory.
pub(crate) fn path_open(
    fd: Fd,
    flags: LookupFlags,
    path: impl AsRef<[u8]>,
    oflags: OFlags,
    [rights, inheriting]: [Rights; 2],
    fd_flags: FdFlags,
) -> Result<Fd> {
    let path = path.as_ref();
    let opened = out(|at| {
        call!(path_open(
            number(fd.0),
            number(flags.bits()),
            address(path),
            length(path),
            number(oflags.bits()),
            rights.bits().cast_signed(),
            inheriting.bits().cast_signed(),
            number(fd_flags.bits()),
            at,
        ))
    });
    opened.map(u32::from_le_bytes).map(Fd)
}

/// Copies what a symbolic link says; how many bytes.
pub(crate) fn path_readlink(fd: Fd, path: impl AsRef<[u8]>, buffer: &mut [u8]) -> Result<u32> {
    let path = path.as_ref();
    out(|at| call!(path_readlink(number(fd.0), address(path), length(path), address_mut(buffer), length(buffer), at)))
        .map(u32::from_le_bytes)
}

/// Removes an empty directory.
pub(crate) fn path_remove_directory(fd: Fd, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_remove_directory(number(fd.0), address(path), length(path)))
}

/// Moves a file or directory to another name.
pub(crate) fn path_rename(old_fd: Fd, old: impl AsRef<[u8]>, new_fd: Fd, new: impl AsRef<[u8]>) -> Result<()> {
    let (old, new) = (old.as_ref(), new.as_ref());
    call!(path_rename(number(old_fd.0), address(old), length(old), number(new_fd.0), address(new), length(new)))
}

/// Makes a symbolic link `path` that says `target`.
pub(crate) fn path_symlink(target: impl AsRef<[u8]>, fd: Fd, path: impl AsRef<[u8]>) -> Result<()> {
    let (target, path) = (target.as_ref(), path.as_ref());
    call!(path_symlink(address(target), length(target), number(fd.0), address(path), length(path)))
}

/// Removes a file or link.
pub(crate) fn path_unlink_file(fd: Fd, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_unlink_file(number(fd.0), address(path), length(path)))
}

/// Waits until one of the subscriptions is ready; the events of all that are.
pub(crate) fn poll_oneoff(subscriptions: &[Subscription]) -> Result<Vec<Event>> {
    let subscriptions: Vec<[u64; 6]> = subscriptions.iter().map(|subscription| subscription.encode()).collect();
    let mut events = vec![[0_u64; 4]; subscriptions.len()];
    let place = address_mut(&mut events);
    let ready = out(|at| call!(poll_oneoff(address(&subscriptions), place, length(&subscriptions), at)))?;
    events.into_iter().take(u32::from_le_bytes(ready) as usize).map(Event::decode).collect()
}

/// Ends the program.
pub(crate) fn proc_exit(code: u32) {
    // SAFETY: nothing of this program lives on.
    unsafe { raw::proc_exit(number(code)) }
}

/// Sends the program a signal.
pub(crate) fn proc_raise(signal: Signal) -> Result<()> {
    call!(proc_raise(number(signal.0)))
}

/// Lets others run.
pub(crate) fn sched_yield() -> Result<()> {
    call!(sched_yield())
}

/// Fills a buffer with random bytes.
pub(crate) fn random_get(buffer: &mut [u8]) -> Result<()> {
    call!(random_get(address_mut(buffer), length(buffer)))
}

/// Takes a connection.
pub(crate) fn sock_accept(fd: Fd, flags: FdFlags) -> Result<Fd> {
    out(|at| call!(sock_accept(number(fd.0), number(flags.bits()), at))).map(u32::from_le_bytes).map(Fd)
}

/// Receives; how many bytes, and the message's flags.
pub(crate) fn sock_recv(fd: Fd, buffers: &mut [&mut [u8]], flags: RiFlags) -> Result<(u32, u16)> {
    let (list, flags) = (buffers_to_fill(buffers), number(flags.bits()));
    let (len, flags) =
        two_out(|len, out_flags| call!(sock_recv(number(fd.0), address(&list), length(&list), flags, len, out_flags)))?;
    Ok((u32::from_le_bytes(len), u16::from_le_bytes(flags)))
}

/// Sends; how many bytes.
pub(crate) fn sock_send(fd: Fd, buffers: &[&[u8]], flags: u16) -> Result<u32> {
    let list = buffers_to_write(buffers);
    out(|at| call!(sock_send(number(fd.0), address(&list), length(&list), number(flags), at))).map(u32::from_le_bytes)
}

/// Shuts a socket.
pub(crate) fn sock_shutdown(fd: Fd, how: SdFlags) -> Result<()> {
    call!(sock_shutdown(number(fd.0), number(how.bits())))
}

/// A parameter of 32 bits or less as it is passed.
fn number(value: impl Into<u32>) -> i32 {
    value.into().cast_signed()
}

/// A number that is no errno becomes `BADMSG`, which nothing here expects.
fn done(errno: i32) -> Result<()> {
    match Errno::from_raw(errno) {
        Some(Errno::Success) => Ok(()),
        errno => Err(errno.unwrap_or(Errno::Badmsg)),
    }
}
