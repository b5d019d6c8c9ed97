//! Why each call fails: the error numbers of the reference page. Owns the words; tests hold them to what calls give.

use crate::errno::Errno;
use crate::kind::Kind;
use crate::table::Call;

/// An error number, and when a call gives it.
type Reason = (Errno, &'static str);

const WRITE_PATH: Reason = (Errno::Perm, "the directory is read-only, or the path leads out of it");
const FULL: Reason = (Errno::Nospc, "the limit on the number of files was met");
const TAKEN: Reason = (Errno::Exist, "the name is taken");
const CLOSED: Reason = (Errno::Badf, "the descriptor is not open");
const NO_FILE: Reason = (Errno::Badf, "the descriptor is no open file");
const NO_CLOCK: Reason = (Errno::Badf, "a processor clock, which nobody serves");
const TOO_FAR: Reason = (Errno::Inval, "a place that no file can have");
const NO_SOCKET: &[Reason] = &[CLOSED, (Errno::Notsock, "the descriptor is no socket")];

impl Call {
    /// The error numbers it can give, each with the reason in plain words.
    #[must_use]
    pub fn reasons(self) -> Vec<Reason> {
        let mut reasons = self.own_reasons().to_vec();
        let kinds = || self.params().iter().map(|param| param.kind);
        let mut also = |reason: Reason| {
            if !reasons.iter().any(|(errno, _)| *errno == reason.0) {
                reasons.push(reason);
            }
        };
        if kinds().any(|kind| kind == Kind::Path) {
            for reason in [
                (Errno::Noent, "a part of the path is not there"),
                (Errno::Notdir, "a part of the path is no directory, or the path ends in / and names a file"),
                (Errno::Loop, "too many symbolic links on the way"),
                (Errno::Perm, "the path leads out of the directory"),
                (Errno::Nametoolong, "the path or one of its names is too long"),
                (Errno::Ilseq, "the path is not UTF-8"),
                (Errno::Inval, "the path holds a NUL"),
                (Errno::Badf, "the descriptor is no open directory"),
            ] {
                also(reason);
            }
        }
        let flags = |kind| {
            matches!(
                kind,
                Kind::LookupFlags | Kind::OFlags | Kind::FdFlags | Kind::FstFlags | Kind::RiFlags | Kind::SdFlags
            ) || matches!(kind, Kind::Rights | Kind::Clock | Kind::Advice | Kind::Whence | Kind::Signal)
        };
        if kinds().any(flags) {
            also((Errno::Inval, "a number that has no meaning; wasmtime's own WASI traps"));
        }
        if kinds().any(|kind| flags(kind) || kind == Kind::SiFlags) {
            also((Errno::Overflow, "a number too large for its type; wasmtime's own WASI traps"));
        }
        if kinds().any(|kind| kind.is_address()) {
            also((Errno::Fault, "an address outside the guest's memory, or not aligned; wasmtime's own WASI traps"));
        }
        reasons
    }

    fn own_reasons(self) -> &'static [Reason] {
        match self {
            Self::ArgsGet | Self::ArgsSizesGet | Self::EnvironGet | Self::EnvironSizesGet => &[],
            Self::ProcExit | Self::SchedYield | Self::RandomGet => &[],
            Self::ClockResGet | Self::ClockTimeGet => &[NO_CLOCK],
            Self::FdAdvise => &[NO_FILE, TOO_FAR],
            Self::FdAllocate => &[NO_FILE, (Errno::Notsup, "in any other case")],
            Self::FdClose | Self::FdRenumber | Self::FdFdstatGet | Self::FdFilestatGet => &[CLOSED],
            Self::FdDatasync | Self::FdSync => &[NO_FILE],
            Self::FdFdstatSetFlags => &[NO_FILE, (Errno::Inval, "flags that ask for safe writes")],
            Self::FdFdstatSetRights => &[CLOSED, (Errno::Notsup, "in any other case")],
            Self::FdFilestatSetSize => &[
                NO_FILE,
                (Errno::Perm, "the file is under a read-only directory"),
                (Errno::Inval, "not open for writing, or a size that no file can have"),
                (Errno::Nospc, "the limit on file bytes was met"),
            ],
            Self::FdFilestatSetTimes => &[
                CLOSED,
                (Errno::Perm, "it is under a read-only directory"),
                (Errno::Inval, "a time is to be both a value and now"),
            ],
            Self::FdRead => &[
                (Errno::Badf, "the descriptor is not open for reading"),
                TOO_FAR,
                (Errno::Intr, "a signal ended the wait for input"),
                (Errno::Io, "the input could not be read"),
            ],
            Self::FdPread => &[
                (Errno::Badf, "the descriptor is not open for reading"),
                (Errno::Spipe, "standard input has no places"),
                TOO_FAR,
            ],
            Self::FdWrite | Self::FdPwrite => &[
                (Errno::Badf, "the descriptor is not open for writing"),
                (Errno::Spipe, "fd_pwrite: standard output has no places"),
                (Errno::Nospc, "the limit on file bytes was met"),
                (Errno::Fbig, "beyond what a file can have"),
                TOO_FAR,
                (Errno::Io, "the output could not be written"),
                (Errno::Pipe, "whoever read the output is gone"),
            ],
            Self::FdReaddir => &[(Errno::Badf, "the descriptor is no open directory")],
            Self::FdSeek => &[
                (Errno::Spipe, "a standard stream has no places"),
                NO_FILE,
                (Errno::Inval, "before the start of the file, or beyond 64 bits"),
            ],
            Self::FdTell => &[(Errno::Spipe, "a standard stream has no places"), NO_FILE],
            Self::FdPrestatGet => &[(Errno::Badf, "the descriptor is no preopened directory")],
            Self::FdPrestatDirName => &[
                CLOSED,
                (Errno::Notdir, "the descriptor is no preopened directory"),
                (Errno::Nametoolong, "the buffer is too short"),
            ],
            Self::PathCreateDirectory => &[WRITE_PATH, TAKEN, FULL],
            Self::PathFilestatGet => &[],
            Self::PathFilestatSetTimes => {
                &[WRITE_PATH, (Errno::Inval, "a time is to be both a value and now, or a NUL in the path")]
            }
            Self::PathLink => &[
                (Errno::Perm, "a directory is read-only, a path leads out, or it is a directory"),
                (Errno::Inval, "the link is to be followed, or a NUL in a path"),
                TAKEN,
                FULL,
            ],
            Self::PathOpen => &[
                WRITE_PATH,
                (Errno::Exist, "it is there, and EXCL was given"),
                (Errno::Isdir, "a directory, and writing was asked for"),
                (Errno::Inval, "flags that do not go together, or a NUL in the path"),
                (Errno::Notsup, "every write is to be on the disk at once: SYNC, DSYNC or RSYNC"),
                (Errno::Mfile, "the limit on descriptors was met"),
                FULL,
            ],
            Self::PathReadlink => &[(Errno::Inval, "it is no symbolic link, or a NUL in the path")],
            Self::PathRemoveDirectory => &[
                WRITE_PATH,
                (Errno::Notempty, "something is in it"),
                (Errno::Inval, "the path ends in . or .., or a NUL in it"),
            ],
            Self::PathRename => &[
                (Errno::Perm, "a directory is read-only, or a path leads out"),
                (Errno::Notempty, "the new name is a directory with something in it"),
                (Errno::Isdir, "the new name is a directory, the old one is not"),
                (Errno::Inval, "a directory would move into itself, or a NUL in a path"),
                (Errno::Busy, "the directory itself cannot be renamed"),
            ],
            Self::PathSymlink => &[
                (Errno::Perm, "the directory is read-only, the path leads out, or the target is absolute"),
                TAKEN,
                FULL,
            ],
            Self::PathUnlinkFile => &[WRITE_PATH, (Errno::Isdir, "it is a directory")],
            Self::PollOneoff => &[
                (Errno::Inval, "no subscription, an unknown kind or flag, or a processor clock"),
                (Errno::Badf, "a descriptor that cannot be read or written"),
                (Errno::Perm, "writing under a read-only directory"),
                (Errno::Intr, "a signal ended the wait"),
                (Errno::Nomem, "too many subscriptions"),
            ],
            Self::ProcRaise => &[(Errno::Notsup, "always")],
            Self::SockAccept | Self::SockRecv | Self::SockSend | Self::SockShutdown => NO_SOCKET,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::table::Call;

    #[test]
    fn each_number_is_told_once() {
        for call in Call::ALL {
            let mut errnos: Vec<_> = call.reasons().into_iter().map(|(errno, _)| errno).collect();
            let count = errnos.len();
            errnos.sort();
            errnos.dedup();
            assert_eq!(errnos.len(), count, "{}", call.name());
        }
    }
}
