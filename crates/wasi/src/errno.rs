//! Preview1's error numbers. Owns their values, names and sentences; must never know which call gives which.

use std::fmt;

/// What a call gives back when it fails: the guest's mistake, or a refusal it can handle.
pub type Result<T, E = Errno> = std::result::Result<T, E>;

macro_rules! errnos {
    ($($variant:ident $name:literal $sentence:literal)*) => {
        /// An error number of preview1 (`errno` in `typenames.witx`); the discriminant is the number the guest sees.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = $sentence] $variant,)*
        }

        impl Errno {
            /// Every error number, in the order of their values, `Success` first.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The specification's name in capitals: `NOENT`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// One plain sentence for a learner.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),* }
            }
        }
    };
}

errnos! {
    Success "SUCCESS" "No error: the call did what was asked."
    TooBig "2BIG" "The argument list is too long."
    Acces "ACCES" "Permission denied."
    Addrinuse "ADDRINUSE" "The address is in use."
    Addrnotavail "ADDRNOTAVAIL" "The address is not available."
    Afnosupport "AFNOSUPPORT" "The address family is not supported."
    Again "AGAIN" "The resource is not ready; the call would have to wait."
    Already "ALREADY" "A connection is already under way."
    Badf "BADF" "The descriptor is not open, or is not of the kind the call needs."
    Badmsg "BADMSG" "Bad message."
    Busy "BUSY" "The file or device is in use."
    Canceled "CANCELED" "The operation was cancelled."
    Child "CHILD" "There is no child process."
    Connaborted "CONNABORTED" "The connection was aborted."
    Connrefused "CONNREFUSED" "The connection was refused."
    Connreset "CONNRESET" "The connection was reset."
    Deadlk "DEADLK" "A deadlock would come of it."
    Destaddrreq "DESTADDRREQ" "A destination address is needed."
    Dom "DOM" "The argument is outside the domain of the function."
    Dquot "DQUOT" "The disk quota is used up."
    Exist "EXIST" "The file exists."
    Fault "FAULT" "An address is outside the guest's memory, or not aligned for its type."
    Fbig "FBIG" "The file would be too large."
    Hostunreach "HOSTUNREACH" "The host cannot be reached."
    Idrm "IDRM" "The identifier was removed."
    Ilseq "ILSEQ" "The bytes are not UTF-8."
    Inprogress "INPROGRESS" "The operation is under way."
    Intr "INTR" "A signal interrupted the call."
    Inval "INVAL" "An argument is not valid."
    Io "IO" "Input or output failed."
    Isconn "ISCONN" "The socket is connected."
    Isdir "ISDIR" "It is a directory."
    Loop "LOOP" "Too many symbolic links, or one where none may be."
    Mfile "MFILE" "The process has too many open descriptors."
    Mlink "MLINK" "The file has too many links."
    Msgsize "MSGSIZE" "The message is too large."
    Multihop "MULTIHOP" "Reserved."
    Nametoolong "NAMETOOLONG" "A name or path is too long, or the buffer for it too short."
    Netdown "NETDOWN" "The network is down."
    Netreset "NETRESET" "The network dropped the connection."
    Netunreach "NETUNREACH" "The network cannot be reached."
    Nfile "NFILE" "The system has too many open files."
    Nobufs "NOBUFS" "No buffer space is left."
    Nodev "NODEV" "There is no such device."
    Noent "NOENT" "There is no such file or directory."
    Noexec "NOEXEC" "The file cannot be executed."
    Nolck "NOLCK" "No locks are left."
    Nolink "NOLINK" "Reserved."
    Nomem "NOMEM" "No memory is left."
    Nomsg "NOMSG" "There is no message of the wanted type."
    Noprotoopt "NOPROTOOPT" "The protocol is not available."
    Nospc "NOSPC" "No space is left: a limit on files or on their bytes was met."
    Nosys "NOSYS" "The function is not implemented."
    Notconn "NOTCONN" "The socket is not connected."
    Notdir "NOTDIR" "It is not a directory."
    Notempty "NOTEMPTY" "The directory is not empty."
    Notrecoverable "NOTRECOVERABLE" "The state cannot be recovered."
    Notsock "NOTSOCK" "The descriptor is not a socket."
    Notsup "NOTSUP" "The operation is not supported."
    Notty "NOTTY" "The device does not know that control operation."
    Nxio "NXIO" "There is no such device or address."
    Overflow "OVERFLOW" "A value does not fit its type."
    Ownerdead "OWNERDEAD" "The previous owner died."
    Perm "PERM" "The operation is not permitted: it would leave a preopen, or change a read-only one."
    Pipe "PIPE" "The reader of the pipe is gone."
    Proto "PROTO" "Protocol error."
    Protonosupport "PROTONOSUPPORT" "The protocol is not supported."
    Prototype "PROTOTYPE" "The protocol is wrong for the socket."
    Range "RANGE" "The result is too large."
    Rofs "ROFS" "The file system is read-only."
    Spipe "SPIPE" "The stream has no position."
    Srch "SRCH" "There is no such process."
    Stale "STALE" "The file handle is stale."
    Timedout "TIMEDOUT" "The connection timed out."
    Txtbsy "TXTBSY" "The program file is in use."
    Xdev "XDEV" "The link would cross devices."
    Notcapable "NOTCAPABLE" "The descriptor lacks the right."
}

impl Errno {
    /// The number as a guest receives it: the `i32` result of a call.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self as i32
    }

    /// The error number with this value, if there is one.
    #[must_use]
    pub fn from_raw(raw: i32) -> Option<Self> {
        usize::try_from(raw).ok().and_then(|index| Self::ALL.get(index)).copied()
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name(), self.sentence())
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn values_are_those_of_the_specification() {
        for (errno, raw, name) in [
            (Errno::Success, 0, "SUCCESS"),
            (Errno::TooBig, 1, "2BIG"),
            (Errno::Badf, 8, "BADF"),
            (Errno::Fault, 21, "FAULT"),
            (Errno::Inval, 28, "INVAL"),
            (Errno::Noent, 44, "NOENT"),
            (Errno::Perm, 63, "PERM"),
            (Errno::Notcapable, 76, "NOTCAPABLE"),
        ] {
            assert_eq!(errno.raw(), raw, "{name}");
            assert_eq!(errno.name(), name);
            assert_eq!(Errno::from_raw(raw), Some(errno));
        }
        assert_eq!(Errno::from_raw(77), None);
        assert_eq!(Errno::from_raw(-1), None);
    }
}
