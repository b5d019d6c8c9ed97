//! The numbers of `typenames.witx`: descriptors, enumerations and flags, with the specification's values.
//! Must never know a call or a file.

use bitflags::bitflags;

/// The number of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd(pub u32);

macro_rules! enumeration {
    ($(#[$meta:meta])* $type:ident: $($variant:ident = $value:literal, $doc:literal;)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = $doc] $variant = $value,)*
        }

        impl $type {
            /// The value with this number, if there is one.
            #[must_use]
            pub const fn from_raw(raw: u32) -> Option<Self> {
                match raw {
                    $($value => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name as the specification has it, in Rust's spelling.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }
    };
}

enumeration! {
    /// A clock (`clockid`).
    Clock:
    Realtime = 0, "Time of day.";
    Monotonic = 1, "Time since some fixed moment.";
    ProcessCpu = 2, "Processor time of the process; nobody serves it.";
    ThreadCpu = 3, "Processor time of the thread; nobody serves it.";
}

enumeration! {
    /// How a file will be used (`advice`). It changes nothing here.
    Advice:
    Normal = 0, "Nothing special.";
    Sequential = 1, "From front to back.";
    Random = 2, "Here and there.";
    WillNeed = 3, "Soon.";
    DontNeed = 4, "Not soon.";
    NoReuse = 5, "Once.";
}

enumeration! {
    /// What a seek counts from (`whence`).
    Whence:
    Set = 0, "The start of the file.";
    Cur = 1, "The descriptor's offset.";
    End = 2, "The end of the file.";
}

enumeration! {
    /// What a descriptor or a name stands for (`filetype`).
    FileType:
    Unknown = 0, "None of the others: a pipe, say.";
    BlockDevice = 1, "A block device.";
    CharacterDevice = 2, "A terminal.";
    Directory = 3, "A directory.";
    RegularFile = 4, "A file.";
    SocketDgram = 5, "A datagram socket.";
    SocketStream = 6, "A stream socket.";
    SymbolicLink = 7, "A symbolic link.";
}

enumeration! {
    /// What a subscription waits for, and an event tells (`eventtype`).
    EventType:
    Clock = 0, "A clock reached a time.";
    FdRead = 1, "A descriptor can be read.";
    FdWrite = 2, "A descriptor can be written.";
}

/// A signal's number (`signal`), 0 to 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(pub u8);

impl Signal {
    /// The last number that has a meaning (`sys`).
    pub const LAST: u8 = 30;
}

bitflags! {
    /// How a path is resolved (`lookupflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct LookupFlags: u32 {
        /// Follow a symbolic link in the last place.
        const SYMLINK_FOLLOW = 1;
    }

    /// How `path_open` opens (`oflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct OFlags: u16 {
        /// Make the file if it is missing.
        const CREAT = 1;
        /// Fail unless it is a directory.
        const DIRECTORY = 1 << 1;
        /// With `CREAT`: fail if it exists.
        const EXCL = 1 << 2;
        /// Cut the file to nothing.
        const TRUNC = 1 << 3;
    }

    /// The state of a descriptor (`fdflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct FdFlags: u16 {
        /// Every write goes to the end.
        const APPEND = 1;
        /// Data is on disk when a write returns.
        const DSYNC = 1 << 1;
        /// Do not wait; kept, and without effect on files.
        const NONBLOCK = 1 << 2;
        /// Reads are as safe as writes.
        const RSYNC = 1 << 3;
        /// Data and metadata are on disk when a write returns.
        const SYNC = 1 << 4;
    }

    /// Which times to set, and to what (`fstflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct FstFlags: u16 {
        /// Access time, to the value given.
        const ATIM = 1;
        /// Access time, to now.
        const ATIM_NOW = 1 << 1;
        /// Modification time, to the value given.
        const MTIM = 1 << 2;
        /// Modification time, to now.
        const MTIM_NOW = 1 << 3;
    }

    /// How `sock_recv` receives (`riflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct RiFlags: u16 {
        /// Leave the data in the queue.
        const RECV_PEEK = 1;
        /// Wait until the buffers are full.
        const RECV_WAITALL = 1 << 1;
    }

    /// What `sock_shutdown` shuts (`sdflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct SdFlags: u8 {
        /// Receiving.
        const RD = 1;
        /// Sending.
        const WR = 1 << 1;
    }

    /// How a clock's timeout is meant (`subclockflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct SubclockFlags: u16 {
        /// A moment, not a duration.
        const ABSTIME = 1;
    }

    /// What an event on a descriptor adds (`eventrwflags`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct EventRwFlags: u16 {
        /// Nothing more will come.
        const HANGUP = 1;
    }
}

bitflags! {
    /// What may be done with a descriptor (`rights`); each is the call of that name, or part of it.
    ///
    /// They are reported as wasmtime reports them, and only `FD_READ` and `FD_WRITE` of `path_open` decide anything.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Rights: u64 {
        /// `fd_datasync`.
        const FD_DATASYNC = 1;
        /// `fd_read`, `fd_pread`.
        const FD_READ = 1 << 1;
        /// `fd_seek`.
        const FD_SEEK = 1 << 2;
        /// `fd_fdstat_set_flags`.
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        /// `fd_sync`.
        const FD_SYNC = 1 << 4;
        /// `fd_tell`.
        const FD_TELL = 1 << 5;
        /// `fd_write`, `fd_pwrite`.
        const FD_WRITE = 1 << 6;
        /// `fd_advise`.
        const FD_ADVISE = 1 << 7;
        /// `fd_allocate`.
        const FD_ALLOCATE = 1 << 8;
        /// `path_create_directory`.
        const PATH_CREATE_DIRECTORY = 1 << 9;
        /// `path_open` that makes a file.
        const PATH_CREATE_FILE = 1 << 10;
        /// `path_link` from here.
        const PATH_LINK_SOURCE = 1 << 11;
        /// `path_link` to here.
        const PATH_LINK_TARGET = 1 << 12;
        /// `path_open`.
        const PATH_OPEN = 1 << 13;
        /// `fd_readdir`.
        const FD_READDIR = 1 << 14;
        /// `path_readlink`.
        const PATH_READLINK = 1 << 15;
        /// `path_rename` from here.
        const PATH_RENAME_SOURCE = 1 << 16;
        /// `path_rename` to here.
        const PATH_RENAME_TARGET = 1 << 17;
        /// `path_filestat_get`.
        const PATH_FILESTAT_GET = 1 << 18;
        /// `path_open` that cuts a file.
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        /// `path_filestat_set_times`.
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        /// `fd_filestat_get`.
        const FD_FILESTAT_GET = 1 << 21;
        /// `fd_filestat_set_size`.
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        /// `fd_filestat_set_times`.
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        /// `path_symlink`.
        const PATH_SYMLINK = 1 << 24;
        /// `path_remove_directory`.
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        /// `path_unlink_file`.
        const PATH_UNLINK_FILE = 1 << 26;
        /// `poll_oneoff` on this descriptor.
        const POLL_FD_READWRITE = 1 << 27;
        /// `sock_shutdown`.
        const SOCK_SHUTDOWN = 1 << 28;
        /// `sock_accept`.
        const SOCK_ACCEPT = 1 << 29;
    }
}
