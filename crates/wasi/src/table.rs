//! The one table of preview1: 46 calls, their parameters, what these mean, and a sentence for a learner.
//! Everything that lists calls is made from it: [`Call`], the dispatch, a browser's import object, an engine's linker
//! entries, the trace and the reference page. Must never know how a call is served.

use crate::kind::{CoreType, Kind};

/// The import module that guests name.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// Hands every row of the table to a macro of this crate, as
/// `#[doc = "sentence"] name = Variant(param: i32 as Kind, …) -> i32;`; `proc_exit` alone has no `-> i32`.
///
/// Kinds are those of [`Kind`]; the core type beside each is what a wasm import has, and a test holds the two together.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_table {
    ([$($callback:tt)+] $($extra:tt)*) => {
        $($callback)+! {
            $($extra)*
            /// Copies the program's arguments into memory, each ended by a NUL.
            args_get = ArgsGet(argv: i32 as PointersOut, argv_buf: i32 as BytesOut) -> i32;
            /// Tells how many arguments there are and how many bytes they take.
            args_sizes_get = ArgsSizesGet(count: i32 as SizeOut, buf_len: i32 as SizeOut) -> i32;
            /// Copies the environment into memory, each variable as `NAME=value` ended by a NUL.
            environ_get = EnvironGet(environ: i32 as PointersOut, environ_buf: i32 as BytesOut) -> i32;
            /// Tells how many environment variables there are and how many bytes they take.
            environ_sizes_get = EnvironSizesGet(count: i32 as SizeOut, buf_len: i32 as SizeOut) -> i32;
            /// Tells how fine the steps of a clock are.
            clock_res_get = ClockResGet(id: i32 as Clock, resolution: i32 as TimestampOut) -> i32;
            /// Reads a clock.
            clock_time_get = ClockTimeGet(id: i32 as Clock, precision: i64 as Timestamp, time: i32 as TimestampOut) -> i32;
            /// Tells the system how a part of a file will be used.
            fd_advise = FdAdvise(fd: i32 as Fd, offset: i64 as FileSize, len: i64 as FileSize, advice: i32 as Advice) -> i32;
            /// Would reserve space for a file; it is not supported.
            fd_allocate = FdAllocate(fd: i32 as Fd, offset: i64 as FileSize, len: i64 as FileSize) -> i32;
            /// Closes a descriptor; its number may be given out again.
            fd_close = FdClose(fd: i32 as Fd) -> i32;
            /// Waits until a file's bytes are safe.
            fd_datasync = FdDatasync(fd: i32 as Fd) -> i32;
            /// Tells what a descriptor is, its flags and its rights.
            fd_fdstat_get = FdFdstatGet(fd: i32 as Fd, stat: i32 as FdStatOut) -> i32;
            /// Changes the flags of an open file, such as append.
            fd_fdstat_set_flags = FdFdstatSetFlags(fd: i32 as Fd, flags: i32 as FdFlags) -> i32;
            /// Would take rights away from a descriptor; it is not supported.
            fd_fdstat_set_rights = FdFdstatSetRights(fd: i32 as Fd, rights_base: i64 as Rights, rights_inheriting: i64 as Rights) -> i32;
            /// Tells size, type, links and times of what a descriptor stands for.
            fd_filestat_get = FdFilestatGet(fd: i32 as Fd, stat: i32 as FileStatOut) -> i32;
            /// Cuts an open file, or grows it with zeros.
            fd_filestat_set_size = FdFilestatSetSize(fd: i32 as Fd, size: i64 as FileSize) -> i32;
            /// Sets the times of an open file or directory.
            fd_filestat_set_times = FdFilestatSetTimes(fd: i32 as Fd, atim: i64 as Timestamp, mtim: i64 as Timestamp, flags: i32 as FstFlags) -> i32;
            /// Reads from a place in a file without moving the descriptor's offset.
            fd_pread = FdPread(fd: i32 as Fd, iovs: i32 as Iovecs, iovs_len: i32 as Size, offset: i64 as FileSize, read: i32 as SizeOut) -> i32;
            /// Tells whether a descriptor is a preopened directory, and how long its name is.
            fd_prestat_get = FdPrestatGet(fd: i32 as Fd, prestat: i32 as PrestatOut) -> i32;
            /// Copies the name of a preopened directory into memory.
            fd_prestat_dir_name = FdPrestatDirName(fd: i32 as Fd, path: i32 as BytesOut, path_len: i32 as Size) -> i32;
            /// Writes to a place in a file without moving the descriptor's offset.
            fd_pwrite = FdPwrite(fd: i32 as Fd, iovs: i32 as Ciovecs, iovs_len: i32 as Size, offset: i64 as FileSize, written: i32 as SizeOut) -> i32;
            /// Reads from a file at the descriptor's offset, or from standard input.
            fd_read = FdRead(fd: i32 as Fd, iovs: i32 as Iovecs, iovs_len: i32 as Size, read: i32 as SizeOut) -> i32;
            /// Lists a directory from a place in the listing on.
            fd_readdir = FdReaddir(fd: i32 as Fd, buf: i32 as BytesOut, buf_len: i32 as Size, cookie: i64 as DirCookie, used: i32 as SizeOut) -> i32;
            /// Moves a descriptor to another number, closing what was there.
            fd_renumber = FdRenumber(fd: i32 as Fd, to: i32 as Fd) -> i32;
            /// Moves the offset of an open file.
            fd_seek = FdSeek(fd: i32 as Fd, delta: i64 as FileDelta, whence: i32 as Whence, offset: i32 as FileSizeOut) -> i32;
            /// Waits until a file's bytes and attributes are safe.
            fd_sync = FdSync(fd: i32 as Fd) -> i32;
            /// Tells the offset of an open file.
            fd_tell = FdTell(fd: i32 as Fd, offset: i32 as FileSizeOut) -> i32;
            /// Writes to a file at the descriptor's offset, or to standard output or error.
            fd_write = FdWrite(fd: i32 as Fd, iovs: i32 as Ciovecs, iovs_len: i32 as Size, written: i32 as SizeOut) -> i32;
            /// Makes a directory.
            path_create_directory = PathCreateDirectory(fd: i32 as Fd, path: i32 as Path, path_len: i32 as Size) -> i32;
            /// Tells size, type, links and times of what a path stands for.
            path_filestat_get = PathFilestatGet(fd: i32 as Fd, flags: i32 as LookupFlags, path: i32 as Path, path_len: i32 as Size, stat: i32 as FileStatOut) -> i32;
            /// Sets the times of what a path stands for.
            path_filestat_set_times = PathFilestatSetTimes(fd: i32 as Fd, flags: i32 as LookupFlags, path: i32 as Path, path_len: i32 as Size, atim: i64 as Timestamp, mtim: i64 as Timestamp, fst_flags: i32 as FstFlags) -> i32;
            /// Gives a file a second name.
            path_link = PathLink(old_fd: i32 as Fd, old_flags: i32 as LookupFlags, old_path: i32 as Path, old_path_len: i32 as Size, new_fd: i32 as Fd, new_path: i32 as Path, new_path_len: i32 as Size) -> i32;
            /// Opens a file or directory and gives it a descriptor.
            path_open = PathOpen(fd: i32 as Fd, dir_flags: i32 as LookupFlags, path: i32 as Path, path_len: i32 as Size, oflags: i32 as OFlags, rights_base: i64 as Rights, rights_inheriting: i64 as Rights, fd_flags: i32 as FdFlags, opened: i32 as FdOut) -> i32;
            /// Copies what a symbolic link says into memory.
            path_readlink = PathReadlink(fd: i32 as Fd, path: i32 as Path, path_len: i32 as Size, buf: i32 as BytesOut, buf_len: i32 as Size, used: i32 as SizeOut) -> i32;
            /// Removes an empty directory.
            path_remove_directory = PathRemoveDirectory(fd: i32 as Fd, path: i32 as Path, path_len: i32 as Size) -> i32;
            /// Moves a file or directory to another name, replacing what was there.
            path_rename = PathRename(old_fd: i32 as Fd, old_path: i32 as Path, old_path_len: i32 as Size, new_fd: i32 as Fd, new_path: i32 as Path, new_path_len: i32 as Size) -> i32;
            /// Makes a symbolic link.
            path_symlink = PathSymlink(old_path: i32 as Path, old_path_len: i32 as Size, fd: i32 as Fd, new_path: i32 as Path, new_path_len: i32 as Size) -> i32;
            /// Removes a name of a file; the last one takes the file with it.
            path_unlink_file = PathUnlinkFile(fd: i32 as Fd, path: i32 as Path, path_len: i32 as Size) -> i32;
            /// Waits until a clock or a descriptor is ready, whichever comes first.
            poll_oneoff = PollOneoff(subscriptions: i32 as Subscriptions, events: i32 as EventsOut, count: i32 as Size, ready: i32 as SizeOut) -> i32;
            /// Ends the program with an exit code.
            proc_exit = ProcExit(code: i32 as ExitCode);
            /// Would send the program a signal; it is not supported.
            proc_raise = ProcRaise(signal: i32 as Signal) -> i32;
            /// Lets others run; there are none, so it returns at once.
            sched_yield = SchedYield() -> i32;
            /// Fills memory with random bytes.
            random_get = RandomGet(buf: i32 as BytesOut, buf_len: i32 as Size) -> i32;
            /// Would accept a connection; there are no sockets.
            sock_accept = SockAccept(fd: i32 as Fd, flags: i32 as FdFlags, accepted: i32 as FdOut) -> i32;
            /// Would receive from a socket; there are no sockets.
            sock_recv = SockRecv(fd: i32 as Fd, data: i32 as Iovecs, data_len: i32 as Size, flags: i32 as RiFlags, received: i32 as SizeOut, out_flags: i32 as RoFlagsOut) -> i32;
            /// Would send on a socket; there are no sockets.
            sock_send = SockSend(fd: i32 as Fd, data: i32 as Ciovecs, data_len: i32 as Size, flags: i32 as SiFlags, sent: i32 as SizeOut) -> i32;
            /// Would shut a socket; there are no sockets.
            sock_shutdown = SockShutdown(fd: i32 as Fd, how: i32 as SdFlags) -> i32;
        }
    };
}

/// Hands every call to a macro, for linker entries, exported functions and the like.
///
/// The callback gets 46 rows of the form `name = Variant(param: i32, param: i64, …) -> i32;` in the table's order.
/// `proc_exit = ProcExit(code: i32);` alone has no result; `($($result)?)` is the type for both, `(i32)` or `()`. `Variant` is the call's name in [`Call`]. Tokens after a comma
/// are handed on before the rows.
///
/// ```
/// macro_rules! signatures {
///     ([$list:ident] $($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
///         $($list.push((amphi_wasi::Call::$call, stringify!($name), <[&str]>::join(&[$(stringify!($core)),*], " ")));)*
///     };
/// }
///
/// let mut list: Vec<(amphi_wasi::Call, &str, String)> = Vec::new();
/// amphi_wasi::for_each_call!(signatures, [list]);
/// assert_eq!(list.len(), 46);
/// assert_eq!(list[8], (amphi_wasi::Call::FdClose, "fd_close", "i32".to_owned()));
/// assert!(list.contains(&(amphi_wasi::Call::FdSeek, "fd_seek", "i32 i64 i32 i32".to_owned())));
/// ```
///
/// A linker entry in that style, for wasmtime; `serve` is generic over what it returns:
/// ```text
/// $($linker.func_wrap(MODULE, stringify!($name), |caller: Caller<'_, State>, $($param: $core),*| -> Result<($($result)?)> {
///     serve(caller, Call::$call, &[$($param as u64),*])
/// })?;)*
/// ```
#[macro_export]
macro_rules! for_each_call {
    ($($callback:ident)::+ $(, $($extra:tt)*)?) => {
        $crate::__call_table! { [$crate::__core_rows] [$($callback)::+] [$($($extra)*)?] }
    };
}

/// Drops from each row what only this crate needs, and hands the rest on.
#[doc(hidden)]
#[macro_export]
macro_rules! __core_rows {
    (
        [$($callback:tt)+] [$($extra:tt)*]
        $($(#[$meta:meta])* $name:ident = $call:ident($($param:ident: $core:ident as $kind:ident),*) $(-> $result:ident)?;)*
    ) => {
        $($callback)+! {
            $($extra)*
            $($name = $call($($param: $core),*) $(-> $result)?;)*
        }
    };
}

/// One parameter of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name, close to the specification's.
    pub name: &'static str,
    /// What it means.
    pub kind: Kind,
}

macro_rules! calls {
    ($(#[doc = $doc:literal] $name:ident = $call:ident($($param:ident: $core:ident as $kind:ident),*) $(-> $result:ident)?;)*) => {
        /// A call of preview1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Call {
            $(#[doc = $doc] $call,)*
        }

        impl Call {
            /// All 46, in the specification's order.
            pub const ALL: &[Self] = &[$(Self::$call),*];

            /// The name of the import: `fd_read`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$call => stringify!($name),)* }
            }

            /// One plain sentence for a learner.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$call => $doc.trim_ascii(),)* }
            }

            /// The parameters in order; their core types are [`Kind::core`].
            #[must_use]
            pub const fn params(self) -> &'static [Param] {
                match self {
                    $(Self::$call => &[$(Param { name: stringify!($param), kind: Kind::$kind }),*],)*
                }
            }
        }

        #[cfg(test)]
        const CORE_NAMES: &[&[&str]] = &[$(&[$(stringify!($core)),*]),*];
    };
}

__call_table!([calls]);

impl Call {
    /// The most parameters any call has.
    pub const MAX_PARAMS: usize = 9;

    /// The call with that import name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|call| call.name() == name)
    }

    /// Whether the guest gets an `i32` back; only `proc_exit` gives none.
    #[must_use]
    pub const fn has_result(self) -> bool {
        !matches!(self, Self::ProcExit)
    }

    /// The core types of the parameters.
    pub fn core_params(self) -> impl ExactSizeIterator<Item = CoreType> {
        self.params().iter().map(|param| param.kind.core())
    }
}

#[cfg(test)]
mod tests {
    use super::{CORE_NAMES, Call};
    use crate::kind::CoreType;

    #[test]
    fn the_table_is_whole_and_agrees_with_the_kinds() {
        assert_eq!(Call::ALL.len(), 46);
        assert_eq!(Call::ALL.iter().map(|call| call.params().len()).max(), Some(Call::MAX_PARAMS));
        for (call, names) in Call::ALL.iter().zip(CORE_NAMES) {
            let cores: Vec<&str> = call
                .core_params()
                .map(|core| match core {
                    CoreType::I32 => "i32",
                    CoreType::I64 => "i64",
                })
                .collect();
            assert_eq!(&cores, names, "{}", call.name());
            assert_eq!(Call::from_name(call.name()), Some(*call));
            assert!(call.sentence().ends_with('.'), "{}", call.name());
        }
        assert_eq!(Call::from_name("fd_dup"), None);
    }

    macro_rules! names {
        ($($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
            [$((stringify!($name), Call::$call, [$(stringify!($result).len(),)? 0][0] != 0)),*]
        };
    }

    #[test]
    fn for_each_call_hands_every_row_on() {
        let rows = crate::for_each_call!(names);
        assert_eq!(rows.len(), 46);
        for (name, call, has_result) in rows {
            assert_eq!(call.name(), name);
            assert_eq!(call.has_result(), has_result, "{name}");
        }
    }
}
